"""How many batches at once a mapping keeps while its function fails (ESM-ERROR-2)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.rules.assumptions import DEFAULTS

REMEMBERED_INVOKES = 50
"""Each invoke counts for a fiftieth of the share of errors."""


@dataclass(slots=True)
class ErrorShare:
    """The share of failed invokes of a mapping, and the concurrent batches that it leaves.

    It begins without errors, so a single early one changes little: the mapping backs off gradually.

    Attributes:
        batches_per_success: concurrent batches for each invoke that succeeds between two that fail.
    """

    batches_per_success: float = DEFAULTS.batches_per_success
    _share: float = 0.0

    def on_result(self, *, failed: bool) -> None:
        """An invoke has ended."""
        self._share += (float(failed) - self._share) / REMEMBERED_INVOKES

    @property
    def limit(self) -> int | None:
        """The most batches at once, at least 1; None where no invoke has failed."""
        return self.limit_with(self.batches_per_success)

    def limit_with(self, batches_per_success: float) -> int | None:
        """The same with another number of batches for each success."""
        if self._share == 0.0:
            return None
        return max(1, int(batches_per_success * (1 - self._share) / self._share))
