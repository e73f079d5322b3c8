"""`--assume` and `--readings` of the command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.cli import main as command
from tests.lab_support import ROOT

TRAP = ["run", "concurrency-trap", "--project", str(ROOT)]
FEWER = (
    "20 healthy messages end in the dead-letter queue (20 of them without ever reaching the function); 110 of 130 are "
    "processed once."
)
OTHERWISE = [
    "With ESM-THROTTLE-2=visibility-left it would be: Every message is processed once.",
    f"With ESM-THROTTLE-3=600 it would be: {FEWER}",
]


def lines(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert command.main(list(arguments)) == code
    return capsys.readouterr().out.splitlines()


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(lines(capsys, *TRAP, "--json", *arguments)[0])


def test_a_run_says_when_the_other_reading_would_change_the_conclusion(capsys: pytest.CaptureFixture[str]) -> None:
    told = lines(capsys, *TRAP, "--readings")

    assert told[-2:] == OTHERWISE
    assert told[-4].startswith("40 healthy messages end in the dead-letter queue")


def test_readings_are_tried_by_default_while_runs_are_quick(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "QUICK_SECONDS", 1_000)
    assert lines(capsys, *TRAP)[-2:] == OTHERWISE

    monkeypatch.setattr(command, "QUICK_SECONDS", 0)
    not_tried = "Not tried: other readings of ESM-THROTTLE-2, ESM-THROTTLE-3 (--readings)."
    assert lines(capsys, *TRAP)[-1] == not_tried
    assert lines(capsys, *TRAP, "--no-readings")[-1] == not_tried


def test_a_run_says_when_it_would_not(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--set", "batch.queue.maxReceiveCount=50", "--body", "sleep=0", "--set", "batch.worker.batchSize=1")
    told = lines(capsys, *TRAP, *arguments, "--readings")

    assert told[-1] == "The conclusion is the same with ESM-THROTTLE-2=visibility-left, ESM-THROTTLE-3=600."


def test_a_rule_read_otherwise_is_in_heading_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assume = ("--assume", "ESM-THROTTLE-2=visibility-left")
    assert lines(capsys, *TRAP, "--no-readings", *assume)[0].endswith("assuming ESM-THROTTLE-2=visibility-left")

    assumed = outcome(capsys, *assume)
    assert assumed["messages"]["processed"] == 130
    assert assumed["model"]["assumed"] == {"ESM-THROTTLE-2": "visibility-left"}
    assert assumed["model"]["readings"] is None


def test_json_has_the_readings_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, "--readings")["model"]["readings"] == [
        {
            "rule": "ESM-THROTTLE-2",
            "value": "visibility-left",
            "conclusion": "Every message is processed once.",
            "changes": True,
        },
        {"rule": "ESM-THROTTLE-3", "value": "600", "conclusion": FEWER, "changes": True},
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
            ["concurrency-tuned", "--readings"],
            "error: --readings goes with one stack: each reading is another run of it\n",
        ),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert command.main([*TRAP, *arguments]) == 2
    assert capsys.readouterr().err == message


def test_explain_says_what_else_a_rule_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "explain", "SQS-STALE-2")[-1] == (
        "can be read otherwise: --assume SQS-STALE-2=VALUE, coin or delete or keep"
    )
