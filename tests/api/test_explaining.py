"""What a rule and a check say."""

from __future__ import annotations

import pytest

import delivery_lab as dl
from delivery_lab.api.explaining import rules
from delivery_lab.checks.registry import CHECKS
from delivery_lab.errors import UnknownRuleError
from delivery_lab.rules import RULES


def test_a_rule_says_how_sure_we_are_and_how_else_it_can_be_assumed() -> None:
    said = dl.explain("sqs-stale-2")

    rule = RULES["SQS-STALE-2"]
    assert (said.id, said.kind, said.status, said.statement) == (rule.id, "rule", rule.status, rule.statement)
    assert said.alternatives
    assert said.as_json() == {
        "id": rule.id, "status": rule.status, "statement": rule.statement, "source": rule.source,
    }  # fmt: skip


def test_a_documented_rule_says_when_its_page_was_read() -> None:
    said = dl.explain("SQS-VT-4")

    assert said.read == "2026-11-27 (whole page, in a stored copy)"
    assert said.as_json()["read"] == said.read
    assert dl.explain("SQS-DLQ-1").read == ""


def test_a_check_says_why_and_what_to_do() -> None:
    said = dl.explain("chk-vt-1")

    check = CHECKS["CHK-VT-1"]
    assert (said.id, said.kind, said.status, said.why, said.fix) == (
        check.id, "check", check.severity, check.why, check.fix,
    )  # fmt: skip
    assert list(said.as_json()) == ["id", "severity", "title", "why", "fix", "source"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("SQS-DLQ-99", "no rule has the id SQS-DLQ-99: did you mean SQS-DLQ-"),
        ("CHK-VT-99", "no check has the id CHK-VT-99: did you mean CHK-VT-"),
        ("CHK-1", "no check has the id CHK-1: "),
    ],
)
def test_an_unknown_id_is_refused_with_the_nearest(wrong: str, message: str) -> None:
    with pytest.raises(UnknownRuleError) as caught:
        dl.explain(wrong)
    assert str(caught.value).startswith(message)


def test_all_rules_are_listed() -> None:
    assert [said.id for said in rules()] == list(RULES)
