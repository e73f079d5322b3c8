"""Visibility timeout against function timeout, and heartbeats against both."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.habits import Beat, beats_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Function, Queue, SourceMapping, Topology
from delivery_lab.rules.rule import LAMBDA_GUIDE, SQS_API

MAXIMUM_VISIBILITY_SECONDS = 43_200
ADVISED_TIMEOUTS = 6


def advised_visibility_seconds(timeout_seconds: int, window_seconds: int) -> int:
    """What AWS advises: six function timeouts and the batching window, as far as SQS takes it."""
    return min(MAXIMUM_VISIBILITY_SECONDS, ADVISED_TIMEOUTS * timeout_seconds + window_seconds)


def beats(topology: Topology, function: Function) -> list[Beat]:
    """The heartbeats of a function, as far as they can be read."""
    code = topology.code_of(function)
    return beats_of(code) if isinstance(code, Code) else []


def is_held(topology: Topology, mapping: SourceMapping, queue: Queue, function: Function) -> bool:
    """Whether a heartbeat keeps each message hidden for as long as the function works on it."""
    visibility = queue.visibility_seconds
    return (
        visibility is not None
        and mapping.batch_size == 1  # a heartbeat holds one message; the others of a batch would come back
        and any(
            not beat.failing and beat.every_seconds < min(visibility, beat.extend_to_seconds)
            for beat in beats(topology, function)
        )
    )


def is_short(queue: Queue, function: Function) -> bool:
    """Whether messages come back while an invoke may still work on them."""
    visibility, timeout = queue.visibility_seconds, function.timeout_seconds
    return visibility is not None and timeout is not None and visibility < timeout


def _values(queue: Queue, function: Function, mapping: SourceMapping | None = None) -> dict[str, object]:
    values: dict[str, object] = {
        f"{queue.visibility_resource.name}.visibilityTimeoutSeconds": queue.visibility_seconds,
        f"{function.name}.timeout": function.timeout_seconds,
    }
    if mapping is not None and mapping.window_seconds:
        values[f"{mapping.name}.maximumBatchingWindowInSeconds"] = mapping.window_seconds
    return values


def _raise_visibility(
    queue: Queue, function: Function, mapping: SourceMapping, floor: int = 0
) -> tuple[str, tuple[Edit, ...]]:
    timeout, window = function.timeout_seconds, mapping.window_seconds
    assert timeout is not None
    advised = max(floor, advised_visibility_seconds(timeout, window or 0))
    holder = queue.visibility_resource
    fix = f"set visibilityTimeoutSeconds of {holder.name} to {advised} (6 x timeout + batching window)"
    return fix, (Edit(holder.urn, ("visibilityTimeoutSeconds",), advised),)


class VisibilityBelowTimeout(Check):
    id = "CHK-VT-1"
    title = "visibility timeout below the function's timeout"
    severity = Severity.ERROR
    why = "AWS refuses the mapping; where it is lowered later, messages are worked on twice at once."
    fix = "Set visibilityTimeoutSeconds to 6 x the function's timeout plus the batching window."
    source = "ESM-VT-1"
    same_as = ("CFN-E3505",)

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            if not is_short(queue, function):
                continue
            visibility, timeout = queue.visibility_seconds, function.timeout_seconds
            fix, edits = _raise_visibility(queue, function, mapping)
            resources = (queue.visibility_resource.name, function.name, mapping.name)
            values = _values(queue, function)
            if queue.visibility_resource is queue.resource:
                why = (
                    f"AWS refuses to create or update the mapping: Queue visibility timeout: {visibility} seconds is "
                    f"less than Function timeout: {timeout} seconds. A mapping that exists already goes on, and "
                    "delivers messages again while they are worked on."
                )
                yield Found(resources, values, why, fix, edits)
            elif is_held(topology, mapping, queue, function):
                why = (
                    f"The queue is lowered to {visibility} s after the mapping exists, below the function's {timeout} "
                    "s, so only the function's heartbeat keeps a message from being worked on twice at once."
                )
                yield Found(resources, values, why, fix, edits, source="ESM-VT-3", severity=Severity.NOTE)
            else:
                failing = any(beat.failing for beat in beats(topology, function))
                why = (
                    f"The queue is lowered to {visibility} s after the mapping exists: a message whose work takes "
                    "longer is delivered again meanwhile, which spends its receives and, without a safeguard, does its "
                    "work twice" + (", and the heartbeat that should prevent it fails on purpose." if failing else ".")
                )
                yield Found(resources, values, why, fix, edits, source="ESM-VT-3")


class VisibilityBelowAdvice(Check):
    id = "CHK-VT-2"
    title = "visibility timeout below 6 x the function's timeout plus the batching window"
    severity = Severity.WARNING
    why = "Throttled invokes have no room to be tried again before the message comes back and spends another receive."
    fix = "Set visibilityTimeoutSeconds to 6 x the function's timeout plus the batching window."
    source = LAMBDA_GUIDE + "services-sqs-configure.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            visibility, timeout, window = queue.visibility_seconds, function.timeout_seconds, mapping.window_seconds
            if visibility is None or timeout is None or window is None or visibility < timeout:
                continue
            if visibility >= advised_visibility_seconds(timeout, window):
                continue
            fix, edits = _raise_visibility(queue, function, mapping)
            why = (
                f"{visibility} s leave too little room, next to a timeout of {timeout} s, for throttled invokes to be "
                "tried again: messages spend receives without being worked on."
            )
            resources = (queue.visibility_resource.name, function.name, mapping.name)
            yield Found(resources, _values(queue, function, mapping), why, fix, edits)


class LateHeartbeat(Check):
    id = "CHK-HB-1"
    title = "heartbeat slower than the visibility it extends"
    severity = Severity.ERROR
    why = "The message comes back before the first extension, or between two, and is worked on twice."
    fix = "Extend at half of the shorter of visibility timeout and extension."
    source = SQS_API + "API_ChangeMessageVisibility.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            visibility = queue.visibility_seconds
            for beat in beats(topology, function):
                lasting = beat.extend_to_seconds if visibility is None else min(visibility, beat.extend_to_seconds)
                if beat.every_seconds < lasting:
                    continue
                if _outlasts(beat, visibility, function.timeout_seconds):
                    continue
                every = max(1, int(lasting // 2))
                why = (
                    f"The heartbeat ({beat.where}) extends every {beat.every_seconds:g} s, but a message is hidden for "
                    f"{lasting:g} s only: it comes back between two extensions and is worked on twice."
                )
                fix = f"extend every {every} s, or hide the message for at least {2 * beat.every_seconds:g} s each time"
                values = {
                    f"{function.name}.heartbeat.everySeconds": beat.every_seconds,
                    f"{function.name}.heartbeat.extendToSeconds": beat.extend_to_seconds,
                    f"{queue.visibility_resource.name}.visibilityTimeoutSeconds": visibility,
                }
                edits: tuple[Edit, ...] = ()
                if "HEARTBEAT_EVERY_SECONDS" in function.environment:
                    path = ("environment", "variables", "HEARTBEAT_EVERY_SECONDS")
                    edits = (Edit(function.resource.urn, path, str(every)),)
                resources = (function.name, queue.visibility_resource.name, mapping.name)
                yield Found(resources, values, why, fix, edits)


def _outlasts(beat: Beat, visibility: int | None, timeout: int | None) -> bool:
    """Whether a message is hidden until the longest invoke is over, gap or no gap."""
    if visibility is None or timeout is None:
        return False
    if beat.every_seconds >= min(visibility, timeout):
        return visibility >= timeout  # the invoke, or the hiding, is over before the first beat
    return beat.every_seconds + beat.extend_to_seconds >= timeout  # the first beat replaces what was left
