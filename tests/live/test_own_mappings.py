"""The emulator's own mappings, beside which our pollers are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab import Lab
from delivery_lab.api.own_mappings import run_on_own_mappings
from delivery_lab.errors import NotModelledError, UsageError
from tests.lab_support import ROOT
from tests.live.support import emulator_python


@pytest.mark.emulator
def test_the_emulators_mappings_are_never_throttled_and_lose_nothing_to_it(temporary: Path) -> None:
    """130 messages, 30 s of visibility and function timeout, 0.3 s of work, 3 reserved: AWS would dead-letter some."""
    emulator_python()
    outcome = run_on_own_mappings(Lab.open(ROOT), "concurrency-trap", speed=8.0).outcome
    assert (outcome.place, outcome.messages.sent, outcome.messages.processed) == ("local", 130, 130)
    assert (outcome.messages.dead_lettered, outcome.messages.healthy_dead_lettered) == (0, 0)
    assert outcome.unknown["invocations.throttled"] == (
        "the emulator's mappings begin no more batches than the function has reserved"
    )
    assert list(temporary.iterdir()) == []


@pytest.mark.emulator
def test_the_emulators_mapping_of_a_stream_is_followed_by_what_functions_log(temporary: Path) -> None:
    """The batch with the poison is tried for ever there: nothing of it is discarded, and nothing claimed of it."""
    emulator_python()
    outcome = run_on_own_mappings(Lab.open(ROOT), "stream-bounded", speed=4.0, longest_seconds=40).outcome
    assert (outcome.place, outcome.messages.sent) == ("local", 40)
    assert 0 < outcome.messages.processed < 40
    assert (outcome.effects.total or 0) > 40
    assert "and the on-failure queue got no report: which were discarded" in outcome.unknown["messages.lost"]
    assert list(temporary.iterdir()) == []


def test_what_cannot_be_followed_is_refused_before_anything_is_started() -> None:
    with pytest.raises(NotModelledError, match=r"--on aws does not follow what is sent to "):
        run_on_own_mappings(Lab.open(ROOT), "apigateway-sqs")
    with pytest.raises(NotModelledError, match=r"faults"):
        run_on_own_mappings(Lab.open(ROOT), "async-default")
    with pytest.raises(UsageError, match=r"^--speed 0: from 1"):
        run_on_own_mappings(Lab.open(ROOT), "concurrency-trap", speed=0)
