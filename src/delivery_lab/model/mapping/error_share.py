"""How many batches at once a mapping keeps while its function fails (ESM-ERROR-2)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.rules.assumptions import DEFAULTS

REMEMBERED_INVOKES = 100
"""Each invoke counts for a hundredth of the share of errors."""
_EXPONENT = 0.7
"""Of successes for each error: three shares of errors were measured, and this is how their throughput goes together."""


@dataclass(slots=True)
class ErrorShare:
    """The share of failed invokes of a mapping, and the concurrent batches that it leaves.

    It begins without errors, so a single early one changes little: the mapping backs off gradually.

    Attributes:
        batches_when_half_fail: concurrent batches where every second invoke fails.
        least_plausible: the lowest value of this that observations allow.
    """

    batches_when_half_fail: float = DEFAULTS.batches_when_half_fail
    least_plausible: float = DEFAULTS.batches_when_half_fail
    _share: float = 0.0

    def on_result(self, *, failed: bool) -> None:
        """An invoke has ended."""
        self._share += (float(failed) - self._share) / REMEMBERED_INVOKES

    @property
    def limit(self) -> int | None:
        """The most batches at once, at least 1; None where no invoke has failed."""
        return self._left(self.batches_when_half_fail)

    @property
    def tightest(self) -> int | None:
        """The same with the lowest value that is plausible: where this allows enough, no value decides anything."""
        return self._left(min(self.batches_when_half_fail, self.least_plausible))

    def _left(self, batches_when_half_fail: float) -> int | None:
        if self._share == 0.0:
            return None
        successes_for_each_error = (1 - self._share) / self._share
        return max(1, int(batches_when_half_fail * successes_for_each_error**_EXPONENT))
