"""Runs cfn-lint over a template.

cfn-lint takes a third of a second to import and as much to read its rules, so both wait until they are needed, and the
rules are kept.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from delivery_lab.checks.cloudformation.kept import keep_matches, place_of, read_matches
from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.checks.cloudformation.rules import VALUE_RULES
from delivery_lab.errors import ModelError, UsageError

_DEFAULT_REGION = "us-east-1"


class Runner(Protocol):
    """What is used of cfn-lint's runner."""

    def validate_template(self, template: Any) -> Iterator[Any]:
        """Check a decoded template; yields cfn-lint's matches."""


def lint(template: Mapping[str, Any], region: str, *, cached: bool = False) -> list[Match]:
    """Check a template against the rules about values.

    Args:
        template: the template.
        region: the AWS region whose schemas apply; where cfn-lint does not know it, us-east-1's do.
        cached: whether the answer may come from the user's cache folder, and is kept there (`kept`).

    Raises:
        UsageError: cfn-lint is not installed.
        ModelError: cfn-lint cannot read the template.
    """
    text = json.dumps(template)
    place = place_of(text, region) if cached else None
    kept = read_matches(place) if place is not None else None
    if kept is not None:
        return kept
    found = _asked(text, region)
    if place is not None:
        keep_matches(place, found)
    return found


def _asked(template: str, region: str) -> list[Match]:
    runner = _runner(region)
    from cfnlint.decode.decode import decode_str  # type: ignore[import-untyped]  # it has no types

    decoded, errors = decode_str(template)
    if errors or decoded is None:
        raise ModelError(f"cfn-lint cannot read the template made of the stack: {[error.message for error in errors]}")
    return [_match(found) for found in runner.validate_template(decoded) if found.rule.id in VALUE_RULES]


@functools.cache
def _runner(region: str) -> Runner:
    try:
        # cfn-lint has no type information.
        from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]
        from cfnlint.helpers import REGIONS  # type: ignore[import-untyped]
        from cfnlint.runner import Runner as CfnLintRunner  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError(
            "checking the values of resources needs cfn-lint, which is not installed: pip install 'delivery-lab[check]'"
        ) from error
    known = region if region in REGIONS else _DEFAULT_REGION
    # An empty configuration file: a .cfnlintrc in the current folder is about somebody's own templates.
    runner: Runner = CfnLintRunner(ConfigMixIn(["--config-file", os.devnull], regions=[known]))
    return runner


def _match(found: Any) -> Match:
    # Typed Any: cfn-lint attaches path and validator to its matches when it makes them.
    path: Sequence[str | int] = getattr(found, "path", None) or ()
    return Match(
        rule=found.rule.id,
        severity=str(found.rule.severity),
        message=found.message,
        summary=found.rule.shortdesc,
        url=found.rule.source_url,
        validator=getattr(found, "validator", None) or "",
        resource=str(path[1]) if len(path) > 1 else "",
        path=tuple(path[3:]),
    )
