"""Reading workload files, the fields of `--body`, and finding the workload of a stack."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from delivery_lab.errors import StackFileError, UsageError, WorkloadError
from delivery_lab.input_files import read_bytes
from delivery_lab.program.file_problems import problems_of
from delivery_lab.program.yamlfile import YamlFile, parse_scalar, read_yaml
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_answers import Answer
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.simulation.workload_part import WorkloadPart

_STACKS_IN_A_LINE = re.compile(r"""^stacks: *\[([\w*?.,"' -]*)\] *$""", re.MULTILINE)


def read_workload(path: Path) -> Workload:
    """Read a workload file.

    Raises:
        WorkloadError: it is missing or malformed; the message names file, place, value and what is expected.
    """
    if not path.exists():
        raise WorkloadError(f"there is no workload file {path}")
    try:
        content = read_yaml(path, str(path), dates=False)
    except StackFileError as error:
        raise WorkloadError(str(error)) from error
    _refuse_bare_placeholders(content)
    try:
        workload = Workload.model_validate(content.value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise WorkloadError(located(content, error)) from error
    _note_places(content, workload.faults)
    return workload.read_from(path)


def _note_places(content: YamlFile, faults: Sequence[Fault]) -> None:
    for index, fault in enumerate(faults):
        fault.read_at(content.where("faults", index))


def _refuse_bare_placeholders(content: YamlFile) -> None:
    """Refuse `{n}` without quotes: YAML reads it as a mapping whose key `n` has no value.

    Raises:
        WorkloadError: there is one.
    """
    for path, text in content.texts.items():
        if path[-1] == "n" and text == "" and content.at(path[:-1]) == {"n": None}:
            raise WorkloadError(
                f"{content.where(*path)}: {'.'.join(map(_place, path[:-1]))}: {{n}} without quotes is a mapping\n"
                '  fix: put it in quotes: "{n}"'
            )


def _place(part: str | int) -> str:
    return str(part + 1) if isinstance(part, int) else part


def located(content: YamlFile, error: ValidationError, what: str = "a workload") -> str:
    """What pydantic found wrong in a file, with the lines.

    Args:
        content: the file.
        error: what it found.
        what: the kind of file.
    """
    return "\n".join(problems_of(error, content.value, lambda path: content.where(*path), what))


class _Answers(WorkloadPart):
    answers: list[Answer] = Field(min_length=1)


def read_answers(path: Path) -> list[Answer]:
    """Read a file of `answers` alone, as `--answers` takes it.

    Raises:
        WorkloadError: it is missing or malformed; the message names file, place, value and what is expected.
    """
    if not path.exists():
        raise WorkloadError(f"there is no file of answers {path}")
    try:
        content = read_yaml(path, str(path), dates=False)
        return _Answers.model_validate(content.value, by_alias=True, by_name=False).answers
    except StackFileError as error:
        raise WorkloadError(str(error)) from error
    except ValidationError as error:
        raise WorkloadError(located(content, error, "a file of answers")) from error


PRESETS = ("standard", "harsh")


class GivenFaults(WorkloadPart):
    """What `--faults` says; both as a workload says it."""

    faults: list[Fault] = Field(default_factory=list)
    """The faults."""
    fault_preset: Literal["standard", "harsh"] | None = None
    """Faults besides."""


def read_faults(given: str) -> GivenFaults:
    """The faults of `--faults`: those of a preset, or of a file that has `faults` as a workload has them.

    Raises:
        WorkloadError: the file is missing or malformed; the message names file, place, value and what is expected.
    """
    if given in PRESETS:
        return GivenFaults.model_validate({"faultPreset": given})
    path = Path(given)
    if not given or not path.exists():
        raise WorkloadError(f"--faults {given}: there is no such file, and no preset of that name: standard or harsh")
    try:
        content = read_yaml(path, str(path), dates=False)
        found = GivenFaults.model_validate(content.value, by_alias=True, by_name=False)
    except StackFileError as error:
        raise WorkloadError(str(error)) from error
    except ValidationError as error:
        raise WorkloadError(located(content, error, "a file of faults")) from error
    if not found.faults and found.fault_preset is None:
        raise WorkloadError(
            f"--faults {given}: the file has no faults\n  fix: list some under faults:, or leave it out"
        )
    _note_places(content, found.faults)
    return found


def read_body(changes: Sequence[str]) -> dict[str, Any]:
    """Read `--body` texts.

    Args:
        changes: texts of the form `field=value`; the value is read as YAML.

    Returns:
        The values by field.

    Raises:
        UsageError: a text has another form.
    """
    fields: dict[str, Any] = {}
    for change in changes:
        name, sign, value = change.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"--body {change}: write it as field=value, such as --body count=25")
        try:
            fields[name.strip()] = parse_scalar(value, dates=False)
        except ValueError as error:
            raise UsageError(f"--body {change}: the value '{value}' cannot be read as YAML: {error}") from error
    return fields


def workloads_for(folder: Path, stack: str) -> list[Workload]:
    """The workloads of a folder that name a stack, by their files.

    Raises:
        WorkloadError: one of those that may is malformed.
    """
    files = sorted(folder.glob("*.yaml"))
    workloads = [_read_once(path, path.stat()) for path in files if _may_be_for(path, stack)]
    return [w for w in workloads if any(fnmatchcase(stack, pattern) for pattern in w.stacks)]


def default_workload(folder: Path, stack: str) -> Workload:
    """The workload of a folder that names a stack.

    Raises:
        WorkloadError: none does, or more than one.
    """
    found = workloads_for(folder, stack)
    # A stack named outright is meant before one that a pattern covers.
    found = [w for w in found if stack in w.stacks] or found
    if len(found) == 1:
        return found[0]
    if not found:
        workloads = [_read_once(path, path.stat()) for path in sorted(folder.glob("*.yaml"))]
        known = ", ".join(f"{_file_name(w)} ({', '.join(w.stacks)})" for w in workloads) or "none"
        example = 'a file such as\n    send: [{queue: NAME, every: 0.1, times: 100, body: {id: "job-{n}"}}]'
        fix = f"or add {stack} to the `stacks` of one" if workloads else example
        raise WorkloadError(
            f"no workload in {folder} is for the stack {stack} (there are: {known})\n"
            f"  fix: give one with --workload FILE, {fix}"
        )
    names = ", ".join(_file_name(w) for w in found)
    raise WorkloadError(f"several workloads are for the stack {stack}: {names}\n  fix: choose with --workload FILE")


def _may_be_for(path: Path, stack: str) -> bool:
    """Whether a file may be for a stack.

    Those that certainly are not need not be read as YAML, which took a tenth of the time of a short run.
    """
    try:
        text = read_bytes(path).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return True
    if "stacks" not in text:
        return "\\" in text  # with which the key may be written otherwise
    told = _STACKS_IN_A_LINE.findall(text)
    if len(told) != 1 or text.count("stacks") != 1:
        return True
    return any(fnmatchcase(stack, pattern.strip(" \"'")) for pattern in told[0].split(","))


def _read_once(path: Path, seen: os.stat_result) -> Workload:
    """A file that many stacks ask for, read anew only if it is another one than before."""
    return _read_as(path, seen.st_mtime_ns, seen.st_size, seen.st_ino)


@lru_cache(maxsize=256)
def _read_as(path: Path, *_: int) -> Workload:
    return read_workload(path)


def _file_name(workload: Workload) -> str:
    return workload.path.name if workload.path is not None else workload.name
