"""One holder at a time where it is promised: a slot of a partition works on one batch."""

from __future__ import annotations

from delivery_lab.events import BatchInvoked, Event, InvokeEnded, MappingConfigured, RecordsRewound
from delivery_lab.results.invariants.invariant import History, Invariant


class OneBatchPerSlot(Invariant):
    """A shard has as many invokes at once as its parallelization factor says, a partition one."""

    id = "INV-HOLDER-1"
    description = (
        "A slot of a partition is in one invoke at a time, and there are no more slots than the parallelization factor."
    )
    reads = (MappingConfigured, BatchInvoked, InvokeEnded, RecordsRewound)
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._factor: dict[str, int] = {}
        self._holders: dict[tuple[str, str, int], str] = {}
        self._held: dict[str, tuple[str, str, int]] = {}

    def read(self, event: Event) -> None:
        """Follow who holds which slot."""
        match event:
            case MappingConfigured():
                self._factor[event.mapping] = event.parallelization_factor
            case InvokeEnded():
                slot = self._held.pop(event.invoke, None)
                if slot is not None:
                    del self._holders[slot]
            case RecordsRewound():
                self._let_go(event.mapping, event.partition)
            case BatchInvoked():
                if event.partition is not None and event.slot is not None:
                    self._take(event, (event.mapping, event.partition, event.slot))

    def _let_go(self, mapping: str, partition: str) -> None:
        """A mapping was created again: what the former one works on holds no slot of the new one."""
        for slot in [slot for slot in self._holders if slot[:2] == (mapping, partition)]:
            del self._held[self._holders.pop(slot)]

    def _take(self, event: BatchInvoked, slot: tuple[str, str, int]) -> None:
        mapping, partition, number = slot
        factor = self._factor.get(mapping, number + 1)
        if number >= factor:
            self._broken(
                event.instant_us,
                f"{mapping} uses slot {number} of {partition}, and its parallelization factor is {factor}",
            )
        holder = self._holders.get(slot)
        if holder is not None:
            self._broken(
                event.instant_us, f"{event.invoke} gets a batch of {partition} while {holder} still works on one"
            )
            del self._held[holder]
        self._holders[slot] = event.invoke
        self._held[event.invoke] = slot
