"""Two hops of retries, one behind the other: what the first tries again, the second tries again each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.catalog.event_rules import rule_targets
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.sending import sends
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.function_names import qualifier_in
from delivery_lab.limits.functions import RETRY_ATTEMPTS
from delivery_lab.stack.functions import Function, InvokeConfig
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription

MANY = 10
"""From so many deliveries of one message on it is reported. Our choice: more than any one hop has by default."""


@dataclass(frozen=True, slots=True)
class _Tries:
    """How often a function is handed a message that it fails with.

    Attributes:
        function: the function.
        source: what the message comes from.
        times: how often.
        setting: what says so, None for AWS's default.
    """

    function: Function
    source: str
    times: int
    setting: Setting[int] | None


class MultipliedRetries(Check):
    id = "CHK-FEED-12"
    title = "two hops of retries that multiply"
    severity = Severity.NOTE
    why = (
        "A function that has sent a message and fails then sends it again on each retry, and each copy is retried too."
    )
    fix = "Send last, behind all that may fail, make the receiver idempotent, or lower one of the two numbers."
    source = "ASY-RETRY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        behind = {tries.source: tries for tries in _of_queues(stack)}
        for first in (*behind.values(), *_of_events(stack)):
            code = code_of(stack, first.function)
            told: set[str] = set()
            for send in sends(code) if isinstance(code, Code) else ():
                queue = next((each for each in stack.queues if send.is_to(each.url)), None)
                second = None if queue is None else behind.get(queue.name)
                if second is None or second.function is first.function or second.source in told:
                    continue
                told.add(second.source)
                if first.times * second.times >= MANY:
                    yield self._found(first, second, send.where)

    @staticmethod
    def _found(first: _Tries, second: _Tries, where: str) -> Found:
        both = first.times * second.times
        why = (
            f"{first.function.name} is handed a message of {first.source} up to {first.times} times, and sends to "
            f"{second.source} ({where}) each time that it gets so far; {second.function.name} is handed each of those "
            f"up to {second.times} times. So one message can be worked on {both} times."
        )
        fix = f"let {first.function.name} send behind all that may fail, and {second.function.name} be idempotent"
        edits: tuple[Edit, ...] = ()
        if first.setting is not None and first.setting.origin.input == "maximumRetryAttempts":
            fix = f"set maximumRetryAttempts of {first.function.name} to 0, or {fix}"
            edits = (Edit.of(first.setting, 0),)
        given = [tries.setting for tries in (first, second) if tries.setting is not None]
        names = (first.function.name, second.source, second.function.name)
        return Found(names, values_of(*given), why, fix, edits)


def _of_queues(stack: Stack) -> Iterator[_Tries]:
    """Functions that queues with a dead-letter queue feed, by a mapping or a pipe."""
    for _, queue, function in stack.sqs_pairs():
        receives = _receives(queue)
        if receives is not None and receives.known is not None:
            yield _Tries(function, queue.name, receives.known, receives)
    for pipe in stack.all(Pipe):
        source, receiver = stack.source_of(pipe), stack.function_at(pipe.target_arn.known)
        receives = _receives(source) if isinstance(source, Queue) else None
        if receiver is not None and source is not None and receives is not None and receives.known is not None:
            yield _Tries(receiver, source.name, receives.known, receives)


def _receives(queue: Queue) -> Setting[int] | None:
    return None if queue.redrive is None else queue.redrive.max_receive_count


def _of_events(stack: Stack) -> Iterator[_Tries]:
    """Functions that topics, rules and schedules invoke asynchronously."""
    fed = [
        *((each.name, each.endpoint.known) for each in stack.all(Subscription) if each.protocol.known == "lambda"),
        *((target.name, target.target_arn.known) for _, target in rule_targets(stack)),
        *((each.name, each.target_arn.known) for each in stack.all(Schedule)),
    ]
    for source, arn in fed:
        function = stack.function_at(arn)
        if function is None:
            continue
        own = (each for each in stack.all(InvokeConfig) if each.function is function)
        config = next((each for each in own if each.qualifier.known in (None, qualifier_in(arn))), None)
        retries = RETRY_ATTEMPTS.default if config is None else config.maximum_retry_attempts.known
        if retries is not None:
            yield _Tries(function, source, 1 + retries, None if config is None else config.maximum_retry_attempts)
