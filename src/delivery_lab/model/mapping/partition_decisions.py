"""What a mapping of a stream or a topic does with the answer of a function: pure functions (semantics.md F, G3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.model.backoff import Backoff
from delivery_lab.model.json_reading import read_json
from delivery_lab.model.mapping.decisions import named_identifiers, parsed
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, RetriedRecords, RetryCount, UnnamedResponse

RETRIES = Backoff(0.5, 60.0, 0.5, 1.0)
"""How long a batch that failed or was throttled waits: from half to all of 0.5 s, 1 s, 2 s ... (STR-RETRY-2)."""

LARGEST_STATE_BYTES = 1_048_576

Part = TypeVar("Part")

Identify = Callable[[Any], str | None]
"""From an `itemIdentifier` to the sequence number or offset that it means, None if it is none."""


@dataclass(frozen=True, slots=True)
class PartitionVerdict:
    """How far a batch succeeded.

    Attributes:
        succeeded: number of records that succeeded: the first ones, unless `failed` says which did not.
        reported: whether the response said so, in contrast to a batch that failed as a whole.
        rule: id of the rule that decided.
        reason: in a few words, why.
        failed: positions of the records that are tried again, None where those are all behind the first `succeeded`.
    """

    succeeded: int
    reported: bool
    rule: RuleId
    reason: str
    failed: frozenset[int] | None = None

    def parts(self, records: list[Part]) -> tuple[list[Part], list[Part]]:
        """The records that succeeded, and those that are tried again."""
        if self.failed is None:
            return records[: self.succeeded], records[self.succeeded :]
        done: list[Part] = []
        left: list[Part] = []
        for position, record in enumerate(records):
            (left if position in self.failed else done).append(record)
        return done, left


def sequence_number(identifier: Any) -> str | None:
    """The `itemIdentifier` of Kinesis and DynamoDB streams: a sequence number."""
    return identifier if isinstance(identifier, str) and identifier else None


def offset_in(partition: str) -> Identify:
    """The `itemIdentifier` of Kafka: an object of partition (`topic-0`) and offset (KAF-REPORT-1)."""

    def identify(identifier: Any) -> str | None:
        if not isinstance(identifier, dict) or identifier.get("partition") != partition:
            return None
        offset = identifier.get("offset")
        return str(offset) if isinstance(offset, int) and not isinstance(offset, bool) else None

    return identify


def classify_partition_batch(
    sequences: Sequence[str],
    payload: str,
    error: str | None,
    *,
    report: bool,
    identify: Identify = sequence_number,
    unnamed: UnnamedResponse = DEFAULTS.unnamed_record_response,
    retried: RetriedRecords = RetriedRecords.FROM_LOWEST,
    named_rule: RuleId = "KAF-REPORT-2",
) -> PartitionVerdict:
    """Decide how far a batch succeeded.

    Args:
        sequences: sequence numbers or offsets of the batch, in order.
        payload: what the function returned, as JSON text.
        error: error type if the invoke failed (exception, timeout, crash), else None.
        report: whether the mapping has `ReportBatchItemFailures`.
        identify: reads an `itemIdentifier`.
        unnamed: how a response is taken that is not empty and has no batchItemFailures (STR-REPORT-7).
        retried: which records are tried again after a partial failure (STR-REPORT-8; of Kafka KAF-REPORT-2, of pipes
            PIPE-REPORT-2).
        named_rule: rule by which only those are that are named.
    """
    if error is not None:
        return PartitionVerdict(0, False, "STR-ERROR-1", f"the invoke failed with {error}")
    if not report:
        return PartitionVerdict(len(sequences), False, "STR-REPORT-1", "the response is not looked at")
    try:
        response = parsed(payload) if payload else None
    except ValueError:
        return PartitionVerdict(0, False, "STR-REPORT-6", "the response is no JSON")
    verdict = _classify_response(sequences, response, identify, unnamed, retried)
    return replace(verdict, rule=named_rule) if verdict.failed is not None else verdict


def _classify_response(
    sequences: Sequence[str], response: Any, identify: Identify, unnamed: UnnamedResponse, retried: RetriedRecords
) -> PartitionVerdict:
    everything = len(sequences)
    if response is None or response in ({}, "", []):
        return PartitionVerdict(everything, True, "STR-REPORT-2", "the response is empty")
    if not isinstance(response, dict) or "batchItemFailures" not in response:
        fails = _fails_unnamed(response, unnamed)
        succeeded = 0 if fails else everything
        return PartitionVerdict(succeeded, not fails, "STR-REPORT-7", "the response has no batchItemFailures")
    failures = response["batchItemFailures"]
    if failures is None or failures == []:
        return PartitionVerdict(everything, True, "STR-REPORT-3", "batchItemFailures is empty")
    if not isinstance(failures, list):
        return PartitionVerdict(0, False, "STR-REPORT-6", "batchItemFailures is no list")
    named: set[int] = set()
    positions = {sequence: position for position, sequence in enumerate(sequences)}
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if identifier is None or identifier == "":
            return PartitionVerdict(0, False, "STR-REPORT-4", "an itemIdentifier is missing or empty")
        position = positions.get(identify(identifier) or "")
        if position is None:
            return PartitionVerdict(0, False, "STR-REPORT-5", "an itemIdentifier is no record of the batch")
        named.add(position)
    if retried is RetriedRecords.NAMED:
        reason = f"{len(named)} of {everything} are named as failed"
        return PartitionVerdict(everything - len(named), True, "KAF-REPORT-2", reason, frozenset(named))
    lowest = min(named)
    return PartitionVerdict(lowest, True, "STR-REPORT-8", f"failed from record {lowest + 1} of {everything} on")


def _fails_unnamed(response: Any, unnamed: UnnamedResponse) -> bool:
    """Whether a response without batchItemFailures is a failure; one with a state is of a window (STR-WINDOW-2)."""
    if unnamed is UnnamedResponse.SUCCESS or (isinstance(response, dict) and "state" in response):
        return False
    return unnamed is UnnamedResponse.FAILURE or isinstance(response, dict)


def named_failures(payload: str, sequences: Sequence[str], identify: Identify = sequence_number) -> tuple[int, ...]:
    """Positions of the records that a response names as failed, whether or not the mapping looks at it."""
    named = set(map(identify, named_identifiers(payload)))
    return tuple(position for position, sequence in enumerate(sequences) if sequence in named)


class Step(StrEnum):
    """What becomes of the records of a batch that failed."""

    RETRY = "retry"
    SPLIT = "split"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the records that failed.

    Attributes:
        step: what is done.
        attempts: retries that they have used up then. Where the checkpoint moved, of the batch that is left.
        at: with `SPLIT`, how many records the first half has; 0: they stay together (the cut was made by the
            checkpoint).
        rule: id of the rule.
    """

    step: Step
    attempts: int
    at: int
    rule: RuleId


def after_failure(
    verdict: PartitionVerdict,
    size: int,
    *,
    attempts: int,
    maximum_attempts: int,
    bisect: bool,
    count: RetryCount = RetryCount.ANEW,
) -> Decision:
    """Decide what becomes of the failed rest of a batch.

    An attempt that moved the checkpoint uses up no retry, so what is left is tried at least once more, even with 0
    retries (STR-REPORT-9).

    Args:
        verdict: how far the batch succeeded.
        size: records of the batch.
        attempts: retries used up so far.
        maximum_attempts: `MaximumRetryAttempts`, -1 for endless.
        bisect: `BisectBatchOnFunctionError`.
        count: whether what is left when the checkpoint moved begins a count of its own (STR-REPORT-10).
    """
    if verdict.succeeded:
        left = 0 if count is RetryCount.ANEW else attempts
        # With bisecting this is the cut, at the record that was returned: only what comes from it on is tried again.
        return (
            Decision(Step.SPLIT, left, 0, "STR-BISECT-2") if bisect else Decision(Step.RETRY, left, 0, "STR-REPORT-9")
        )
    if bisect and size > 1:
        return Decision(Step.SPLIT, attempts, size // 2, "STR-BISECT-1")
    if maximum_attempts != ENDLESS and attempts >= maximum_attempts:
        return Decision(Step.DISCARD, attempts, 0, "STR-RETRY-1")
    return Decision(Step.RETRY, attempts + 1, 0, "STR-RETRY-1")


def retry_delay(tries: int, chance: float) -> int:
    """Microseconds until a batch that failed or was throttled is tried again (STR-RETRY-2).

    From half to all of 0.5 s, 1 s, 2 s ... up to 60 s.

    Args:
        tries: how often it failed or was throttled before this time.
        chance: a number from 0 to 1.
    """
    return RETRIES.wait(tries, chance)


def window_state(payload: str) -> tuple[dict[str, Any] | None, int]:
    """The `state` of a response in a tumbling window, with its size in bytes; None if there is none (STR-WINDOW-2)."""
    try:
        response = read_json(payload) if payload else None
    except ValueError:
        return None, 0
    state = response.get("state") if isinstance(response, dict) else None
    if not isinstance(state, dict):
        return None, 0
    return state, len(json.dumps(state, separators=(",", ":")).encode())
