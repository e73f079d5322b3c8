"""Visibility timeout against function timeout, and heartbeats against both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.habits import Beat
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.heartbeats import beats, is_held, is_short
from delivery_lab.durations import exact
from delivery_lab.limits.across import advised_visibility_seconds, longest_collecting_seconds
from delivery_lab.rules.rule import LAMBDA_GUIDE, SQS_API
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack


def _raise_visibility(queue: Queue, function: Function, mapping: SqsMapping) -> tuple[str, tuple[Edit, ...]]:
    timeout, window = function.timeout_seconds.known, mapping.window_seconds.known or 0
    assert timeout is not None
    advised = advised_visibility_seconds(timeout, window)
    needed = longest_collecting_seconds(window) + timeout
    holder = queue.visibility_seconds.origin.resource
    basis = "6 x timeout + batching window" if advised >= needed else "timeout + the longest wait for a batch"
    seconds = max(advised, needed)
    fix = f"set visibilityTimeoutSeconds of {holder} to {seconds} ({basis})"
    return fix, (Edit.of(queue.visibility_seconds, seconds),)


class VisibilityBelowTimeout(Check):
    id = "CHK-VT-1"
    title = "visibility timeout below the function's timeout"
    severity = Severity.ERROR
    why = "AWS refuses the mapping; where it is lowered later, messages are processed twice at once."
    fix = "Set visibilityTimeoutSeconds to 6 x the function's timeout plus the batching window."
    source = "ESM-VT-1"
    same_as = ("CFN-E3505",)

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            if not is_short(queue, function):
                continue
            visibility, timeout = queue.visibility_seconds.known, function.timeout_seconds.known
            fix, edits = _raise_visibility(queue, function, mapping)
            resources = (queue.visibility_seconds.origin.resource, function.name, mapping.name)
            values = values_of(queue.visibility_seconds, function.timeout_seconds)
            if queue.visibility_seconds.origin.urn == queue.urn:
                why = (
                    f"AWS refuses to create or update the mapping: Queue visibility timeout: {visibility} seconds is "
                    f"less than Function timeout: {timeout} seconds. A mapping that exists already goes on, and "
                    "delivers messages again while they are processed."
                )
                yield Found(resources, values, why, fix, edits)
            elif is_held(stack, mapping, queue, function):
                why = (
                    f"The queue is lowered to {visibility} s after the mapping exists, below the function's {timeout} "
                    "s, so only the function's heartbeat keeps a message from being processed twice at once."
                )
                yield Found(resources, values, why, fix, edits, source="ESM-VT-3", severity=Severity.NOTE)
            else:
                failing = any(beat.failing for beat in beats(stack, function))
                why = (
                    f"The queue is lowered to {visibility} s after the mapping exists: a message whose work takes "
                    "longer is delivered again meanwhile, which uses up its receives and, without a safeguard, has "
                    "duplicate effects"
                    + (", and the heartbeat that should prevent it is set to fail." if failing else ".")
                )
                yield Found(resources, values, why, fix, edits, source="ESM-VT-3")


class VisibilityBelowAdvice(Check):
    id = "CHK-VT-2"
    title = "visibility timeout below 6 x the function's timeout plus the batching window"
    severity = Severity.WARNING
    why = (
        "Throttled invokes have no room to be tried again before the message becomes visible again. Six times is room, "
        "no promise: while a backlog lasts a throttled batch seldom finds the function free. With a maximumConcurrency "
        "nothing is throttled."
    )
    fix = "Set visibilityTimeoutSeconds to 6 x the function's timeout plus the batching window."
    source = LAMBDA_GUIDE + "services-sqs-configure.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            visibility, timeout = queue.visibility_seconds.known, function.timeout_seconds.known
            window = mapping.window_seconds.known
            if visibility is None or timeout is None or window is None or visibility < timeout:
                continue
            if visibility >= advised_visibility_seconds(timeout, window) or _outlives_visibility(
                mapping, queue, function
            ):
                continue
            fix, edits = _raise_visibility(queue, function, mapping)
            left = visibility - longest_collecting_seconds(window)
            why = (
                f"{visibility} s leave too little room, next to a timeout of {timeout} s, for throttled invokes to be "
                "tried again: messages use up receives without being processed. An invoke that begins more than "
                f"{left - timeout} s after {'the batch is complete' if window else 'the receive'} may outlast the "
                "visibility timeout: duplicates. Six times is room for retries and no promise that one finds the "
                "function free (ESM-THROTTLE-3)."
            )
            yield Found(_concerned(mapping, queue, function), _compared(mapping, queue, function), why, fix, edits)


class BatchOutlivesVisibility(Check):
    id = "CHK-VT-3"
    title = "waiting for a batch and the function's timeout together above the visibility timeout"
    severity = Severity.WARNING
    why = (
        "Messages are hidden for the queue's visibility timeout from their receive on. What the batching window takes "
        "of it is missing to the function, and they are delivered again while it works on them: duplicates."
    )
    fix = "Set visibilityTimeoutSeconds to 6 x timeout + batching window, and to timeout + 20 s at least."
    source = "ESM-VT-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            if not _outlives_visibility(mapping, queue, function):
                continue
            visibility, timeout = queue.visibility_seconds.known, function.timeout_seconds.known
            window = mapping.window_seconds.known
            assert visibility is not None
            assert timeout is not None
            assert window is not None
            waiting = longest_collecting_seconds(window)
            left = max(0, visibility - waiting)
            wait = f"the batching window is {exact(window)}"
            if waiting > window:
                wait += f", and with little traffic Lambda may wait for {waiting} s nevertheless"
            work = "whatever its work takes" if left == 0 else f"if its work takes longer than {left} s"
            why = (
                f"A message is hidden for {visibility} s from its receive on. Up to {waiting} s of them are over when "
                f"its batch is invoked ({wait}), and the function may run for {timeout} s: {work}, the message is "
                "delivered again while it is being processed, which makes duplicates."
            )
            fix, edits = _raise_visibility(queue, function, mapping)
            yield Found(_concerned(mapping, queue, function), _compared(mapping, queue, function), why, fix, edits)


def _outlives_visibility(mapping: SqsMapping, queue: Queue, function: Function) -> bool:
    """Whether a batch that is complete as late as it can be may outlast the visibility timeout (ESM-VT-2)."""
    visibility, timeout = queue.visibility_seconds.known, function.timeout_seconds.known
    window = mapping.window_seconds.known
    if visibility is None or timeout is None or not window or queue.fifo.known is not False:
        return False
    return timeout <= visibility < longest_collecting_seconds(window) + timeout


def _concerned(mapping: SqsMapping, queue: Queue, function: Function) -> tuple[str, ...]:
    return (queue.visibility_seconds.origin.resource, function.name, mapping.name)


def _compared(mapping: SqsMapping, queue: Queue, function: Function) -> dict[str, Any]:
    values = values_of(queue.visibility_seconds, function.timeout_seconds)
    return values | values_of(mapping.window_seconds) if mapping.window_seconds.known else values


class LateHeartbeat(Check):
    id = "CHK-HB-1"
    title = "heartbeat slower than the visibility it extends"
    severity = Severity.ERROR
    why = "The message becomes visible before the first extension, or between two, and is processed twice."
    fix = "Extend at half of the shorter of visibility timeout and extension."
    source = SQS_API + "API_ChangeMessageVisibility.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            visibility = queue.visibility_seconds.known
            for beat in beats(stack, function):
                lasting = beat.extend_to_seconds if visibility is None else min(visibility, beat.extend_to_seconds)
                if beat.every_seconds < lasting:
                    continue
                if _outlasts(beat, visibility, function.timeout_seconds.known):
                    continue
                every = max(1, int(lasting // 2))
                why = (
                    f"The heartbeat ({beat.where}) extends every {beat.every_seconds:g} s, but a message is hidden for "
                    f"{lasting:g} s only: it becomes visible between two extensions and is processed twice."
                )
                fix = f"extend every {every} s, or hide the message for at least {2 * beat.every_seconds:g} s each time"
                values = {
                    f"{function.name}.heartbeat.everySeconds": beat.every_seconds,
                    f"{function.name}.heartbeat.extendToSeconds": beat.extend_to_seconds,
                    **values_of(queue.visibility_seconds),
                }
                edits: tuple[Edit, ...] = ()
                if "HEARTBEAT_EVERY_SECONDS" in function.variables:
                    edits = (Edit.of_variable(function.urn, "HEARTBEAT_EVERY_SECONDS", str(every)),)
                resources = (function.name, queue.visibility_seconds.origin.resource, mapping.name)
                yield Found(resources, values, why, fix, edits)


def _outlasts(beat: Beat, visibility: int | None, timeout: int | None) -> bool:
    """Whether a message is hidden until the longest invoke is over, gap or no gap."""
    if visibility is None or timeout is None:
        return False
    if beat.every_seconds >= min(visibility, timeout):
        return visibility >= timeout  # the invoke, or the hiding, is over before the first beat
    return beat.every_seconds + beat.extend_to_seconds >= timeout  # the first beat replaces what was left
