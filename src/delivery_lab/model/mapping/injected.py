"""Faults of a workload that happen to a mapping itself (SIM-FAULT-1): it delivers twice, or its delete is refused."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.model.faults import REFUSALS, Faults, error_of
from delivery_lab.model.mapping.ports import PolledQueue
from delivery_lab.rule_ids import RuleId

_EXPIRED_HANDLE: RuleId = "SQS-STALE-5"
_EXPIRED_FIFO_HANDLE: RuleId = "SQS-STALE-6"


def delivers_again(faults: Faults, function: str, payload: Callable[[], str]) -> bool:
    """Whether a mapping hands a batch over once more, though its function has answered.

    Args:
        faults: the faults of the run.
        function: name of the function.
        payload: makes the event as JSON text, where a fault asks for it.
    """
    return faults.duplicates and faults.of_function(function, payload(), duplicating=True) is not None


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
