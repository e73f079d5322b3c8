"""The comment of `check`: what is dangerous, why, and what to set instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from delivery_lab.cli.comments.markdown import comment, counted, escaped, marker, table

if TYPE_CHECKING:
    from delivery_lab import Examination, Finding


def comment_of_findings(checked: Sequence[Examination], failures: Mapping[str, str]) -> str:
    """The comment of one stack or more.

    Args:
        checked: the stacks.
        failures: why a stack could not be checked, by its name.
    """
    found = [(one, index) for one in checked for index, each in enumerate(one.findings) if each.accepted is None]
    found.sort(key=lambda pair: -_finding(pair).severity.rank)
    first = [
        marker("check", " ".join([*(one.stack for one in checked), *failures])),
        f"### {counted(len(found), 'finding')} in {counted(len(checked), 'stack')}",
        "",
        escaped(_finding(found[0]).why) if found else _nothing(checked),
    ]
    if found:
        rows = (
            (one.stack, str(finding.severity), finding.check, ", ".join(finding.resources))
            for one, finding in ((pair[0], _finding(pair)) for pair in found)
        )
        first += ["", *table(("stack", "severity", "check", "resources"), rows, texts=4)]
    folded = [line for pair in found for line in _explained(*pair)]
    last = [f"- {escaped(stack)} could not be checked: {escaped(why)}" for stack, why in failures.items()]
    return comment(first, "Why, and how to fix it", folded, ["**Needs action**", "", *last] if last else [])


def _nothing(checked: Sequence[Examination]) -> str:
    accepted = sum(each.accepted is not None for one in checked for each in one.findings)
    return f"Nothing was found{f' but what is accepted ({accepted})' if accepted else ''}."


def _finding(pair: tuple[Examination, int]) -> Finding:
    return pair[0].findings[pair[1]]


def _explained(checked: Examination, index: int) -> Iterator[str]:
    finding = checked.findings[index]
    yield f"@@ {checked.stack} {finding.check} {', '.join(finding.resources)} @@"
    yield f"  why: {finding.why}"
    yield f"  fix: {finding.fix}"
    effect = checked.effects.get(index)
    if effect is not None:
        yield f"  effect: {effect.text}"
    for place in checked.places.get(index, {}).values():
        yield f"  set in {place.file}, line {place.line}: {place.key}"
    yield f"  source: {finding.source}"
