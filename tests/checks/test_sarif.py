"""The shape of SARIF 2.1.0: what its schema requires of the properties that we use, and what code reviews need."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.checks.registry import CHECKS
from delivery_lab.checks.sarif import CheckedStack, sarif, source_address
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
