"""Expectations as test cases, in the form that JUnit gave to build servers.

A stack is a test suite, an expectation a case of it. An expectation that does not hold is a failure, a stack that
could not be run an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from delivery_lab.cli.views.exploration import told_share

if TYPE_CHECKING:
    from delivery_lab import Outcome
    from delivery_lab.api.explored import Exploration

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = "delivery-lab"

Case = tuple[str, str | None]
"""An expectation, and why it does not hold; None where it does."""


def cases_of_run(outcome: Outcome) -> tuple[Case, ...]:
    """What was expected of a run."""
    return tuple((one.text, None if one.holds else f"the value is {one.told}") for one in outcome.expectations)


def cases_of_exploration(found: Exploration) -> tuple[Case, ...]:
    """What was expected of many seeds."""
    return tuple((one.text, None if one.holds else f"it holds {told_share(one.share)}") for one in found.kept())


def junit_of_runs(outcomes: Sequence[Outcome], failures: Mapping[str, str] | None = None) -> str:
    """The document of runs.

    Args:
        outcomes: the runs.
        failures: why a stack could not be run, by its name.
    """
    return junit_of_cases({one.stack: cases_of_run(one) for one in outcomes}, failures or {})


def junit_of_explorations(explorations: Iterable[Exploration], failures: Mapping[str, str] | None = None) -> str:
    """The document of many seeds; arguments as for runs."""
    return junit_of_cases({found.stack: cases_of_exploration(found) for found in explorations}, failures or {})


def junit_of_cases(suites: Mapping[str, Sequence[Case]], failures: Mapping[str, str]) -> str:
    """The document of expectations by the name of their stack, and of the stacks that could not be run."""
    root = ElementTree.Element("testsuites", name=_NAME)
    for stack, cases in suites.items():
        failed = sum(why is not None for _, why in cases)
        suite = _suite(root, stack, len(cases), failures=failed)
        for text, why in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=_text(stack), name=_text(text))
            if why is not None:
                ElementTree.SubElement(case, "failure", message=_text(why)).text = _text(f"{text}: {why}")
    for stack, why in failures.items():
        case = ElementTree.SubElement(
            _suite(root, stack, 1, errors=1), "testcase", classname=_text(stack), name="the run"
        )
        ElementTree.SubElement(case, "error", message=_text(why)).text = _text(why)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def _suite(
    root: ElementTree.Element, stack: str, tests: int, *, failures: int = 0, errors: int = 0
) -> ElementTree.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    return ElementTree.SubElement(root, "testsuite", {"name": _text(stack), **counts})


def _text(text: str) -> str:
    r"""A text as XML may hold it: control characters and lone surrogates are written as `\x1b`."""
    return _NOT_IN_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
