"""What cfn-lint finds."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.checks.cloudformation.shapes import Path


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule of cfn-lint says about one place.

    Attributes:
        rule: id of the rule.
        severity: cfn-lint's: "error", "warning" or "informational".
        message: what it says.
        summary: what the rule is about.
        url: where the rule comes from.
        validator: the JSON schema keyword that was violated, "" where there is none.
        resource: logical id of the resource.
        path: path of the property.
    """

    rule: str
    severity: str
    message: str
    summary: str
    url: str
    validator: str
    resource: str
    path: Path
