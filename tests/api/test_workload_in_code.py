"""A workload that is built in code: what it may say, and what is said of what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import delivery_lab as dl
from delivery_lab.errors import WorkloadError
from delivery_lab.simulation.workload_files import read_workload


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: dl.Send(queue="jobs"), "Send: a body is missing"),
        (lambda: dl.Send(queue="jobs", body=1, at=-1), "Send: at: has to be greater than or equal to 0, not -1"),
        (lambda: dl.Send(queue="jobs", body=1, evry=2), "Send: evry is no key of a workload"),  # type: ignore[call-arg]
        (
            lambda: dl.Workload(until="drained"),
            (
                "Workload: send has to have at least one entry, unless until is a number of seconds in which schedules "
                "go off"
            ),
        ),
        (
            lambda: dl.Fault(function="f", kind="latency"),
            "Fault: the kind latency needs seconds",
        ),
        (
            lambda: dl.Fault(function="f", kind="slow"),  # type: ignore[arg-type]
            (
                "Fault: kind: has to be 'throttle', 'error', 'failure', 'latency', 'duplicate', 'coldStart', 'crash', "
                "'timeout', 'pause', 'lostReceive', 'codeReplaced', 'lateClock' or 'recreated', not 'slow'"
            ),
        ),
        (
            lambda: dl.Workload(send=[{"queue": "jobs"}]),  # type: ignore[list-item]
            "Workload: send.1: a body is missing",
        ),
        (
            lambda: dl.TopicSettings(partitions=0),
            "TopicSettings: partitions: has to be greater than or equal to 1, not 0",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_field_and_value(build: Callable[[], object], message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        build()
    assert str(caught.value) == message


def test_a_workload_is_the_same_from_code_and_from_the_file_that_it_is_written_to(tmp_path: Path) -> None:
    built = dl.Workload(
        send=[
            dl.Send(topic="t", times=3, every=0.5, key="k{n}", body={"id": "1e3", "day": "2026-01-01"}),
            dl.Send(http=dl.HttpRequest(path="/a", body={"n": 1})),
        ],
        topics={"t": dl.TopicSettings(partitions=2, retention_hours=24)},
        faults=[dl.Fault(function="f", kind="failure", for_seconds=60, ids=["a"])],
        until=90,
        poison="bad",
    )
    file = tmp_path / "load.yaml"
    built.write(file)

    assert '"for": 60' in file.read_text()
    assert '"retentionHours": 24' in file.read_text()
    read = read_workload(file)
    assert (read.model_dump(), read.name, read.path, read.until_seconds) == (built.model_dump(), "load", file, 90)


@pytest.mark.parametrize(
    "line", ["faults: [{function: f, kind: error, for_seconds: 1}]", "topics: {t: {retention_hours: 1}}"]
)
def test_a_file_knows_the_names_of_files_only(tmp_path: Path, line: str) -> None:
    file = tmp_path / "load.yaml"
    file.write_text(f"send: [{{queue: q, body: 1}}]\n{line}")

    with pytest.raises(WorkloadError, match="is no key of a workload"):
        read_workload(file)


def test_a_message_about_a_workload_built_in_code_says_so() -> None:
    workload = dl.Workload(send=[dl.Send(queue="q", body="text")])

    with pytest.raises(dl.UsageError) as caught:
        workload.with_body({"a": 1})

    assert str(caught.value) == (
        "--body a: the body of the workload built in code: send 1 is no object, so it has no fields"
    )
