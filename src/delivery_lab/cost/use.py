"""How much is used of what AWS bills."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.rule_ids import RuleId

HOURS_OF_MONTH = 730
"""As AWS's own calculator counts a month."""

SECONDS_OF_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Usage:
    """So much of one item.

    Attributes:
        item: key of the price list.
        resource: name of what uses it.
        quantity: how much, in the unit of the price list.
        action: operation of the API, or "".
        low: the least that the evidence allows, None where nothing is open.
        high: the most, None where nothing is open.
        rules: ids of the assumptions that the interval rests on.
        by_time: whether it grows with time, and not with what is sent.
        may_vanish: whether a month at the workload's rate may have none of it (BILL-MONTH-1).
    """

    item: str
    resource: str
    quantity: float
    action: str = ""
    low: float | None = None
    high: float | None = None
    rules: tuple[RuleId, ...] = ()
    by_time: bool = False
    may_vanish: bool = False

    @property
    def least(self) -> float:
        """The least."""
        return self.quantity if self.low is None else self.low

    @property
    def most(self) -> float:
        """The most."""
        return self.quantity if self.high is None else self.high
