"""The comment of `check`."""

from __future__ import annotations

from tests.cli.conftest import Lab

_DANGEROUS = ("--set", "batch.worker.reportBatchItemFailures=false")


def test_findings_are_told_in_a_sentence_a_table_and_details(lab: Lab) -> None:
    said = lab("check", "batch-partial", *_DANGEROUS, "--format", "markdown")

    lines = said.out.splitlines()
    assert lines[:4] == [
        "<!-- delivery-lab check: batch-partial -->",
        "### 1 finding in 1 stack",
        "",
        lines[3],
    ]
    assert "| stack | severity | check | resources |" in lines
    row = next(line for line in lines if line.startswith("| batch-partial |"))
    assert "CHK-REPORT-3" in row
    details = lines[lines.index("```diff") : lines.index("```")]
    assert any(line.startswith("  fix: ") for line in details)
    assert any(line.startswith("  source: ") for line in details)


def test_nothing_found_says_what_is_accepted(lab: Lab) -> None:
    assert lab("check", "batch-partial", "--format", "markdown").out.splitlines() == [
        "<!-- delivery-lab check: batch-partial -->",
        "### 0 findings in 1 stack",
        "",
        "Nothing was found.",
    ]
    accepted = lab("check", "visibility-short", "--format", "markdown").out.splitlines()
    assert accepted[3] == "Nothing was found but what is accepted (2)."


def test_json_and_a_comment_exclude_each_other(lab: Lab) -> None:
    said = lab("check", "batch-partial", "--json", "--format", "markdown")

    assert (said.code, said.err) == (2, "error: --json and --format markdown exclude each other: leave one out\n")
