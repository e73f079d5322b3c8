"""`delivery-lab.yaml`: what the lab needs to know of a project, beside its Pulumi.yaml, so that no program is changed.

The same keys may stand under `[tool.delivery-lab]` in pyproject.toml.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from delivery_lab.errors import StackFileError, UsageError
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.project import Project
from delivery_lab.program.yamlfile import YamlFile, read_yaml
from delivery_lab.simulation.workload_answers import Answer
from delivery_lab.simulation.workload_expectations import ExpectationText
from delivery_lab.simulation.workload_external import External
from delivery_lab.simulation.workload_files import located
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.simulation.workload_part import WorkloadPart

FILE = "delivery-lab.yaml"
PYPROJECT = "pyproject.toml"
TABLE = "tool.delivery-lab"
_OF_SCHEMA = "settings"
"""The key of the table that names the models of a program's settings; it is no part of this file."""


class ProjectFile(WorkloadPart):
    """What holds for all stacks of a project; what a command or a workload says comes first."""

    workload: str | dict[str, str] | None = None
    """The default workload: a file, or files by patterns of stacks, such as `{prod-*: load/prod.yaml}`. Paths start at
    this file."""
    seed: int = DEFAULT_SEED
    """Decides everything that is left to chance, where `--seed` is not given."""
    config: dict[str, Any] = Field(default_factory=dict)
    """Settings that a stack's file leaves out or holds as secrets, by their keys."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables that the program reads while it describes its resources, where the shell has none."""
    expect: list[ExpectationText] = Field(default_factory=list)
    """What has to hold when a run of any stack has ended, such as `messages.lost == 0`."""
    accept: dict[str, str] = Field(default_factory=dict)
    """Findings that are accepted in every stack, each with the reason: the id of a check, or `id:resource`."""
    answers: list[Answer] = Field(default_factory=list)
    """What the program, and calls of handlers, get from the outside."""
    functions: dict[str, FunctionSettings] = Field(default_factory=dict)
    """What only a deployment would tell of functions, by their logical names."""
    external: dict[str, External] = Field(default_factory=dict)
    """Queues, streams, topics and tables that other stacks create, by their ARNs."""


def read_project_file(project: Project) -> tuple[ProjectFile, str]:
    """What a project says to the lab.

    Returns:
        Its content, empty where there is none, and the file as messages name it.

    Raises:
        UsageError: it is malformed; the message names file, key, value and what is expected. Or both places are used.
    """
    beside, table = project.root / FILE, _table(project.root / PYPROJECT)
    if not beside.is_file():
        return (ProjectFile(), FILE) if table is None else (_checked(table), table.label)
    if table is not None:
        raise UsageError(f"both {FILE} and {table.label} say something to the lab\n  fix: keep one of them")
    return _checked(read_yaml(beside, FILE, dates=False)), FILE


def _checked(content: YamlFile) -> ProjectFile:
    try:
        return ProjectFile.model_validate(content.value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise UsageError(located(content, error, FILE)) from error


def _table(path: Path) -> YamlFile | None:
    """The table of pyproject.toml, None where there is none that is meant for runs."""
    if not path.is_file():
        return None
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path} is no TOML: {error}") from error
    table = tools.get("delivery-lab", {})
    said = {name: value for name, value in table.items() if name != _OF_SCHEMA}
    return YamlFile(f"{PYPROJECT}: {TABLE}", said) if said else None
