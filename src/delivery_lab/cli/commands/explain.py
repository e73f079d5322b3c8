"""`delivery-lab explain`: rules of behaviour and checks."""

from __future__ import annotations

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import JsonOption, RuleOrCheck


def explain(console: Console, rule: RuleOrCheck = None, as_json: JsonOption = False) -> None:
    """Print a rule of behaviour, its source and its status; or what a check looks for."""
    from delivery_lab.api import explaining
    from delivery_lab.cli.views.explanations import show_explanation, show_rules

    if rule is None:
        show_rules(console, explaining.rules(), as_json=as_json)
    else:
        show_explanation(console, explaining.explain(rule), as_json=as_json)
