"""What a deployment makes of a stack and what its dynamic providers asked AWS for, for more runs of the same stack.

A provider's `create` is a function of its inputs, of the stack's configuration and of the answers it gets. The calls
that it made are made again, in their order, and change the model as before. As long as each of them is answered as it
was, the code would have made no others.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from delivery_lab.model.runtime import AwsApi, AwsError, Caller, LongPoll, Pending

T = TypeVar("T")
Answer = dict[str, Any] | LongPoll | Pending


class AnsweredOtherwise(Exception):  # noqa: N818 - no error: the run begins again, without what was remembered
    """A call of a dynamic provider was answered in another way than when it was remembered."""


@dataclass(frozen=True, slots=True)
class _AskedFor:
    service: str
    operation: str
    parameters: dict[str, Any]
    answer: object


@dataclass(slots=True)
class RememberedCreations:
    """The calls of dynamic resources of one stack, by URN, and what else is made of that stack alone."""

    _calls: dict[str, list[_AskedFor]] = field(default_factory=dict)
    _made: dict[str, tuple[object, Any]] = field(default_factory=dict)
    _off: bool = False

    def create(self, urn: str, create: Callable[[AwsApi], None], aws: AwsApi) -> None:
        """Create a dynamic resource: with its calls where they are known, else with its code.

        Args:
            urn: the resource.
            create: runs its code, answered by whom it is given.
            aws: answers its calls.

        Raises:
            AnsweredOtherwise: a call is answered in another way than before; the account is of no use then.
            LabError: as `create`.
        """
        calls = self._calls.get(urn)
        if calls is None:
            recorder = _Recorder(aws)
            create(recorder)
            if not self._off and recorder.repeatable:
                self._calls[urn] = recorder.calls
            return
        for call in calls:
            answer = _answer(aws, call.service, call.operation, deepcopy(call.parameters), Caller("deployment", None))
            if _comparable(answer) != call.answer:
                raise AnsweredOtherwise(urn)

    def once(self, name: str, given: object, make: Callable[[], T]) -> T:
        """What is made of the stack and of something given; it is made again where something else is given.

        Args:
            name: tells it from others.
            given: what the workload says about it, None for nothing.
            make: makes it; nothing of the run is a part of it.
        """
        known = self._made.get(name)
        if known is None or known[0] != given:
            known = self._made[name] = given, make()
        return cast(T, known[1])

    def forget(self) -> None:
        """Remember nothing any more."""
        self._calls.clear()
        self._off = True


class _Recorder:
    """Passes calls on and writes them down."""

    def __init__(self, aws: AwsApi) -> None:
        self._aws = aws
        self.calls: list[_AskedFor] = []
        self.repeatable = True

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        """Answer a call."""
        given = deepcopy(parameters)
        answer = _answer(self._aws, service, operation, parameters, caller)
        if isinstance(answer, (LongPoll, Pending)):
            self.repeatable = False
        else:
            self.calls.append(_AskedFor(service, operation, given, deepcopy(_comparable(answer))))
        if isinstance(answer, AwsError):
            raise answer
        return answer


def _answer(aws: AwsApi, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer | AwsError:
    try:
        return aws.call(service, operation, parameters, caller)
    except AwsError as error:
        return error


def _comparable(answer: Answer | AwsError) -> object:
    if isinstance(answer, AwsError):
        return answer.code, answer.message, answer.status, answer.details, answer.shape
    return answer
