"""How sure a conclusion is: what it says of messages processed, and of what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.results.figures import Outcome
from delivery_lab.results.words import plural


def contradictions(outcome: Outcome) -> Iterator[str]:
    """What is seen that an answer of success conceals."""
    for function in outcome.evidence.functions:
        found = function.contradictions
        if found.never_looked_at:
            count = found.never_looked_at
            what = "message" if not outcome.lag else "record"
            yield f"{count:,} {plural(count, f'{what} is', f'{what}s are')} never looked at by {function.name}"
        if found.poison_succeeded:
            count = found.poison_succeeded
            yield f"{count:,} poison {plural(count, 'message succeeds', 'messages succeed')} in {function.name}"
        if found.errors_swallowed:
            count = found.errors_swallowed
            errors = plural(count, "error", "errors")
            yield f"{count:,} {errors} in the log, calls, futures or answers of {function.name}, whose invokes succeed"


def processed(outcome: Outcome, interval: str) -> str:
    """How many messages are processed, and what that rests on.

    Args:
        outcome: the outcome.
        interval: between which values the figure lies, "" where it is certain.
    """
    by = outcome.sums.processed_by
    known = by.get("contract", 0) + by.get("effect", 0)
    said = {
        f"processed{_times(outcome)}": known,
        "not named as failed by the response, and more is not known of the work": by.get("response", 0),
        "handed to an invoke that succeeded, and more is not known of the work": by.get("invoke", 0),
    }
    parts = []
    for what, count in said.items():
        if count:
            everything = count == outcome.messages.sent and not interval
            are = plural(count, "is", "are")
            whose = "every message is" if everything else f"{count:,}{interval} of {outcome.messages.sent:,} {are}"
            parts.append(f"{whose} {what}")
            interval = ""
    return "; ".join(parts)


def _times(outcome: Outcome) -> str:
    duplicated = outcome.effects.duplicated
    if duplicated is None:
        return ""
    return " at least once" if duplicated else " once"
