"""Random configurations: no invariant is violated, nothing but an error of AWS's ends a run, and a run can be repeated.

Every test that simulates checks the invariants (`tests/conftest.py`). `LAB_FUZZ=1000` tries more of each source.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from delivery_lab.results.outcome import outcome_of
from tests.fuzz.configurations import SOURCES, draw

COUNT = int(os.environ.get("LAB_FUZZ", "2"))


@pytest.mark.parametrize("source", SOURCES)
def test_random_configurations_keep_the_invariants_and_repeat(source: str, tmp_path: Path) -> None:
    for number in range(COUNT):
        configuration = draw(source, number)
        folder = tmp_path / str(number)
        folder.mkdir()
        first = outcome_of(configuration.run(folder, number))
        again = outcome_of(configuration.run(folder, number))

        assert first.trace_hash == again.trace_hash, (source, number)
        assert first.messages.sent or first.requests.total, (source, number)
