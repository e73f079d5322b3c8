"""Where the stack file decides the values that findings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from delivery_lab.checks.finding import Finding
from delivery_lab.program.graph import Graph
from delivery_lab.program.keys import ACCEPT_KEY
from delivery_lab.stack.keys import StackFileKeys


@dataclass(frozen=True, slots=True)
class StackFilePlace:
    """A setting in a stack file.

    Attributes:
        key: its full key and the names below, such as `delivery-lab:batch.queue.visibilityTimeoutSeconds`.
        file: the stack file, relative to the project where it is inside.
        line: its line, counted from 1.
    """

    key: str
    file: str
    line: int


def places_of(graph: Graph, findings: Sequence[Finding], file: str) -> dict[int, dict[str, StackFilePlace]]:
    """Where the stack file decides values of findings.

    Left out is what no key decides alone, what the program fills in, and what `--set` changed.

    Args:
        graph: the graph in which they were found.
        findings: what was found.
        file: the stack file, as messages name it.

    Returns:
        By the finding's position, then by the name of the value.
    """
    keys = StackFileKeys(graph)
    found = {index: dict(_places(keys, graph, finding, file)) for index, finding in enumerate(findings)}
    return {index: places for index, places in found.items() if places}


def first_lines(places: Mapping[int, Mapping[str, StackFilePlace]]) -> dict[int, int]:
    """The line of the first value of each finding that has one, by the finding's position."""
    return {index: next(iter(of_values.values())).line for index, of_values in places.items()}


def _places(keys: StackFileKeys, graph: Graph, finding: Finding, file: str) -> Iterator[tuple[str, StackFilePlace]]:
    for label, value in finding.values.items():
        place = keys.place_of(label, value) or _acceptance(graph, label)
        if place is not None:
            key, line = place
            yield label, StackFilePlace(key, file, line)


def _acceptance(graph: Graph, label: str) -> tuple[str, int] | None:
    """The place of an acceptance that accepts nothing, which its finding names by its key."""
    line = graph.config_lines.get((ACCEPT_KEY, label.removeprefix(f"{ACCEPT_KEY}.")))
    return None if line is None else (label, line)
