"""Expectations as test cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from xml.etree import ElementTree

from delivery_lab import Outcome
from delivery_lab.cli.comments.junit import junit_of_runs
from tests.cli.conftest import Lab


@dataclass(frozen=True)
class _Expected:
    text: str
    holds: bool
    told: str


@dataclass(frozen=True)
class _Ran:
    stack: str
    expectations: tuple[_Expected, ...]


def test_a_stack_is_a_suite_and_an_expectation_a_case(lab: Lab) -> None:
    said = lab(
        "run",
        "batch-partial",
        "--format",
        "junit",
        "--expect",
        "messages.lost == 0",
        "--expect",
        "messages.deadLettered == 0",
    )

    assert said.code == 5
    root = ElementTree.fromstring(said.out)
    assert (root.tag, root.attrib) == (
        "testsuites",
        {"name": "delivery-lab", "tests": "2", "failures": "1", "errors": "0"},
    )
    assert [case.get("name") for case in root.iter("testcase")] == ["messages.lost == 0", "messages.deadLettered == 0"]
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("the value is 3", "messages.deadLettered == 0: the value is 3")


def test_a_stack_that_cannot_be_run_is_an_error() -> None:
    root = ElementTree.fromstring(junit_of_runs([], {"dev": "no such queue"}))

    error = root.find("testsuite[@name='dev']/testcase/error")
    assert error is not None
    assert (error.get("message"), root.get("errors"), root.get("tests")) == ("no such queue", "1", "1")


def test_what_xml_may_not_hold_is_written_as_an_escape() -> None:
    ran = cast("Outcome", _Ran("a\x00<b>", (_Expected("\ud800 == 0", holds=False, told="]]> & \x1b[31m"),)))

    suite = ElementTree.fromstring(junit_of_runs([ran])).find("testsuite")
    assert suite is not None
    assert suite.get("name") == r"a\x00<b>"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == r"\ud800 == 0: the value is ]]> & \x1b[31m"


def test_many_seeds_say_how_often(lab: Lab, tmp_path: str) -> None:
    said = lab(
        "explore",
        "batch-partial",
        "--seeds",
        "2",
        "--no-shrink",
        "--write",
        str(tmp_path),
        "--format",
        "junit",
        "--expect",
        "messages.deadLettered == 0",
    )

    assert said.code == 5
    failure = ElementTree.fromstring(said.out).find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("it holds in 0 of 2 runs (0.0%, [0.0%, ")
