"""What is expected of a run: by its workload, by an option, in a test."""

from __future__ import annotations

from pathlib import Path

import pytest

import delivery_lab as dl
from delivery_lab.api import simulated
from delivery_lab.api.expected import read_expectations
from delivery_lab.api.lab import Lab
from delivery_lab.errors import ExpectationError, ModelError, UsageError, WorkloadError
from tests.lab_support import FOREIGN, ROOT

WORKLOAD = FOREIGN / "workload.yaml"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.open(FOREIGN)


def test_an_outcome_says_of_each_expectation_whether_it_holds_and_the_actual_value(lab: Lab) -> None:
    outcome = lab.simulate("prod", workload=WORKLOAD, expect=["messages.lost == 0", "messages.deadLettered <= 0"])

    assert [one.model_dump(by_alias=True) for one in outcome.expectations] == [
        {"text": "messages.lost == 0", "actual": 0, "holds": True, "reason": "", "failsWith": ()},
        {"text": "messages.deadLettered <= 0", "actual": 1, "holds": False, "reason": "", "failsWith": ()},
    ]


def test_a_workload_says_what_is_expected(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(WORKLOAD.read_text() + "\nexpect: [messages.sent == 11, messages.lost == 0]\n")

    outcome = lab.simulate("prod", workload=file, expect=["messages.lost == 0", "messages.remaining == 0"])

    told = [(one.text, one.holds) for one in outcome.expectations]
    assert told == [("messages.sent == 11", True), ("messages.lost == 0", True), ("messages.remaining == 0", True)]


def test_a_workload_whose_expectation_cannot_be_read_names_file_and_place(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(WORKLOAD.read_text() + "\nexpect: [messages.lost = 0]\n")

    with pytest.raises(WorkloadError) as refused:
        lab.simulate("prod", workload=file)
    assert str(refused.value) == (
        f"{file}:7: expect.1: a single '=' compares nothing: write '==', not 'messages.lost = 0'"
    )


def test_an_unknown_figure_is_refused_before_anything_is_run(lab: Lab) -> None:
    with pytest.raises(UsageError) as refused:
        lab.simulate("prod", workload=WORKLOAD, expect=["message.lost == 0"])
    assert str(refused.value) == (
        "expectation 'message.lost == 0': there is no figure message.lost; did you mean messages.lost? "
        "(docs/results.md has them all)"
    )


def test_a_run_that_is_not_as_expected_fails_a_test(lab: Lab) -> None:
    assert lab.expect("prod", "messages.lost == 0", workload=WORKLOAD).messages.lost == 0

    with pytest.raises(ExpectationError) as failed:
        lab.expect("prod", "messages.deadLettered == 0", "messages.lost == 0", workload=WORKLOAD)
    lines = str(failed.value).splitlines()
    assert lines[:2] == ["prod: 1 of 2 expectations do not hold", "  messages.deadLettered == 0: 1"]
    assert lines[2].startswith("  replay: delivery-lab run prod ")
    assert lines[2].endswith("--expect 'messages.deadLettered == 0' --expect 'messages.lost == 0'")


def test_a_run_that_violates_an_invariant_fails_a_test_whatever_is_expected(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "violations_of", lambda *_: ["INV-TEST-1 at 0.000000 s: something impossible"])

    with pytest.raises(ModelError) as failed:
        lab.expect("prod", "messages.lost == 0", workload=WORKLOAD)
    assert str(failed.value).startswith(
        "prod: an invariant is violated: INV-TEST-1 at 0.000000 s: something impossible\n"
        "  replay: delivery-lab run prod "
    )


def test_one_text_instead_of_a_list_is_refused() -> None:
    with pytest.raises(UsageError, match="give a list of texts"):
        read_expectations("messages.lost == 0")


def test_a_redrive_is_held_to_nothing(lab: Lab) -> None:
    with pytest.raises(UsageError, match="expectations go with a run or a comparison of runs: leave `expect` out"):
        lab.redrive("prod", workload=WORKLOAD, expect=["messages.lost == 0"])


def test_an_expectation_holds_only_over_the_whole_plausible_range() -> None:
    outcome = dl.simulate(ROOT, stack="concurrency-trap", expect=["messages.healthyDeadLettered <= 35"])

    (one,) = outcome.expectations
    interval = outcome.intervals["messages.healthyDeadLettered"]
    assert isinstance(one.actual, int)
    assert one.actual <= 35 < interval.high
    assert not one.holds
    assert one.fails_with
    assert one.told == f"{one.actual}, but not with {', '.join(one.fails_with)}"
