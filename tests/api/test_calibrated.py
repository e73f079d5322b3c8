"""Simulations beside an observation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from delivery_lab import Lab
from delivery_lab.api.calibrated import (
    CalibratedFigure,
    Calibration,
    _compared,
    _seeded,
    calibrate_on_emulator,
    spans_of,
)
from delivery_lab.api.inputs import assumption_texts
from delivery_lab.errors import LabError, UsageError
from delivery_lab.results.outcome import Messages, Outcome
from delivery_lab.rules.alternatives import read_assumptions
from scripts.places_page import page
from scripts.write_places import row_of
from tests.lab_support import ROOT

_INSIDE = CalibratedFigure("messages.lost", 0, 2, 1, "inside")
_OUTSIDE = CalibratedFigure("deliveries.total", 13, 13, 20, "outside", assumptions=("SQS-STALE-2=delete",))
_TIME = CalibratedFigure("latencySeconds.p50", 0.2, 0.3, 9.0, "not judged", "a time of this machine")


def _calibration(*figures: CalibratedFigure) -> Calibration:
    return Calibration("batch-partial", "local", 2, 1.0, figures, Lab.open(ROOT, cached=True).run("batch-partial"))


def test_a_span_is_what_simulations_and_their_intervals_come_to() -> None:
    outcome = Lab.open(ROOT, cached=True).simulate("batch-partial")
    values = outcome.messages.model_dump()
    other = outcome.model_copy(update={"messages": Messages(**{**values, "processed": 5, "lost": 2})})
    spans = spans_of([outcome, other])
    assert (spans["messages.processed"], spans["messages.lost"], spans["messages.sent"]) == ((5, 7), (0, 2), (10, 10))
    assert all(name.split(".")[0] != "requests" for name in spans)


def test_only_what_is_judged_and_the_same_in_all_simulations_is_equal() -> None:
    same = CalibratedFigure("messages.sent", 10, 10, 10, "inside")
    assert _calibration(same, _TIME).equal
    assert not _calibration(same, _INSIDE).equal
    assert _calibration(same, _INSIDE, _OUTSIDE).outside == (_OUTSIDE,)


def test_a_figure_outside_names_the_assumptions_that_would_have_come_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Lab.open(ROOT, cached=True).run("batch-partial")
    outcome = simulation.outcome

    def with_processed(count: int) -> Outcome:
        return outcome.model_copy(update={"messages": outcome.messages.model_copy(update={"processed": count})})

    tried = [
        ("SQS-STALE-2", "delete", with_processed(5)),
        ("ESM-POLL-1", "0", with_processed(6)),
        ("A-1", "b", outcome),
    ]
    monkeypatch.setattr("delivery_lab.api.calibrated.outcomes_with_alternatives", lambda *_: iter(tried))
    figures = {figure.name: figure for figure in _compared([simulation], with_processed(5), ROOT)}
    assert figures["messages.processed"] == CalibratedFigure(
        "messages.processed", 7, 7, 5, "outside", assumptions=("SQS-STALE-2=delete",)
    )
    assert (figures["messages.sent"].verdict, figures["messages.sent"].assumptions) == ("inside", ())


def test_what_is_written_has_settings_and_figures_and_no_names(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    _calibration(_INSIDE, _OUTSIDE).write(file)
    text = file.read_text(encoding="utf-8")
    content = json.loads(text)
    assert sorted(content) == [
        "figures",
        "lateSeconds",
        "model",
        "place",
        "schemaVersion",
        "seeds",
        "settings",
        "speed",
    ]
    assert content["figures"][1] == {
        "name": "deliveries.total",
        "predicted": [13, 13],
        "observed": 20,
        "verdict": "outside",
        "why": "",
        "assumptions": ["SQS-STALE-2=delete"],
    }
    assert {"kind": "mapping", "source": "sqs", "batchSize": 10} in content["settings"]
    assert [word for word in ("batch-", "123456789012", "arn:", "shouldFail") if word in text] == []


def test_what_the_emulators_own_mappings_came_to_stands_beside_and_is_not_judged() -> None:
    unknown = {"invocations.throttled": "not seen", "ordering": "not seen"}
    plain = _calibration(_INSIDE, _OUTSIDE)
    own = replace(plain.observed, outcome=plain.observed.outcome.model_copy(update={"unknown": unknown}))
    both = replace(plain, own_mappings=own)
    throttled = replace(_INSIDE, name="invocations.throttled")
    assert [plain.beside(figure) for figure in plain.figures] == [None, None]
    assert [both.beside(figure) for figure in (*both.figures, throttled)] == [0, 13, None]
    assert both.outside == plain.outside
    assert [figure["ownMappings"] for figure in json.loads(both.as_json())["figures"]] == [0, 13]


def test_what_is_assumed_by_name_is_drawn_for_no_simulation() -> None:
    seeded = _seeded({"assume": ["LAM-INIT-1=3"]}, 7, 2, 0.0)
    assert seeded["seed"] == 9
    drawn = read_assumptions(assumption_texts(seeded["assume"]))
    assert drawn.cold_start_seconds == 3
    assert 0 < drawn.poll_seconds <= 0.3
    assert _seeded({"assume": ["LAM-INIT-1=3"]}, 7, 0, 0.0) == {"assume": ["LAM-INIT-1=3"], "seed": 7}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        _calibration(_INSIDE).write(tmp_path / "none" / "file")
    assert str(caught.value) == f"{tmp_path / 'none' / 'file'} cannot be written: No such file or directory"
    assert caught.value.exit_code == 1


def test_the_number_of_seeds_has_bounds() -> None:
    with pytest.raises(UsageError, match=r"^--seeds 0: from 1 to 1000$"):
        calibrate_on_emulator(Lab.open(ROOT, cached=True), "batch-partial", seeds=0)


def test_the_page_has_a_row_for_what_ran_and_a_reason_for_what_did_not() -> None:
    rows = {
        "batch-partial": row_of(_calibration(_INSIDE, _OUTSIDE)),
        "msk-age": {"verdict": "not run", "what": "it reads a topic", "seeds": 2},
    }
    text = page(rows)
    assert "Of 2 variants: 1 different, 1 not run." in text
    assert "| `batch-partial` | different | 10 | 7 | 3 | 0 | 13 | 0 | - | 0 s | 60 s | 1 |" in text
    assert "| `batch-partial` | `deliveries.total` 20, predicted 13 to 13, as with SQS-STALE-2=delete |" in text
    assert "| `msk-age` | it reads a topic |" in text
