"""What a result rests on, as figures: for the run, for each function, for each message."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.results.evidence import FunctionEvidence, weakest, weakest_effects
from delivery_lab.results.fates import Fate, Ledger
from delivery_lab.results.figures import Contradictions, MessageEvidence, NamedEvidence, WholeEvidence


def evidence_of(ledger: Ledger) -> WholeEvidence:
    """What the figures of a run rest on."""
    functions = tuple(
        NamedEvidence(
            name=name,
            processed=weakest(fate.evidence for fate in _of(ledger, name) if fate.outcome == "processed"),
            effects=function.effects,
            looked=_looked(_of(ledger, name)),
            contradictions=_contradictions([function]),
        )
        for name, function in ledger.functions.items()
    )
    return WholeEvidence(
        processed=weakest(fate.evidence for fate in ledger.fates if fate.outcome == "processed"),
        effects=weakest_effects(function.effects for function in ledger.functions.values()),
        looked=_looked(ledger.fates),
        contradictions=_contradictions(ledger.functions.values()),
        functions=functions,
    )


def evidence_of_message(fate: Fate, ledger: Ledger) -> MessageEvidence:
    """What is known of one message."""
    known = fate.consumer not in ledger.uncounted or not fate.deliveries
    return MessageEvidence(
        processed=fate.evidence if fate.outcome == "processed" else None,
        effects=(fate.effects or 0) if known else None,
        looked=fate.looked,
    )


def _of(ledger: Ledger, function: str) -> Iterable[Fate]:
    """The messages that a function got."""
    return (fate for fate in ledger.fates if function in fate.given_to)


def _looked(fates: Iterable[Fate]) -> int | None:
    """How many were looked at; None where it cannot be told of one that a handler got."""
    delivered = [fate.looked for fate in fates if fate.deliveries]
    return None if None in delivered else sum(map(bool, delivered))


def _contradictions(functions: Iterable[FunctionEvidence]) -> Contradictions:
    every = list(functions)
    return Contradictions(
        poison_succeeded=sum(len(function.poison_succeeded) for function in every),
        errors_swallowed=sum(function.errors_swallowed for function in every),
        never_looked_at=sum(len(function.never_looked_at) for function in every),
    )
