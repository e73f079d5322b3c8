"""Which invoke sent a message: a real place does not say, what it holds does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from delivery_lab.events import (
    TIMED_OUT,
    BatchInvoked,
    Event,
    InvokeEnded,
    InvokeStarted,
    MessageSent,
    RequestAnswered,
)


def with_senders(events: Iterable[Event]) -> Iterator[Event]:
    """Events with the invokes that sent messages and answered requests, where that can be told.

    Where only one ran then that can have, it was that one; else the one that held a message whose id is in it. What
    was under way when an invoke timed out may come after its end.

    Args:
        events: events in their order.
    """
    running: dict[str, str] = {}
    cut_off: set[str] = set()
    asked: dict[str, str] = {}
    held: dict[str, tuple[str, ...]] = {}
    for event in events:
        if isinstance(event, BatchInvoked):
            held[event.invoke] = event.messages
        if isinstance(event, InvokeStarted):
            running[event.invoke] = event.function
            if event.by.kind == "api":
                asked[event.invoke] = event.function
        elif isinstance(event, InvokeEnded):
            running.pop(event.invoke, None)
            if event.error == TIMED_OUT:
                cut_off.add(event.invoke)
            else:
                held.pop(event.invoke, None)  # what it sent was there by now
        elif isinstance(event, MessageSent) and event.invoke is None:
            yield replace(event, invoke=_sender_of(event, running, held, cut_off))
            continue
        elif isinstance(event, RequestAnswered) and len(asked) == 1:
            yield replace(event, invoke=asked.popitem()[0])
            continue
        yield event


def _sender_of(
    sent: MessageSent, running: Iterable[str], held: Mapping[str, Sequence[str]], cut_off: Collection[str] = ()
) -> str | None:
    """The invoke that sent a message, None where that cannot be told.

    Args:
        sent: the message.
        running: invokes that run then.
        held: the messages of invokes, in the order in which they began.
        cut_off: invokes that have timed out.
    """
    able = set(running)
    content = "\n".join((sent.body, *sent.attributes))
    if len(able) == 1 and not cut_off:
        return able.pop()
    named = {invoke: {message for message in messages if message in content} for invoke, messages in held.items()}
    named = {invoke: messages for invoke, messages in named.items() if messages}
    senders = [invoke for invoke in named if invoke in able] or [invoke for invoke in named if invoke in cut_off]
    if not senders:
        return able.pop() if len(able) == 1 else None
    # Deliveries of one message that overlap: whichever sent it, it stands for that message.
    alike = all(named[invoke] == named[senders[0]] for invoke in senders)
    return senders[-1] if alike else None
