"""The script with which CI explores the variants."""

from __future__ import annotations

import pytest

from delivery_lab.api.lab import Lab
from scripts import explore_variants
from tests.lab_support import ROOT


def test_every_variant_is_explored_and_the_safe_ones_are_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Lab.open(ROOT, cached=True).stack_names()
    seen: list[str] = []

    def note(_lab: Lab, stack: str, _seeds: int, _processes: int | None) -> tuple[str, bool]:
        seen.append(stack)
        return stack, True

    monkeypatch.setattr(explore_variants, "explored", note)

    assert explore_variants.main([]) == 0

    assert seen == names
    assert set(names) > explore_variants.SAFE


def test_a_safe_variant_is_held_to_what_it_promises() -> None:
    assert explore_variants.explored(Lab.open(ROOT, cached=True), "batch-partial", 2, 1) == (
        "batch-partial: 2 runs",
        True,
    )


def test_a_message_that_is_lost_fails_the_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explore_variants, "SAFE", frozenset({"batch-unreported"}))

    assert explore_variants.main(["1", "batch-unreported"]) == 1

    assert capsys.readouterr().out == ("FAILED batch-unreported: 1 runs; messages.lost == 0 fails first with seed 1\n")
