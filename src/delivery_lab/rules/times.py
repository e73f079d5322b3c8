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


def drawn_times(chances: Mapping[RuleId, float]) -> tuple[str, ...]:
    """Assumptions `RULE=VALUE` with a time for each rule.

    Args:
        chances: for each rule a number from 0 to 1: where in its range the time lies.
    """
    return tuple(f"{rule}={low + (high - low) * chances[rule]:.6f}" for rule, (low, high) in RANGES.items())
