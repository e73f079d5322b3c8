"""`--assume` and `--alternatives` of the command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.api import simulated
from delivery_lab.cli import main as command
from tests.lab_support import ROOT

TRAP = ["run", "concurrency-trap", "--project", str(ROOT)]
MORE = (
    "40 healthy messages end in the dead-letter queue (40 of them without ever reaching the function); 90 of 130 are "
    "processed once."
)
FEWER = (
    "20 healthy messages end in the dead-letter queue (20 of them without ever reaching the function); 110 of 130 are "
    "processed once."
)
OTHERWISE = [
    "With ESM-THROTTLE-2=visibility-left it would be: Every message is processed once.",
    f"With ESM-THROTTLE-3=0.25 it would be: {FEWER}",
    f"With ESM-THROTTLE-3=0.6 it would be: {MORE}",
]


def lines(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert command.main(list(arguments)) == code
    return capsys.readouterr().out.splitlines()


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(lines(capsys, *TRAP, "--json", *arguments)[0])


def test_a_run_says_when_an_alternative_would_change_the_conclusion(capsys: pytest.CaptureFixture[str]) -> None:
    told = lines(capsys, *TRAP, "--alternatives")

    assert told[-4:-1] == OTHERWISE
    assert told[-1] == "The conclusion is the same with ESM-SCALE-4=2, LAM-INIT-1=0.1, LAM-INIT-1=1."
    assert told[-8].startswith("30 (20 to 40) healthy messages end in the dead-letter queue")
    assert told[-7].startswith("Alarm batch-alarm-dlq (ApproximateNumberOfMessagesVisible) goes off at 16 min, 60 s")
    assert told[-5] == "Intervals are over the plausible range of ESM-THROTTLE-3."


def test_alternatives_are_tried_by_default_while_runs_are_quick(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "QUICK_EVENTS", 10_000)
    assert lines(capsys, *TRAP)[-4:-1] == OTHERWISE

    monkeypatch.setattr(simulated, "QUICK_EVENTS", 0)
    rules = "ESM-SCALE-4, ESM-THROTTLE-2, ESM-THROTTLE-3, LAM-INIT-1"
    not_tried = f"Not tried: alternative assumptions of {rules} (--alternatives)."
    assert lines(capsys, *TRAP)[-1] == not_tried
    assert lines(capsys, *TRAP, "--no-alternatives")[-1] == not_tried


def test_a_run_says_when_it_would_not(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--set", "batch.queue.maxReceiveCount=50", "--body", "sleep=0", "--set", "batch.worker.batchSize=1")
    told = lines(capsys, *TRAP, *arguments, "--alternatives")

    assert told[-1] == (
        "The conclusion is the same with ESM-SCALE-4=2, ESM-THROTTLE-2=visibility-left, ESM-THROTTLE-3=0.25, "
        "ESM-THROTTLE-3=0.6, LAM-INIT-1=0.1, LAM-INIT-1=1."
    )


def test_an_alternative_that_is_taken_is_in_heading_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assume = ("--assume", "ESM-THROTTLE-2=visibility-left")
    assert lines(capsys, *TRAP, "--no-alternatives", *assume)[0].endswith("assuming ESM-THROTTLE-2=visibility-left")

    assumed = outcome(capsys, *assume)
    assert assumed["messages"]["processed"] == 130
    assert assumed["model"]["assumed"] == {"ESM-THROTTLE-2": "visibility-left"}
    assert assumed["model"]["readings"] is None


def test_json_has_the_alternatives_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    tried = outcome(capsys, "--alternatives")["model"]["readings"]
    assert [(each["rule"], each["value"]) for each in tried if not each["changes"]] == [
        ("ESM-SCALE-4", "2"),
        ("LAM-INIT-1", "0.1"),
        ("LAM-INIT-1", "1"),
    ]
    assert [each for each in tried if each["changes"]] == [
        {
            "rule": "ESM-THROTTLE-2",
            "value": "visibility-left",
            "conclusion": "Every message is processed once.",
            "changes": True,
        },
        {"rule": "ESM-THROTTLE-3", "value": "0.25", "conclusion": FEWER, "changes": True},
        {"rule": "ESM-THROTTLE-3", "value": "0.6", "conclusion": MORE, "changes": True},
    ]


def test_diff_assumes_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("diff", "concurrency-trap", "concurrency-tuned", "--project", str(ROOT), "--json")
    found = json.loads(lines(capsys, *arguments, "--assume", "ESM-THROTTLE-2=visibility-left")[0])

    assert found["assumed"] == {"ESM-THROTTLE-2": "visibility-left"}
    assert found["behaviour"]["messages.processed"] == [130, 130]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--assume", "SQS-STALE-2=never"],
            "error: --assume SQS-STALE-2=never: SQS-STALE-2 can be coin or delete or keep\n",
        ),
        (
            ["concurrency-tuned", "--alternatives"],
            "error: --alternatives goes with one stack: each alternative is another run of it\n",
        ),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert command.main([*TRAP, *arguments]) == 2
    assert capsys.readouterr().err == message


def test_explain_says_what_else_a_rule_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "explain", "SQS-STALE-2")[-1] == (
        "alternatives: --assume SQS-STALE-2=VALUE, coin or delete or keep"
    )


@pytest.mark.parametrize(("old", "new"), [("--readings", "--alternatives"), ("--no-readings", "--no-alternatives")])
def test_the_old_spelling_works_and_says_that_it_is_deprecated(
    capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    expected = lines(capsys, *TRAP, new)

    assert command.main([*TRAP, old]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == expected
    assert said.err == f"note: {old} is deprecated and will go with the next release: say {new}\n"
    assert old not in "".join(lines(capsys, "run", "--help"))
