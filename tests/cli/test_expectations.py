"""`--expect` and `--fail-on`: what is printed, and the exit code."""

from __future__ import annotations

import io
import json

import pytest

from delivery_lab.cli.console import Console
from tests.cli.conftest import Lab

HOLDS, FAILS = "messages.lost == 0", "messages.deadLettered == 0"


def test_a_run_prints_each_expectation_with_a_tick_or_a_cross_and_ends_with_5(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--expect", HOLDS, "--expect", FAILS)

    assert said.code == 5
    lines = said.out.splitlines()
    at = lines.index("\N{CHECK MARK} messages.lost == 0 (0)")
    assert lines[at + 1] == "\N{BALLOT X} messages.deadLettered == 0 (3)"


def test_a_run_that_is_as_expected_ends_with_0(lab: Lab) -> None:
    assert lab("run", "batch-partial", "--expect", HOLDS, "--no-alternatives").code == 0


def test_of_many_runs_each_says_what_it_was_held_to(lab: Lab) -> None:
    said = lab("run", "batch-partial", "batch-unreported", "--expect", HOLDS)

    assert said.code == 5
    assert "  \N{CHECK MARK} messages.lost == 0 (0)" in said.out.splitlines()
    assert "  \N{BALLOT X} messages.lost == 0 (3)" in said.out.splitlines()


def test_json_has_the_expectations(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--json", "--expect", FAILS)

    assert said.code == 5
    assert json.loads(said.out)["expectations"] == [
        {"text": FAILS, "actual": 3, "holds": False, "reason": "", "failsWith": []}
    ]


def test_what_is_no_expectation_is_wrong_usage(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--expect", "messages.lost")

    assert said.code == 2
    assert said.err.startswith("error: expectation 'messages.lost': it compares nothing")


@pytest.mark.parametrize(
    ("before", "after", "options", "code"),
    [
        ("batch-partial", "batch-unreported", ("--expect", HOLDS), 5),
        ("batch-unreported", "batch-partial", ("--expect", HOLDS), 0),
        ("batch-partial", "batch-unreported", ("--expect", HOLDS, "--fail-on", "never"), 0),
        ("batch-partial", "batch-unreported", ("--fail-on", "worse"), 5),
        ("batch-unreported", "batch-partial", ("--fail-on", "worse"), 0),
        ("batch-partial", "batch-partial", ("--fail-on", "worse", "--expect", FAILS), 0),
    ],
)
def test_a_comparison_fails_on_what_is_said(
    lab: Lab, before: str, after: str, options: tuple[str, ...], code: int
) -> None:
    assert lab("diff", before, after, *options).code == code


def test_a_comparison_in_json_says_what_got_worse(lab: Lab) -> None:
    said = json.loads(lab("diff", "batch-partial", "batch-unreported", "--json", "--expect", HOLDS).out)

    assert said["worse"] == ["messages.lost went up from 0 to 3", "messages.lost == 0 no longer holds: 3"]
    assert [one["holds"] for side in ("before", "after") for one in said["expectations"][side]] == [True, False]


def test_where_there_is_no_tick_a_word_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    console = Console()

    assert (console.tick(holds=True), console.tick(holds=False)) == ("yes", "NO")
