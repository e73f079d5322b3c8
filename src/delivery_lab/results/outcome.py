"""The outcome of a run: what became of every message, counted (the JSON contract of `run --json`).

    sent = processed + deadLettered + lost + expired + remaining + filtered

always, for each consumer and for all of them together; `outcome_of` asserts it. What is counted is a message for a
consumer: a record that two mappings poll counts twice, once for each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from delivery_lab._version import MODEL_VERSION
from delivery_lab.errors import ModelError
from delivery_lab.events import Run
from delivery_lab.results.fates import Fate, Ledger, Work
from delivery_lab.results.figured_evidence import evidence_of, evidence_of_message
from delivery_lab.results.figures import (
    SCHEMA_VERSION,
    AlternativeConclusion,
    Attempts,
    Blocked,
    ConsumerFigures,
    Deliveries,
    Effects,
    Figures,
    FunctionRuns,
    Interval,
    Invocations,
    Lag,
    LagPoint,
    Latency,
    MessageOutcome,
    Messages,
    ModelInfo,
    Ordering,
    Outcome,
    Requests,
    TenantFigures,
    Watched,
)
from delivery_lab.results.following import read_events
from delivery_lab.results.harm import first_harm
from delivery_lab.results.lag import lags, watches
from delivery_lab.results.message_sums import MOST_LISTED, MessageEnd, MessageSums, summed
from delivery_lab.results.partitions import blocked_partitions
from delivery_lab.results.requests import read_requests
from delivery_lab.results.starvation import starved_functions
from delivery_lab.rules import RULES, Status
from delivery_lab.rules.alternatives import ALTERNATIVES, assumed_otherwise

__all__ = [
    "SCHEMA_VERSION",
    "AlternativeConclusion",
    "Attempts",
    "Blocked",
    "ConsumerFigures",
    "Deliveries",
    "Effects",
    "Figures",
    "FunctionRuns",
    "Interval",
    "Invocations",
    "Lag",
    "LagPoint",
    "Latency",
    "MessageOutcome",
    "Messages",
    "ModelInfo",
    "Ordering",
    "Outcome",
    "Requests",
    "Watched",
    "assumptions_of",
    "messages_of",
    "outcome_of",
]


def outcome_of(run: Run) -> Outcome:
    """Count a run.

    Raises:
        ModelError: messages are not conserved, which would be a bug of the lab.
    """
    ledger = read_events(run)
    fates = ledger.fates
    consumers = tuple(_consumers(run, ledger))
    messages = _messages(fates)
    deliveries = _deliveries(fates, None, sum(ledger.recognised.values()))
    omitted = len(fates) if len(fates) > MOST_LISTED else 0
    _check(messages, deliveries, consumers)
    return Outcome(
        stack=run.stack,
        place=run.place,
        workload=run.workload,
        seed=run.seed,
        virtual_seconds=run.virtual_seconds,
        trace_hash=run.trace_hash,
        model=ModelInfo(
            version=MODEL_VERSION,
            assumptions=assumptions_of(sorted({*run.rules, *ledger.relied_on})),
            assumed=assumed_otherwise(run.assumptions),
        ),
        messages=messages,
        deliveries=deliveries,
        consumers=consumers,
        effects=Effects(total=None, duplicated=None) if ledger.uncounted else _effects(*ledger.work.values()),
        invocations=Invocations(
            total=ledger.invocations,
            failed=ledger.failed,
            throttled=ledger.throttled,
            timed_out=ledger.timed_out,
        ),
        latency_seconds=_latency_of(fates),
        ordering=_ordering(fates),
        requests=_requests(run),
        evidence=evidence_of(ledger),
        blocked=tuple(blocked_partitions(run)),
        starved=starved_functions(run),
        lag=tuple(lags(run, fates)),
        watch=tuple(watches(run, fates)),
        functions=tuple(FunctionRuns(name=name, runs=form) for name, form in run.functions.items()),
        tenants=tuple(_tenants(fates)),
        first_harm_seconds=first_harm(fates),
        per_message=() if omitted else tuple(_each(ledger)),
        per_message_omitted=omitted,
        counted_sums=_sums(ledger) if omitted else None,
    )


def messages_of(run: Run) -> Iterator[MessageOutcome]:
    """What became of each message for each of its consumers, in the order of the sends."""
    return _each(read_events(run))


def _each(ledger: Ledger) -> Iterator[MessageOutcome]:
    for fate in ledger.fates:
        yield MessageOutcome(
            id=fate.business_id,
            message_id=fate.message_id,
            consumer=fate.consumer,
            delivered_at=fate.delivered_at,
            outcome=fate.outcome,
            evidence=evidence_of_message(fate, ledger),
        )


def _sums(ledger: Ledger) -> MessageSums:
    seen = ((fate, evidence_of_message(fate, ledger)) for fate in ledger.fates)
    return summed(MessageEnd(f.outcome, found.processed, len(f.deliveries), found.effects) for f, found in seen)


def assumptions_of(rules: Sequence[str]) -> tuple[str, ...]:
    """Those of some rules that are assumptions, or that can be read in several ways."""
    return tuple(rule for rule in rules if RULES[rule].status is Status.ASSUMPTION or rule in ALTERNATIVES)


def _check(messages: Messages, deliveries: Deliveries, consumers: Sequence[ConsumerFigures]) -> None:
    """The law of conservation, and that the consumers add up to the whole."""
    for figures in (messages, *(consumer.messages for consumer in consumers)):
        places = figures.processed + figures.dead_lettered + figures.lost
        places += figures.expired + figures.remaining + figures.filtered
        if figures.sent != places:
            raise ModelError(f"messages are not conserved: {figures.sent} sent, {places} accounted for: {figures}")
    for name, whole, parts in (
        ("messages.sent", messages.sent, [consumer.messages.sent for consumer in consumers]),
        ("messages.processed", messages.processed, [consumer.messages.processed for consumer in consumers]),
        ("deliveries.total", deliveries.total, [consumer.deliveries.total for consumer in consumers]),
        ("deliveries.recognised", deliveries.recognised, [c.deliveries.recognised for c in consumers]),
    ):
        if whole != sum(parts):
            raise ModelError(f"the consumers do not add up to {name} {whole}: {parts}")


def _consumers(run: Run, ledger: Ledger) -> Iterator[ConsumerFigures]:
    """Every mapping of a counted source, and whoever else got messages, in the order in which they come up."""
    sources: dict[str, str] = {}
    for source, mappings in ledger.consumers.of_source.items():
        if source in run.sources:
            sources |= dict.fromkeys(mappings, source)
    fates_of: dict[str, list[Fate]] = {}
    for fate in ledger.fates:
        names = {fate.consumer: None} | {delivery.consumer: None for delivery in fate.deliveries}
        for name in names:
            sources.setdefault(name, fate.source)
            fates_of.setdefault(name, []).append(fate)
    for name, source in sources.items():
        touched = fates_of.get(name, [])
        own = [fate for fate in touched if fate.consumer == name]
        yield ConsumerFigures(
            name=name,
            source=source,
            messages=_messages(own),
            deliveries=_deliveries(touched, name, ledger.recognised[name]),
            effects=(
                Effects(total=None, duplicated=None)
                if name in ledger.uncounted
                else _effects(ledger.work.get(name, Work()))
            ),
            latency_seconds=_latency_of(own),
            ordering=_ordering(own),
        )


def _messages(fates: Sequence[Fate]) -> Messages:
    ended = [fate.outcome for fate in fates]
    return Messages(
        sent=len(fates),
        processed=ended.count("processed"),
        dead_lettered=ended.count("deadLettered"),
        healthy_dead_lettered=sum(fate.outcome == "deadLettered" and not fate.poison for fate in fates),
        processed_dead_lettered=sum(fate.outcome == "deadLettered" and fate.worked_on for fate in fates),
        lost=ended.count("lost"),
        expired=ended.count("expired"),
        remaining=ended.count("remaining"),
        filtered=ended.count("filtered"),
    )


def _deliveries(fates: Sequence[Fate], consumer: str | None, recognised: int) -> Deliveries:
    """The deliveries of some messages, those of one consumer or of all."""
    each = [
        fate.deliveries if consumer is None else [found for found in fate.deliveries if found.consumer == consumer]
        for fate in fates
    ]
    return Deliveries(
        total=sum(map(len, each)),
        duplicates=sum([delivery.duplicate for deliveries in each for delivery in deliveries]),
        overlapping=sum([delivery.overlapping for deliveries in each for delivery in deliveries]),
        max_per_message=max(map(len, each), default=0),
        recognised=recognised,
    )


def _ordering(fates: Iterable[Fate]) -> Ordering:
    return Ordering(violations=sum(fate.out_of_order for fate in fates))


def _effects(*works: Work) -> Effects:
    return Effects(total=sum(work.total for work in works), duplicated=sum(work.duplicated for work in works))


def _requests(run: Run) -> Requests:
    ledger = read_requests(run)
    calls = ledger.calls.values()
    return Requests(
        total=sum(ledger.answers.values()),
        answers=dict(sorted(ledger.answers.items())),
        false_successes=ledger.false_successes,
        attempts=Attempts(total=sum(calls), max_per_request=max(calls, default=0), spared=ledger.spared),
        latency_seconds=_latency(ledger.took_seconds),
    )


def _latency_of(fates: Iterable[Fate]) -> Latency:
    return _latency(fate.latency_seconds for fate in fates if fate.latency_seconds is not None)


def _tenants(fates: Iterable[Fate]) -> Iterator[TenantFigures]:
    """Each tenant of each standard queue, in the order of their first sends (SQS-FAIR-1)."""
    of_tenant: dict[tuple[str, str], list[Fate]] = {}
    for fate in fates:
        if fate.tenant:
            of_tenant.setdefault((fate.source, fate.tenant), []).append(fate)
    for (queue, tenant), theirs in of_tenant.items():
        dwell = _latency(round(fate.delivered_at[0] - fate.sent_at, 6) for fate in theirs if fate.deliveries)
        yield TenantFigures(queue=queue, tenant=tenant, messages=len(theirs), dwell_seconds=dwell)


def _latency(took_seconds: Iterable[float]) -> Latency:
    ordered = sorted(took_seconds)
    return Latency(p50=_quantile(ordered, 0.5), p95=_quantile(ordered, 0.95), max=_quantile(ordered, 1.0))


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all values do not exceed (nearest rank)."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
