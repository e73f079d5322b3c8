"""The comments of `diff` and of `diff --seeds`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Lab

_REPORTING_OFF = ("diff", "batch-partial", "batch-unreported")


def test_reporting_that_is_turned_off_is_told_in_the_first_line_that_one_sees(lab: Lab) -> None:
    said = lab(*_REPORTING_OFF, "--format", "markdown", "--fail-on", "worse")

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[:4] == [
        "<!-- delivery-lab diff: batch-partial..batch-unreported -->",
        "### batch-partial → batch-unreported: 3 of 10 messages will be lost",
        "",
        (
            "batch-unreported: 3 of 10 messages are lost: deleted, never processed, in no dead-letter queue; 7 of 10 "
            "are processed once. No alarm of this stack would have noticed."
        ),
    ]
    assert "| stack | figure | before | after | change |" in lines
    assert "| batch-partial → batch-unreported | messages lost | 0 | 3 | +3 |" in lines
    assert "| batch-partial → batch-unreported | messages processed | 7 | 7 |  |" in lines
    assert "<details><summary>3 differences of settings and resources</summary>" in lines
    assert "! batch.worker.reportBatchItemFailures: true -> false" in lines
    assert lines[-5:] == [
        "**Needs action**",
        "",
        "- batch-partial → batch-unreported: worse: messages lost went up from 0 to 3",
        "",
        "Delivery Lab compared batch-partial..batch-unreported: workload batch, seed 20260101.",
    ]


def test_an_expectation_that_does_not_hold_needs_action(lab: Lab) -> None:
    said = lab(*_REPORTING_OFF, "--format", "markdown", "--expect", "messages.lost * 2 == 0")

    assert said.code == 5
    assert r"- batch-partial → batch-unreported: does not hold: messages.lost \* 2 == 0 (6)" in said.out.splitlines()


def test_a_change_for_the_better_says_so(lab: Lab) -> None:
    said = lab("diff", "batch-unreported", "batch-partial", "--format", "markdown")

    assert said.out.splitlines()[1] == "### Nothing gets worse"
    assert "Needs action" not in said.out


def test_nothing_that_differs_is_told_or_not(lab: Lab) -> None:
    same = ("diff", "batch-partial", "batch-partial")

    assert lab(*same, "--format", "markdown").out.splitlines()[1] == "### Nothing differs"
    for form in ("text", "json", "markdown", "junit"):
        assert lab(*same, "--format", form, "--quiet-if-same").out == ""
    assert lab(*_REPORTING_OFF, "--quiet-if-same").out.startswith("batch-partial -> batch-unreported\n")


def test_many_seeds_are_told_with_their_intervals(lab: Lab) -> None:
    said = lab(*_REPORTING_OFF, "--seeds", "12", "--format", "markdown", "--expect", "messages.lost == 0")

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[1] == "### batch-partial → batch-unreported: messages.lost went up"
    assert lines[3] == "Each was run with 12 seeds from 20260101."
    row = next(line for line in lines if "messages lost per 10,000 messages" in line)
    assert row.startswith("| batch-partial → batch-unreported | ")
    assert row.endswith(r"| 0 \[0, 2,646\] | 3,000 |")
    failing = next(line for line in lines if line.startswith("- Does not always hold: messages.lost == 0: in 0 of 12"))
    command = "delivery-lab run batch-unreported --workload workloads/batch.yaml --expect 'messages.lost == 0'"
    assert failing.endswith(f"with seed 20260101: `{command}`")


def test_many_seeds_without_a_difference_are_quiet_where_that_is_wanted(lab: Lab) -> None:
    same = ("diff", "batch-partial", "batch-partial", "--seeds", "2")

    assert lab(*same, "--format", "markdown").out.splitlines()[1] == "### No detectable difference"
    assert lab(*same, "--quiet-if-same").out == ""


@pytest.mark.parametrize("seeds", [(), ("--seeds", "2")])
def test_expectations_of_the_second_stack_are_test_cases(lab: Lab, seeds: tuple[str, ...]) -> None:
    said = lab(*_REPORTING_OFF, *seeds, "--format", "junit", "--expect", "messages.lost == 0")

    assert said.code == 5
    assert '<testsuite name="batch-unreported" tests="1" failures="1" errors="0">' in said.out
    assert "batch-partial" not in said.out


def test_the_comment_of_one_variant_has_a_row_for_each_figure_that_varies(lab: Lab, tmp_path: str) -> None:
    said = lab(
        *("explore", "visibility-short", "--seeds", "3", "--no-shrink", "--write", str(tmp_path)),
        *("--format", "markdown", "--expect", "effects.duplicated == 0", "--expect", "messages.lost == 0"),
    )

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[:4] == [
        "<!-- delivery-lab explore: visibility-short -->",
        "### visibility-short: 1 of 2 expectations do not always hold",
        "",
        "Workload visibility was run with 3 seeds from 20260101.",
    ]
    assert "| figure | median | 5 % | 95 % | worst | its seed |" in lines
    assert any(line.startswith("| effects duplicated | 1 | 1 | 1 | 1 | 20260101 |") for line in lines)
    assert "<details><summary>Expectations that hold (1)</summary>" in lines
    assert lines[-2].startswith("- Does not always hold: effects.duplicated == 0: in 0 of 3 runs")
