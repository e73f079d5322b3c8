"""The graphs of one project: each is evaluated once, or read where an earlier command has kept it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from delivery_lab.program.project import Project

if TYPE_CHECKING:
    from delivery_lab.program.graph import Graph


@dataclass(frozen=True, slots=True)
class Graphs:
    """Graphs by stack and overrides.

    Attributes:
        project: the project.
        cached: whether graphs are kept in the user's cache folder, and taken from there.
    """

    project: Project
    cached: bool
    _known: dict[tuple[str, tuple[str, ...]], Graph] = field(default_factory=dict)

    def of(self, stack: str, overrides: tuple[str, ...]) -> Graph:
        """The graph of a stack.

        Raises:
            LabError: the program cannot be evaluated for it.
        """
        key = (stack, overrides)
        if key not in self._known and not self._was_kept(*key):
            # Pulumi's SDK is imported only where a program is evaluated.
            if self.cached:
                from delivery_lab.program.graph_cache import evaluated as evaluate
            else:
                from delivery_lab.program.engine import evaluate
            self._known[key] = evaluate(self.project, *key)
        return self._known[key]

    def phase(self, stack: str, overrides: tuple[str, ...]) -> str:
        """The name of the phase in which the graph is made, which says where it is read instead."""
        kept = (stack, overrides) not in self._known and self._was_kept(stack, overrides)
        return "cached program" if kept else "program"

    def _was_kept(self, stack: str, overrides: tuple[str, ...]) -> bool:
        if not self.cached:
            return False
        from delivery_lab.program.graph_cache import stored_graph

        found = stored_graph(self.project, stack, overrides)
        if found is not None:
            self._known[stack, overrides] = found
        return found is not None
