"""The parts that answers are made of, for those who show them, and the defaults that they name.

Importing this module imports next to nothing; its functions import what they need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from delivery_lab.limits.queues import MOVE_RATE
from delivery_lab.model.randomness import DEFAULT_SEED

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import AbstractContextManager

    from delivery_lab.compare.comparison import Change, Comparison, Figure
    from delivery_lab.own_process import OwnProcess
    from delivery_lab.results.cost_figures import Cost, CostItem
    from delivery_lab.results.outcome import Messages, Outcome
    from delivery_lab.results.timeline import Line

__all__ = [
    "BETWEEN",
    "DEFAULT_SEED",
    "MOVE_RATE",
    "Change",
    "Comparison",
    "Cost",
    "CostItem",
    "Figure",
    "Line",
    "Messages",
    "begin_worker",
    "check_titles",
    "conclusion",
    "plain_names",
    "preload",
    "shortened",
    "starting_workers",
    "successes",
    "worker_pool",
]

BETWEEN = ".."
"""Stands between two revisions, as in git."""


def conclusion(outcome: Outcome) -> str:
    """What an outcome comes to, in a sentence or two."""
    from delivery_lab.results.conclusion import conclusion

    return conclusion(outcome)


def shortened(lines: Sequence[Line]) -> list[str]:
    """The lines of a timeline as text; the middle of a long story is summarised."""
    from delivery_lab.results.timeline import shortened

    return shortened(lines)


def successes(outcome: Outcome) -> int:
    """How many requests were answered with success."""
    from delivery_lab.results.requests import is_success

    return sum(count for answer, count in outcome.requests.answers.items() if is_success(answer))


def plain_names() -> tuple[str, ...]:
    """JSON names of the figures that every run has one of, in the order of a sample's figures."""
    from delivery_lab.results.named_figures import plain_names

    return plain_names()


def check_titles() -> dict[str, str]:
    """What each check finds, by its id."""
    from delivery_lab.checks.registry import CHECKS

    return {check.id: check.title for check in CHECKS.values()}


def worker_pool(processes: int, begin: Callable[..., None], *told: Any) -> AbstractContextManager[ProcessPoolExecutor]:
    """Processes that share the work, and end at once where the block is left by an exception.

    Args:
        processes: how many.
        begin: is called in each before anything else, and calls `begin_worker`.
        told: what it is called with.
    """
    from delivery_lab.explore.processes import worker_pool

    return worker_pool(processes, begin, *told)


def starting_workers() -> AbstractContextManager[None]:
    """Hold back Ctrl-C and the like while processes are started, and in each of them until `begin_worker`."""
    from delivery_lab.explore.processes import starting_workers

    return starting_workers()


def begin_worker(parents: OwnProcess | None) -> None:
    """Make a process ready that shares the work, and let it leave nothing behind, whatever ends it.

    Args:
        parents: what the process that started it tells.
    """
    from delivery_lab.explore.processes import begin_worker

    begin_worker(parents)


def preload(*, checks: bool) -> None:
    """Import what runs need, and checks: before processes are forked, which then need not do it each.

    Not what evaluates programs: most graphs are kept from an earlier command, and who does need it imports it while
    the others do the same.

    Args:
        checks: whether stacks will be checked.
    """
    import delivery_lab.api.simulated
    import delivery_lab.simulation.simulate

    if checks:
        import delivery_lab.api.examined
        import delivery_lab.checks.registry  # noqa: F401
