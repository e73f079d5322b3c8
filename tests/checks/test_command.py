"""`delivery-lab check` as its users meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.checks.registry import CHECKS
from delivery_lab.cli.commands.check import FailOn
from delivery_lab.cli.main import main
from delivery_lab.errors import StackFileError
from tests.checks.world import ORDINARY, REPORTING, write_project
from tests.lab_support import ROOT

LOSS = "mapping(queue_with_dlq(), function(), function_response_types=[])"
FAIR = "mapping(queue_with_dlq(visibility_timeout_seconds=20), function())"
LOST = (
    "The handler returns the records that failed, but the mapping ignores the list and deletes them like the others: "
    "they are lost."
)
ACCEPTED = "delivery-lab:accept:\n  CHK-REPORT-3: the experiment is about this loss\n"
WORKLOAD = json.dumps(
    {"stacks": ["*"], "send": [{"at": 0, "queue": "jobs", "body": {"n": "{n}"}, "times": 3, "every": 1}]}
)
FAILING = REPORTING.replace('print(record["body"])', "raise ValueError")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Check = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    def call(*words: str) -> Said:
        code = main(["check", "--project", str(folder), *words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


def test_a_stack_without_findings_is_said_to_have_none(folder: Path, check: Check) -> None:
    write_project(folder, ORDINARY)
    said = check("prod")
    assert (said.code, said.out) == (0, "prod: no findings\n")


def test_a_finding_is_shown_with_what_to_do(folder: Path, check: Check) -> None:
    write_project(folder, LOSS)
    said = check()
    assert said.code == 5
    assert said.out.splitlines() == [
        "prod: 1 error",
        "  error CHK-REPORT-3 mapping, worker",
        '    mapping.functionResponseTypes = [], worker.handler = "app.handle"',
        f"    why: {LOST}",
        "    fix: set functionResponseTypes of mapping to ['ReportBatchItemFailures']",
        "    source: ESM-REPORT-1",
        "",
    ]


def test_accepted_findings_are_listed_and_do_not_fail(folder: Path, check: Check) -> None:
    write_project(folder, LOSS, config=ACCEPTED)
    said = check("--fail-on", "note")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[:3] == ["prod: no findings, 1 accepted", "  accepted", "  error CHK-REPORT-3 mapping, worker"]
    assert "    accepted: the experiment is about this loss" in lines


def test_an_acceptance_that_accepts_nothing_is_a_note(folder: Path, check: Check) -> None:
    write_project(folder, ORDINARY, config=ACCEPTED)
    said = check("--fail-on", "note")
    assert said.code == 5
    assert said.out.splitlines()[:2] == ["prod: 1 note", "  note CHK-ACCEPT-1"]


@pytest.mark.parametrize(
    ("threshold", "failing"),
    [
        ("error", {"error"}),
        ("warning", {"error", "warning"}),
        ("note", {"error", "warning", "note"}),
        ("never", set()),
    ],
)
def test_findings_at_or_above_the_threshold_fail(threshold: str, failing: set[str]) -> None:
    findings = [Finding("CHK-VT-1", severity, ("jobs",), {}, "Why.", "fix", "SQS-VT-1") for severity in Severity]
    assert {finding.severity.value for finding in findings if FailOn(threshold).fails(finding)} == failing
    assert not any(FailOn(threshold).fails(replace(finding, accepted="wanted")) for finding in findings)


def test_the_threshold_decides_the_exit_code(folder: Path, check: Check) -> None:
    write_project(folder, FAIR)
    assert [check().code, check("--fail-on", "warning").code] == [0, 5]


def test_json_has_one_object_a_finding(folder: Path, check: Check) -> None:
    write_project(folder, LOSS, config=ACCEPTED)
    [entry] = check("--json").lines()
    assert entry.pop("why").startswith("The handler returns the records that failed")
    assert entry == {
        "schemaVersion": 1,
        "stack": "prod",
        "check": "CHK-REPORT-3",
        "severity": "error",
        "resources": ["mapping", "worker"],
        "values": {"mapping.functionResponseTypes": [], "worker.handler": "app.handle"},
        "fix": "set functionResponseTypes of mapping to ['ReportBatchItemFailures']",
        "source": "ESM-REPORT-1",
        "accepted": "the experiment is about this loss",
        "places": {},
    }


UNREPORTED = "batch-mapping.functionResponseTypes"
SWITCH = "delivery-lab:batch.worker.reportBatchItemFailures"


def test_a_finding_names_the_key_of_the_stack_file_and_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    file = "stacks/Pulumi.batch-unreported.yaml"
    lines = (ROOT / file).read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "reportBatchItemFailures" in text)

    main(["check", "batch-unreported"])
    assert f"    set in {file}: {SWITCH} (line {line})" in capsys.readouterr().out.splitlines()

    main(["check", "batch-unreported", "--json"])
    [entry] = map(json.loads, capsys.readouterr().out.splitlines())
    assert entry["places"] == {UNREPORTED: {"key": SWITCH, "file": file, "line": line}}

    main(["check", "batch-unreported", "--format", "sarif"])
    [result] = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": file},
        "region": {"startLine": line},
    }


def test_a_finding_of_an_overridden_value_names_no_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    main(["check", "batch-partial", "--set", "batch.worker.reportBatchItemFailures=false"])
    out = capsys.readouterr().out
    assert "CHK-REPORT-3" in out
    assert "reportBatchItemFailures" not in out


def test_no_findings_are_no_json(folder: Path, check: Check) -> None:
    write_project(folder, ORDINARY)
    assert check("--format", "json").out == ""


def test_sarif_names_the_stack_file_from_where_the_command_runs(
    folder: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(folder, LOSS)
    monkeypatch.chdir(folder.parent)
    said = check("--format", "sarif")
    assert said.code == 5
    [result] = json.loads(said.out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shop/Pulumi.prod.yaml"


def test_explain_knows_checks_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "chk-vt-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "CHK-VT-1 (error)",
        "Visibility timeout below the function's timeout.",
        f"why: {CHECKS['CHK-VT-1'].why}",
        f"fix: {CHECKS['CHK-VT-1'].fix}",
        "source: ESM-VT-1",
    ]
    assert main(["explain", "CHK-VT-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["severity"] == "error"
    assert main(["explain", "CHK-VT-9"]) == 2
    assert capsys.readouterr().err.startswith("error: no check has the id CHK-VT-9: did you mean CHK-VT-")


def test_quantify_says_what_the_fix_changes(folder: Path, check: Check) -> None:
    write_project(folder, LOSS, {"worker/app.py": FAILING, "workloads/shop.yaml": WORKLOAD})
    said = check("--quantify", "--json")
    [entry] = said.lines()
    assert entry["effect"]["text"].startswith("lost 3 -> 0 of 3 messages, ")
    assert entry["effect"]["before"]["lost"] == 3
    assert "    effect: lost 3 -> 0 of 3 messages" in check("--quantify").out


def test_quantify_takes_a_workload_and_says_when_there_is_none(folder: Path, check: Check, tmp_path: Path) -> None:
    write_project(folder, LOSS, {"worker/app.py": FAILING})
    (tmp_path / "load.yaml").write_text(WORKLOAD)
    assert check("--quantify", "--json").lines()[0]["effect"]["text"].startswith("not simulated: ")
    [entry] = check("--quantify", "--json", "--workload", str(tmp_path / "load.yaml"), "--seed", "7").lines()
    assert entry["effect"]["after"]["lost"] == 0


def test_quantify_says_what_the_model_does_not_know(folder: Path, check: Check) -> None:
    program = FAIR + (
        "\naws.dynamodb.Table('orders', hash_key='id', attributes=[{'name': 'id', 'type': 'S'}], "
        "billing_mode='PAY_PER_REQUEST', replicas=[{'region_name': 'eu-west-1', 'consistency_mode': 'STRONG'}])"
    )
    write_project(folder, program, {"workloads/shop.yaml": WORKLOAD})
    [entry] = check("--quantify", "--json").lines()
    assert entry["effect"]["text"] == (
        "not simulated: stack prod uses what is not modelled: "
        "orders: replicas.consistencyMode = 'STRONG'; nearest: EVENTUAL"
    )


def test_settings_can_be_overridden(folder: Path, check: Check) -> None:
    program = "config = pulumi.Config()\nmapping(queue_with_dlq(), function(), batch_size=config.require_int('size'))"
    write_project(folder, program, config='shop:size: "10"\n')
    assert check().code == 0
    assert check("--set", "size=11").code == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("prud",), "no stack 'prud'"),
        (("--json", "--format", "sarif"), "--json and --format sarif exclude each other: leave one out"),
        (("--workload", "x.yaml"), "--workload goes with --quantify: without it nothing is simulated"),
        (("--body", "n=1"), "--body goes with --quantify: without it nothing is simulated"),
        (("--assume", "SQS-STALE-2=keep"), "--assume goes with --quantify: without it nothing is simulated"),
    ],
)
def test_wrong_usage_is_refused(folder: Path, check: Check, words: tuple[str, ...], message: str) -> None:
    write_project(folder, ORDINARY)
    said = check(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {message}")


def test_a_project_without_stacks_has_nothing_to_check(folder: Path, check: Check) -> None:
    write_project(folder, ORDINARY)
    (folder / "Pulumi.prod.yaml").unlink()
    said = check()
    assert said.code == 2
    assert said.err == (
        f"error: {folder} has no stack file, so there is no stack to list; name one, such as dev: its config is empty\n"
    )


def test_a_stack_that_cannot_be_checked_does_not_hide_the_others(folder: Path, check: Check) -> None:
    write_project(folder, LOSS)
    (folder / "Pulumi.wrong.yaml").write_text("config:\n  delivery-lab:accept: {CHK-NO-1: x}\n")
    said = check()
    assert said.code == StackFileError.exit_code
    assert "prod: 1 error" in said.out
    assert "error: wrong: delivery-lab:accept names CHK-NO-1, which is no check: " in said.err


def test_an_unreadable_workload_does_not_stop_the_check(folder: Path, check: Check, tmp_path: Path) -> None:
    write_project(folder, LOSS)
    said = check("--quantify", "--workload", str(tmp_path / "none.yaml"))
    assert said.code == 5
    assert "    effect: not simulated: " in said.out
