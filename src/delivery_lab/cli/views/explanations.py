"""How rules of behaviour and checks are explained."""

from __future__ import annotations

import json
from collections.abc import Sequence

from delivery_lab import Explanation
from delivery_lab.cli.console import Console
from delivery_lab.cli.layout import described


def show_explanation(console: Console, found: Explanation, *, as_json: bool) -> None:
    """Print one rule or one check."""
    if as_json:
        console.data(json.dumps(found.as_json()))
        return
    console.heading(f"{found.id} ({found.status})")
    if found.kind == "check":
        console.text(f"{found.statement[:1].upper()}{found.statement[1:]}.")
        for label, text in (("why", found.why), ("fix", found.fix), ("source", found.source)):
            console.text(f"{label}: {text}", hang=2)
        return
    console.text(found.statement)
    console.text(f"{'why assumed' if found.status == 'assumption' else 'source'}: {found.source}", hang=2)
    if found.read:
        console.text(f"read: {found.read}", hang=2)
    if found.alternatives:
        console.text(f"alternatives: --assume {found.id}=VALUE, {found.alternatives}", hang=2)


def show_rules(console: Console, rules: Sequence[Explanation], *, as_json: bool) -> None:
    """Print all rules."""
    if as_json:
        for rule in rules:
            console.data(json.dumps(rule.as_json()))
        return
    rows = [(rule.id, rule.status, rule.statement) for rule in rules]
    console.table(described(("rule", "status", "statement"), rows, console.width))
