"""The smallest case that still fails, and simpler workloads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.explore.settings import GivenSetting, settings_of
from delivery_lab.explore.shrinking import shrink
from delivery_lab.explore.simpler import PASSES, plainer_bodies, sooner
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.simulation.workload_sends import Send
from tests.lab_support import graph


def fewer(numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for index in range(len(numbers)):
        yield numbers[:index] + numbers[index + 1 :]


def smaller(numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for index, number in enumerate(numbers):
        for less in sorted({number // 2, number - 1}):
            if 0 <= less < number:
                yield (*numbers[:index], less, *numbers[index + 1 :])


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8).map(tuple), st.integers(1, 60))
def test_what_is_left_fails_and_nothing_simpler_does(numbers: tuple[int, ...], bound: int) -> None:
    def fails(case: tuple[int, ...]) -> bool:
        return sum(case) >= bound

    if not fails(numbers):
        return
    found = shrink(numbers, (fewer, smaller), fails, 10_000)

    assert found.complete
    assert sum(found.case) == bound
    assert not any(map(fails, [*fewer(found.case), *smaller(found.case)]))


def test_no_more_is_tried_than_was_said() -> None:
    tried: list[tuple[int, ...]] = []

    def fails(case: tuple[int, ...]) -> bool:
        tried.append(case)
        return sum(case) >= 3

    start: tuple[int, ...] = (9, 9, 9)
    found = shrink(start, (fewer, smaller), fails, 4)

    assert (found.complete, found.tries, len(tried)) == (False, 4, 4)
    assert sum(found.case) >= 3


BODIES = st.recursive(
    st.integers(0, 20) | st.booleans() | st.text(max_size=3) | st.floats(0, 9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "id"]), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            lambda at, every, times, body: Send(
                at=at, every=every, times=times, queue="jobs", body={"id": "x", **body}
            ),
            st.sampled_from([0.0, 0.3, 600.0]),
            st.sampled_from([0.0, 0.05, 2.0]),
            st.integers(1, 200),
            st.dictionaries(st.sampled_from(["sleep", "count"]), BODIES, max_size=2),
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(
        st.builds(
            lambda at, share: Fault(at=at, share=share, function="f", kind="failure"),
            st.floats(0, 9),
            st.sampled_from([0.5, 1.0]),
        ),
        max_size=2,
    ),
)
def test_making_a_workload_simpler_comes_to_an_end_with_one_message(sends: list[Send], faults: list[Fault]) -> None:
    workload = Workload(send=sends, faults=faults, until=100.0)

    found = shrink(workload, PASSES, lambda _: True, 5_000)

    assert found.complete
    (send,) = found.case.send
    assert (send.times, send.at, found.case.faults, found.case.until) == (1, 0.0, [], None)
    assert send.body == {"id": "x"}


def test_a_drawn_value_becomes_one_of_its_ends() -> None:
    workload = Workload(send=[Send(queue="jobs", body={"id": "x", "sleep": {"$uniform": [1, 8]}})])

    assert [each.send[0].body for each in plainer_bodies(workload)] == [
        {"id": "x", "sleep": 8},
        {"id": "x", "sleep": 1},
        {"id": "x"},
    ]


def test_what_is_sent_to_a_topic_keeps_its_time() -> None:
    assert list(sooner(Workload(send=[Send(at=600, topic="t", body="x")]))) == []


def test_the_settings_of_a_stack_file_have_the_defaults_of_aws() -> None:
    found = {one.path: one for one in settings_of(graph("concurrency-trap"))}

    assert found["batch.queue.visibilityTimeoutSeconds"] == GivenSetting(
        "batch.queue.visibilityTimeoutSeconds", 900, 30, (30, 0, 1800, 450)
    )
    assert found["batch.worker.reportBatchItemFailures"].default is False
    assert found["batch.worker.batchSize"].default == 10
    assert "batch.producer.timeoutSeconds" not in found  # nobody has chosen it


@pytest.mark.parametrize(("stack", "default"), [("stream-default", 100), ("msk-default", 100), ("batch-single", 10)])
def test_the_default_batch_size_is_that_of_the_source(stack: str, default: int) -> None:
    (found,) = (one for one in settings_of(graph(stack)) if one.path.endswith("atchSize"))
    assert found.default == default
