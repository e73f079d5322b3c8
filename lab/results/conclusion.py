"""What an outcome means, in one sentence or two."""

from __future__ import annotations

from lab.results.outcome import Outcome

LONGEST_UNFELT_SECONDS = 10


def conclusion(outcome: Outcome) -> str:
    """The gist of an outcome: the worst first."""
    messages = outcome.messages
    parts: list[str] = []
    if messages.lost:
        lost = f"{messages.lost} of {messages.sent} messages are lost"
        parts.append(f"{lost}: {_gone(outcome)}, never processed, in no dead-letter queue")
    if messages.expired:
        parts.append(f"{messages.expired} expire")
    parts.extend(_standstill(outcome))
    if messages.healthy_dead_lettered:
        parts.append(_healthy(outcome))
    if outcome.effects.duplicated:
        again = outcome.effects.duplicated
        parts.append(f"{again} {_plural(again, 'piece of work is', 'pieces of work are')} done again")
    overtaken = outcome.ordering.violations
    if overtaken:
        of_them = _plural(
            overtaken,
            "message is processed after a later one of its group",
            "messages are processed after later ones of their groups",
        )
        parts.append(f"{overtaken} {of_them}")
    poison = messages.dead_lettered - messages.healthy_dead_lettered
    if poison:
        parts.append(f"{poison} poison {_plural(poison, 'message ends', 'messages end')} in the dead-letter queue")
    if messages.remaining:
        parts.append(f"{messages.remaining} are still waiting at the end")
    if messages.processed:
        parts.append(_processed(outcome))
    if not parts:
        return "Nothing was sent." if messages.sent == 0 else "Nothing happened."
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


def _gone(outcome: Outcome) -> str:
    return "passed over" if outcome.lag else "deleted"


def _standstill(outcome: Outcome) -> list[str]:
    """The shard or partition that stood still longest, if that was long enough to be felt."""
    worst = max(outcome.blocked, key=lambda blocked: blocked.seconds, default=None)
    if worst is None or worst.seconds < LONGEST_UNFELT_SECONDS:
        return []
    behind = f" with {worst.records_behind} records behind" if worst.records_behind else ""
    others = sum(blocked.seconds >= LONGEST_UNFELT_SECONDS for blocked in outcome.blocked) - 1
    more = f" ({others} more {_plural(others, 'does', 'do')} too)" if others else ""
    return [f"{worst.log} stands still for {worst.seconds:.0f} s{behind}{more}"]


def _healthy(outcome: Outcome) -> str:
    count = outcome.messages.healthy_dead_lettered
    dead = [message for message in outcome.per_message if message.outcome == "deadLettered"]
    untouched = sum(not message.delivered_at for message in dead)
    text = f"{count} healthy {_plural(count, 'message ends', 'messages end')} in the dead-letter queue"
    details = [f"{untouched} of them without ever reaching the function"] if untouched else []
    done = outcome.messages.processed_dead_lettered
    if done:
        details.append(f"{done} of them although their work was done")
    return f"{text} ({', '.join(details)})" if details else text


def _processed(outcome: Outcome) -> str:
    messages = outcome.messages
    times = "once" if outcome.effects.duplicated == 0 else "at least once"
    if messages.processed == messages.sent:
        text = f"every message is processed {times}"
    else:
        text = f"{messages.processed} of {messages.sent} are processed {times}"
    again = [m for m in outcome.per_message if m.outcome == "processed" and len(m.delivered_at) > 1]
    if again:
        extra = sum(len(message.delivered_at) - 1 for message in again)
        text += f", at the cost of {extra} more {_plural(extra, 'delivery', 'deliveries')}"
    return text


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
