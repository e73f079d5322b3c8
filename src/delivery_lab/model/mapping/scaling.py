"""How many batches a mapping works on at once: pure models of the pollers of a queue (semantics.md B2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from delivery_lab.limits.mappings import SQS_FIRST_BATCHES, SQS_MOST_BATCHES
from delivery_lab.rule_ids import RuleId

GROWTH_PER_SECOND = 300 // 60
TICK_SECONDS = 1
PAUSE_AFTER_THROTTLE_SECONDS = 60.0
IDLE_SECONDS_BEFORE_FEWER = 60

INVOKES_PER_POLLER = 10
POLLS_PER_SECOND_AND_POLLER = 10
PROVISIONED_GROWTH_PER_MINUTE = 1_000

NO_LIMIT = 1_000_000_000


class Scaling(Protocol):
    """The pollers of a mapping, as the mapping asks and tells them. Instants are in microseconds."""

    rested: bool
    """Whether it has had a minute without messages, and some after it."""

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
    def error_rule(self) -> RuleId:
        """Id of the rule that says what an invoke that failed does to them."""

    def grow(self, now_us: int) -> None:
        """A second has passed in which all pollers were busy and messages were waiting."""

    def poll(self, now_us: int) -> int:
        """Ask to receive once: 0 if it is time, else how many microseconds to wait before asking again."""

    def on_throttle(self, now_us: int) -> None:
        """An invoke was throttled."""

    def on_error(self) -> None:
        """An invoke failed."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""


@dataclass(slots=True)
class StandardScaling:
    """Concurrent batches of a mapping on a standard queue.

    Starts with 5 (ESM-SCALE-1), grows by 300 a minute while there is a backlog (ESM-SCALE-2), in equal steps a second
    (ESM-SCALE-3), not within a minute of a throttled invoke (ESM-THROTTLE-3), up to 1,250 or to the
    mapping's maximum concurrency (ESM-CONC-1). Errors halve it, successes give it back (ESM-ERROR-2).

    Attributes:
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, or None.
        slow_on_errors: false with ReportBatchItemFailures, which keeps the pace (ESM-ERROR-3).
        pause_seconds: for how long it does not grow after a throttled invoke.
        least: what it falls back to after a minute without messages; not with a maximum concurrency (ESM-SCALE-4).
    """

    maximum_concurrency: int | None = None
    slow_on_errors: bool = True
    pause_seconds: float = PAUSE_AFTER_THROTTLE_SECONDS
    least: int = SQS_FIRST_BATCHES
    rested: bool = False
    _limit: int = SQS_FIRST_BATCHES
    _throttled_at_us: int | None = None
    _idle_at_us: int | None = None

    growth_rules: ClassVar[tuple[RuleId, ...]] = ("ESM-SCALE-2", "ESM-SCALE-3")

    @property
    def error_rule(self) -> RuleId:
        """Id of the rule that says what an invoke that failed does to them."""
        return "ESM-ERROR-2" if self.slow_on_errors else "ESM-ERROR-3"

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        return min(self._limit, self.maximum)

    @property
    def maximum(self) -> int:
        """The most that it can grow to."""
        return SQS_MOST_BATCHES if self.maximum_concurrency is None else self.maximum_concurrency

    def grow(self, now_us: int) -> None:
        """A second has passed in which all pollers were busy and messages were waiting.

        Below the start only errors can have put the limit, and only successes raise it again (ESM-ERROR-2): growth
        would undo the slow-down within a second.
        """
        if self._limit < SQS_FIRST_BATCHES:
            return
        throttled = self._throttled_at_us
        if throttled is None or now_us - throttled >= self.pause_seconds * 1_000_000:
            self._limit = min(self.maximum, self._limit + GROWTH_PER_SECOND)

    def poll(self, now_us: int) -> int:
        """Always time to receive. A queue that was empty for a minute is polled by fewer pollers (ESM-SCALE-4)."""
        idle_us = 0 if self._idle_at_us is None else now_us - self._idle_at_us
        self._idle_at_us = None
        if self.maximum_concurrency is None and idle_us >= IDLE_SECONDS_BEFORE_FEWER * 1_000_000:
            self.rested = True
            self._limit = min(self._limit, self.least)
        return 0

    def on_throttle(self, now_us: int) -> None:
        """An invoke was throttled."""
        self._throttled_at_us = now_us

    def on_error(self) -> None:
        """An invoke failed."""
        if self.slow_on_errors:
            self._limit = max(1, self._limit // 2)

    def on_success(self) -> None:
        """An invoke succeeded."""
        if self._limit < SQS_FIRST_BATCHES:
            self._limit += 1

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

    growth_rules: ClassVar[tuple[RuleId, ...]] = ("ESM-FIFO-1",)
    error_rule: ClassVar[RuleId] = "ESM-FIFO-3"

    @property
    def limit(self) -> int:
        """How many batches may be worked on at once."""
        return NO_LIMIT if self.maximum_concurrency is None else self.maximum_concurrency

    maximum = limit

    def grow(self, now_us: int) -> None:
        """It does not grow: there are as many batches as groups at once."""

    def poll(self, now_us: int) -> int:
        """Always time to receive."""
        return 0

    def on_throttle(self, now_us: int) -> None:
        """An invoke was throttled; its groups wait, the others do not."""

    def on_error(self) -> None:
        """An invoke failed; its groups wait for their messages, the others do not (ESM-FIFO-3)."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""


@dataclass(slots=True)
class ProvisionedScaling:
    """Pollers of provisioned mode: each has 10 invokes at once and 10 polls a second (ESM-PROV-1).

    They begin with the minimum, grow by 1,000 invokes a minute up to the maximum (ESM-PROV-2), in steps a second, and
    fall back to the minimum when there is nothing to do (ESM-PROV-3). Throttled invokes stop the growth as they do
    without provisioned mode (ESM-THROTTLE-3).

    Attributes:
        minimum_pollers: `ProvisionedPollerConfig.MinimumPollers`.
        maximum_pollers: `ProvisionedPollerConfig.MaximumPollers`.
        pause_seconds: for how long it does not grow after a throttled invoke.
    """

    minimum_pollers: int
    maximum_pollers: int
    pause_seconds: float = PAUSE_AFTER_THROTTLE_SECONDS
    rested: bool = False
    _more: int = 0
    _credit: int = 0
    _throttled_at_us: int | None = None
    _polled_up_to_us: int = 0

    growth_rules: ClassVar[tuple[RuleId, ...]] = ("ESM-PROV-2", "ESM-PROV-3")
    error_rule: ClassVar[RuleId] = "ESM-PROV-6"

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

    def grow(self, now_us: int) -> None:
        """A second has passed in which all pollers were busy and messages were waiting."""
        throttled = self._throttled_at_us
        if throttled is not None and now_us - throttled < self.pause_seconds * 1_000_000:
            return
        # A hundred pollers a minute are no whole number a second: what is left over is kept for the next one.
        self._credit += PROVISIONED_GROWTH_PER_MINUTE // INVOKES_PER_POLLER
        more, self._credit = divmod(self._credit, 60)
        self._more = min(self.maximum_pollers - self.minimum_pollers, self._more + more)

    def poll(self, now_us: int) -> int:
        """Receive if the polls of this second allow it; they are earned evenly, and one second's worth is kept."""
        each = 1_000_000 // (POLLS_PER_SECOND_AND_POLLER * self.pollers)
        up_to = max(self._polled_up_to_us, now_us) + each
        if up_to - now_us > 1_000_000:
            return up_to - now_us - 1_000_000
        self._polled_up_to_us = up_to
        return 0

    def on_throttle(self, now_us: int) -> None:
        """An invoke was throttled."""
        self._throttled_at_us = now_us

    def on_error(self) -> None:
        """An invoke failed; provisioned pollers stay."""

    def on_success(self) -> None:
        """An invoke succeeded."""

    def on_idle(self, now_us: int) -> None:
        """The queue was found empty and no batch is being worked on."""
        self._more = self._credit = 0
