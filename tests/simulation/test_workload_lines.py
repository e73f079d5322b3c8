"""Lines of a workload that send to streams, tables and topics."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.simulation.workload_files import read_workload


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{stream: s, body: {}}", "send.1: a stream needs a key: it decides the shard"),
        ("{table: t, body: text}", "send.1: the body of a table is the item: an object"),
        ("{stream: s, topic: t, key: k, body: {}}", "name exactly one target of"),
        ('{stream: s, key: "", body: {}}', "send.1.key: String should have at least 1 character"),
    ],
)
def test_lines_that_make_no_sense_are_refused(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(f"send:\n  - {line}\n")

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert message in str(refused.value)


def test_topics_are_described_in_the_workload(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("topics: {t: {partitions: 0}}\nsend:\n  - {topic: t, body: {}}\n")

    with pytest.raises(WorkloadError, match=r"topics.t.partitions: has to be greater than or equal to 1, not 0"):
        read_workload(file)
