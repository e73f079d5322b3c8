"""Write docs/calibration.md from the observations of `calibration/`: `python -m scripts.write_calibration`."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.calibration import Compared, compared, observations

PAGE = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"

_INTRODUCTION = """\
# Calibration: what others measured, beside what the model says

This page is written by `python -m scripts.write_calibration` from the files of `calibration/`, one published
observation each. Change those, not this page.

- *predicted* is what the model says with what it assumes; in brackets, between what it lies over the plausible values
  of the rules named, and of settings that the publication does not give, one moved at a time.
- *ratio* is predicted, of observed (of the middle, where a range was observed).
- *inside* means that what was observed and what is predicted have values in common.
- *fitted* observations were used to choose a number of the model: that they agree proves nothing. The others were not.

No publication gives all inputs. What is missing, and what was taken instead, stands below each table. Most observations
are of one account on one day. Where invokes fail or concurrency grows, only the pollers run, on the same code, without
queue and function.

Named limitation: a mapping whose function takes less than some 200 ms grows by fewer than 300 batches a minute, by
about half of that at 100 ms (`ESM-SCALE-3`). One author measured it, twice. It is not modelled: that the invokes a
second grow by at most some 1,500 a minute would fit it, and so would environments that wait between two invokes, and
the two part ways below 100 ms, where nothing was measured. With short work the model keeps up sooner than AWS.
"""


def page(found: Sequence[Compared]) -> str:
    """The page."""
    tables = [*_section("Not fitted", found, fitted=False), *_section("Fitted", found, fitted=True)]
    return "\n".join([_INTRODUCTION, *tables, f"## In one figure\n\n{summary(found)}\n"])


def summary(found: Sequence[Compared]) -> str:
    """The median relative error, fitted and not fitted apart."""
    fitted = [one for one in found if one.observation.fitted]
    others = [one for one in found if not one.observation.fitted]
    return (
        f"Median relative error over all {len(found)} observations: {_median(found)}; over the {len(others)} that are "
        f"not fitted: {_median(others)}; over the {len(fitted)} that are: {_median(fitted)}."
    )


def _median(some: Sequence[Compared]) -> str:
    return f"{statistics.median(one.error for one in some):.0%}"


def _section(title: str, found: Sequence[Compared], *, fitted: bool) -> Iterator[str]:
    some = [one for one in found if one.observation.fitted is fitted]
    inside = sum(one.inside for one in some)
    yield f"## {title}\n\n{inside} of {len(some)} are inside.\n"
    yield "| observation | what was seen | predicted | ratio | verdict | rules |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in some:
        seen, unit = one.observation.observed.text, one.observation.unit
        verdict = "inside" if one.inside else "**outside**"
        rules = ", ".join(f"`{rule}`" for rule in one.observation.rules)
        yield f"| {one.observation.title} | {seen} | {_predicted(one)} {unit} | {one.ratio:.2f} | {verdict} | {rules} |"
    yield ""
    for one in some:
        yield from _details(one)
    yield ""


def _details(one: Compared) -> Iterator[str]:
    observation = one.observation
    missing = f" Not given: {'; '.join(observation.not_given)}." if observation.not_given else ""
    where = f"- **{observation.title}** (`calibration/{one.name}.yaml`)"
    sources = " ".join(_linked(source) for source in observation.sources)
    note = f" {observation.note}" if observation.note else ""
    yield f"{where}: {observation.configuration}; {observation.workload}.{missing}{note} {sources}"


def _linked(source: str) -> str:
    return f"<{source}>" if source.startswith("https://") and " " not in source else f"({source})"


def _predicted(one: Compared) -> str:
    ends = _number(one.low), _number(one.high)
    between = f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""
    return f"{_number(one.predicted)}{between}"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 2 else f"{value:.0f}"


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page([compared(name, one) for name, one in observations()]), encoding="utf-8")


if __name__ == "__main__":
    main()
