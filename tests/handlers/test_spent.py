from __future__ import annotations

import pytest

from delivery_lab.handlers import spent
from delivery_lab.handlers.spent import measured_handlers, measuring
from tests.handlers.world import WorldMaker


def test_the_time_in_which_handlers_have_control_is_added_up(
    make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr(spent, "_seconds", lambda: float(next(ticks)))
    code = "import time\ndef handler(e, c):\n    for _ in range(3): time.sleep(60)"
    with measured_handlers() as measured:
        make_world().run_code(code)
    # The clock is read twice for each time that a handler gets control: to be imported, to start, after each sleep.
    assert measured.seconds == next(ticks) / 2 >= 4


def test_nobody_measures_unless_asked(make_world: WorldMaker) -> None:
    assert measuring() is None
    with measured_handlers() as measured:
        assert measuring() is measured
    make_world().run_code("def handler(e, c): ...")
    assert measured.seconds == 0.0
    assert measuring() is None
