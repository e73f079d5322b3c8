"""How one run looks: timeline, figures, conclusion, assumptions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from delivery_lab import Outcome, Simulation
from delivery_lab.cli.console import Console
from delivery_lab.cli.layout import listed
from delivery_lab.durations import rounded
from delivery_lab.terms import money, span, term, values

BLOCK_INDENT = 13
"""Where figures begin behind the name of their block."""

_NO_TIMELINE = ("The timeline is left out, since very much happened. --message NAME shows the way of one message.",)

MOST_TENANTS = 5
"""So many tenants of queues are shown."""

_TIMES = {"simulation": "virtual time", "local": "time on the emulator"}

TIMELINE_INDENT = 16
"""Where the text of a timeline begins behind its instant."""


def show_run(
    console: Console, simulation: Simulation, *, as_json: bool, logs: bool, message: str | None = None
) -> None:
    """Print one run.

    Args:
        console: where to.
        simulation: the run.
        as_json: whether as JSON.
        logs: whether to say what handlers wrote besides the log contract.
        message: name of the message whose way is shown alone; None for the whole timeline.
    """
    outcome = simulation.outcome
    if logs:
        for line in simulation.printed:
            console.message(f"{line.at_seconds:.3f} s {line.function}: {line.text}")
    if as_json:
        console.data(outcome.as_json())
        return
    shown = simulation.kept or message is not None
    lines = simulation.shortened_timeline(message) if shown else _NO_TIMELINE
    spent = rounded(outcome.virtual_seconds)
    about = f"workload {outcome.workload}, seed {outcome.seed}, {spent} of {_TIMES.get(outcome.place, outcome.place)}"
    console.heading(f"{outcome.stack}: {about}{assuming(outcome)}", hang=2)
    console.data("")
    for text in lines:
        console.text(text, TIMELINE_INDENT)
    console.data("")
    for name, figures in _blocks(outcome):
        show_block(console, name, figures)
    _show_cost(console, outcome)
    console.data("")
    console.heading(simulation.conclusion)
    show_expectations(console, outcome)
    for text in _alarms(outcome):
        console.text(text, hang=2)
    for watched in outcome.watch:
        console.text(f"{watched.text}.")
    if outcome.model.assumptions:
        rules = ", ".join(outcome.model.assumptions)
        console.text(f"Relies on the assumptions {rules} (delivery-lab explain RULE).", hang=2)
    for text in _unknown(outcome) if outcome.unknown else (*_ranges(outcome), *_alternatives(simulation)):
        console.text(text, hang=2)


def _unknown(outcome: Outcome) -> Iterator[str]:
    """What the place of the run cannot tell."""
    for name, why in outcome.unknown.items():
        yield f"Not known of this place: {name} ({why})."


def _alarms(outcome: Outcome) -> Iterator[str]:
    """Which alarms of the stack go off, and which are not computed."""
    for alarm in outcome.alarms:
        if alarm.at_seconds is not None or alarm.unknown:
            yield f"Alarm {alarm.told}."


def _show_cost(console: Console, outcome: Outcome) -> None:
    """Print what the run costs, and what has no price."""
    cost = outcome.cost
    if cost is None or not cost.items:
        return
    parts = [f"a run {money(cost.total)} {cost.currency}"]
    if cost.per_million_messages is not None:
        parts.append(f"a million messages {money(cost.per_million_messages)} {cost.currency}")
    if cost.month is not None:
        low, high = money(cost.month.low), money(cost.month.high)
        between = f" ({low} to {high})" if low != high else ""
        parts.append(f"a month at this rate {money(cost.month.value)} {cost.currency}{between}")
    show_block(console, "cost", parts)
    without = dict.fromkeys(item.item for item in cost.items if item.cost is None)
    if without:
        console.text(f"Not in the cost, for want of a price: {', '.join(without)}.", hang=2)


def show_block(console: Console, name: str, figures: Iterator[str] | list[str]) -> None:
    """Print the figures of one group; none of them is broken."""
    console.text(f"{name:<{BLOCK_INDENT}}{listed(figures, indent='')}", BLOCK_INDENT)


def show_expectations(console: Console, outcome: Outcome, indent: str = "") -> None:
    """Print each expectation with a tick or a cross and what it came to."""
    for one in outcome.expectations:
        sign = console.tick(holds=one.holds)
        console.text(f"{indent}{sign} {one.text} ({one.told})", hang=len(indent) + len(sign) + 1)


def assuming(outcome: Outcome) -> str:
    """Which alternatives were taken, for a heading."""
    return "".join(f", assuming {rule}={value}" for rule, value in outcome.model.assumed.items())


def only_requests(outcome: Outcome) -> bool:
    """Whether there were no messages, only callers that wait."""
    return not outcome.messages.sent and outcome.requests.total > 0


def _ranges(outcome: Outcome) -> Iterator[str]:
    """What the intervals among the figures are."""
    rules = dict.fromkeys(rule for one in outcome.intervals.values() for rule in one.assumption.split(", "))
    if rules:
        yield f"Intervals are over the plausible range of {', '.join(rules)}."


def _alternatives(simulation: Simulation) -> Iterator[str]:
    """Whether the conclusion stands with the alternatives of the assumptions that the run relies on."""
    untried = simulation.open_alternatives
    if untried:
        yield f"Not tried: alternative assumptions of {', '.join(untried)} (--alternatives)."
    alternatives = simulation.outcome.model.readings or ()
    for alternative in alternatives:
        if alternative.changes:
            yield f"With {alternative.rule}={alternative.value} it would be: {alternative.conclusion}"
    same = [f"{alternative.rule}={alternative.value}" for alternative in alternatives if not alternative.changes]
    if same:
        yield f"The conclusion is the same with {', '.join(same)}."


def _blocks(outcome: Outcome) -> Iterator[tuple[str, list[str]]]:
    content: dict[str, Any] = json.loads(outcome.as_json())
    asked = only_requests(outcome)
    if asked or outcome.requests.attempts.total:
        yield from _request_blocks(outcome)
    names = ("messages", "deliveries", "effects", "invocations", "latencySeconds")
    for name in ("effects", "invocations") if asked else names:
        yield term(name).replace(" seconds", ""), list(values(name, content[name], content["intervals"]))
    if len(outcome.consumers) > 1:
        yield from _consumer_blocks(outcome)
    yield from _tenant_blocks(outcome)
    if outcome.blocked:
        yield "blocked", list(_blocked(outcome))
    if outcome.ordering.violations:
        yield "ordering", [f"violations {outcome.ordering.violations}"]


def _blocked(outcome: Outcome) -> Iterator[str]:
    """Each partition, with the mapping that is blocked where several read it."""
    readers = Counter((each.source, each.log) for each in outcome.blocked)
    for each in outcome.blocked:
        of_mapping = f" for {each.mapping}" if readers[each.source, each.log] > 1 else ""
        yield f"{each.log}{of_mapping} {span(each.seconds)} ({each.records_behind} behind)"


def _tenant_blocks(outcome: Outcome) -> Iterator[tuple[str, list[str]]]:
    """The tenants whose messages waited longest for their first delivery."""
    waited = sorted(outcome.tenants, key=lambda each: -(each.dwell_seconds.p95 or 0))
    for each in waited[:MOST_TENANTS]:
        of_queue = f" of {each.queue}" if len({other.queue for other in waited}) > 1 else ""
        dwell = values("dwellSeconds", each.dwell_seconds.model_dump(by_alias=True))
        yield "tenant", [f"{each.tenant}{of_queue}", f"messages {each.messages}", *(f"dwell {text}" for text in dwell)]
    if len(waited) > MOST_TENANTS:
        yield "tenants", [f"{len(waited) - MOST_TENANTS} more, whose messages waited for less"]


def _consumer_blocks(outcome: Outcome) -> Iterator[tuple[str, list[str]]]:
    """Each consumer's share of the figures, where there are several."""
    for consumer in outcome.consumers:
        messages = consumer.messages.model_dump(by_alias=True)
        told = {name: count for name, count in messages.items() if count or name in ("sent", "processed")}
        deliveries = [f"deliveries {consumer.deliveries.total}", f"duplicates {consumer.deliveries.duplicates}"]
        yield "consumer", [consumer.name, *values("messages", told), *deliveries]


def _request_blocks(outcome: Outcome) -> Iterator[tuple[str, list[str]]]:
    """What callers that wait were told, and what was called for them."""
    requests = outcome.requests
    answers = ", ".join(f"{count} with {seen}" for seen, count in requests.answers.items())
    attempts, latency = requests.attempts, requests.latency_seconds
    yield "requests", [f"total {requests.total} ({answers})", f"false successes {requests.false_successes}"]
    yield (
        "attempts",
        [f"total {attempts.total}", f"max per request {attempts.max_per_request}", f"spared {attempts.spared}"],
    )
    yield "waiting", [f"p50 {span(latency.p50)}", f"p95 {span(latency.p95)}", f"max {span(latency.max)}"]
