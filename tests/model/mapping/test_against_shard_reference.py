"""Mapping and naive model side by side: the same invokes, checkpoints and documents, whichever records fail."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from delivery_lab.events import RecordsCheckpointed
from tests.model.mapping.shard_reference import NaiveShard
from tests.model.partition_world import PartitionWorld, data_of, documents, identifier, records_of
from tests.model.support import Call, Script

ALWAYS = 10_000


class Failures:
    """Fails each record so many times, from the first invoke that has it on."""

    def __init__(self, times: dict[int, int], raises: bool) -> None:
        self._left = dict(times)
        self._raises = raises

    def answer(self, batch: list[int]) -> int:
        """How many records succeeded; -1: raised. The function stops at the first record that fails."""
        for position, record in enumerate(batch):
            if self._left.get(record, 0) > 0:
                self._left[record] -= 1
                return -1 if self._raises else position
        return len(batch)


@settings(max_examples=200, deadline=None)
@given(
    records=st.integers(1, 14),
    batch_size=st.integers(1, 8),
    retries=st.integers(0, 4),
    bisect=st.booleans(),
    raises=st.booleans(),
    times=st.dictionaries(st.integers(0, 13), st.sampled_from([1, 2, 3, 5, ALWAYS]), max_size=5),
)
@example(records=6, batch_size=3, retries=3, bisect=False, raises=False, times={5: ALWAYS})
@example(records=10, batch_size=10, retries=2, bisect=False, raises=False, times={2: 1, 5: 1, 8: 1})
@example(records=10, batch_size=10, retries=2, bisect=False, raises=False, times={0: 2, 5: 2, 8: ALWAYS})
@example(records=8, batch_size=8, retries=1, bisect=True, raises=False, times={3: ALWAYS, 5: ALWAYS})
def test_same_invokes_checkpoints_and_documents(
    records: int, batch_size: int, retries: int, bisect: bool, raises: bool, times: dict[int, int]
) -> None:
    naive = NaiveShard(batch_size, retries, bisect)
    naive.read(list(range(records)), Failures(times, raises).answer)

    failures = Failures(times, raises)

    def behave(call: Call) -> Script:
        succeeded = failures.answer([int(text) for text in data_of(call)])
        if succeeded < 0:
            return Script(error="ValueError")
        named = [{"itemIdentifier": identifier(record)} for record in records_of(call)[succeeded:][:1]]
        return Script(payload=json.dumps({"batchItemFailures": named}))

    world = PartitionWorld(behave)
    world.function()
    source = world.kinesis()
    destination = world.destination_queue()
    world.stream_mapping(
        source,
        destination=destination,
        batch_size=batch_size,
        maximum_retry_attempts=retries,
        bisect=bisect,
        report_batch_item_failures=True,
    )
    world.start()
    sent = [source.put(str(number).encode(), "k") for number in range(records)]
    numbers = {record.id: number for number, record in enumerate(sent)}
    sequences = {record.sequence: number for number, record in enumerate(sent)}

    world.run()

    assert [[int(text) for text in batch] for batch in world.batches()] == naive.invokes
    assert [numbers[record] for record in world.settled(RecordsCheckpointed)] == naive.done
    told = [
        (
            list(range(sequences[info["startSequenceNumber"]], sequences[info["endSequenceNumber"]] + 1)),
            document["requestContext"]["approximateInvokeCount"],
        )
        for document in documents(destination)
        for info in [document["KinesisBatchInfo"]]
    ]
    assert sorted(told) == sorted(naive.documents)
