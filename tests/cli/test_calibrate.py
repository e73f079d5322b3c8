"""`calibrate`: what it refuses before anything is started, and how a calibration looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from delivery_lab import Lab
from delivery_lab.api.calibrated import CalibratedFigure, Calibration, Verdict
from delivery_lab.cli.console import Console
from delivery_lab.cli.main import app
from delivery_lab.cli.views.calibration import show_calibration
from tests.lab_support import ROOT


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--on", "simulation"), "--on simulation: a simulation is no observation"),
        (("--on", "aws", "--own-mappings"), "--own-mappings goes with --on local: they are those of the emulator"),
        (("--yes",), "--yes goes with --on aws: nothing is sent to anybody's account otherwise"),
        (("--on", "aws"), "--on aws runs what is deployed, and its state says what that is"),
    ],
)
def test_what_does_not_go_together_is_refused(options: tuple[str, ...], told: str) -> None:
    found = CliRunner().invoke(app, ["calibrate", "concurrency-trap", *options, "--project", str(ROOT)])
    assert found.exit_code == 2
    assert told in " ".join(found.stderr.split())


def _calibration(place: str) -> Calibration:
    figures = (
        CalibratedFigure("messages.sent", 10, 10, 10, "inside"),
        CalibratedFigure("deliveries.total", 10, 12, 15, "outside"),
        CalibratedFigure("messages.expired", 0, 0, 0, "inside"),
    )
    return Calibration("batch-partial", place, 2, 1.0, figures, Lab.open(ROOT).run("batch-partial"))


def test_a_calibration_on_aws_says_whose_pollers_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    show_calibration(Console(), _calibration("aws"), as_json=False)
    shown = capsys.readouterr().out
    assert "batch-partial: 2 simulations beside AWS" in shown
    assert "messages sent                       10                  10          inside" in shown
    assert "1 of 3 figures are outside of what was predicted." in shown
    assert "The pollers were those of AWS. One run is one observation" in shown
    assert "messages expired" not in shown
    assert "own mappings" not in shown


def test_the_emulators_own_mappings_have_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    found = _calibration("local")
    show_calibration(Console(), replace(found, own_mappings=found.observed), as_json=False)
    shown = capsys.readouterr().out
    assert "figure                              predicted           observed    own mappings" in shown
    assert "deliveries total                    10 to 12            15          13            OUTSIDE" in shown
    assert "not judged: they are not those of AWS either" in " ".join(shown.split())


@pytest.mark.parametrize(("observed", "code"), [(12, 0), (15, 5)])
def test_a_figure_outside_is_an_exit_code_of_its_own(
    observed: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be sent to others is written all the same."""
    verdict: Verdict = "outside" if code else "inside"
    figure = CalibratedFigure("deliveries.total", 10, 12, observed, verdict)
    found = replace(_calibration("local"), figures=(figure,))
    monkeypatch.setattr("delivery_lab.api.calibrated.calibrate_on_emulator", lambda *_, **__: found)
    file = tmp_path / "calibration.json"
    said = CliRunner().invoke(app, ["calibrate", "batch-partial", "--write", str(file), "--project", str(ROOT)])
    assert said.exit_code == code
    assert f'"observed": {observed}' in file.read_text(encoding="utf-8")
