"""Each fault of a function happens whatever feeds the function, and is refused by name where it cannot."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import Run
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

_MAPPING = 'function_name=function(timeout=10).arn, starting_position="{position}"'
SOURCES = {
    "queue": ("mapping(queue_with_dlq(), function(), batch_size=1, function_response_types=[])", "queue: jobs"),
    "fifo": (
        """
jobs = aws.sqs.Queue("jobs", name="jobs.fifo", fifo_queue=True, content_based_deduplication=True,
    visibility_timeout_seconds=60)
mapping(jobs, function(), batch_size=1, function_response_types=[])
""",
        "queue: jobs, key: a",
    ),
    "stream": (
        """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, MAPPING)
""",
        "stream: jobs, key: a",
    ),
    "fan-out": (
        """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
fast = aws.kinesis.StreamConsumer("fast", stream_arn=jobs.arn)
aws.lambda_.EventSourceMapping("mapping", event_source_arn=fast.arn, MAPPING)
""",
        "stream: jobs, key: a",
    ),
    "table": (
        """
jobs = aws.dynamodb.Table("jobs", name="jobs", billing_mode="PAY_PER_REQUEST", hash_key="id", stream_enabled=True,
    stream_view_type="NEW_IMAGE", attributes=[{"name": "id", "type": "S"}])
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.stream_arn, MAPPING)
""",
        "table: jobs",
    ),
    "topic": (
        """
aws.lambda_.EventSourceMapping("mapping", topics=["orders"], MAPPING,
    self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}})
""",
        "at: 200, topic: orders",
    ),
    "event": ("function()", "invoke: worker, type: async"),
    "request": ("function()", "invoke: worker"),
}
WITH_MAPPING = ("queue", "fifo", "stream", "fan-out", "table", "topic")
FORGETTING = ("stream", "fan-out", "table", "topic")
KINDS = {
    "throttle": "kind: throttle, for: 30",
    "error": "kind: error, for: 30",
    "failure": "kind: failure, for: 30",
    "latency": "kind: latency, seconds: 1",
    "duplicate": "kind: duplicate",
    "coldStart": "kind: coldStart",
    "crash": "kind: crash, seconds: 0.5, for: 30",
    "timeout": "kind: timeout, seconds: 0.5, for: 30",
    "pause": "kind: pause, seconds: 5, for: 30",
    "codeReplaced": "kind: codeReplaced",
    "lateClock": "kind: lateClock, seconds: 5",
    "recreated": "kind: recreated, seconds: 5",
}
# A caller that waits for its answer gets each request through once; pollers are those of mappings; only a mapping of
# a stream or topic forgets where it was.
IMPOSSIBLE = {("request", "duplicate"), ("event", "pause"), ("request", "pause")}
POSSIBLE = [
    (source, kind)
    for source in SOURCES
    for kind in KINDS
    if (source, kind) not in IMPOSSIBLE and (kind != "recreated" or source in FORGETTING)
]
HANDLER = "import time\n\ndef handle(event, context):\n    time.sleep(2)\n"


def deployed(folder: Path, source: str, position: str = "TRIM_HORIZON") -> Stack:
    program = SOURCES[source][0].replace("MAPPING", _MAPPING.format(position=position))
    return Stack.of(graph_of(folder / "shop", program, {"worker/app.py": HANDLER}))


def with_faults(folder: Path, source: str, *kinds: str) -> Workload:
    lines = [KINDS[kind].replace("for: ", "for: 2") if source == "topic" else KINDS[kind] for kind in kinds]
    faults = ", ".join(f"{{function: worker, {line}}}" for line in lines)
    file = folder / "jobs.yaml"
    file.write_text(
        f"send: [{{every: 4, times: 3, {SOURCES[source][1]}, body: {{id: 'm{{n}}'}}}}]\nfaults: [{faults}]\n",
        encoding="utf-8",
    )
    return read_workload(file)


def run(folder: Path, source: str, kind: str, position: str = "TRIM_HORIZON") -> Run:
    stack = deployed(folder, source, position)
    return simulate(stack, folder / "shop", with_faults(folder, source, kind), seed=1)


@pytest.mark.parametrize(("source", "kind"), POSSIBLE)
def test_a_fault_of_a_function_happens_whatever_feeds_it(tmp_path: Path, source: str, kind: str) -> None:
    found = run(tmp_path, source, kind)

    assert [note for note in found.notes if "never happened" in note] == []
    assert list(violations_of(found)) == []
    assert outcome_of(found).messages.lost == 0


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES)
def test_of_two_faults_at_once_each_happens_or_is_said_not_to(tmp_path: Path, source: str) -> None:
    """Of two that hold at once the first one counts; where both are told, both are in what happens."""
    kinds = [kind for of, kind in POSSIBLE if of == source]
    unseen = {"codeReplaced", "lateClock"}  # before the first invoke, and by code that reads no clock
    with Prepared(deployed(tmp_path, source), tmp_path / "shop") as prepared:
        alone = {kind: prepared.simulate(with_faults(tmp_path, source, kind), 1).trace_hash for kind in kinds}
        for first, second in permutations(kinds, 2):
            found = prepared.simulate(with_faults(tmp_path, source, first, second), 1)
            idle = [number for number in (1, 2) if any(f"fault {number} " in note for note in found.notes)]

            assert list(violations_of(found)) == []
            assert outcome_of(found).messages.lost == 0
            assert len(idle) < 2
            if 2 in idle:
                assert found.trace_hash == alone[first]
            if {first, second} == {"coldStart", "pause"}:
                continue  # environments that have waited for so long are cold anyway
            if not idle and first not in unseen and second not in unseen:
                assert found.trace_hash not in (alone[first], alone[second])


@pytest.mark.parametrize("source", FORGETTING)
def test_a_mapping_at_latest_that_is_created_again_may_lose_what_another_reads_again(
    tmp_path: Path, source: str
) -> None:
    found = run(tmp_path, source, "recreated", "LATEST")

    assert [note for note in found.notes if "never happened" in note] == []
    assert list(violations_of(found)) == []
    assert outcome_of(found).messages.lost > 0


@pytest.mark.parametrize("source", [source for source in SOURCES if source not in WITH_MAPPING])
def test_pollers_that_there_are_not_cannot_stop(tmp_path: Path, source: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        run(tmp_path, source, "pause")
    assert str(refused.value) == (
        f"{tmp_path / 'jobs.yaml'}:2: the kind pause stops the pollers of mappings, and no mapping feeds worker\n"
        "  fix: write the kind throttle for a function that is not invoked for a while"
    )


def test_a_request_is_handed_over_once_and_that_is_said(tmp_path: Path) -> None:
    assert "fault 1 of the workload never happened: duplicate of worker" in run(tmp_path, "request", "duplicate").notes
