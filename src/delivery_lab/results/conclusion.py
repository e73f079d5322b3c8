"""What an outcome means, in one sentence or two."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.results.believing import contradictions, processed
from delivery_lab.results.figures import Outcome
from delivery_lab.results.requests import is_success
from delivery_lab.results.words import duration, plural

LONGEST_UNFELT_SECONDS = 10
_NOTHING_KNOWN = "What became of the messages cannot be told."


def conclusion(outcome: Outcome) -> str:
    """An outcome in short, the worst first."""
    messages = outcome.messages
    parts = list(contradictions(outcome))
    parts.extend(_lost_or_expired(outcome))
    parts.extend(_blocked(outcome))
    parts.extend(_starved(outcome))
    if _known(outcome, "messages.healthyDeadLettered") and (
        messages.healthy_dead_lettered or _range(outcome, "messages.healthyDeadLettered")
    ):
        parts.append(_healthy(outcome))
    duplicated = _range(outcome, "effects.duplicated")
    again = outcome.effects.duplicated
    if again is not None and (again or duplicated) and _known(outcome, "effects.duplicated"):
        parts.append(f"{again:,}{duplicated} {plural(again, 'duplicate effect', 'duplicate effects')}")
    if outcome.ordering.violations and _known(outcome, "ordering.violations"):
        parts.append(_out_of_order(outcome.ordering.violations))
    poison = messages.dead_lettered - messages.healthy_dead_lettered
    dead_letters = ("messages.deadLettered", "messages.healthyDeadLettered")
    if poison and all(_known(outcome, name) for name in dead_letters):
        parts.append(f"{poison:,} poison {plural(poison, 'message ends', 'messages end')} in the dead-letter queue")
    if messages.remaining and _known(outcome, "messages.remaining"):
        waiting = f"{messages.remaining:,}{_range(outcome, 'messages.remaining')}"
        parts.append(f"{waiting} {plural(messages.remaining, 'is', 'are')} still waiting at the end")
    if messages.processed and _known(outcome, "messages.processed"):
        parts.append(_processed(outcome))
    if messages.filtered:
        parts.append(_filtered(outcome))
    parts.extend(_consumers(outcome))
    # Where there are messages and no function calls another, requests are only how the messages were sent.
    if outcome.requests.total and (outcome.requests.attempts.total or not messages.sent):
        parts.append(_requests(outcome))
    if not parts:
        return _nothing(outcome)
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "." + _unnoticed(outcome)


def _nothing(outcome: Outcome) -> str:
    if not outcome.messages.sent:
        return "Nothing was sent."
    return "Nothing happened." if _known(outcome, "messages.processed") else _NOTHING_KNOWN


def _unnoticed(outcome: Outcome) -> str:
    """That messages are harmed and no alarm of the stack goes off; said only where all of them are computed."""
    alarms = outcome.alarms
    if outcome.first_harm_seconds is None or not alarms:
        return ""
    if any(each.at_seconds is not None or each.unknown for each in alarms):
        return ""
    return " No alarm of this stack would have noticed."


def _known(outcome: Outcome, name: str) -> bool:
    """Whether the place of the run can tell a figure: what it cannot is no conclusion."""
    return not outcome.why_unknown(name)


def _range(outcome: Outcome, name: str) -> str:
    """Between which values a figure lies over the plausible range of what it depends on; empty where it is certain."""
    interval = outcome.intervals.get(name)
    return "" if interval is None else f" ({interval.low:,} to {interval.high:,})"


def _lost_or_expired(outcome: Outcome) -> Iterator[str]:
    messages = outcome.messages
    if messages.lost and _known(outcome, "messages.lost"):
        how = "skipped" if outcome.lag else "deleted"
        are = plural(messages.lost, "is", "are")
        lost = f"{messages.lost:,}{_range(outcome, 'messages.lost')} of {messages.sent:,} messages {are} lost"
        yield f"{lost}: {how}, never processed, in no dead-letter queue"
    if messages.expired and _known(outcome, "messages.expired"):
        what = "record" if outcome.lag else "message"
        expired = f"{messages.expired:,}{_range(outcome, 'messages.expired')}"
        told = f"{expired} {plural(messages.expired, f'{what} expires', f'{what}s expire')}"
        done = outcome.sums.expired_done
        yield f"{told} ({_done_already(done, messages.expired)})" if done else told


def _filtered(outcome: Outcome) -> str:
    messages = outcome.messages
    if messages.filtered == messages.sent:
        return f"{plural(messages.sent, 'the message is', 'all messages are')} filtered out"
    shared = [each.source for each in outcome.consumers if each.name != each.source]
    # What no mapping of a queue got stands under the queue's own name, beside what its mappings got.
    deaf = [
        each.name
        for each in outcome.consumers
        if 0 < each.messages.sent == each.messages.filtered and not (each.name == each.source in shared)
    ]
    told = f"{messages.filtered:,} of {messages.sent:,} {plural(messages.filtered, 'is', 'are')} filtered out"
    if deaf:
        told += f" ({plural(len(deaf), 'the filter', 'the filters')} of {' and '.join(deaf)} let nothing through)"
    return told


def _consumers(outcome: Outcome) -> Iterator[str]:
    """Where every consumer gets each record, the figures above count all of them: what is whose has to be said."""
    polled = [lag.mapping for lag in outcome.lag]
    if len({lag.source for lag in outcome.lag}) == len(polled):
        return
    shares = [
        f"{consumer.name} processes {consumer.messages.processed:,} of {consumer.messages.sent:,}"
        for consumer in outcome.consumers
        if consumer.name in polled
    ]
    yield f"each record counts once for each of its consumers: {', '.join(shares)}"


def _out_of_order(count: int) -> str:
    one = "message is processed after a later one of its group"
    several = "messages are processed after later ones of their groups"
    return f"{count:,} {plural(count, one, several)}"


def _requests(outcome: Outcome) -> str:
    """What callers were told, and whether it was true."""
    requests = outcome.requests
    good = sum(count for answer, count in requests.answers.items() if is_success(answer))
    if good == requests.total:
        text = f"all {requests.total:,} requests are answered with success"
        if good == 1:
            text = "the request is answered with success"
    else:
        text = f"{good:,} of {requests.total:,} requests {plural(good, 'is', 'are')} answered with success"
    if requests.false_successes:
        some = f"{requests.false_successes:,} of them " if good > 1 else ""
        text += f", {some}although the function behind had failed"
    if good < requests.total:
        others = ", ".join(f"{n:,} with {seen}" for seen, n in requests.answers.items() if not is_success(seen))
        text += f"; the others fail ({others})"
    attempts = requests.attempts
    if attempts.total:
        calls = f"{attempts.total:,} {plural(attempts.total, 'call', 'calls')} to other functions"
        text += f"; {calls}, at most {attempts.max_per_request:,} for one request"
        text += f", none for {attempts.spared:,} that fail at once" if attempts.spared else ""
    return text


def _blocked(outcome: Outcome) -> list[str]:
    """The shard or partition that was blocked longest, if that was long enough to be felt."""
    worst = max(outcome.blocked, key=lambda blocked: blocked.seconds, default=None)
    if worst is None or worst.seconds < LONGEST_UNFELT_SECONDS:
        return []
    count = worst.records_behind
    behind = f" with {count:,} {plural(count, 'record', 'records')} behind" if count else ""
    others = sum(blocked.seconds >= LONGEST_UNFELT_SECONDS for blocked in outcome.blocked) - 1
    more = f" ({others:,} more {plural(others, 'is', 'are')} blocked, too)" if others else ""
    kinds = {lag.source: lag.kind for lag in outcome.lag}
    # A sentence begins with a capital letter, and a name has to stay as it is: so the name is not its first word.
    what = "partition" if kinds.get(worst.source) == "kafka" else "shard"
    return [f"{what} {worst.log} is blocked for {duration(worst.seconds)}{behind}{more}"]


def _starved(outcome: Outcome) -> Iterator[str]:
    """Who took what the functions of the account share, and from whom."""
    for each in outcome.starved[:1]:
        invokes = f"{each.refused:,} {plural(each.refused, 'invoke', 'invokes')} of {each.function}"
        others = len({other.function for other in outcome.starved}) - 1
        more = f" ({others:,} more {plural(others, 'function is', 'functions are')} starved, too)" if others else ""
        yield (
            f"{invokes} {plural(each.refused, 'is', 'are')} refused while {each.holder} holds up to {each.most_held:,} "
            f"of the account's concurrent executions{more}"
        )


def _healthy(outcome: Outcome) -> str:
    count = outcome.messages.healthy_dead_lettered
    untouched = outcome.sums.dead_untouched
    range_ = _range(outcome, "messages.healthyDeadLettered")
    text = f"{count:,}{range_} healthy {plural(count, 'message ends', 'messages end')} in the dead-letter queue"
    details = [_of_them(untouched, count, "without ever reaching the function")] if untouched else []
    done = outcome.messages.processed_dead_lettered
    if done:
        details.append(_done_already(done, count))
    return f"{text} ({', '.join(details)})" if details else text


def _done_already(some: int, count: int) -> str:
    return _of_them(some, count, f"although {plural(count, 'its', 'their')} work was done")


def _of_them(some: int, count: int, what: str) -> str:
    return what if count == 1 else f"{some:,} of them {what}"


def _processed(outcome: Outcome) -> str:
    text = processed(outcome, _range(outcome, "messages.processed"))
    extra = outcome.sums.more_deliveries
    if extra:
        text += f", at the cost of {extra:,} more {plural(extra, 'delivery', 'deliveries')}"
    return text
