"""What a redrive of dead-letter queues answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from delivery_lab.errors import UsageError
from delivery_lab.events import Run
from delivery_lab.program.graph import Graph
from delivery_lab.results.redrive import RedriveOutcome, redrive_conclusion
from delivery_lab.results.timeline import Line, timeline

_BEGINNING = "RDR-SOURCE-1"


@dataclass(frozen=True, slots=True)
class RedriveSimulation:
    """A stack that was run, and whose dead-letter queues were moved back afterwards.

    Attributes:
        outcome: what the redrive did, counted.
        run: every event, from the start of the workload on.
    """

    outcome: RedriveOutcome
    run: Run

    @property
    def conclusion(self) -> str:
        """What the redrive comes to, in a sentence."""
        return redrive_conclusion(self.outcome)

    def timeline(self) -> Sequence[Line]:
        """What happened from the redrive on."""
        lines = timeline(self.run)
        begun = next((n for n, line in enumerate(lines) if line.rule == _BEGINNING), len(lines))
        return lines[begun:]


def graph_with_fix(graph: Callable[[Sequence[str]], Graph], overrides: Sequence[str], fix: Sequence[str]) -> Graph:
    """The resources of a stack with a fix; what is wrong with the fix is said of `--fix`, not of `--set`.

    Args:
        graph: evaluates the stack with settings changed.
        overrides: settings that are changed anyway.
        fix: settings that the fix changes.

    Raises:
        LabError: the program cannot be evaluated for them.
    """
    try:
        return graph((*overrides, *fix))
    except UsageError as error:
        said = str(error)
        for text in fix:
            said = said.replace(f"--set {text}", f"--fix {text}")
        raise type(error)(said) from error
