"""Faults of a workload that happen to a mapping (SIM-FAULT-1): it delivers twice, or its read or delete is refused."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.events import Actor, ApiCallRefused
from delivery_lab.model.faults import REFUSALS, Faults, error_of
from delivery_lab.model.mapping.partition_work import ReaderSettings, Services
from delivery_lab.model.mapping.ports import PolledQueue
from delivery_lab.rule_ids import RuleId

_EXPIRED_HANDLE: RuleId = "SQS-STALE-5"
_EXPIRED_FIFO_HANDLE: RuleId = "SQS-STALE-6"


def delivers_again(faults: Faults, who: tuple[str, str], payload: Callable[[], str]) -> bool:
    """Whether a mapping or a pipe hands a batch over once more, though it was answered.

    Args:
        faults: the faults of the run.
        who: name of the mapping or pipe, and of the function; again of the pipe where it hands on to none.
        payload: makes the event as JSON text, where a fault asks for it.
    """
    if not faults.duplicates:
        return False
    event, (poller, function) = payload(), who
    return faults.of_function(function, event, duplicating=True) is not None or faults.of_pipe(poller, event)


def wait_before_read(services: Services, settings: ReaderSettings) -> int:
    """For how many microseconds a mapping does not read a partition: its pollers stop, or its read is refused.

    A read that is refused is repeated at the next poll (KIN-READ-3, DDS-READ-2). Enhanced fan-out reads by no request
    of its own, and so does a Kafka mapping.

    Args:
        services: what the reader uses.
        settings: the mapping's settings.
    """
    faults, service = services.functions.faults, settings.read_service
    if services.recreation is not None and (absent := services.recreation.wait(faults)):
        return absent
    if pause := faults.pause_of_pollers(settings.function):
        services.journal.rely_on("STR-START-4")
        return pause
    fault = faults.of_feed(service, "GetRecords") if service else None
    if fault is None:
        return 0
    rule: RuleId = "KIN-READ-3" if service == "kinesis" else "DDS-READ-2"
    services.journal.rely_on(rule)
    now, code = services.scheduler.now, error_of(service, fault.kind).code
    services.journal.append(
        ApiCallRefused(now, rule, service, "GetRecords", code, False, Actor("mapping", settings.mapping))
    )
    return 1


def refuse_delete(faults: Faults, queue: PolledQueue) -> None:
    """Refuse the delete of a mapping if the workload says so.

    Raises:
        AwsError: what SQS answers.
    """
    fault = faults.of_poller("DeleteMessage", queue.url)
    if fault is not None:
        raise error_of("sqs", fault.kind)


def rule_of_refused_delete(code: str, *, fifo: bool) -> RuleId:
    """Why the delete of a mapping was refused: its handle has expired, or the workload says so."""
    if code in (error_of("sqs", kind).code for kind in REFUSALS):
        return "SIM-FAULT-1"
    return _EXPIRED_FIFO_HANDLE if fifo else _EXPIRED_HANDLE
