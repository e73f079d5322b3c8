"""What functions behind APIs sent on in somebody's account: known by the `queued` lines of the log contract.

A function that follows the contract writes such a line for each message that SQS has accepted, with the business id and
the id that SQS gave. In which queue it is tells the function that had it; where none had it, the only queue that is
read. Its body is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from delivery_lab.events import ContractLine
from delivery_lab.live.queues import RealQueue
from delivery_lab.places.followed import Following
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog
from delivery_lab.simulation.log_contract import contract_line

NOTHING_QUEUED = "no function behind an API said in the log contract what it queued: what was sent is not seen"
ELSEWHERE = "a function behind an API queued messages that no function had, and several queues are read: which has them"
BODIES = "the bodies of what functions behind APIs queued are not seen: which of them are poison"
GROUPS = "the message groups of what functions behind APIs queued are not seen"
_ENDINGS = ("sent", "processed", "lost", "deadLettered", "healthyDeadLettered", "processedDeadLettered", "remaining")


def note_queued(
    known: KnownStack,
    logs: Mapping[str, FunctionLog],
    queues: Mapping[str, RealQueue],
    answered: int,
    following: Following,
) -> None:
    """Write down what functions queued, in the queues that have it.

    Args:
        known: the stack and the workload.
        logs: the logs of all functions, by name.
        queues: the queues, by name; what was sent to them by the workload itself is known there.
        answered: how many requests were answered well.
        following: takes what is not known.
    """
    readers = {mapping.queue.name: mapping.config.function for mapping in known.account.mappings.values()}
    begun = {name: _first_had(log) for name, log in logs.items()}
    known_already = {message for queue in queues.values() for message in queue.messages}
    queued = [line for line in _queued(logs) if line.message not in known_already]
    if answered and not queued:
        following.cannot_tell(NOTHING_QUEUED, *(f"messages.{ending}" for ending in _ENDINGS))
    for line in queued:
        message = line.message or ""
        having = [name for name, function in readers.items() if message in begun[function]] or list(readers)
        if len(having) > 1:
            following.cannot_tell(ELSEWHERE, *(f"messages.{ending}" for ending in _ENDINGS))
            continue
        queue, body = queues[having[0]], json.dumps({"id": line.business_id})
        # The line is written when SQS has answered: whoever reads the queue may have been earlier.
        had_at = begun[readers[queue.name]].get(message, line.instant_us)
        queue.sent(message, body, min(line.instant_us, had_at, following.ended_at))
        if known.workload.poison is not None:
            following.cannot_tell(BODIES, "messages.healthyDeadLettered")
        if queue.fifo:
            following.cannot_tell(GROUPS, "ordering")


def _queued(logs: Mapping[str, FunctionLog]) -> Iterator[ContractLine]:
    for log in logs.values():
        for line in map(contract_line, log.lines):
            if line is not None and line.event == "queued" and line.message:
                yield line


def _first_had(log: FunctionLog) -> dict[str, int]:
    """When the first invoke that had each message began, by the ids of the messages."""
    began = {invoke.request_id: invoke.started for invoke in log.invokes}
    found: dict[str, int] = {}
    for line in map(contract_line, log.lines):
        if line is not None and line.is_of_a_delivery and line.message:
            at = min(line.instant_us, began.get(line.invoke or "", line.instant_us))
            found[line.message] = min(at, found.get(line.message, at))
    return found
