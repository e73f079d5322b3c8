"""Pipes: what becomes of a record that their target does not take, what their role allows, and their templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.checks.advice import ADVISED_RETRIES
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.input_templates import PLACEHOLDER, filled_in_at_best, is_json_shaped, problem_of
from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.rules.rule import EVENTS_GUIDE
from delivery_lab.stack.events import Bus
from delivery_lab.stack.functions import Function
from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.pipes import BISECT, PUTS_RECORDS, Pipe, SourceOfPipe, forbidden_reading
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream, Table
from delivery_lab.stack.topics import Topic

_ERRORS = EVENTS_GUIDE + "eb-pipes-error-troubleshooting.html"
_USING: Mapping[type[StackResource], tuple[str, ...]] = {
    Queue: ("sqs:SendMessage",),
    Topic: ("sns:Publish",),
    Function: ("lambda:InvokeFunction",),
    Stream: PUTS_RECORDS,
    Bus: ("events:PutEvents",),
}
"""By kind of target: what the role of a pipe has to allow, one of these."""


def _running(stack: Stack) -> Iterator[tuple[Pipe, SourceOfPipe | None]]:
    """Each pipe that is not stopped, and what it reads of the stack."""
    for pipe in stack.all(Pipe):
        if not pipe.is_stopped:
            yield pipe, stack.source_of(pipe)


def _of_streams(stack: Stack) -> Iterator[tuple[Pipe, int, int]]:
    """Pipes from streams without a dead-letter queue, with the retries and the age that end a record."""
    for pipe, source in _running(stack):
        attempts, age = pipe.maximum_retry_attempts.known, pipe.maximum_record_age_seconds.known
        if not isinstance(source, Stream | Table) or attempts is None or age is None:
            continue
        if pipe.dead_letter_arn.value is None:
            yield pipe, attempts, age


class EndlessPipe(Check):
    id = "CHK-PIPE-1"
    title = "pipe from a stream with endless retries and no dead-letter queue"
    severity = Severity.WARNING
    why = "One record that the target does not take blocks its shard until it expires, and is then lost."
    fix = "Set maximumRetryAttempts, onPartialBatchItemFailure AUTOMATIC_BISECT and deadLetterConfig."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for pipe, attempts, age in _of_streams(stack):
            if attempts != ENDLESS or age != ENDLESS:
                continue
            why = (
                f"A record that the target of {pipe.name} does not take is tried again until it expires, and blocks "
                "every record behind it in its shard for as long."
            )
            fix = (
                f"set deadLetterConfig, onPartialBatchItemFailure ({BISECT}) and maximumRetryAttempts (such as "
                f"{ADVISED_RETRIES}) of {pipe.name}"
            )
            edits = (Edit.of(pipe.maximum_retry_attempts, ADVISED_RETRIES), Edit.of(pipe.on_partial_failure, BISECT))
            yield Found((pipe.name,), _limits(pipe), why, fix, edits)


class DiscardingPipe(Check):
    id = "CHK-PIPE-2"
    title = "pipe from a stream that discards records without a dead-letter queue"
    severity = Severity.WARNING
    why = "Records whose retries are over, or that are too old, are discarded, and are lost."
    fix = "Set deadLetterConfig of the source's parameters."
    source = _ERRORS

    def find(self, stack: Stack) -> Iterator[Found]:
        for pipe, attempts, age in _of_streams(stack):
            if (attempts, age) == (ENDLESS, ENDLESS):
                continue
            why = "Records whose retries are over, or that are too old, are discarded, and are lost."
            fix = f"set deadLetterConfig of {pipe.name} to a standard queue, which gets the positions of such records"
            yield Found((pipe.name,), _limits(pipe), why, fix)


def _limits(pipe: Pipe) -> dict[str, object]:
    return {
        **values_of(pipe.maximum_retry_attempts, pipe.maximum_record_age_seconds),
        f"{pipe.name}.deadLetterConfig": None,
    }


class UnpermittedPipe(Check):
    id = "CHK-PIPE-3"
    title = "pipe whose role does not let it read its source or use its target"
    severity = Severity.ERROR
    why = "A pipe does everything with its role: without the source's actions it is not created, else nothing arrives."
    fix = "Allow the actions of source and target in the role of the pipe."
    source = EVENTS_GUIDE + "eb-pipes-permissions.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for pipe, source in _running(stack):
            role = stack.at(pipe.role_arn.known)
            if not isinstance(role, Role):
                continue
            missing = list(_missing(stack, pipe, role, source))
            if missing:
                what = ", ".join(f"{action} of {resource.name}" for action, resource in missing)
                why = f"{role.name}, the role of {pipe.name}, does not allow {what}."
                fix = f"allow {', '.join(action for action, _ in missing)} in {role.name}"
                names = (pipe.name, role.name)
                yield Found(names, values_of(pipe.role_arn), why, fix)


def _missing(stack: Stack, pipe: Pipe, role: Role, source: SourceOfPipe | None) -> Iterator[tuple[str, StackResource]]:
    """What a role has to allow and surely does not, with what it is done to."""
    if source is not None:
        arn = pipe.source_arn.known or ""
        yield from ((action, source) for action in forbidden_reading(role, source, arn))
    target = stack.function_at(pipe.target_arn.known) or stack.at(pipe.target_arn.known)
    actions = () if target is None else _USING.get(type(target), ())
    if target is not None and actions and all(forbids(role, action, target.arn or "") for action in actions):
        yield actions[-1], target


class BareTemplate(Check):
    id = "CHK-PIPE-4"
    title = "input template of a pipe that makes no JSON"
    severity = Severity.WARNING
    why = "Of a template that is one path to JSON, such as <$.body>, AWS says that the target gets it without quotes."
    fix = 'Make the template an object, such as {"order": <$.body>}.'
    source = "PIPE-INPUT-3"

    def find(self, stack: Stack) -> Iterator[Found]:
        for pipe, _ in _running(stack):
            template = (pipe.template.known or "").strip()
            alone = PLACEHOLDER.fullmatch(template)
            name = alone.group(1).strip() if alone is not None else ""
            if name in ("$.body", "$.data", "$.dynamodb", "aws.pipes.event.json"):
                why = (
                    f"The target of {pipe.name} gets what stands at <{name}> and nothing else. Where that is JSON, "
                    'such as {"id": 1}, AWS says that it arrives as {id: 1}, which is no JSON.'
                )
                fix = f'set inputTemplate of {pipe.name} to an object, such as {{"order": <{name}>}}'
                yield Found((pipe.name,), values_of(pipe.template), why, fix)
            elif is_json_shaped(template) and alone is None and not _is_json(template):
                why = f"The template of {pipe.name} makes no JSON of any record: {template[:80]}."
                fix = f"correct the inputTemplate of {pipe.name}: a JSON object, or one text in quotes"
                yield Found((pipe.name,), values_of(pipe.template), why, fix)


def _is_json(template: str) -> bool:
    return not problem_of(filled_in_at_best(template), as_object=True)
