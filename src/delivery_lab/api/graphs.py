"""The graphs of one project: each is evaluated once, or read where an earlier command has kept it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from delivery_lab.program.project import Project

if TYPE_CHECKING:
    from delivery_lab.program.answers import ProgramAnswers
    from delivery_lab.program.graph import Graph


@dataclass(frozen=True, slots=True)
class Graphs:
    """Graphs by stack, overrides, and what the program is told from the outside.

    Attributes:
        project: the project.
        cached: whether graphs are kept in the user's cache folder, and taken from there.
    """

    project: Project
    cached: bool
    _known: dict[tuple[str, tuple[str, ...], str], Graph] = field(default_factory=dict)

    def of(self, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers) -> Graph:
        """The graph of a stack.

        Raises:
            LabError: the program cannot be evaluated for it.
        """
        key = (stack, overrides, answers.key)
        if key not in self._known and not self._was_kept(stack, overrides, answers):
            # Pulumi's SDK is imported only where a program is evaluated.
            if self.cached:
                from delivery_lab.program.graph_cache import evaluated as evaluate
            else:
                from delivery_lab.program.engine import evaluate
            self._known[key] = evaluate(self.project, stack, overrides, answers)
        return self._known[key]

    def phase(self, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers) -> str:
        """The name of the phase in which the graph is made, which says where it is read instead."""
        key = (stack, overrides, answers.key)
        kept = key not in self._known and self._was_kept(stack, overrides, answers)
        return "cached program" if kept else "program"

    def _was_kept(self, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers) -> bool:
        if not self.cached:
            return False
        from delivery_lab.program.graph_cache import stored_graph

        found = stored_graph(self.project, stack, overrides, answers)
        if found is not None:
            self._known[stack, overrides, answers.key] = found
        return found is not None
