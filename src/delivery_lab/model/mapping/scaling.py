"""How many batches a mapping works on at once: pure models of the pollers of a queue (semantics.md B2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from delivery_lab.limits.mappings import SQS_FIRST_BATCHES, SQS_MOST_BATCHES
from delivery_lab.model.mapping.error_share import ErrorShare
from delivery_lab.model.mapping.throttled_growth import ThrottledGrowth
from delivery_lab.rule_ids import RuleId

GROWTH_PER_SECOND = 300 // 60
TICK_SECONDS = 1
IDLE_SECONDS_BEFORE_FEWER = 60

INVOKES_PER_POLLER = 10
POLLS_PER_SECOND_AND_POLLER = 10
PROVISIONED_GROWTH_PER_MINUTE = 1_000

NO_LIMIT = 1_000_000_000


class Scaling(Protocol):
    """The pollers of a mapping, as the mapping asks and tells them. Instants are in microseconds.

    `running` is how many of its batches the function works on.
    """

    rested: bool
    """Whether it has had a minute without messages, and some after it."""

    held_back: bool
    """Whether the share of failed invokes has decided how many batches there are, or would with a plausible value."""

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""

    @property
    def maximum(self) -> int:
        """The most that it can grow to."""

    @property
    def growth_rules(self) -> tuple[RuleId, ...]:
        """Ids of the rules by which it grows; the first one causes the growth."""

    @property
    def error_rule(self) -> RuleId | None:
        """Id of the rule by which an invoke that failed changes nothing; None where the share of errors counts."""

    @property
    def throttle_rule(self) -> RuleId:
        """Id of the rule that says what an invoke that was throttled does to them."""

    def grow(self, running: int, for_seconds: int = TICK_SECONDS) -> None:
        """So much time has passed in which all pollers were busy and messages were waiting."""

    def seconds_to_growth(self) -> int:
        """How long to wait before asking it to grow while none of its batches runs or waits to be tried again."""

    def poll(self, now_us: int) -> int:
        """Ask to receive once: 0 if it is time, else how many microseconds to wait before asking again."""

    def on_invoke(self, running: int) -> None:
        """A batch was taken by the function, which works on so many now."""

    def on_throttle(self, running: int) -> None:
        """An invoke was throttled."""

    def on_let_go(self) -> bool:
        """A throttled batch is not tried again. Whether its poller goes with it; else it waits for the visibility."""

    def on_error(self) -> None:
        """An invoke failed."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_caught_up(self) -> None:
        """No messages wait: the queue was found empty, or has been for a second in which all pollers were busy."""

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""


@dataclass(slots=True)
class StandardScaling:
    """Concurrent batches of a mapping on a standard queue.

    Starts with 5 (ESM-SCALE-1), grows by 300 a minute while there is a backlog (ESM-SCALE-2), in equal steps a second
    (ESM-SCALE-3), up to 1,250 or to the mapping's maximum concurrency (ESM-CONC-1). While the function throttles, it
    grows by a share of what runs, and each batch that is let go takes its poller with it (ESM-THROTTLE-3).
    While invokes fail, it is at most what the share of errors leaves (ESM-ERROR-2).

    Attributes:
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, or None.
        errors: the share of failed invokes; None with ReportBatchItemFailures, which keeps the pace (ESM-ERROR-3).
        throttled: how it grows while the function throttles.
        least: what it falls back to after a minute without messages; not with a maximum concurrency (ESM-SCALE-4).
    """

    maximum_concurrency: int | None = None
    errors: ErrorShare | None = field(default_factory=ErrorShare)
    throttled: ThrottledGrowth = field(default_factory=ThrottledGrowth)
    least: int = SQS_FIRST_BATCHES
    rested: bool = False
    held_back: bool = False
    _limit: int = SQS_FIRST_BATCHES
    _idle_at_us: int | None = None

    throttle_rule: ClassVar[RuleId] = "ESM-THROTTLE-3"

    @property
    def growth_rules(self) -> tuple[RuleId, ...]:
        """Ids of the rules by which it grows; the first one causes the growth."""
        return ("ESM-THROTTLE-3",) if self.throttled.slow else ("ESM-SCALE-2", "ESM-SCALE-3")

    @property
    def error_rule(self) -> RuleId | None:
        """Id of the rule by which an invoke that failed changes nothing; None where the share of errors counts."""
        return "ESM-ERROR-3" if self.errors is None else None

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        allowed = min(self._limit, self.maximum)
        tightest = None if self.errors is None else self.errors.tightest
        if self.errors is None or tightest is None or tightest >= allowed:
            return allowed
        self.held_back = True
        left = self.errors.limit
        return allowed if left is None else min(allowed, left)

    @property
    def maximum(self) -> int:
        """The most that it can grow to."""
        return SQS_MOST_BATCHES if self.maximum_concurrency is None else self.maximum_concurrency

    def grow(self, running: int, for_seconds: int = TICK_SECONDS) -> None:
        """So much time has passed in which all pollers were busy and messages were waiting."""
        if self.limit < self._limit < self.maximum:
            return  # it is the errors that hold it back: with more pollers there would not be more batches
        throttled = self.throttled.slow
        step = self.throttled.step(running, for_seconds) if throttled else GROWTH_PER_SECOND * for_seconds
        self._limit = min(self.maximum, self._limit + step)

    def seconds_to_growth(self) -> int:
        """With no poller left, the time until throttling allows one again."""
        return self.throttled.seconds_to_step(0) if self.throttled.slow else TICK_SECONDS

    def poll(self, now_us: int) -> int:
        """Always time to receive. A queue that was empty for a minute is polled by fewer pollers (ESM-SCALE-4)."""
        idle_us = 0 if self._idle_at_us is None else now_us - self._idle_at_us
        self._idle_at_us = None
        if self.maximum_concurrency is None and idle_us >= IDLE_SECONDS_BEFORE_FEWER * 1_000_000:
            self.rested = True
            self._limit = min(self._limit, self.least)
        return 0

    def on_invoke(self, running: int) -> None:
        """A batch was taken by the function: more at once than when it was throttled means that there is room again."""
        self.throttled.on_invoke(running)

    def on_throttle(self, running: int) -> None:
        """An invoke was throttled."""
        self.throttled.on_throttle(running)

    def on_let_go(self) -> bool:
        """A throttled batch is not tried again: there is one concurrent batch fewer."""
        self._limit = max(0, self.limit - 1)
        return True

    def on_error(self) -> None:
        """An invoke failed."""
        if self.errors is not None:
            self.errors.on_result(failed=True)

    def on_success(self) -> None:
        """An invoke succeeded."""
        if self.errors is not None:
            self.errors.on_result(failed=False)

    def on_caught_up(self) -> None:
        """No messages wait: what throttled invokes took away is there again."""
        if self.throttled.slow:
            self.throttled.end()
            self._limit = max(self._limit, SQS_FIRST_BATCHES)

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""
        self._limit = min(self._limit, SQS_FIRST_BATCHES)
        self._idle_at_us = now_us


@dataclass(slots=True)
class FifoScaling:
    """Concurrent batches of a mapping on a FIFO queue: as many as there are groups with messages (ESM-FIFO-1).

    The queue itself sees to it that no group is in two batches, so only the maximum concurrency is left to keep.

    Attributes:
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, or None.
    """

    maximum_concurrency: int | None = None
    rested: bool = False
    held_back: bool = False

    growth_rules: ClassVar[tuple[RuleId, ...]] = ("ESM-FIFO-1",)
    error_rule: ClassVar[RuleId] = "ESM-FIFO-3"
    throttle_rule: ClassVar[RuleId] = "ESM-FIFO-3"

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        return NO_LIMIT if self.maximum_concurrency is None else self.maximum_concurrency

    maximum = limit

    def grow(self, running: int, for_seconds: int = TICK_SECONDS) -> None:
        """It does not grow: there are as many batches as groups at once."""

    def seconds_to_growth(self) -> int:
        """It does not grow."""
        return TICK_SECONDS

    def poll(self, now_us: int) -> int:
        """Always time to receive."""
        return 0

    def on_invoke(self, running: int) -> None:
        """A batch was taken by the function."""

    def on_throttle(self, running: int) -> None:
        """An invoke was throttled; its groups wait, the others do not."""

    def on_let_go(self) -> bool:
        """A throttled batch is not tried again: its poller waits with its groups."""
        return False

    def on_error(self) -> None:
        """An invoke failed; its groups wait for their messages, the others do not (ESM-FIFO-3)."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_caught_up(self) -> None:
        """No messages wait."""

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""


@dataclass(slots=True)
class ProvisionedScaling:
    """Pollers of provisioned mode: each has 10 invokes at once and 10 polls a second (ESM-PROV-1).

    They begin with the minimum, grow by 1,000 invokes a minute up to the maximum (ESM-PROV-2), in steps a second, and
    fall back to the minimum when there is nothing to do (ESM-PROV-3). While the function throttles they do not grow
    (ESM-PROV-7).

    Attributes:
        minimum_pollers: `ProvisionedPollerConfig.MinimumPollers`.
        maximum_pollers: `ProvisionedPollerConfig.MaximumPollers`.
    """

    minimum_pollers: int
    maximum_pollers: int
    throttled: ThrottledGrowth = field(default_factory=ThrottledGrowth)
    rested: bool = False
    held_back: bool = False
    _more: int = 0
    _credit: int = 0
    _polled_up_to_us: int = 0

    growth_rules: ClassVar[tuple[RuleId, ...]] = ("ESM-PROV-2", "ESM-PROV-3")
    error_rule: ClassVar[RuleId] = "ESM-PROV-6"
    throttle_rule: ClassVar[RuleId] = "ESM-PROV-7"

    @property
    def pollers(self) -> int:
        """How many pollers there are."""
        return self.minimum_pollers + self._more

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        return self.pollers * INVOKES_PER_POLLER

    @property
    def maximum(self) -> int:
        """The most that it can grow to."""
        return self.maximum_pollers * INVOKES_PER_POLLER

    def grow(self, running: int, for_seconds: int = TICK_SECONDS) -> None:
        """So much time has passed in which all pollers were busy and messages were waiting."""
        if self.throttled.slow:
            return
        # A hundred pollers a minute are no whole number a second: what is left over is kept for the next one.
        self._credit += PROVISIONED_GROWTH_PER_MINUTE // INVOKES_PER_POLLER * for_seconds
        more, self._credit = divmod(self._credit, 60)
        self._more = min(self.maximum_pollers - self.minimum_pollers, self._more + more)

    def seconds_to_growth(self) -> int:
        """There is always a poller."""
        return TICK_SECONDS

    def poll(self, now_us: int) -> int:
        """Receive if the polls of this second allow it; they are earned evenly, and one second's worth is kept."""
        each = 1_000_000 // (POLLS_PER_SECOND_AND_POLLER * self.pollers)
        up_to = max(self._polled_up_to_us, now_us) + each
        if up_to - now_us > 1_000_000:
            return up_to - now_us - 1_000_000
        self._polled_up_to_us = up_to
        return 0

    def on_invoke(self, running: int) -> None:
        """A batch was taken by the function: more at once than when it was throttled means that there is room again."""
        self.throttled.on_invoke(running)

    def on_throttle(self, running: int) -> None:
        """An invoke was throttled."""
        self.throttled.on_throttle(running)

    def on_let_go(self) -> bool:
        """A throttled batch is not tried again: a provisioned poller stays, and waits for the visibility to end."""
        return False

    def on_error(self) -> None:
        """An invoke failed; provisioned pollers stay."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_caught_up(self) -> None:
        """No messages wait."""
        self.throttled.end()

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""
        self._more = self._credit = 0
