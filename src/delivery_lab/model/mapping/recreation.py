"""A mapping that is deleted and created again in the middle, and knows nothing of where the former one was.

At LATEST it misses what had not been finished. At TRIM_HORIZON and AT_TIMESTAMP it reads again what is there. Disabling
and enabling is something else: the mapping goes on where it was (STR-START-4).
"""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.faults import Faults
from delivery_lab.model.partition import StartingPosition
from delivery_lab.rule_ids import RuleId


class Recreation:
    """Deletes and creates one mapping.

    Args:
        mapping: name of the mapping.
        function: name of its function.
        position: its starting position.
        begin: begins anew in all partitions; called when it is created again.
        scheduler: the run's clock.
        journal: where rules are noted.
    """

    def __init__(
        self,
        mapping: str,
        function: str,
        position: StartingPosition,
        begin: Callable[[], None],
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self._mapping = mapping
        self._function = function
        self._rules: tuple[RuleId, ...] = (
            ("STR-START-5", "STR-START-6") if position is StartingPosition.LATEST else ("STR-START-7", "STR-START-8")
        )
        self._begin_anew = begin
        self._scheduler = scheduler
        self._journal = journal
        self._back_at = 0
        self.is_absent = False

    def wait(self, faults: Faults) -> int:
        """For how many microseconds the mapping does not read, since it is not there.

        Args:
            faults: the faults of the run, of which one may delete it at this instant.
        """
        if not self.is_absent:
            absent = faults.recreates(self._function, self._mapping)
            if not absent:
                return 0
            self.is_absent = True
            self._back_at = self._scheduler.now + absent
            self._journal.rely_on(*self._rules)
            self._scheduler.at(self._back_at, self._begin)
        return self._back_at - self._scheduler.now

    def when_back(self, go: Callable[[], None]) -> None:
        """Call back when the mapping is there again."""
        self._scheduler.at(self._back_at, go)

    def _begin(self) -> None:
        self.is_absent = False
        self._begin_anew()
