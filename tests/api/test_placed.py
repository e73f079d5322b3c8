"""What a reader of figures from the emulator is told."""

from __future__ import annotations

import pytest

from delivery_lab import Lab
from delivery_lab.api.placed import _timeouts
from tests.lab_support import ROOT

_MORE = "of 4 invokes reached their timeout, {} in the simulation: if this machine is too slow for what they compute,"


@pytest.mark.parametrize(
    ("here", "there", "speed", "told"),
    [
        (0, 0, 8.0, ""),
        (2, 2, 8.0, ""),
        (3, 0, 8.0, f"3 {_MORE.format('none')} there are fewer at a lower --speed than 8"),
        (3, 1, 1.0, f"3 {_MORE.format(1)} there are fewer on a machine that has less to do"),
    ],
)
def test_timeouts_that_the_simulation_does_not_have_are_told_with_what_to_do(
    here: int, there: int, speed: float, told: str
) -> None:
    outcome = Lab.open(ROOT).simulate("batch-partial")
    found, simulated = (
        outcome.model_copy(
            update={"invocations": outcome.invocations.model_copy(update={"total": 4, "timed_out": timed_out})}
        )
        for timed_out in (here, there)
    )
    assert _timeouts(found, simulated, speed) == ([told] if told else [])
