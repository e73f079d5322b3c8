"""Exponential back-off with jitter: the one form of all waits that double.

Jitter is drawn after the cap. Drawn before it, all waits are equal once the cap is reached, and whoever waits retries
in step with everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.model.clock import seconds

_MOST_DOUBLINGS = 40


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a try is made again.

    Attributes:
        first_seconds: the first wait, before jitter; each later one is twice as long.
        longest_seconds: the longest wait, jitter included.
        least_factor: the smallest factor of the jitter.
        most_factor: the largest one.
    """

    first_seconds: float
    longest_seconds: float
    least_factor: float
    most_factor: float

    def wait(self, tries: int, chance: float) -> int:
        """The wait in microseconds.

        Args:
            tries: how often it was tried in vain before this time.
            chance: a number from 0 to 1 that is drawn for this wait.
        """
        doubled = self.first_seconds * 2.0 ** min(tries, _MOST_DOUBLINGS)
        capped = min(doubled, self.longest_seconds / self.most_factor)
        return seconds(capped * (self.least_factor + (self.most_factor - self.least_factor) * chance))
