"""One rule for the exit codes (docs/results.md): 2 is what was written or typed wrong, 1 is what went wrong then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab import errors
from delivery_lab.live.brokers import BrokersError
from delivery_lab.live.emulator import EmulatorError
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.making import NotCreatedError
from tests.cli.conftest import Lab
from tests.lab_support import ROOT

_OF_THE_USER = {
    "UsageError",
    "ProjectError",
    "StackNotFoundError",
    "StackFileError",
    "SettingsError",
    "WorkloadError",
    "UnknownRuleError",
    "PriceListError",
}
_OF_THE_RUN = {
    "LabError",
    "ProgramError",
    "NotModelledError",
    "DeploymentRefusedError",
    "HandlerError",
    "HandlerLoadError",
    "HandlerStalledError",
    "ModelError",
    EmulatorError.__name__,
    BrokersError.__name__,
    NotCreatedError.__name__,
    PlaceError.__name__,
}
_OF_AN_EXPECTATION = {"ExpectationError"}


def _classes(base: type[errors.LabError] = errors.LabError) -> Iterator[type[errors.LabError]]:
    yield base
    for below in base.__subclasses__():
        if below.__module__.startswith("delivery_lab"):
            yield from _classes(below)


def test_every_error_has_the_exit_code_of_its_group() -> None:
    codes = {kind.__name__: kind.exit_code for kind in _classes()}

    assert codes == {
        **dict.fromkeys(_OF_THE_USER, 2),
        **dict.fromkeys(_OF_THE_RUN, 1),
        **dict.fromkeys(_OF_AN_EXPECTATION, 5),
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run"], 2),
        (["run", "nothing"], 2),
        (["run", "batch-partial", "--nope"], 2),
        (["run", "batch-partial", "--seed", "abc"], 2),
        (["run", "batch-partial", "--seed", "-1"], 2),
        (["run", "batch-partial", "--body", "count"], 2),
        (["run", "batch-partial", "--body", "a=&a [*a]"], 2),
        (["run", "batch-partial", "--body", "a=" + "[" * 3_000], 2),
        (["run", "batch-partial", "--body", "a=!!set {a}"], 2),
        (["run", "batch-partial", "--body", "a=a\x01"], 2),
        (["run", "batch-partial", "--set", "batch=&a [*a]"], 2),
        (["run", "batch-partial", "--set", "nope=1"], 2),
        (["run", "batch-partial", "--set", "aws:region=mars-1"], 2),
        (["run", "batch-partial", "--assume", "SQS-NO-1=3"], 2),
        (["run", "batch-partial", "--expect", "messages.nope == 0"], 2),
        (["run", "batch-partial", "--workload", "none.yaml"], 2),
        (["run", "batch-partial", "--project", "/nowhere"], 2),
        (["explain", "SQS-NO-1"], 2),
        (["run", "batch-partial", "--expect", "messages.sent == 0"], 5),
        (["explain", "SQS-DLQ-1"], 0),
    ],
)
def test_what_is_typed_wrong_is_2(lab: Lab, words: list[str], code: int) -> None:
    said = lab(*words)

    assert said.code == code, said.err
    assert "Traceback" not in said.err
    assert code != 2 or (said.err.startswith("error: ") and not said.out)


def test_the_rule_is_in_the_docs() -> None:
    page = (Path(ROOT) / "docs" / "results.md").read_text()
    for kind in sorted(_OF_THE_USER | _OF_THE_RUN | _OF_AN_EXPECTATION):
        assert f"`{kind}`" in page, kind
