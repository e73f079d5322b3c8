"""How far many runs are is said on standard error, now and then and not at the end."""

from __future__ import annotations

from typing import cast

import pytest

from delivery_lab.cli.console import Console
from delivery_lab.cli.progress import RunsProgress
from delivery_lab.explore.sample import Sample


def test_every_ten_seconds_it_is_said_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 6.0, 10.0, 12.0, 20.0, 30.0])
    monkeypatch.setattr("delivery_lab.cli.progress.time.monotonic", lambda: next(now))
    runs = RunsProgress(Console(), "batch-partial", 5)
    for _ in range(5):
        runs.one_more(cast("Sample", None))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "batch-partial: 2 of 5 runs, some 12 s to go ...",  # 4 s for a run
        "batch-partial: 4 of 5 runs, some 5 s to go ...",  # 5 s for each since then
    ]


def test_what_comes_before_the_end_of_the_first_run_does_not_count_for_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 15.0, 15.5, 16.0])
    monkeypatch.setattr("delivery_lab.cli.progress.time.monotonic", lambda: next(now))
    runs = RunsProgress(Console(), "batch-partial", 100)
    for _ in range(3):
        runs.one_more(cast("Sample", None))

    assert capsys.readouterr().err.splitlines() == ["batch-partial: 2 of 100 runs, some 49 s to go ..."]
