"""`standard` and `harsh`: what can happen to a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.fault_presets import all_faults
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.simulation.workload_files import read_faults, read_workload
from tests.lab_support import ROOT, stack_of, workload

STACKS = ["batch-partial", "fifo-ordered", "visibility-powertools", "stream-bisect", "msk-bisect", "async-destinations"]


def faults(stack: str, preset: str) -> list[Fault]:
    return all_faults(workload(stack).model_copy(update={"faults": [], "fault_preset": preset}), stack_of(stack))


def test_standard_is_what_aws_documents_for_what_the_stack_has() -> None:
    found = faults("visibility-powertools", "standard")

    assert [fault.words for fault in found if fault.queue == "visibility-queue"] == [
        "duplicate of visibility-queue",
        "lostReceive of visibility-queue",
    ]
    assert {fault.kind for fault in found if fault.function == "visibility-worker"} == {
        "duplicate",
        "throttle",
        "error",
        "coldStart",
    }
    assert {fault.service for fault in found if fault.service} == {"sqs", "dynamodb", "lambda"}


def test_a_fifo_queue_delivers_nothing_twice() -> None:
    assert [fault.kind for fault in faults("fifo-ordered", "standard") if fault.queue == "batch-queue"] == [
        "lostReceive"
    ]


def test_harsh_has_all_of_standard_and_more() -> None:
    standard, harsh = (faults("stream-bisect", preset) for preset in ("standard", "harsh"))

    assert [fault.words for fault in harsh[: len(standard)]] == [fault.words for fault in standard]
    assert {fault.kind for fault in harsh[len(standard) :]} == {
        "crash",
        "timeout",
        "coldStart",
        "pause",
        "codeReplaced",
        "lateClock",
        "recreated",
    }
    assert "kinesis" in {fault.service for fault in harsh}


@pytest.mark.parametrize("stack", STACKS)
def test_sim_fault_2_no_invariant_is_violated_whatever_happens_and_no_idle_fault_is_told(stack: str) -> None:
    harsh = workload(stack).model_copy(update={"fault_preset": "harsh"})
    rules: set[str] = set()
    for seed in range(3):
        run = simulate(stack_of(stack), ROOT, harsh, seed)

        assert list(violations_of(run)) == []
        assert outcome_of(run).messages.lost == 0
        rules |= set(run.rules)
        assert not any("never happened" in note for note in run.notes)
    assert "SIM-FAULT-2" in rules


def test_shares_of_a_fault_that_is_written_out_are_the_users() -> None:
    own = workload("batch-partial").model_copy(update={"faults": [Fault(function="batch-worker", kind="coldStart")]})

    assert "SIM-FAULT-2" not in simulate(stack_of("batch-partial"), ROOT, own, 1).rules


def test_a_workload_names_a_preset(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text("send: [{queue: q, body: x}]\nfaultPreset: harsh\n", encoding="utf-8")
    assert read_workload(file).fault_preset == "harsh"

    file.write_text("send: [{queue: q, body: x}]\nfaultPreset: hard\n", encoding="utf-8")
    with pytest.raises(WorkloadError) as refused:
        read_workload(file)
    assert str(refused.value) == f"{file}:2: faultPreset: has to be 'standard' or 'harsh', not 'hard'"


def test_the_option_takes_a_preset_or_a_file(tmp_path: Path) -> None:
    assert read_faults("standard").fault_preset == "standard"
    file = tmp_path / "faults.yaml"
    file.write_text("faults:\n  - {function: f, kind: crash}\n", encoding="utf-8")
    (found,) = read_faults(str(file)).faults
    assert (found.words, found.place) == ("crash of f", f"{file}:2")

    file.write_text("faults:\n  - {function: f, kind: bang}\n", encoding="utf-8")
    with pytest.raises(WorkloadError, match=r"faults.yaml:2: faults.1.kind: has to be 'throttle', "):
        read_faults(str(file))
    with pytest.raises(WorkloadError) as refused:
        read_faults("hard")
    assert str(refused.value) == "--faults hard: there is no such file, and no preset of that name: standard or harsh"


@pytest.mark.parametrize("content", ["", "faults: []\n"])
def test_a_file_without_faults_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(WorkloadError) as refused:
        read_faults(str(file))
    assert str(refused.value) == (
        f"--faults {file}: the file has no faults\n  fix: list some under faults:, or leave it out"
    )


def test_faults_are_part_of_a_workload_that_is_built_in_code() -> None:
    built = Workload.model_validate({"send": [{"queue": "q", "body": "x"}], "faultPreset": "standard"})

    assert built.fault_preset == "standard"


def test_no_faults_at_all_are_asked_for_by_leaving_the_option_out() -> None:
    with pytest.raises(WorkloadError) as refused:
        read_faults("")
    assert str(refused.value) == "--faults : there is no such file, and no preset of that name: standard or harsh"
