"""Where what a mapping reads and the function that it invokes are."""

from __future__ import annotations

from delivery_lab.program.naming import DEFAULT_REGION
from delivery_lab.stack.mappings import EventSourceMapping
from delivery_lab.stack.stack import Stack


def regions_apart(stack: Stack, mapping: EventSourceMapping) -> tuple[str, str] | None:
    """The regions of a mapping's source and of its function, where they are certainly two (ESM-REGION-1).

    Nothing is certain where one of them is the region that is assumed of a program that names none.
    """
    function_arn = mapping.function.arn if mapping.function is not None else None
    source, function = _region_of(mapping.source_arn.known), _region_of(function_arn)
    if not source or not function or source == function:
        return None
    if "aws:region" not in stack.config and DEFAULT_REGION in (source, function):
        return None
    return source, function


def _region_of(arn: str | None) -> str:
    """The region that an ARN names, "" where there is none."""
    return arn.split(":")[3] if arn is not None and arn.count(":") >= 5 else ""
