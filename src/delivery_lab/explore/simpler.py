"""Simpler workloads than a given one: fewer messages, fewer faults, plainer bodies, nothing that is not needed.

Candidates are not checked here: what a workload may not be is refused when it is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from delivery_lab.explore.shrinking import Pass
from delivery_lab.simulation.workload import AccountSettings, Workload
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.simulation.workload_sends import Send

FEW = (1, 2, 3, 4)
"""So many messages of a line are tried first."""
APART_SECONDS = 0.1
"""A few messages are also tried one after the other, where together they make one batch."""
_ID = "id"


def fewer_faults(workload: Workload) -> Iterator[Workload]:
    """One fault less, the last one first."""
    for index in reversed(range(len(workload.faults))):
        yield _with(workload, faults=[*workload.faults[:index], *workload.faults[index + 1 :]])


def fewer_lines(workload: Workload) -> Iterator[Workload]:
    """Without some of the lines: halves first, then less and less."""
    count = len(workload.send)
    size = count // 2
    while size:
        for begin in range(0, count, size):
            left = [*workload.send[:begin], *workload.send[begin + size :]]
            if left:
                yield _with(workload, send=left)
        size //= 2


def fewer_times(workload: Workload) -> Iterator[Workload]:
    """A line fewer times: a few, half as often, once less."""
    for index, send in enumerate(workload.send):
        for times in _smaller(send.times):
            yield _line(workload, index, times=times)
            if send.every < APART_SECONDS and 1 < times <= max(FEW):
                yield _line(workload, index, times=times, every=APART_SECONDS)


def plainer_bodies(workload: Workload) -> Iterator[Workload]:
    """Smaller numbers in bodies, one value instead of a drawn one, fewer fields."""
    for index, send in enumerate(workload.send):
        body = send.http.body if send.http else send.body
        for simpler in _plainer(body):
            if send.http:
                yield _line(workload, index, http=send.http.model_copy(update={"body": simpler}))
            else:
                yield _line(workload, index, body=simpler)


def broader_faults(workload: Workload) -> Iterator[Workload]:
    """Faults that happen always, to everybody."""
    for index, fault in enumerate(workload.faults):
        for change in _broader(fault):
            faults = list(workload.faults)
            faults[index] = fault.model_copy(update=change)
            yield _with(workload, faults=faults)


def sooner(workload: Workload) -> Iterator[Workload]:
    """Everything earlier: all by the same time, then single lines, then without pauses.

    Not to a topic: a mapping of Kafka begins to poll minutes later, and what is sent before that is another case.
    """
    if any(send.topic is not None for send in workload.send):
        return
    first = min((send.at for send in workload.send), default=0)
    if first > 0:
        moved = [send.model_copy(update={"at": round(send.at - first, 6)}) for send in workload.send]
        faults = [fault.model_copy(update={"at": max(0.0, round(fault.at - first, 6))}) for fault in workload.faults]
        yield _with(workload, send=moved, faults=faults)
    for index, send in enumerate(workload.send):
        if send.at > 0:
            yield _line(workload, index, at=0.0)
        if send.every > 0 and send.times == 1:
            yield _line(workload, index, every=0.0)


def less_besides(workload: Workload) -> Iterator[Workload]:
    """Without what a workload has besides messages and faults."""
    for number in range(len(workload.answers)):
        yield _with(workload, answers=[*workload.answers[:number], *workload.answers[number + 1 :]])
    for name in ("functions", "topics"):
        told: Mapping[str, Any] = getattr(workload, name)
        for key in told:
            yield _with(workload, **{name: {other: value for other, value in told.items() if other != key}})
    if workload.account != AccountSettings():
        yield _with(workload, account=AccountSettings())
    if workload.until is not None:
        yield _with(workload, until=None)
    for index, send in enumerate(workload.send):
        if send.attributes:
            yield _line(workload, index, attributes={})
        if send.delay_seconds is not None:
            yield _line(workload, index, delay_seconds=None)


PASSES: Sequence[Pass[Workload]] = (
    fewer_faults,
    broader_faults,
    fewer_lines,
    fewer_times,
    plainer_bodies,
    sooner,
    less_besides,
)
"""In this order: what makes runs short comes first."""


def _with(workload: Workload, **changes: Any) -> Workload:
    return workload.model_copy(update=changes)


def _line(workload: Workload, index: int, **changes: Any) -> Workload:
    send: list[Send] = list(workload.send)
    send[index] = send[index].model_copy(update=changes)
    return _with(workload, send=send)


def _smaller(number: int) -> Iterator[int]:
    """Smaller whole numbers above 0: a few, half of it, one less."""
    yield from dict.fromkeys(each for each in (*FEW, number // 2, number - 1) if 0 < each < number)


def _broader(fault: Fault) -> Iterator[dict[str, Any]]:
    if fault.share < 1:
        yield {"share": 1.0}
    if fault.ids is not None:
        yield {"ids": None}
    if fault.for_seconds is not None:
        yield {"for_seconds": None}
    if fault.at > 0:
        yield {"at": 0.0}


def _plainer(body: Any) -> Iterator[Any]:
    """Simpler values in place of one."""
    if isinstance(body, dict):
        yield from _plainer_mapping(body)
    elif isinstance(body, list):
        for index, item in enumerate(body):
            yield [*body[:index], *body[index + 1 :]]
            yield from ([*body[:index], simpler, *body[index + 1 :]] for simpler in _plainer(item))
    elif isinstance(body, int) and not isinstance(body, bool):
        yield from _smaller(body)
    elif isinstance(body, float) and not body.is_integer():
        yield float(round(body)) or 1.0


def _plainer_mapping(body: dict[str, Any]) -> Iterator[Any]:
    drawn = next((value for key, value in body.items() if key in ("$uniform", "$choice")), None)
    if isinstance(drawn, list) and len(body) == 1:
        yield from (drawn[-1], drawn[0])
        return
    for key, value in body.items():
        yield from ({**body, key: simpler} for simpler in _plainer(value))
    for key in body:
        if key != _ID:
            yield {name: value for name, value in body.items() if name != key}
