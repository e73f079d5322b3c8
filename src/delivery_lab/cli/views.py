"""How results look on a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from delivery_lab.cli.console import Console
from delivery_lab.cli.session import Result
from delivery_lab.compare.comparison import Change, Comparison
from delivery_lab.durations import rounded
from delivery_lab.model.clock import in_seconds
from delivery_lab.program.project import StackFile
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import SCHEMA_VERSION, Outcome
from delivery_lab.results.requests import is_success
from delivery_lab.results.timeline import shortened, timeline
from delivery_lab.rules import Rule
from delivery_lab.rules.alternatives import ALTERNATIVES, other_readings

LONGEST_VALUE = 120
"""Characters of a value in a table of differences; `--json` has it in full."""


# -- list and explain -------------------------------------------------------------------------------------


def show_stacks(console: Console, stacks: Sequence[StackFile], *, as_json: bool) -> None:
    """Print the variants of a project."""
    if as_json:
        for stack in stacks:
            console.data(json.dumps({"stack": stack.name, "description": stack.description, "file": str(stack.path)}))
        return
    table = Table("variant", "what it is about", box=None, pad_edge=False)
    for stack in stacks:
        table.add_row(stack.name, stack.description)
    console.table(table)


def show_rule(console: Console, rule: Rule, *, as_json: bool) -> None:
    """Print one rule."""
    if as_json:
        console.data(json.dumps(_rule(rule)))
        return
    console.heading(f"{rule.id} ({rule.status})")
    console.data(rule.statement)
    console.data(f"{'why assumed' if rule.status == 'assumption' else 'source'}: {rule.source}")
    alternative = ALTERNATIVES.get(rule.id)
    if alternative is not None:
        console.data(f"can be read otherwise: --assume {rule.id}=VALUE, {alternative.accepts}")


def show_rules(console: Console, rules: Sequence[Rule], *, as_json: bool) -> None:
    """Print all rules."""
    if as_json:
        for rule in rules:
            console.data(json.dumps(_rule(rule)))
        return
    table = Table("rule", "status", "statement", box=None, pad_edge=False)
    for rule in rules:
        table.add_row(rule.id, rule.status, rule.statement)
    console.table(table)


def _rule(rule: Rule) -> dict[str, str]:
    return {"id": rule.id, "status": rule.status, "statement": rule.statement, "source": rule.source}


# -- run --------------------------------------------------------------------------------------------------


def show_run(console: Console, result: Result, *, as_json: bool, logs: bool) -> None:
    """Print one run: timeline, figures, conclusion, assumptions."""
    outcome = result.outcome
    if logs:
        for log in result.run.logs:
            console.message(f"{in_seconds(log.instant):.3f} s {log.function}: {log.text}")
    if as_json:
        console.data(outcome.as_json())
        return
    spent = rounded(outcome.virtual_seconds)
    about = f"workload {outcome.workload}, seed {outcome.seed}, {spent} of virtual time"
    console.heading(f"{outcome.stack}: {about}{_assuming(outcome)}")
    console.data("")
    for line in shortened(timeline(result.run)):
        console.data(line)
    console.data("")
    for name, values in _blocks(outcome):
        console.data(f"{name:<12} {values}")
    console.data("")
    console.heading(conclusion(outcome))
    for watched in outcome.watch:
        console.data(f"{watched.text}.")
    if outcome.model.assumptions:
        console.data(f"Leans on the assumptions {', '.join(outcome.model.assumptions)} (delivery-lab explain RULE).")
    for text in _readings(result):
        console.data(text)


def _readings(result: Result) -> Iterator[str]:
    """Whether the conclusion stands if what the run leaned on is read otherwise."""
    model = result.outcome.model
    if model.readings is None:
        open_questions = [rule for rule, _, _ in other_readings(result.run.rules, result.run.assumptions)]
        if open_questions:
            rules = ", ".join(dict.fromkeys(open_questions))
            yield f"Not tried: other readings of {rules} (--readings)."
        return
    for reading in model.readings:
        if reading.changes:
            yield f"With {reading.rule}={reading.value} it would be: {reading.conclusion}"
    same = [f"{reading.rule}={reading.value}" for reading in model.readings if not reading.changes]
    if same:
        yield f"The conclusion is the same with {', '.join(same)}."


def _assuming(outcome: Outcome) -> str:
    """What was read otherwise, for a heading."""
    return "".join(f", assuming {rule}={value}" for rule, value in outcome.model.assumed.items())


def _blocks(outcome: Outcome) -> list[tuple[str, str]]:
    content: dict[str, Any] = json.loads(outcome.as_json())
    blocks = []
    asked = _only_requests(outcome)
    names = ("messages", "deliveries", "effects", "invocations", "latencySeconds")
    for name in ("effects", "invocations") if asked else names:
        values = ", ".join(f"{_words(key)} {_number(value)}" for key, value in content[name].items())
        blocks.append((_words(name).replace(" seconds", ""), values))
    if asked or outcome.requests.attempts.total:
        blocks[:0] = _request_blocks(outcome)
    if outcome.blocked:
        logs = ", ".join(f"{b.log} {_number(b.seconds)} s ({b.records_behind} behind)" for b in outcome.blocked)
        blocks.append(("blocked", logs))
    if outcome.ordering.violations:
        blocks.append(("ordering", f"violations {outcome.ordering.violations}"))
    return blocks


def _only_requests(outcome: Outcome) -> bool:
    """Whether there were no messages, only callers that wait."""
    return not outcome.messages.sent and outcome.requests.total > 0


def _request_blocks(outcome: Outcome) -> list[tuple[str, str]]:
    """What callers that wait were told, and what was called for them."""
    requests = outcome.requests
    answers = ", ".join(f"{count} with {seen}" for seen, count in requests.answers.items())
    attempts, latency = requests.attempts, requests.latency_seconds
    return [
        ("requests", f"total {requests.total} ({answers}), false successes {requests.false_successes}"),
        ("attempts", f"total {attempts.total}, max per request {attempts.max_per_request}, spared {attempts.spared}"),
        ("waiting", f"p50 {_number(latency.p50)}, p95 {_number(latency.p95)}, max {_number(latency.max)}"),
    ]


def show_runs(console: Console, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print several runs: a table with a row each, then a conclusion each."""
    if as_json:
        for outcome in outcomes:
            console.data(outcome.as_json())
        return
    asked = [outcome for outcome in outcomes if _only_requests(outcome)]
    sent = [outcome for outcome in outcomes if not _only_requests(outcome)]
    tables = [(_MESSAGE_COLUMNS, sent, _message_cells), (_REQUEST_COLUMNS, asked, _request_cells)]
    for number, (names, rows, cells) in enumerate(table for table in tables if table[1]):
        if number:
            console.data("")
        table = Table(box=None, pad_edge=False)
        table.add_column("variant")
        for name in (*names, "virtual time"):
            table.add_column(name, justify="right")
        for outcome in rows:
            row = (*map(str, cells(outcome)), rounded(outcome.virtual_seconds))
            table.add_row(outcome.stack, *row)
        console.table(table)
    console.data("")
    for outcome in outcomes:
        console.data(f"{outcome.stack}: {conclusion(outcome)}")
    if outcomes:
        console.data(f"\nseed {outcomes[0].seed}{_assuming(outcomes[0])}")


_MESSAGE_COLUMNS = ("sent", "processed", "duplicates", "dead-lettered", "healthy dead-lettered", "lost")
_REQUEST_COLUMNS = ("requests", "successes", "false successes", "failed", "calls", "spared", "work done")


def _message_cells(outcome: Outcome) -> tuple[int, ...]:
    messages = outcome.messages
    return (
        messages.sent,
        messages.processed,
        outcome.deliveries.duplicates,
        messages.dead_lettered,
        messages.healthy_dead_lettered,
        messages.lost,
    )


def _request_cells(outcome: Outcome) -> tuple[int, ...]:
    requests = outcome.requests
    successes = sum(count for answer, count in requests.answers.items() if is_success(answer))
    return (
        requests.total,
        successes,
        requests.false_successes,
        requests.total - successes,
        requests.attempts.total,
        requests.attempts.spared,
        outcome.effects.total,
    )


# -- diff -------------------------------------------------------------------------------------------------


def show_comparison(console: Console, before: Result, after: Result, comparison: Comparison, *, as_json: bool) -> None:
    """Print what differs between two variants."""
    names = (before.outcome.stack, after.outcome.stack)
    if as_json:
        console.data(json.dumps(_comparison(names, before, comparison)))
        return
    console.heading(f"{names[0]} -> {names[1]}")
    if comparison.nothing_differs:
        console.data("Nothing differs: settings, resources and behaviour are the same.")
        return
    _changes(console, "Settings", comparison.settings)
    _changes(console, "Resources", comparison.resources)
    console.heading(
        f"\nBehaviour (workload {before.outcome.workload}, seed {before.outcome.seed}{_assuming(before.outcome)})"
    )
    differing = [figure for figure in comparison.figures if figure.differs]
    if not differing:
        console.data("  no figure differs")
    for figure in differing:
        console.data(f"  ~ {figure.name}: {_number(figure.before)} -> {_number(figure.after)}")
    same = [figure.name for figure in comparison.figures if not figure.differs]
    if same:
        console.data(f"    the same: {', '.join(same)}")
    console.data(
        f"  {comparison.messages_differing} of {comparison.messages_compared} messages differ in outcome or deliveries"
    )
    console.data(f"\n{names[0]}: {conclusion(before.outcome)}\n{names[1]}: {conclusion(after.outcome)}")


def _changes(console: Console, title: str, changes: Sequence[Change]) -> None:
    console.heading(f"\n{title}")
    if not changes:
        console.data("  no difference")
    for change in changes:
        what = change.what.strip()
        indent = " " * (len(change.what) - len(what))
        console.data(f"  {indent}{change.sign:<2} {what}{_values(change)}")


def _values(change: Change) -> str:
    if change.before is None and change.after is None:
        return ""
    if change.sign == "+":
        return f": {_value(change.after)}"
    if change.sign == "-":
        return f": {_value(change.before)}"
    return f": {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    if value is None:
        return "unset"
    text = json.dumps(value, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 4]} ..."


def _comparison(names: tuple[str, str], before: Result, comparison: Comparison) -> dict[str, Any]:
    def change(item: Change) -> dict[str, Any]:
        return {"sign": item.sign, "what": item.what.strip(), "before": item.before, "after": item.after}

    resources: list[dict[str, Any]] = []
    for item in comparison.resources:
        if item.what.startswith(" "):
            resources[-1]["changes"].append(change(item))
        else:
            resources.append({"sign": item.sign, "what": item.what, "changes": []})
    return {
        "schemaVersion": SCHEMA_VERSION,
        "before": names[0],
        "after": names[1],
        "workload": before.outcome.workload,
        "seed": before.outcome.seed,
        "assumed": before.outcome.model.assumed,
        "settings": [change(item) for item in comparison.settings],
        "resources": resources,
        "behaviour": {figure.name: [figure.before, figure.after] for figure in comparison.figures},
        "messages": {"compared": comparison.messages_compared, "differing": comparison.messages_differing},
        "nothingDiffers": comparison.nothing_differs,
    }


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}".rstrip("0").rstrip(".")


def _words(camel: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in camel)
