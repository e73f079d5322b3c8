"""What people call the messages of a run."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.events import Run
from delivery_lab.results.fates import Fate
from delivery_lab.results.timeline import messages_called


def names_of(run: Run, fates: Iterable[Fate]) -> dict[str, str]:
    """The names of messages by their ids, as a timeline has them.

    Args:
        run: the run.
        fates: what became of its messages.
    """
    names = {message: name for name, messages in messages_called(run).items() for message in messages}
    for fate in fates:
        names.setdefault(fate.message_id, fate.business_id)
    return names
