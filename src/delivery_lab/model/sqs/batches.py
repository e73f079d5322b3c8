"""Requests that hold several entries, each of which is answered on its own (SQS-BATCH-1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from delivery_lab.limits.queues import BATCH_ENTRIES
from delivery_lab.model.runtime import AwsError

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


def entries_of(parameters: Parameters) -> Sequence[Parameters]:
    """The entries of a batch request.

    Raises:
        AwsError: SQS would refuse the whole request.
    """
    entries: Sequence[Parameters] = parameters["Entries"]
    if not entries:
        raise AwsError("AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry.")
    if len(entries) > BATCH_ENTRIES.maximum:
        raise AwsError(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(entries)}.",
        )
    ids = [entry["Id"] for entry in entries]
    for entry_id in ids:
        if not _ENTRY_ID.fullmatch(entry_id):
            raise AwsError(
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
    if len(set(ids)) != len(ids):
        repeated = next(entry_id for entry_id in ids if ids.count(entry_id) > 1)
        raise AwsError("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", f"Id {repeated} repeated.")
    return entries


def for_each(entries: Sequence[Parameters], act: Callable[[Parameters], Answer]) -> Answer:
    """Do something for each entry; an entry that is refused does not touch the others."""
    successful: list[Answer] = []
    failed: list[Answer] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except AwsError as error:
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message})
    answer: Answer = {}
    if successful:
        answer["Successful"] = successful
    if failed:
        answer["Failed"] = failed
    return answer
