"""What the target of a rule gets of an event: all of it, a part, a constant, or what a template makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from delivery_lab.errors import NotModelledError
from delivery_lab.input_templates import PLACEHOLDER, is_object, is_quoted, problem_of
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.eventbridge.event import BusEvent, as_json
from delivery_lab.model.json_paths import MISSING, follow
from delivery_lab.model.runtime import AwsError

INVALID_JSON = "INVALID_JSON"
_TEXTS = ("aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time")
_OBJECTS = ("aws.events.event", "aws.events.event.json")
PREDEFINED = (*_TEXTS, *_OBJECTS)
"""Variables that every template has."""


class TargetInput(Protocol):
    """Makes what a target gets."""

    def text(self, event: BusEvent, received_at: str) -> str:
        """What the target gets.

        Args:
            event: the event.
            received_at: when the bus got it, as AWS writes times.

        Raises:
            AwsError: it makes no JSON, so that nothing is delivered.
            NotModelledError: what AWS makes of it is not known.
        """


@dataclass(frozen=True, slots=True)
class WholeEvent:
    """The event with its envelope."""

    def text(self, event: BusEvent, received_at: str) -> str:
        """See `TargetInput.text`."""
        return event.body


@dataclass(frozen=True, slots=True)
class ConstantInput:
    """`Input`: always the same, and nothing of the event.

    Attributes:
        content: JSON text.
    """

    content: str

    def text(self, event: BusEvent, received_at: str) -> str:
        """See `TargetInput.text`."""
        return self.content


@dataclass(frozen=True, slots=True)
class PathInput:
    """`InputPath`: a part of the event.

    Attributes:
        path: a JSON path.
    """

    path: str

    def text(self, event: BusEvent, received_at: str) -> str:
        """See `TargetInput.text`."""
        value = follow(event.envelope, self.path)
        if value is MISSING:
            raise NotModelledError(
                f"an event has nothing at {self.path}, the inputPath of a target; what AWS delivers then is not known\n"
                "  nearest: an event that has it"
            )
        return as_json(value)


@dataclass(frozen=True, slots=True)
class TransformedInput:
    """`InputTransformer`: a template with values of the event (EB-INPUT-3 to -5).

    Attributes:
        paths: JSON paths by the names of variables.
        template: JSON object, or one quoted text a line.
        rule_arn: ARN of the rule.
        rule_name: AWS's name of the rule.
    """

    paths: Mapping[str, str]
    template: str
    rule_arn: str
    rule_name: str

    def check(self, target: str) -> None:
        """Refuse what `PutTargets` refuses.

        Args:
            target: id of the target, for messages.

        Raises:
            AwsError: the template has a variable that there is not.
        """
        for name in PLACEHOLDER.findall(self.template):
            if name not in self.paths and name not in PREDEFINED:
                raise errors.PLACEHOLDER.error(target=target, placeholder=name)

    def text(self, event: BusEvent, received_at: str) -> str:
        """See `TargetInput.text`."""
        values = {name: follow(event.envelope, path) for name, path in self.paths.items()}
        values |= {
            "aws.events.rule-arn": self.rule_arn,
            "aws.events.rule-name": self.rule_name,
            "aws.events.event.ingestion-time": received_at,
            "aws.events.event": _without_detail(event),
            "aws.events.event.json": event.envelope,
        }
        parts: list[str] = []
        end = 0
        for found in PLACEHOLDER.finditer(self.template):
            parts.append(self.template[end : found.start()])
            value = values[found[1]]
            quoted = not is_object(self.template) or is_quoted("".join(parts))
            parts.append(self._filled(found[1], "" if value is MISSING else value, quoted=quoted))
            end = found.end()
        made = "".join((*parts, self.template[end:]))
        problem = problem_of(made, as_object=is_object(self.template))
        if problem:
            raise AwsError(INVALID_JSON, problem, why=f"its input transformer makes no JSON: {problem}")
        return made

    def _filled(self, name: str, value: Any, *, quoted: bool) -> str:
        if not quoted:
            return as_json(value)
        if isinstance(value, str):
            if json.dumps(value, ensure_ascii=False) != f'"{value}"':
                raise NotModelledError(
                    f"the value of <{name}> holds quotes, backslashes or line breaks, and a template has it within "
                    "quotes: what AWS makes of that is not known\n"
                    "  nearest: the variable without quotes, as a value of its own"
                )
            return value
        made = as_json(value)
        return made if is_object(self.template) else made.replace('"', "")


def _without_detail(event: BusEvent) -> dict[str, Any]:
    """The variable `aws.events.event`; its field is called detailType there, as LocalStack recorded it."""
    whole = {"detailType" if name == "detail-type" else name: value for name, value in event.envelope.items()}
    order = ("id", "account", "detailType", "time", "source", "region", "resources", "version")
    return {name: whole[name] for name in order}
