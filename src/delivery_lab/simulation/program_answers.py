"""From lines of `answers` to what the program gets while it describes its resources."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery_lab.model.answer_lines import line_of_call
from delivery_lab.model.answers import ServiceAnswer
from delivery_lab.program.answers import AwsAnswer, FunctionAnswer, ProgramAnswers, wire_name
from delivery_lab.simulation.answering import service_answers
from delivery_lab.simulation.workload_answers import Answer


def program_answers(lines: Sequence[Answer], origin: str) -> ProgramAnswers:
    """What a program gets, of all lines.

    A line about a service counts for the program too, unless it says when, how often or for which messages, or that its
    connection fails: those are about a run.

    Args:
        lines: the lines, the first of those that match counts.
        origin: where they come from, for messages.

    Raises:
        WorkloadError: there is no such service, operation or member of an answer.
    """
    always = [line for line in lines if line.of_program or (line.service is not None and _is_about_programs(line))]
    stacks: dict[str, dict[str, Any]] = {}
    for line in always:
        if line.stack is not None:
            stacks[line.stack] = {**(line.answer or {}), **stacks.get(line.stack, {})}
    return ProgramAnswers(
        functions=tuple(
            FunctionAnswer(
                line.token,
                {wire_name(name): value for name, value in (line.parameters or {}).items()},
                line.answer or {},
                f"{origin}: answers",
            )
            for line in always
            if line.token is not None
        ),
        stacks=stacks,
        of_call=_Answering(tuple(service_answers(always, origin))),
        line_of_call=line_of_call,
        key=json.dumps([line.model_dump(mode="json", exclude_unset=True) for line in always], sort_keys=True),
    )


@dataclass(frozen=True, slots=True)
class _Answering:
    """What the first line that matches a call answers. It can be sent to other processes, unlike an inner function."""

    lines: tuple[ServiceAnswer, ...]

    def __call__(self, service: str, operation: str, parameters: Mapping[str, Any]) -> AwsAnswer | None:
        line = next((line for line in self.lines if line.matches(service, operation, parameters)), None)
        if line is None:
            return None
        if line.error is not None:
            return AwsAnswer(code=line.error.code, message=line.error.message, status=line.error.status)
        return AwsAnswer(line.result())


def _is_about_programs(line: Answer) -> bool:
    timeless = line.share == 1 and line.at == 0 and line.for_seconds is None and line.ids is None
    return timeless and line.connection is None
