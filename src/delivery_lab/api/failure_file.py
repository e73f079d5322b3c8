"""`delivery-lab-failure-<hash>.yaml`: a run of which something does not hold, so that anybody can run it again."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from delivery_lab._version import MODEL_VERSION, __version__
from delivery_lab.api.case import Case
from delivery_lab.api.writing import write_file
from delivery_lab.errors import StackFileError, UsageError
from delivery_lab.program.yamlfile import read_yaml
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import located
from delivery_lab.simulation.workload_part import WorkloadPart

SCHEMA_VERSION: Literal[1] = 1
_PACKAGES = ("pulumi", "pulumi-aws", "pydantic", "boto3", "botocore", "moto", "aws-lambda-powertools")
"""Packages that can change what a program describes or what a handler does."""
_SAFE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*[A-Za-z0-9]")
_NO_TEXTS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "inf", "nan"})


class Versions(WorkloadPart):
    """With what a run was made."""

    delivery_lab: str
    """Version of the package."""
    model: str
    """Version of the model of AWS."""
    python: str
    """Version of Python."""
    packages: dict[str, str] = Field(default_factory=dict)
    """Versions of packages that can change a run."""


class FailureFile(WorkloadPart):
    """A run of which something does not hold. `workload` has the faults, too."""

    schema_version: Literal[1]
    """Version of this form."""
    kind: Literal["expectation", "invariant"]
    """What does not hold: something expected, or something that must hold in every run (a bug of the lab)."""
    failed: list[str] = Field(min_length=1)
    """What does not hold, with what it came to."""
    stack: str
    """Name of the stack."""
    overrides: list[str] = Field(default_factory=list)
    """Settings changed: `PATH=VALUE`."""
    seed: int
    """The seed."""
    assume: list[str] = Field(default_factory=list)
    """Alternative assumptions: `RULE=VALUE`."""
    expect: list[str] = Field(default_factory=list)
    """What has to hold."""
    workload: Workload
    """What is sent, with faults and answers."""
    trace_hash: str
    """Hash of the run's events."""
    figures: dict[str, float | int | None] = Field(default_factory=dict)
    """The figures of the run that are not 0, by JSON name."""
    rules: list[str] = Field(default_factory=list)
    """Ids of the rules that the run relies on."""
    notes: list[str] = Field(default_factory=list)
    """What was found out about the case: which settings and faults do not matter."""
    versions: Versions
    """With what it was made."""
    resources: dict[str, str] = Field(default_factory=dict)
    """A hash of each resource with its code, by type and name."""

    def case(self, path: Path) -> Case:
        """The run.

        Args:
            path: the file, for messages.
        """
        return Case(
            stack=self.stack,
            overrides=tuple(self.overrides),
            workload=self.workload.read_from(path),
            seed=self.seed,
            assume=tuple(self.assume),
            expect=tuple(self.expect),
        )


def versions_here() -> Versions:
    """The versions with which runs are made here."""
    packages: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return Versions(delivery_lab=__version__, model=MODEL_VERSION, python=platform.python_version(), packages=packages)


def write_failure(content: FailureFile, folder: Path) -> Path:
    """Write a file; the same failure always has the same name.

    Args:
        content: what stands in it.
        folder: where to.

    Raises:
        LabError: it cannot be written.
    """
    plain = content.model_dump(by_alias=True, exclude_unset=True, mode="json")
    named_after = json.dumps(plain, sort_keys=True)
    path = folder / f"delivery-lab-failure-{hashlib.sha256(named_after.encode()).hexdigest()[:12]}.yaml"
    head = [
        f"# {'; '.join(content.failed)}",
        f"# delivery-lab replay {path.name}",
    ]
    body = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    write_file(path, "\n".join([*(line.replace("\n", " ") for line in head), body]))
    return path


def read_failure(path: Path) -> FailureFile:
    """Read a file.

    Raises:
        UsageError: it is missing, malformed, or of another schema; the message has file, line, value and fix.
    """
    if not path.exists():
        raise UsageError(f"there is no failure file {path}")
    try:
        content = read_yaml(path, str(path), dates=False)
    except (StackFileError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no failure file: {error}") from error
    schema = content.value.get("schemaVersion")
    if schema != SCHEMA_VERSION or isinstance(schema, bool):
        raise UsageError(
            f"{content.where('schemaVersion')}: schemaVersion is {schema!r}, and this version of Delivery Lab "
            f"({__version__}) reads {SCHEMA_VERSION}\n"
            "  fix: replay it with the version that wrote it (`versions` in the file), or explore again"
        )
    try:
        return FailureFile.model_validate(content.value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise UsageError(located(content, error, "a failure file")) from error


class _Dumper(yaml.SafeDumper):
    """Writes every text that a reader could take for something else in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say everything where it stands."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = _SAFE_WORD.fullmatch(text) is not None and text.lower() not in _NO_TEXTS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)
