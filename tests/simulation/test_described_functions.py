"""`functions` of a workload: what is described instead of run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError, WorkloadError
from delivery_lab.events import BatchResult, InvokeEnded, InvokeStarted
from delivery_lab.model.clock import in_seconds
from delivery_lab.simulation.workload_files import read_workload
from tests.simulation.answered import Ran, ran

PROGRAM = """
jobs = queue_with_dlq(3, visibility_timeout_seconds=60)
worker = function(runtime="nodejs22.x", timeout=10)
mapping(jobs, worker, batch_size={batch}, function_response_types={types})
"""
NEVER_RUN = "raise RuntimeError('the code was run')"


def described(
    folder: Path,
    worker: str,
    *,
    send: str = '{queue: jobs, times: 10, body: {id: "d-{n}", n: 1}}',
    batch: int = 10,
    reports: bool = False,
    seed: int = 1,
    program: str = PROGRAM,
) -> Ran:
    types = '["ReportBatchItemFailures"]' if reports else "[]"
    return ran(
        folder,
        NEVER_RUN,
        f"send: [{send}]\nfunctions:\n  worker: {worker}\n",
        program=program.format(batch=batch, types=types),
        seed=seed,
    )


def lengths(found: Ran) -> list[float]:
    """How long invokes took, cold start left out."""
    began = {event.invoke: event.instant_us for event in found.run.events if isinstance(event, InvokeStarted)}
    ended = {event.invoke: event.instant_us for event in found.run.events if isinstance(event, InvokeEnded)}
    return [in_seconds(ended[invoke] - began[invoke]) for invoke in began]


def test_sim_described_1_a_function_of_another_runtime_takes_as_long_as_it_says(tmp_path: Path) -> None:
    found = described(tmp_path, "{duration: 2, forEach: 0.1}")

    assert found.outcome.messages.processed == 10
    assert lengths(found) == [pytest.approx(0.25 + 2 + 10 * 0.1)]
    assert [(each.name, each.runs) for each in found.outcome.functions] == [("worker", "described")]
    assert "worker is described in the workload: its code is not run" in found.run.notes
    assert "SIM-DESCRIBED-1" in found.outcome.model.assumptions


def test_a_function_that_takes_longer_than_its_timeout_times_out_and_logs_nothing(tmp_path: Path) -> None:
    found = described(tmp_path, '{duration: 11, log: "done {id}"}', send="{queue: jobs, body: {id: a}}")

    assert found.outcome.invocations.timed_out == 3
    assert found.outcome.messages.dead_lettered == 1
    assert found.run.logs == ()


def test_a_message_that_fails_by_its_id_fails_the_batch(tmp_path: Path) -> None:
    found = described(tmp_path, '{duration: 0.1, fails: {ids: [d-4], error: TypeError}, log: "done {id}"}')

    assert found.outcome.messages.dead_lettered == 10
    assert {event.error for event in found.run.events if isinstance(event, InvokeEnded)} == {"TypeError"}
    logged = [line.text for line in found.run.logs]
    assert logged[:3] == ["done d-1", "done d-2", "done d-3"]
    assert not {"done d-4", "done d-5"} & set(logged)


def test_a_partial_response_names_the_failed_messages_and_works_on_the_others(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        '{duration: 0.1, fails: {field: broken, first: 1}, response: partial, log: "done {id} {receive_count}"}',
        send='{queue: jobs, times: 4, body: {id: "d-{n}"}}, {queue: jobs, body: {id: x, broken: true}}',
        reports=True,
    )

    assert (found.outcome.messages.processed, found.outcome.invocations.failed) == (5, 0)
    assert [len(event.failed) for event in found.run.events if isinstance(event, BatchResult)] == [1, 0]
    assert [line.text for line in found.run.logs] == [
        "done d-1 1",
        "done d-2 1",
        "done d-3 1",
        "done d-4 1",
        "done x 2",
    ]


def test_lines_of_the_log_contract_are_effects(tmp_path: Path) -> None:
    found = described(tmp_path, '{duration: 0.1, log: {event: processed, id: "{id}", message_id: "{message_id}"}}')

    assert (found.outcome.effects.total, found.outcome.effects.duplicated) == (10, 0)
    assert found.run.logs == ()


def test_what_a_message_meets_does_not_depend_on_the_batches_that_it_comes_in(tmp_path: Path) -> None:
    line = "{duration: 0.1, fails: {share: 0.3}, response: partial}"
    send = '{queue: jobs, times: 40, body: {id: "d-{n}"}}'
    deliveries = []
    for batch in (1, 10):
        found = described(tmp_path / str(batch), line, send=send, batch=batch, reports=True)
        deliveries.append({each.id: len(each.delivered_at) for each in found.outcome.per_message})

    assert deliveries[0] == deliveries[1]
    assert 5 <= sum(number > 1 for number in deliveries[0].values()) <= 20


def test_durations_are_drawn_for_each_message_and_delivery(tmp_path: Path) -> None:
    line = "{duration: {lognormal: {median: 1, p99: 5}}}"
    send = '{queue: jobs, times: 30, body: {id: "d-{n}"}}'

    once, again, other = (
        lengths(described(tmp_path / str(n), line, send=send, batch=1, seed=seed)) for n, seed in enumerate((1, 1, 2))
    )

    assert once == again != other
    assert len(set(once)) == 30


def test_a_function_can_be_invoked_and_answers_what_it_says(tmp_path: Path) -> None:
    program = """
image = aws.lambda_.Function("thumbs", package_type="Image", image_uri="1.dkr.ecr.eu-west-1.amazonaws.com/a:1",
    role=role.arn, timeout=10)
jobs = queue_with_dlq(3)
worker = function(environment={"variables": {"THUMBS": image.name}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""
    handler = """
import boto3, json, os
def handle(event, context):
    answer = boto3.client("lambda").invoke(FunctionName=os.environ["THUMBS"], Payload=event["Records"][0]["body"])
    print(json.dumps([answer.get("FunctionError"), json.load(answer["Payload"])]))
"""
    found = ran(
        tmp_path,
        handler,
        "send: [{queue: jobs, body: {id: a}}, {queue: jobs, body: {id: bad}}]\n"
        "functions:\n  thumbs: {duration: 0.3, response: {size: [10, 20]}, fails: {ids: [bad]}}\n",
        program=program,
    )

    assert sorted(found.said, key=json.dumps)[1:] == [[None, {"size": [10, 20]}]]
    assert sorted(found.said, key=json.dumps)[0] == [
        "Unhandled",
        {"errorType": "DescribedFailure", "errorMessage": "described as failing: bad"},
    ]
    assert [(each.name, each.runs) for each in found.outcome.functions] == [
        ("thumbs", "described"),
        ("worker", "executed"),
    ]


def test_a_function_that_cannot_be_run_says_that_it_can_be_described(tmp_path: Path) -> None:
    with pytest.raises(NotModelledError) as refused:
        ran(tmp_path, NEVER_RUN, program=PROGRAM.format(batch=1, types="[]"))

    assert str(refused.value) == (
        "the function worker is invoked, and uses what is not modelled:\n"
        "  worker: runtime = 'nodejs22.x'; nearest: a Python runtime\n"
        "  fix: describe it in the workload: functions: {worker: {duration: 0.2}}"
    )


def test_a_function_that_the_stack_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError) as refused:
        ran(
            tmp_path,
            NEVER_RUN,
            "send: [{queue: jobs, body: {id: a}}]\nfunctions: {resize: {duration: 1}}\n",
            program=PROGRAM.format(batch=1, types="[]"),
        )

    assert str(refused.value) == (
        f"{tmp_path}/shop/load.yaml: functions: the stack prod has no function resize (there are: worker)"
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{response: partial}", "functions.worker: response describes a function, which needs its duration too"),
        ("{duration: 1, environment: {A: b}}", "functions.worker: a function with a duration is not run, so it has no"),
        ("{duration: -1}", "functions.worker.duration"),
        ("{duration: 1, fails: {error: E}}", "functions.worker.fails: name at least one of share, ids and field"),
        ("{duration: 1, fails: {share: 2}}", "functions.worker.fails.share: has to be less than or equal to 1, not 2"),
        ("{duration: 1, takes: 2}", "functions.worker.takes is no key of a workload"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    file = tmp_path / "load.yaml"
    file.write_text(f"send: [{{queue: q, body: 1}}]\nfunctions:\n  worker: {entry}\n")

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert f"{file}:3: {message}" in str(refused.value)
