"""How a calibration looks: a row for each figure that says something, then what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivery_lab.cli.console import Console
from delivery_lab.terms import number, term

if TYPE_CHECKING:
    from delivery_lab.api.calibrated import CalibratedFigure, Calibration

_NAME_WIDTH = 36
_RANGE_WIDTH = 20
_VALUE_WIDTH = 12
_OWN_WIDTH = 14
_MEANS = {
    "local": "The pollers were the lab's own: this shows that real queues and functions behave as the model says. "
    "It is no evidence about the pollers of AWS.",
    "aws": "The pollers were those of AWS. One run is one observation: what lies outside is worth a second run.",
}


def show_calibration(console: Console, calibration: Calibration, *, as_json: bool) -> None:
    """Print a calibration.

    Args:
        console: where to.
        calibration: what was found.
        as_json: whether as JSON, in one line.
    """
    if as_json:
        console.data(" ".join(calibration.as_json().split()))
        return
    there = "the emulator" if calibration.place == "local" else "AWS"
    console.heading(f"{calibration.stack}: {calibration.seeds} simulations beside {there}", hang=2)
    console.data("")
    own = f"{'own mappings':<{_OWN_WIDTH}}" if calibration.own_mappings else ""
    console.data(f"{'figure':<{_NAME_WIDTH}}{'predicted':<{_RANGE_WIDTH}}{'observed':<{_VALUE_WIDTH}}{own}".rstrip())
    for figure in calibration.figures:
        if figure.high or figure.observed or calibration.beside(figure):
            _show_figure(console, calibration, figure)
    console.data("")
    outside = calibration.outside
    judged = sum(figure.verdict != "not judged" for figure in calibration.figures)
    if outside:
        console.text(f"{len(outside)} of {judged} figures are outside of what was predicted.")
    else:
        console.text(f"All {judged} figures that are judged are inside of what was predicted.")
    console.text(_MEANS[calibration.place])
    if calibration.own_mappings:
        console.text("The column of the emulator's own mappings is not judged: they are not those of AWS either.")


def _show_figure(console: Console, calibration: Calibration, figure: CalibratedFigure) -> None:
    low, high = number(figure.low), number(figure.high)
    predicted = low if low == high else f"{low} to {high}"
    observed = "-" if figure.observed is None else number(figure.observed)
    what = {"inside": "inside", "outside": "OUTSIDE", "not judged": f"not judged: {figure.why}"}[figure.verdict]
    group, _, name = figure.name.partition(".")
    label = f"{term(group)} {term(name)}".strip()
    beside = calibration.beside(figure)
    own = f"{'-' if beside is None else number(beside):<{_OWN_WIDTH}}" if calibration.own_mappings else ""
    line = f"{label:<{_NAME_WIDTH}}{predicted:<{_RANGE_WIDTH}}{observed:<{_VALUE_WIDTH}}{own}{what}"
    console.text(line, hang=_NAME_WIDTH)
    if figure.verdict == "outside":
        told = f"it would be so with {', '.join(figure.assumptions)}"
        none = "no alternative of the assumptions that the run leans on comes to it"
        console.text(f"  {told if figure.assumptions else none}", hang=4)
