"""One deployment, simulated with many seeds: what does not depend on the seed is done once.

Kept from run to run are the loaded code of functions (`handlers.kept`), what dynamic providers asked AWS for
(`simulation.remembered`), and archives that were unpacked. A run is the same run as one that begins with nothing: where
that cannot be told, or where the first use shows that it is not so, everything is done anew.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from delivery_lab.errors import ModelError
from delivery_lab.events import Run
from delivery_lab.handlers.kept import KeptEnvironments
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.simulation.remembered import AnsweredOtherwise, RememberedCreations
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack


class Prepared:
    """A stack that is simulated many times in one process. A context manager.

    Args:
        stack: the stack, such as `Stack.of(graph)`.
        project_dir: folder of the Pulumi project.
    """

    def __init__(self, stack: Stack, project_dir: Path) -> None:
        self._stack = stack
        self._project_dir = project_dir
        self._environments: KeptEnvironments | None = None
        self._creations = RememberedCreations()

    def __enter__(self) -> Self:
        """Begin to keep."""
        self._environments = KeptEnvironments()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget everything."""
        if self._environments is not None:
            self._environments.remove()
            self._environments = None

    @property
    def loaded_anew(self) -> dict[str, str]:
        """Functions whose code is imported for each environment, and why."""
        return {} if self._environments is None else dict(self._environments.loaded_anew)

    def simulate(self, workload: Workload, seed: int, assumptions: Assumptions = DEFAULTS) -> Run:
        """Run the stack, as `delivery_lab.simulation.simulate.simulate` does with the same arguments.

        Raises:
            LabError: the stack, its code or the workload cannot be simulated; the message says why.
            ModelError: this is not entered.
        """
        environments = self._environments
        if environments is None:
            raise ModelError("a prepared simulation is used outside its `with` block")
        run = self._once(environments, workload, seed, assumptions)
        if environments.unproven and not _same(run, self._once(environments, workload, seed, assumptions)):
            environments.give_up("a run with its loaded code was another run than one that imports it")
        return run

    def _once(self, environments: KeptEnvironments, workload: Workload, seed: int, assumptions: Assumptions) -> Run:
        def simulated() -> Run:
            return simulate(
                self._stack,
                self._project_dir,
                workload,
                seed,
                assumptions,
                environments=environments,
                creations=self._creations,
            )

        try:
            return simulated()
        except AnsweredOtherwise:
            self._creations.forget()
            return simulated()


def _same(one: Run, other: Run) -> bool:
    return (one.trace_hash, one.logs, one.notes, one.depths) == (
        other.trace_hash,
        other.logs,
        other.notes,
        other.depths,
    )
