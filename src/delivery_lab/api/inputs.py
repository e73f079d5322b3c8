"""How settings, fields of bodies and assumptions may be given: mappings in code, texts on a command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab.simulation.workload import Workload

Overrides = Mapping[str, Any] | Sequence[str]
"""Settings to change: `{"batch.worker.batchSize": 1}`, or texts such as `batch.worker.batchSize=1`."""

Fields = Mapping[str, Any] | Sequence[str]
"""Fields of the workload's bodies to set: `{"count": 25}`, or texts such as `count=25`."""

Assumed = Mapping[str, str] | Sequence[str]
"""Alternative assumptions: `{"SQS-STALE-2": "keep"}`, or texts such as `SQS-STALE-2=keep`."""


class RunOptions(TypedDict, total=False):
    """What every run can be told; what is left out or None has the value that is named here."""

    workload: Workload | str | Path | None
    """What to send: a workload, or its file. The workload in the project's `workloads` folder that names the stack."""
    overrides: Overrides | None
    """Settings to change. None are."""
    body: Fields | None
    """Fields of the workload's bodies to set. None are."""
    seed: int | None
    """Decides everything that is left to chance. That of `delivery-lab.yaml`, else `DEFAULT_SEED`."""
    answers: str | Path | None
    """A file of answers, which come before those of the workload and of `delivery-lab.yaml`. None."""
    faults: str | Path | None
    """What happens besides what the workload says: `standard`, `harsh`, or a file of faults. Nothing."""
    assume: Assumed | None
    """Rules to assume otherwise than the model does. None are."""
    prices: str | Path | None
    """A price list for the cost of a run. That of the package."""
    expect: Sequence[str] | None
    """What has to hold besides what the workload expects, such as `messages.lost == 0`. Nothing."""


def texts(given: Mapping[str, Any] | Sequence[str] | None, option: str) -> tuple[str, ...]:
    """Settings, fields or assumptions as the texts that the command takes.

    Args:
        given: a mapping, or texts of the form `name=value`.
        option: the option of the command that stands for it, for messages: `--set`.

    Raises:
        UsageError: one text is given instead of several, a name has a `=`, or a value has no form in YAML.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        raise UsageError(f"{option} is given as one text, '{given}': give a mapping, or a list of texts")
    if not isinstance(given, Mapping):
        return tuple(given)
    return tuple(_text(name, value, option) for name, value in given.items())


def _text(name: str, value: Any, option: str) -> str:
    if "=" in name:
        raise UsageError(f"{option}: the name '{name}' has a '=': give the value as the value of the mapping")
    try:
        # JSON is YAML in which no text can be taken for a number or a date.
        return f"{name}={json.dumps(value, ensure_ascii=False, allow_nan=False)}"
    except (TypeError, ValueError) as error:
        raise UsageError(f"{option}: the value of '{name}' has no form in a stack file: {error}") from error


def assumption_texts(given: Assumed | None) -> tuple[str, ...]:
    """Alternative assumptions as texts `RULE=VALUE`.

    Raises:
        UsageError: one text is given instead of several.
    """
    if isinstance(given, Mapping):
        return tuple(f"{rule}={value}" for rule, value in given.items())
    return texts(given, "--assume")
