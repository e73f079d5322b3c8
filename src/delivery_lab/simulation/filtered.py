"""Mappings whose filter takes nothing of what a workload sends to their source, without a run.

Only what the workload sends itself is known before a run. So nothing is said of a source to which a function of the
stack may send too, and of patterns that look at what only a run tells, such as a sequence number.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from delivery_lab.errors import LabError
from delivery_lab.model.mapping.filters import Pattern, parse_patterns, passes, passes_record
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.message import Delivery, Message
from delivery_lab.simulation.send_lines import Arrival
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.mappings import EventSourceMapping, KafkaMapping, KinesisMapping, SqsMapping
from delivery_lab.stack.stack import Stack

_OF_MESSAGE = frozenset({"body", "messageAttributes"})
_OF_RECORD: Mapping[str, str] = {"stream": "data", "topic": "value"}
_KEY: Mapping[str, str] = {"stream": "partitionKey", "topic": "key"}


def filtered_out(stack: Stack, workload: Workload, seed: int) -> dict[str, int]:
    """The mappings of a stack whose filter takes nothing of what a workload sends to their source.

    Args:
        stack: the stack.
        workload: the workload.
        seed: that of the run, which decides what is drawn in bodies.

    Returns:
        By URN of a mapping: how many messages are sent to its source.

    Raises:
        WorkloadError: a template of the workload does not render.
    """
    sent: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    if any(mapping.filters.known for mapping in stack.mappings):
        for arrival in workload.arrivals(RandomStreams(seed).stream("workload")):
            sent[arrival.target, arrival.name].append(arrival)
    found = {}
    for mapping in stack.mappings:
        arrivals = [arrival for source in _sources(stack, mapping) for arrival in sent.get(source, ())]
        if arrivals and _takes_none(mapping.filters.known or (), arrivals):
            found[mapping.urn] = len(arrivals)
    return found


def _sources(stack: Stack, mapping: EventSourceMapping) -> Iterator[tuple[str, str]]:
    """How a workload names what a mapping reads; nothing where others may send to it."""
    match mapping:
        case SqsMapping(queue=queue) if queue is not None:
            named = {queue.url, queue.arn, (queue.url or "").rpartition("/")[2]}
            if not _is_known_to_functions(stack, named):
                yield "queue", queue.label
        case KinesisMapping(stream=stream) if stream is not None:
            if not _is_known_to_functions(stack, {stream.arn, (stream.arn or "").rpartition("/")[2]}):
                yield "stream", stream.label
        case KafkaMapping():
            yield from (("topic", topic) for topic in mapping.topics.known or ())


def _is_known_to_functions(stack: Stack, named: set[str | None]) -> bool:
    return any(value in named for function in stack.functions for value in function.variables.values() if value)


def _takes_none(texts: Sequence[str], arrivals: Sequence[Arrival]) -> bool:
    try:
        patterns = parse_patterns(texts)
    except (AwsError, LabError):
        return False  # a run says what is wrong with it
    if not patterns or not all(_can_be_told(pattern, arrivals[0].target) for pattern in patterns):
        return False
    return not any(_passes(patterns, arrival) for arrival in arrivals)


def _can_be_told(pattern: Pattern, target: str) -> bool:
    known = _OF_MESSAGE if target == "queue" else {_OF_RECORD[target], _KEY[target], "topic"}
    return set(pattern) <= known


def _passes(patterns: Sequence[Pattern], arrival: Arrival) -> bool:
    if arrival.target == "queue":
        message = Message("", arrival.body, 0, attributes=dict(arrival.attributes))
        return passes(patterns, Delivery(message, "", 1, 0), {})
    try:
        parsed = json.loads(arrival.body)
    except ValueError:
        parsed = None
    content = parsed if isinstance(parsed, dict) else arrival.body
    record = {_OF_RECORD[arrival.target]: content, _KEY[arrival.target]: arrival.key, "topic": arrival.name}
    return passes_record(patterns, record)
