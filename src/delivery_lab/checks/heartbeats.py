"""Whether messages become visible again while a function processes them, and whether its heartbeat prevents that."""

from __future__ import annotations

from delivery_lab.checks.code.habits import Beat, beats_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.limits.across import allows_visibility
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack


def beats(stack: Stack, function: Function) -> list[Beat]:
    """The heartbeats of a function, as far as they can be read."""
    code = code_of(stack, function)
    return beats_of(code) if isinstance(code, Code) else []


def is_held(stack: Stack, mapping: SqsMapping, queue: Queue, function: Function) -> bool:
    """Whether a heartbeat keeps each message hidden for as long as the function works on it."""
    visibility = queue.visibility_seconds.known
    return (
        visibility is not None
        and mapping.batch_size.known == 1  # a heartbeat holds one message; the others become visible
        and any(
            not beat.failing and beat.every_seconds < min(visibility, beat.extend_to_seconds)
            for beat in beats(stack, function)
        )
    )


def is_short(queue: Queue, function: Function) -> bool:
    """Whether messages become visible again while an invoke may still process them."""
    visibility, timeout = queue.visibility_seconds.known, function.timeout_seconds.known
    return visibility is not None and timeout is not None and not allows_visibility(visibility, timeout)
