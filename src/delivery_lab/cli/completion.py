"""What the shell offers at the Tab key: stacks of the project, ids of rules and of checks.

A shell waits for this at every press of the key, so nothing is evaluated and nothing heavy is imported.
"""

from __future__ import annotations

import typer

from delivery_lab.errors import LabError

Offers = list[tuple[str, str]]


def stacks(ctx: typer.Context, incomplete: str) -> Offers:
    """Stacks of the project that `--project` names, else of the one around the folder, with their first comment."""
    from delivery_lab.api.lab import Lab

    try:
        lab = Lab.open(ctx.params.get("project"))
    except LabError:
        return []  # a broken project is said when the command runs
    return [(stack.name, stack.description) for stack in lab.stacks() if stack.name.startswith(incomplete)]


def rules_and_checks(incomplete: str) -> Offers:
    """Ids of rules and of checks; those of checks only where one has been begun, for they are slower to load."""
    from delivery_lab.rules import RULES

    offers: Offers = [(rule.id, rule.statement) for rule in RULES.values() if rule.id.startswith(incomplete)]
    if incomplete.startswith("C"):
        from delivery_lab.api.parts import check_titles

        offers += [(name, title) for name, title in check_titles().items() if name.startswith(incomplete)]
    return offers


def assumptions(incomplete: str) -> Offers:
    """`RULE=` of the rules that have alternatives, then the values that are tried of the rule."""
    from delivery_lab.rules.alternatives import ALTERNATIVES

    rule, sign, _ = incomplete.partition("=")
    if sign and rule in ALTERNATIVES:
        return [(f"{rule}={value}", ALTERNATIVES[rule].accepts) for value in ALTERNATIVES[rule].values]
    return [(f"{rule}=", found.accepts) for rule, found in ALTERNATIVES.items() if rule.startswith(incomplete)]
