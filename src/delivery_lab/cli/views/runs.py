"""How many runs look side by side: a row each, then a conclusion each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from delivery_lab import Outcome
from delivery_lab.api.parts import conclusion, successes
from delivery_lab.cli.console import Console
from delivery_lab.cli.layout import Column, figures
from delivery_lab.cli.views.run import assuming, only_requests, show_expectations
from delivery_lab.durations import rounded
from delivery_lab.terms import number

_VIRTUAL_TIME = Column("virtual time", ("virtual", "time"))
_MESSAGE_COLUMNS = (
    Column("sent"),
    Column("processed", ("pro-", "cessed")),
    Column("duplicates", ("dupli-", "cates")),
    Column("dead-lettered", ("dead-", "lettered")),
    Column("healthy dead-lettered", ("healthy", "dead-", "lettered")),
    Column("lost"),
    _VIRTUAL_TIME,
)
_REQUEST_COLUMNS = (
    Column("requests", ("re-", "quests")),
    Column("successes", ("suc-", "cesses")),
    Column("false successes", ("false", "suc-", "cesses")),
    Column("failed"),
    Column("attempts", ("at-", "tempts")),
    Column("spared"),
    Column("effects"),
    _VIRTUAL_TIME,
)


def show_runs(console: Console, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print several runs: a table with a row each, then a conclusion each.

    Args:
        console: where to.
        outcomes: the runs.
        as_json: whether as JSON, an object a line.
    """
    if as_json:
        for outcome in outcomes:
            console.data(outcome.as_json())
        return
    asked = [outcome for outcome in outcomes if only_requests(outcome)]
    sent = [outcome for outcome in outcomes if not only_requests(outcome)]
    for columns, some, cells in ((_MESSAGE_COLUMNS, sent, _message_cells), (_REQUEST_COLUMNS, asked, _request_cells)):
        if some:
            console.table(figures("variant", columns, _rows(some, cells), console.width))
            console.data("")
    for outcome in outcomes:
        console.text(f"{outcome.stack}: {conclusion(outcome)}", hang=2)
        show_expectations(console, outcome, indent="  ")
    if outcomes:
        console.text(f"\nseed {outcomes[0].seed}{assuming(outcomes[0])}")


def _rows(
    outcomes: Sequence[Outcome], cells: Callable[[Outcome], tuple[int | None, ...]]
) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.stack, (*map(number, cells(one)), rounded(one.virtual_seconds))) for one in outcomes]


def _message_cells(outcome: Outcome) -> tuple[int | None, ...]:
    messages = outcome.messages
    return (
        messages.sent,
        messages.processed,
        outcome.deliveries.duplicates,
        messages.dead_lettered,
        messages.healthy_dead_lettered,
        messages.lost,
    )


def _request_cells(outcome: Outcome) -> tuple[int | None, ...]:
    requests = outcome.requests
    good = successes(outcome)
    return (
        requests.total,
        good,
        requests.false_successes,
        requests.total - good,
        requests.attempts.total,
        requests.attempts.spared,
        outcome.effects.total,
    )
