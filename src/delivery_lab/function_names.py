"""Names of Lambda functions as AWS takes them: a name or an ARN, with or without a version or alias behind it."""

from __future__ import annotations

LATEST_VERSION = "$LATEST"
"""The unpublished version, which a name without a qualifier means."""


def name_and_qualifier(given: str) -> tuple[str, str]:
    """The name of a function in a name or an ARN, and the version or alias behind it, `$LATEST` without one."""
    parts = given.split(":")
    if "function" in parts:  # a whole ARN, or `account:function:name`
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else LATEST_VERSION


def by_name(qualifier: str) -> str:
    """How a sentence names the version or alias by which a function is invoked: " by live", "" where by none."""
    return f" by {qualifier}" if qualifier != LATEST_VERSION else ""


def qualifier_in(given: str | None) -> str:
    """The version or alias behind a name or an ARN, `$LATEST` without one, or where that means no function."""
    if given is None or (given.startswith("arn:") and ":function:" not in given):
        return LATEST_VERSION
    return name_and_qualifier(given)[1]
