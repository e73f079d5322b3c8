"""Many seeds of a stack, asked of the API."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from delivery_lab.api.explored import explore_pairs, explore_seeds
from delivery_lab.api.lab import Lab
from delivery_lab.api.reporting import reported
from delivery_lab.api.seeded_runs import SeededRuns
from delivery_lab.errors import StackNotFoundError, UsageError
from delivery_lab.explore import workers
from delivery_lab.explore.columns import Columns
from delivery_lab.explore.sample import Sample
from tests.lab_support import ROOT


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.open(ROOT, cached=True)


def test_the_first_seed_is_that_of_a_run(lab: Lab) -> None:
    seen: list[Sample] = []
    found = explore_seeds(lab, "batch-partial", {}, 3, on_sample=seen.append)

    run = lab.simulate("batch-partial")
    assert seen[0].seed == run.seed == found.call.seed
    assert seen[0].trace_hash == run.trace_hash
    assert [sample.seed for sample in seen] == [run.seed, run.seed + 1, run.seed + 2]
    assert found.runs == 3
    assert found.spreads()["messages.deadLettered"].median == 3
    assert found.violations == ()


def test_the_result_does_not_depend_on_the_number_of_processes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_PROCESSES_SECONDS", -1.0)
    one = explore_seeds(lab, "visibility-short", {"expect": ["effects.duplicated == 0"]}, 8, 1).as_json()
    two = explore_seeds(lab, "visibility-short", {"expect": ["effects.duplicated == 0"]}, 8, 2).as_json()

    assert one == two


def test_an_expectation_is_told_with_its_share_and_the_first_seed_of_which_it_does_not_hold(lab: Lab) -> None:
    found = explore_seeds(lab, "batch-unreported", {"expect": ["messages.lost == 0", "messages.sent == 10"]}, 4)

    lost, sent = found.kept()
    assert (lost.share.count, lost.share.runs, lost.holds) == (0, 4, False)
    assert lost.first_failing is not None
    assert lost.first_failing.seed == found.call.seed
    assert (sent.share.count, sent.holds, sent.first_failing) == (4, True, None)


def test_ranges_say_how_much_is_not_documented(lab: Lab) -> None:
    found = explore_seeds(lab, "concurrency-trap", {"expect": ["messages.healthyDeadLettered <= 35"]}, 2)

    over = found.assumed_ranges()["messages.healthyDeadLettered"]
    assert over.low < found.spreads()["messages.healthyDeadLettered"].median < over.high
    assert all(text.startswith("ESM-THROTTLE-3=") for text in over.assumptions)
    (kept,) = found.kept()
    assert kept.share.count == 2
    assert not kept.holds
    assert set(kept.with_assumptions) < set(found.others)


def test_two_variants_are_compared_seed_by_seed(lab: Lab) -> None:
    found = explore_pairs(lab, "batch-partial", "batch-unreported", {"expect": ["messages.lost == 0"]}, 8)

    lost = next(pair for pair in found.pairs if pair.name == "messages.lost")
    assert lost.real
    assert (lost.before.value, lost.after.value) == (0, 3000)
    assert found.worse == ("messages.lost went up", "messages.lost == 0 holds less often")
    assert not any(pair.real for pair in explore_pairs(lab, "batch-partial", "batch-partial", {}, 6).pairs)


def test_a_seed_draws_the_same_whatever_one_setting_is(lab: Lab, tmp_path: Path) -> None:
    """What is sent, how long it takes, which deliveries fail: what differs between two runs of a seed is the change."""
    workload = tmp_path / "described.yaml"
    workload.write_text(
        "send: [{queue: batch-queue, every: 0.4, times: 10, body: {id: 'm{n}'}}]\n"
        "functions: {batch-worker: {duration: {uniform: [0.1, 3.0]}, fails: {share: 0.3}}}\n",
        encoding="utf-8",
    )
    short, long = (
        explore_seeds(
            lab,
            "batch-unreported",
            {"workload": str(workload), "overrides": {"batch.queue.visibilityTimeoutSeconds": timeout}},
            8,
            ranges=False,
        ).columns
        for timeout in (30, 45)
    )

    for name in ("deliveries.duplicates", "messages.deadLettered", "invocations.failed", "latencySeconds.p50"):
        assert list(short.column(name)) == list(long.column(name))
        assert len(set(short.column(name))) > 1
    assert list(short.column("latencySeconds.max")) != list(long.column("latencySeconds.max"))


@pytest.mark.parametrize("seeds", [0, -1, 10_000_001])
def test_a_number_of_seeds_out_of_range_is_refused(lab: Lab, seeds: int) -> None:
    with pytest.raises(UsageError) as refused:
        explore_seeds(lab, "batch-partial", {}, seeds)
    assert str(refused.value) == f"{seeds} seeds cannot be run: at least 1, at most 10000000"


def test_seeds_that_cannot_be_kept_are_refused(lab: Lab) -> None:
    with pytest.raises(UsageError) as refused:
        explore_seeds(lab, "batch-partial", {"seed": 2**63 - 2}, 3)
    assert str(refused.value) == (
        "3 seeds from 9223372036854775806 on cannot be run: the last one may be 9223372036854775807"
    )


def test_no_processes_cannot_run_anything(lab: Lab) -> None:
    with pytest.raises(UsageError, match="0 processes cannot run anything: at least 1"):
        explore_seeds(lab, "batch-partial", {}, 1, 0)


def test_a_stack_that_there_is_not_is_said_before_anything_is_run(lab: Lab) -> None:
    with pytest.raises(StackNotFoundError):
        explore_pairs(lab, "batch-partial", "batch-nothing", {}, 1)


def test_what_was_run_is_there_when_the_user_interrupts(lab: Lab) -> None:
    seen: list[Sample] = []

    def interrupt(sample: Sample) -> None:
        seen.append(sample)
        if len(seen) == 3:
            raise KeyboardInterrupt

    found = explore_seeds(lab, "batch-partial", {}, 50, 1, interrupt)

    assert found.interrupted
    assert found.runs == 3
    assert found.as_json()["interrupted"] is True


def test_an_interrupt_among_the_runs_of_the_first_variant_leaves_nothing_to_compare(lab: Lab) -> None:
    seen: list[Sample] = []

    def interrupt(sample: Sample) -> None:
        seen.append(sample)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore_pairs(lab, "batch-partial", "batch-single", {}, 50, 1, interrupt)
    assert len(seen) == 2


def test_a_report_whose_seeds_are_interrupted_is_no_report(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Columns.add

    def interrupt(self: Columns, sample: Sample) -> None:
        if len(self) == 2:
            raise KeyboardInterrupt
        add(self, sample)

    monkeypatch.setattr(Columns, "add", interrupt)
    with pytest.raises(KeyboardInterrupt):
        reported(lab, "batch-partial", {}, 50, 1, quantify=False, alternatives=False)


def test_what_runs_seeds_can_go_to_processes_that_begin_anew(lab: Lab) -> None:
    here = SeededRuns(lab, lab.asked("batch-partial", {}, judges=True), ())

    there = pickle.loads(pickle.dumps(here))

    with here() as sampling, there() as other:
        assert other(1).trace_hash == sampling(1).trace_hash
