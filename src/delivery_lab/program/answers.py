"""What a program gets that asks the outside while it describes its resources: providers, other stacks, AWS itself.

A workload or `delivery-lab.yaml` says it, line by line, under `answers`. What nothing answers stays unknown where the
program can go on with an unknown value (providers' functions, other stacks), and is refused where it cannot (boto3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """What calls of a provider's function get.

    Attributes:
        token: the function, such as `aws:ec2/getAmi:getAmi`.
        arguments: arguments that a call must have.
        answer: members of the answer, by the names of Python or of the wire; the others are unknown.
        where: where it is said, for messages.
    """

    token: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class AwsAnswer:
    """What a call to AWS gets.

    Attributes:
        members: the answer as boto3 returns it; of an error nothing.
        code: AWS's error code, "" for an answer.
        message: the error's message.
        status: the HTTP status.
    """

    members: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    status: int = 200


def _nothing(_service: str, _operation: str, _parameters: Mapping[str, Any]) -> AwsAnswer | None:
    return None


def _plain_line(service: str, operation: str) -> str:
    return f"- {{service: {service}, operation: {operation}, answer: {{...}}}}"


@dataclass(frozen=True, slots=True)
class ProgramAnswers:
    """All that a program gets from the outside.

    Attributes:
        functions: of providers' functions; the first that matches counts.
        stacks: outputs of other stacks, by the name that a `StackReference` gives.
        of_call: answers a call to AWS by service, operation and parameters; None if nothing says so.
        line_of_call: the line that would answer a call, by service and operation.
        config: settings that the stack's file leaves out or holds as secrets, by their keys.
        config_origin: where they are said, for messages.
        environment: environment variables that the program finds where there are none of that name.
        key: tells them from others: two that are equal have the same.
    """

    functions: tuple[FunctionAnswer, ...] = ()
    stacks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    of_call: Callable[[str, str, Mapping[str, Any]], AwsAnswer | None] = _nothing
    line_of_call: Callable[[str, str], str] = _plain_line
    config: Mapping[str, Any] = field(default_factory=dict)
    config_origin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    def of_function(self, token: str, arguments: Mapping[str, Any]) -> FunctionAnswer | None:
        """What a call of a provider's function gets, None if nothing says so."""
        return next((one for one in self.functions if one.token == token and _has(arguments, one.arguments)), None)


NO_ANSWERS = ProgramAnswers()


def _has(arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(name in arguments and arguments[name] == value for name, value in wanted.items())


def wire_name(name: str) -> str:
    """The name on the wire of a member that may have its name in Python."""
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)
