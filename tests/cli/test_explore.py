"""`delivery-lab explore` and `diff --seeds`."""

from __future__ import annotations

import json
from pathlib import Path

from delivery_lab.results.named_figures import plain_names
from tests.cli.conftest import Lab


def test_many_seeds_are_told_in_figures_expectations_and_invariants(lab: Lab) -> None:
    said = lab("explore", "batch-unreported", "--seeds", "4", "--expect", "messages.lost == 0", "--no-shrink")

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[0] == "batch-unreported: workload batch, 4 seeds from 20260101 to 20260104"
    assert lines[-3].startswith("\N{BALLOT X} messages.lost == 0: in 0 of 4 runs (0.0%, [0.0%, ")
    assert lines[-2].strip() == (
        "first not with seed 20260101: delivery-lab run batch-unreported --expect 'messages.lost == 0'"
    )
    assert lines[-1] == "No invariant is violated in 4 runs."


def test_one_seed_is_told_as_one(lab: Lab) -> None:
    said = lab("explore", "batch-partial", "--seeds", "1", "--seed", "7").out.splitlines()

    assert said[0] == "batch-partial: workload batch, 1 seed, 7"
    assert said[-1] == "No invariant is violated in 1 run."


def test_figures_that_some_runs_do_not_know_are_said(lab: Lab, tmp_path: Path) -> None:
    """Where nothing is processed there is no latency; what is the same in all other runs is not so in all."""
    workload = tmp_path / "jobs.yaml"
    workload.write_text(
        "send: [{queue: visibility-queue, body: {id: a}}]\n"
        "faults: [{function: visibility-worker, kind: failure, share: 0.8}]\n",
        encoding="utf-8",
    )
    said = lab("explore", "visibility-safe", "--seeds", "8", "--workload", str(workload))

    text = " ".join(said.out.split())
    assert (
        "Not known in 5 of 8 runs, of which nothing above tells: effects total, effects duplicated, latency p50, "
        "latency p95, latency max. The same in all runs: messages sent 1. No invariant"
    ) in text


def test_json_is_a_line_for_each_run_and_one_for_all(lab: Lab) -> None:
    said = lab("explore", "batch-partial", "--seeds", "3", "--seed", "5", "--json", "--expect", "messages.lost == 0")

    assert said.code == 0
    *runs, summary = map(json.loads, said.out.splitlines())
    assert [run["seed"] for run in runs] == [5, 6, 7]
    assert list(runs[0]["figures"]) == list(plain_names())
    assert runs[0]["expectations"] == [{"actual": 0, "holds": True}]
    assert summary["messages"]["deadLettered"] == {"median": 3, "p5": 3, "p95": 3, "worst": 3, "worstSeed": 5}
    assert summary["expectations"][0]["share"] == 1.0
    assert (summary["kind"], summary["runs"], summary["violations"]) == ("summary", 3, [])


def test_a_comparison_over_many_seeds_says_what_is_no_chance(lab: Lab) -> None:
    said = lab("diff", "batch-partial", "batch-unreported", "--seeds", "12", "--fail-on", "worse")

    assert said.code == 5
    assert "  ~ messages lost per 10,000 messages: 0 [0, 2,646] -> 3,000" in said.out.splitlines()
    assert "Worse: messages.lost went up." in said.out.splitlines()
    same = lab("diff", "batch-partial", "batch-partial", "--seeds", "3")
    assert same.code == 0
    assert "  no figure can be told to differ: fewer than 6 seeds cannot be told from chance" in same.out.splitlines()


def test_a_comparison_over_many_seeds_in_json_has_both(lab: Lab) -> None:
    said = json.loads(lab("diff", "batch-partial", "batch-unreported", "--seeds", "2", "--json").out)

    assert said["behaviour"]["messages.lost"] == [0, 3]
    assert said["seeds"]["before"]["runs"] == said["seeds"]["after"]["runs"] == 2
    assert {"name", "perMessages", "before", "after", "p", "real"} == set(said["seeds"]["pairs"][0])
