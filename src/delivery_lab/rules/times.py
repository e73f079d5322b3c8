"""Times that nobody can know beforehand, for simulations that stand beside an observation.

The model takes one value for each, so that a run says the same wherever it is made. How many messages share a batch
hangs on them all the same: with one value a figure looks sure that is none. So a prediction that is held against real
time is made of many runs, each with times of its own, from the ranges that are written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab.rule_ids import RuleId

RANGES: Mapping[RuleId, tuple[float, float]] = MappingProxyType(
    {
        # From below 0.1 s to above 1 s, by AWS's analysis of production workloads:
        # https://docs.aws.amazon.com/lambda/latest/operatorguide/execution-environments.html
        "LAM-INIT-1": (0.1, 1.0),
        # Small handlers; assumed. Work belongs into the workload, as `sleep`.
        "LAM-DURATION-1": (0.0, 0.1),
        # A few to some hundred milliseconds: assumed, AWS states none.
        "ESM-POLL-1": (0.0, 0.3),
    }
)
"""Seconds, at least and at most, by rule."""
_LONGEST_SECONDS = 10.0
"""What the assumptions take at most."""


def drawn_times(chances: Mapping[RuleId, float], late_seconds: float = 0.0) -> tuple[str, ...]:
    """Assumptions `RULE=VALUE` with a time for each rule.

    Args:
        chances: for each rule a number from 0 to 1: where in its range the time lies.
        late_seconds: by how much the place was late that was observed, or its invokes took longer than simulated ones.
            All ranges go so much higher, or to 10 s.
    """
    late = min(late_seconds, _LONGEST_SECONDS)
    ranges = {rule: (low, min(_LONGEST_SECONDS, high + late)) for rule, (low, high) in RANGES.items()}
    return tuple(f"{rule}={low + (high - low) * chances[rule]:.6f}" for rule, (low, high) in ranges.items())
