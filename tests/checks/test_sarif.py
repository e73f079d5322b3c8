"""The shape of SARIF 2.1.0: what its schema requires of the properties that we use, and what code reviews need."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.checks.registry import CHECKS
from delivery_lab.checks.sarif import MOST_BYTES, CheckedStack, left_out, sarif, source_address, text_of
from delivery_lab.rules import RULES

FINDINGS = (
    Finding("CHK-VT-1", Severity.ERROR, ("jobs", "worker"), {"x": 1}, "Why.", "set it", "ESM-VT-1"),
    Finding(
        "CFN-E3034", Severity.ERROR, ("jobs",), {"x": 1}, "Too large.", "lower it", "https://x.test/y", (), "wanted"
    ),
)


@pytest.fixture
def log() -> dict[str, Any]:
    return sarif(
        [CheckedStack("prod", "stacks/Pulumi.prod.yaml", FINDINGS), CheckedStack("dev", "d.yaml", ())], "1.2.3"
    )


def test_the_log_has_one_run_of_this_tool(log: dict[str, Any]) -> None:
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://docs.oasis-open.org/sarif/")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("delivery-lab", "1.2.3")


def test_every_rule_has_what_a_code_review_shows(log: dict[str, Any]) -> None:
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert ids == sorted({*CHECKS, "CFN-E3034"})
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["helpUri"].startswith("https://")
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")


def test_results_refer_to_their_rule_and_their_stack_file(log: dict[str, Any]) -> None:
    [run] = log["runs"]
    assert len(run["results"]) == len(FINDINGS)
    for result, finding in zip(run["results"], FINDINGS, strict=True):
        assert result["ruleId"] == finding.check
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding.check
        assert result["level"] == finding.severity.value
        [location] = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "stacks/Pulumi.prod.yaml"
        assert physical["region"]["startLine"] >= 1
        assert [logical["name"] for logical in location["logicalLocations"]] == list(finding.resources)
        assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["deliveryLab/v1"])
    assert run["results"][0]["message"]["text"] == "prod: jobs, worker: Why. Fix: set it."


def test_a_result_points_at_the_line_that_decides_a_value_where_it_is_known() -> None:
    [run] = sarif([CheckedStack("prod", "p.yaml", FINDINGS, {1: 12})], "1")["runs"]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run["results"]]
    assert regions == [{"startLine": 1}, {"startLine": 12}]


def test_accepted_findings_are_suppressed_with_their_reason(log: dict[str, Any]) -> None:
    first, second = log["runs"][0]["results"]
    assert first["suppressions"] == []
    assert second["suppressions"] == [{"kind": "inSource", "justification": "wanted"}]


def test_results_that_differ_in_anything_have_fingerprints_of_their_own() -> None:
    first = FINDINGS[0]
    alike = (first, replace(first, values={"y": 1}), first, replace(first, resources=("jobs",)))
    results = sarif([CheckedStack("prod", "p.yaml", alike)], "1")["runs"][0]["results"]
    assert len({result["partialFingerprints"]["deliveryLab/v1"] for result in results}) == len(alike)
    assert (
        results[0]["partialFingerprints"]
        == sarif([CheckedStack("prod", "p.yaml", (first,))], "1")["runs"][0]["results"][0]["partialFingerprints"]
    )


def test_a_stack_that_could_not_be_checked_is_no_stack_without_findings() -> None:
    [good] = sarif([], "1")["runs"]
    assert good["invocations"] == [{"executionSuccessful": True}]
    [failed] = sarif([], "1", {"prod": "no such setting"})["runs"]
    [invocation] = failed["invocations"]
    assert invocation["executionSuccessful"] is False
    [told] = invocation["toolExecutionNotifications"]
    assert told == {"level": "error", "message": {"text": "prod: no such setting"}}


def test_every_source_of_a_check_is_a_rule_or_an_address() -> None:
    for check in CHECKS.values():
        assert check.source in RULES or check.source.startswith("https://"), check.id
        assert source_address(check.source).startswith("https://"), check.id


def many(**counts: int) -> CheckedStack:
    """A stack with so many findings of each severity, the lightest first."""
    found = [
        replace(FINDINGS[0], severity=Severity(kind), resources=(f"{kind}-{number}",))
        for kind, count in counts.items()
        for number in range(count)
    ]
    return CheckedStack("prod", "p.yaml", tuple(found))


def test_of_more_results_than_github_shows_the_worst_are_written_in_their_order() -> None:
    log = sarif([many(note=3_000, warning=2_500, error=2_000)], "1", {"dev": "no such setting"})
    [run] = log["runs"]

    levels = [result["level"] for result in run["results"]]
    assert levels == ["note"] * 500 + ["warning"] * 2_500 + ["error"] * 2_000
    assert len(json.dumps(log)) < MOST_BYTES
    [invocation] = run["invocations"]
    failed, told = invocation["toolExecutionNotifications"]
    assert (failed["level"], told["level"]) == ("error", "warning")
    assert left_out(log) == told["message"]["text"]
    assert left_out(log) == (
        "2,500 of 7,500 results are left out, those of the lowest severity and those that are accepted first "
        "(2,500 of severity note): GitHub shows 5,000 results, and takes 10 MB"
    )


def test_accepted_results_are_left_out_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delivery_lab.checks.sarif.MOST_RESULTS", 2)
    stack = many(error=1, note=2)
    accepted = replace(stack.findings[0], accepted="wanted")

    log = sarif([replace(stack, findings=(accepted, *stack.findings[1:]))], "1")

    assert [result["level"] for result in log["runs"][0]["results"]] == ["note", "note"]
    assert "(1 of severity error)" in str(left_out(log))


def test_a_file_that_is_too_large_has_as_many_results_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sarif([many(error=40)], "1")
    limit = len(gzip.compress(text_of(sarif([many(error=30)], "1")).encode(), mtime=0))
    monkeypatch.setattr("delivery_lab.checks.sarif.MOST_BYTES", limit)

    log = sarif([many(error=40)], "1")

    kept = len(log["runs"][0]["results"])
    assert 20 < kept < 40
    assert log["runs"][0]["results"] == whole["runs"][0]["results"][:kept]
    assert len(gzip.compress(text_of(log).encode(), mtime=0)) <= limit
    assert str(left_out(log)).startswith(f"{40 - kept} of 40 results are left out")


def test_nothing_is_said_where_all_results_are_there(log: dict[str, Any]) -> None:
    assert left_out(log) is None
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": True}]
