"""A run, then a redrive of its dead-letter queue, with and without a fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.cli.main import main
from delivery_lab.errors import DeploymentRefusedError, UsageError
from delivery_lab.events import MessageMoved
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.results.redrive import RedriveOutcome, redrive_conclusion, redrive_outcome
from delivery_lab.results.timeline import timeline
from delivery_lab.simulation.simulate import RedriveRequest, simulate, simulate_redrive
from delivery_lab.simulation.workload_files import read_workload
from tests.lab_support import FOREIGN, ROOT, stack_of, workload


def _redrive(stack: str, *fix: str, queues: tuple[str, ...] = (), seed: int = DEFAULT_SEED) -> RedriveOutcome:
    plan = RedriveRequest(stack_of(stack, fix) if fix else None, queues)
    before, after = simulate_redrive(stack_of(stack), ROOT, workload(stack), seed, plan)
    return redrive_outcome(before, after, fix)


def test_poison_comes_back_whatever_the_settings_are() -> None:
    outcome = _redrive("batch-partial")

    done = outcome.redrive
    assert (done.moved, done.processed, done.back_in_dead_letter_queue, done.duplicated_effects) == (3, 0, 3, 0)
    assert outcome.before == outcome.after
    assert redrive_conclusion(outcome) == (
        "0 of 3 redriven messages are processed; 3 are back in the dead-letter queue; no duplicate effects."
    )


def test_without_a_fix_healthy_messages_share_the_fate_of_poison_again() -> None:
    done = _redrive("batch-all-or-nothing", queues=("batch-dlq",)).redrive

    assert done.moved == 10
    assert done.back_in_dead_letter_queue >= 3


def test_a_fix_holds_from_the_redrive_on_and_work_is_repeated() -> None:
    outcome = _redrive("batch-all-or-nothing", "batch.worker.batchSize=1")

    done = outcome.redrive
    assert outcome.before.processed == 0
    assert (done.moved, done.processed, done.back_in_dead_letter_queue) == (10, 7, 3)
    # Their work had been done before the batch failed, and is done again: the worker is not idempotent.
    assert done.duplicated_effects == 7
    assert done.at_seconds > 60
    assert outcome.after.processed == 7


@pytest.mark.parametrize("stack", ["batch-partial", "batch-all-or-nothing", "retry-sqs"])
@pytest.mark.parametrize("seed", [1, 2])
def test_redriven_messages_are_conserved(stack: str, seed: int) -> None:
    outcome = _redrive(stack, seed=seed)

    done = outcome.redrive
    ends = done.processed + done.back_in_dead_letter_queue + done.lost + done.expired + done.remaining
    assert done.moved == outcome.before.dead_lettered == ends
    assert outcome.after.sent == outcome.before.sent


def test_the_same_seed_gives_the_same_redrive() -> None:
    first, again = (_redrive("batch-all-or-nothing", "batch.worker.batchSize=1") for _ in range(2))

    assert first == again


@pytest.mark.parametrize("fix", [(), ("visibility.queue.maxReceiveCount=2",)])
def test_tables_keep_their_items_so_work_that_was_done_is_recognised(fix: tuple[str, ...]) -> None:
    """The message was dead-lettered while its work was being done; a fix redeploys everything but the data."""
    start = stack_of("visibility-short", ("visibility.queue.maxReceiveCount=1",))
    plan = RedriveRequest(stack_of("visibility-short", fix) if fix else None)
    before, after = simulate_redrive(start, ROOT, workload("visibility-short"), DEFAULT_SEED, plan)

    outcome = redrive_outcome(before, after, fix)
    assert outcome.before.processed_dead_lettered == 1
    assert (outcome.redrive.processed, outcome.redrive.duplicated_effects) == (1, 0)


def test_the_way_out_of_the_trap_processes_what_was_dead_lettered_unprocessed() -> None:
    outcome = _redrive("concurrency-trap", "batch.worker.timeoutSeconds=150")

    done = outcome.redrive
    assert done.moved == done.processed == outcome.before.healthy_dead_lettered > 0
    assert (outcome.after.processed, done.duplicated_effects) == (130, 0)


def test_esm_vt_3_a_fix_that_leaves_the_mapping_alone_is_not_compared_with_the_functions_timeout() -> None:
    """The function has 10 s. AWS would refuse to create such a mapping, and says nothing when the queue changes."""
    drift = ("visibilityTimeout=5",)
    orders = read_workload(FOREIGN / "workload.yaml")
    plan = RedriveRequest(stack_of("prod", drift, root=FOREIGN))
    _, after = simulate_redrive(stack_of("prod", root=FOREIGN), FOREIGN, orders, DEFAULT_SEED, plan)

    assert "ESM-VT-3" in after.rules
    assert [event.instant_us for event in after.events if isinstance(event, MessageMoved)]
    with pytest.raises(DeploymentRefusedError, match="5 seconds is less than Function timeout: 10 seconds"):
        simulate(stack_of("prod", drift, root=FOREIGN), FOREIGN, orders, DEFAULT_SEED)


def test_a_functions_own_dead_letter_queue_cannot_be_redriven() -> None:
    plan = RedriveRequest(stack_of("async-destinations", ("async.worker.timeoutSeconds=11",)))
    with pytest.raises(UsageError) as caught:
        simulate_redrive(stack_of("async-destinations"), ROOT, workload("async-destinations"), DEFAULT_SEED, plan)

    assert str(caught.value) == (
        "the stack async-destinations has no dead-letter queue that could be moved back: SQS moves messages out of "
        "queues that are the dead-letter queue of an SQS queue (RDR-SOURCE-1; there are: none)"
    )


def test_a_queue_that_is_no_dead_letter_queue_is_refused_by_name() -> None:
    with pytest.raises(UsageError) as caught:
        _redrive("batch-partial", queues=("batch-queue",))

    assert str(caught.value) == (
        "the stack batch-partial has no dead-letter queue batch-queue: SQS moves messages out of queues that are the "
        "dead-letter queue of an SQS queue (RDR-SOURCE-1; there are: batch-dlq)"
    )


def test_an_empty_dead_letter_queue_is_said_so() -> None:
    plan = RedriveRequest()
    before, after = simulate_redrive(
        stack_of("batch-partial"), ROOT, workload("batch-partial", body=("failEvery=0",)), DEFAULT_SEED, plan
    )

    outcome = redrive_outcome(before, after, ())
    assert redrive_conclusion(outcome) == "The dead-letter queue was empty: nothing was moved."
    assert not [event for event in after.events if isinstance(event, MessageMoved)]


def test_what_cannot_be_moved_back_is_not_called_an_empty_queue() -> None:
    before, after = simulate_redrive(stack_of("sqs-park"), ROOT, workload("sqs-park"), DEFAULT_SEED, RedriveRequest())

    assert redrive_conclusion(redrive_outcome(before, after, ())) == (
        "The dead-letter queue was empty: nothing was moved (3 dead-lettered messages are in a parking queue, a "
        "failure destination or another dead-letter queue)."
    )


def test_a_message_that_was_sent_to_the_dead_letter_queue_fails_the_task_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "direct.yaml"
    path.write_text(
        """
        send:
          - {at: 0, queue: batch-dlq, body: {id: direct}}
          - {at: 0, queue: batch-queue, body: {id: poison, shouldFail: true}}
        """
    )
    before, after = simulate_redrive(
        stack_of("batch-partial"), ROOT, read_workload(path), DEFAULT_SEED, RedriveRequest()
    )

    outcome = redrive_outcome(before, after, ())
    [task] = outcome.tasks
    assert (task.queue, task.status, task.moved) == ("batch-dlq", "FAILED", 0)
    assert redrive_conclusion(outcome) == (
        "The task of batch-dlq failed after 0 moved (CouldNotDetermineMessageSource): it met a message that was sent "
        "there directly, which has no queue to go back to (RDR-SOURCE-2)."
    )
    assert [line.text for line in timeline(after)][-1] == (
        "redrive of batch-dlq ends: 0 moved (failed: CouldNotDetermineMessageSource)"
    )


def test_the_command_prints_what_was_before_what_happens_and_what_is_after(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["redrive", "batch-all-or-nothing", "--fix", "batch.worker.batchSize=1", "--project", str(ROOT)]
    assert main(arguments) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("batch-all-or-nothing: redrive after batch.worker.batchSize=1, workload batch, seed ")
    assert lines[1] == "before       sent 10, processed 0, dead-lettered 10, lost 0, expired 0, remaining 0"
    assert lines[3].endswith("redrive of batch-dlq begins  [RDR-SOURCE-1]")
    assert lines[-3] == "after        sent 10, processed 7, dead-lettered 3, lost 0, expired 0, remaining 0"
    assert lines[-1] == (
        "7 of 10 redriven messages are processed; 3 are back in the dead-letter queue; 7 duplicate effects."
    )


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redrive", "batch-partial", "--json", "--rate", "1", "--project", str(ROOT)]) == 0

    content = json.loads(capsys.readouterr().out)
    assert content["redrive"]["backInDeadLetterQueue"] == 3
    assert content["redrive"]["virtualSeconds"] > 60
    assert content["fix"] == []
    assert content["tasks"] == [{"queue": "batch-dlq", "status": "COMPLETED", "moved": 3, "failure": ""}]


@pytest.mark.parametrize(
    ("rate", "message"), [("0", "greater than or equal to 1"), ("501", "less than or equal to 500")]
)
def test_a_rate_that_sqs_does_not_take_is_wrong_usage(
    rate: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "batch-partial", "--rate", rate, "--project", str(ROOT)]) == 2
    assert f"error: Invalid value for '--rate': Input should be {message}\n" in capsys.readouterr().err


def test_a_setting_holds_from_the_start_and_is_told_apart_from_a_fix(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["redrive", "batch-all-or-nothing", "--json", "--project", str(ROOT), "--set", "batch.worker.batchSize=1"]
    assert main(words) == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["before"]["processed"] == 7
    assert json.loads(said.out)["fix"] == []
    assert said.err == ("note: --set holds from the start of the run; what is deployed before the redrive is --fix\n")


@pytest.mark.parametrize(
    ("fix", "message"),
    [
        ("bach=1", "error: --fix bach=1: the config of stack 'batch-partial' has no 'bach'"),
        ("batch.worker.batchSize=0", "(--fix batch.worker.batchSize=0)"),
    ],
)
def test_what_is_wrong_with_a_fix_is_said_of_the_fix(
    fix: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "batch-partial", "--fix", fix, "--project", str(ROOT)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "--set" not in said


def test_the_table_of_the_page_is_what_the_command_says() -> None:
    page = (ROOT / "docs" / "redrive.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| `redrive ")]

    assert len(rows) == 3
    for command, *numbers in rows:
        stack, *words = command.strip(" `").split()[1:]
        done = _redrive(stack, *words[1:]).redrive
        found = (done.moved, done.processed, done.back_in_dead_letter_queue, done.duplicated_effects)
        assert tuple(map(int, numbers)) == found
