from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.checks.acceptance import Acceptance, apply_acceptances, read_acceptances
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.errors import StackFileError

KEY = "delivery-lab:accept"


def finding(check: str, *resources: str) -> Finding:
    return Finding(check, Severity.ERROR, resources, {"x": 1}, "Why.", "fix", "SQS-VT-1")


def test_a_stack_without_the_key_accepts_nothing() -> None:
    assert read_acceptances({"aws:region": "eu-west-1"}) == ()


def test_entries_name_a_check_and_perhaps_a_resource() -> None:
    config = {KEY: {"CHK-VT-1": "wanted ", "CHK-DLQ-2:jobs": "also wanted", "CFN-E3034": "the schema is old"}}
    assert read_acceptances(config) == (
        Acceptance("CHK-VT-1", "", "wanted"),
        Acceptance("CHK-DLQ-2", "jobs", "also wanted"),
        Acceptance("CFN-E3034", "", "the schema is old"),
    )


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            {"CHK-VT1": "x"},
            "delivery-lab:accept names CHK-VT1, which is no check: did you mean CHK-VT-1?",
        ),
        (
            {"everything": "x"},
            "delivery-lab:accept names everything, which is no check: docs/checks.md lists them all",
        ),
        (
            {"CHK-VT-1": " "},
            "delivery-lab:accept gives no reason for CHK-VT-1, found ' '\n  fix: say in a few words why it is accepted",
        ),
        (
            {"CHK-VT-1": None},
            (
                "delivery-lab:accept gives no reason for CHK-VT-1, found None\n"
                "  fix: say in a few words why it is accepted"
            ),
        ),
        (
            ["CHK-VT-1"],
            (
                "delivery-lab:accept has to map ids of checks to reasons, found ['CHK-VT-1']\n"
                "  fix: write one line for each, such as `CHK-DLQ-2: why it is wanted`"
            ),
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(entries: Any, message: str) -> None:
    with pytest.raises(StackFileError) as raised:
        read_acceptances({KEY: entries})
    assert str(raised.value) == message


def test_an_entry_accepts_its_check_and_leaves_the_others() -> None:
    findings = [finding("CHK-VT-1", "a"), finding("CHK-VT-2", "a")]
    marked = apply_acceptances(findings, [Acceptance("CHK-VT-1", "", "wanted")])
    assert [found.accepted for found in marked] == ["wanted", None]


def test_an_entry_with_a_resource_accepts_that_one_alone_and_speaks_first() -> None:
    findings = [finding("CHK-VT-1", "a", "b"), finding("CHK-VT-1", "c")]
    only = Acceptance("CHK-VT-1", "b", "this one")
    assert [found.accepted for found in apply_acceptances(findings, [only])] == ["this one", None]
    both = apply_acceptances(findings, [Acceptance("CHK-VT-1", "", "all"), only])
    assert [found.accepted for found in both] == ["this one", "all"]


def test_an_entry_that_accepts_nothing_is_noted() -> None:
    [note] = apply_acceptances([], [Acceptance("CHK-VT-1", "jobs", "wanted once")])
    assert note == Finding(
        check="CHK-ACCEPT-1",
        severity=Severity.NOTE,
        resources=("jobs",),
        values={"delivery-lab:accept.CHK-VT-1:jobs": "wanted once"},
        why="The stack accepts CHK-VT-1:jobs, but nothing of the kind was found.",
        fix="remove CHK-VT-1:jobs from delivery-lab:accept",
        source="docs/checks.md",
    )


def test_nothing_is_noted_of_what_only_a_workload_could_have_shown() -> None:
    accepted = [Acceptance("CHK-FEED-8", "", "wanted")]

    assert apply_acceptances([], accepted) == ()
    [note] = apply_acceptances([], accepted, with_workload=True)
    assert note.why == "The stack accepts CHK-FEED-8, but nothing of the kind was found."
