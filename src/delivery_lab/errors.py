"""Every error that users of the lab may meet.

LabError                     any error of the lab; the message says what, where and how to fix it
├── UsageError               the command, a stack file, a setting or a workload is wrong (exit code 2)
│   ├── ProjectError         the folder is no Pulumi Python project
│   ├── StackNotFoundError   no stack file of that name
│   ├── StackFileError       the stack file cannot be read
│   ├── SettingsError        the program refused its settings
│   ├── PriceListError       a price list cannot be read
│   ├── WorkloadError        the workload cannot be read, rendered or addressed
│   └── UnknownRuleError     `explain` or `--assume` was given an id that is no rule
├── ProgramError             the Pulumi program raised
├── NotModelledError         the stack uses something that the model does not know
├── DeploymentRefusedError   AWS would refuse to create or update a resource
├── HandlerError             a Lambda function's code cannot be run
│   ├── HandlerLoadError     its folder is missing, or it imports what Lambda may have and this machine has not
│   └── HandlerStalledError  it blocks in real time, so virtual time cannot go on
├── ExpectationError         a run does not come to what was expected of it (exit code 5)
└── ModelError               the lab broke one of its own invariants: a bug to report
"""

from __future__ import annotations

from delivery_lab.rule_ids import RuleId


def text_of(error: BaseException | None) -> str:
    """What an exception says. Those of programs and libraries may have a `__str__` that raises or returns no text."""
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - whatever it is, the error it belongs to is reported
        return "<its text cannot be read: __str__ raises>"


class LabError(Exception):
    """Base of all errors whose message is meant for the user; `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(LabError):
    """The command, a stack file, a setting or a workload is wrong."""

    exit_code = 2


class ProjectError(UsageError):
    """The folder given is no Pulumi project with the Python runtime."""


class StackNotFoundError(UsageError):
    """There is no stack file of the name given, in a project that has stack files."""


class StackFileError(UsageError):
    """A stack file or Pulumi.yaml cannot be read or has the wrong shape."""


class SettingsError(UsageError):
    """The program looked at its settings and refused them."""


class PriceListError(UsageError):
    """A price list cannot be read, or has the wrong shape."""


class WorkloadError(UsageError):
    """A workload file cannot be read, its templates do not render, or it addresses what is not there."""


class UnknownRuleError(UsageError):
    """No rule has the id given."""


class ProgramError(LabError):
    """The Pulumi program raised while it was describing its resources."""


class NotModelledError(LabError):
    """The stack uses a setting or a resource that would change delivery and that the model does not know."""


class DeploymentRefusedError(LabError):
    """AWS would refuse to create or update a resource of the stack.

    Args:
        resource: name of the refused resource.
        code: AWS's error code, such as `InvalidParameterValueException`.
        message: AWS's message.
        rule: id of the rule that says so.
        fix: what to change, in one sentence.
    """

    def __init__(self, resource: str, code: str, message: str, *, rule: RuleId, fix: str) -> None:
        super().__init__(f"AWS would refuse {resource}: {code}: {message} ({rule})\n  fix: {fix}")
        self.resource = resource
        self.code = code
        self.aws_message = message
        self.rule = rule


class HandlerError(LabError):
    """The code of a Lambda function cannot be run."""


class HandlerLoadError(HandlerError):
    """The function's folder is missing, or its code imports what Lambda may have and this machine has not."""


class HandlerStalledError(HandlerError):
    """A handler blocks in real time, so that virtual time cannot go on."""


class ExpectationError(LabError):
    """An expectation does not hold for a run."""

    exit_code = 5


class ModelError(LabError):
    """The lab broke one of its own invariants. This is a bug in the lab, never the user's mistake."""


def describe_instead(function: str) -> str:
    """How to describe a function in a workload instead of running it; part of what errors advise."""
    told = "describe the function in the workload instead of running it, such as"
    return f"{told}\n    functions:\n      {function}: {{duration: 0.2}}"
