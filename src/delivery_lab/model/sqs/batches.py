"""Requests that hold several entries, each of which is answered on its own (SQS-BATCH-1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from delivery_lab.limits.queues import BATCH_ENTRIES
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.runtime import AwsError

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


def entries_of(operation: str, parameters: Parameters) -> Sequence[Parameters]:
    """The entries of a batch request.

    Args:
        operation: such as `SendMessageBatch`; a message names it.
        parameters: the request.

    Raises:
        AwsError: SQS would refuse the whole request.
    """
    entries: Sequence[Parameters] = parameters["Entries"]
    if not entries:
        raise errors.EMPTY_BATCH.error(operation=operation)
    if len(entries) > BATCH_ENTRIES.maximum:
        raise errors.TOO_MANY_ENTRIES.error(count=len(entries))
    ids = [entry["Id"] for entry in entries]
    for entry_id in ids:
        if not _ENTRY_ID.fullmatch(entry_id):
            raise errors.ENTRY_ID.error(why=f"It is {entry_id!r}.")
    if len(set(ids)) != len(ids):
        raise errors.REPEATED_ENTRY_ID.error(id=next(entry_id for entry_id in ids if ids.count(entry_id) > 1))
    return entries


def for_each(entries: Sequence[Parameters], act: Callable[[int, Parameters], Answer]) -> Answer:
    """Do something for each entry; an entry that is refused does not touch the others.

    Args:
        entries: the entries.
        act: answers one entry, given its number, from 1, and itself.
    """
    successful: list[Answer] = []
    failed: list[Answer] = []
    for number, entry in enumerate(entries, 1):
        try:
            successful.append({"Id": entry["Id"], **act(number, entry)})
        except AwsError as error:
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
    answer: Answer = {}
    if successful:
        answer["Successful"] = successful
    if failed:
        answer["Failed"] = failed
    return answer
