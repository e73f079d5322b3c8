"""The FIFO queue against a naive model of one, over random histories."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.fifo import FifoQueue
from tests.model.support import World

VISIBILITY = 20
LIMIT = 3


@dataclass
class Plain:
    """A message as the naive model sees it."""

    name: str
    hidden_until: int = 0
    receives: int = 0
    receipt: int = 0


@dataclass
class NaiveFifo:
    """Groups as plain lists, looked through from the front each time (semantics.md A2, A5, A6). Whole seconds."""

    now: int = 0
    groups: dict[str, list[Plain]] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)

    def readable(self, group: str) -> list[Plain]:
        found: list[Plain] = []
        for message in self.groups.get(group, []):
            if message.hidden_until > self.now:
                break
            found.append(message)
        return found

    def accept(self, maximum: int, returned: list[str]) -> None:
        """Check that a receive may return this, whatever order the groups come in, and do what it does."""
        order = list(dict.fromkeys(name[0] for name in returned))
        taken: list[str] = []
        for group in order:
            for message in self.readable(group):
                if len(taken) == maximum:
                    break
                if message.receives >= LIMIT:
                    self.dead.append(message.name)
                    self.groups[group].remove(message)
                    continue
                message.receives += 1
                message.hidden_until = self.now + VISIBILITY
                taken.append(message.name)
        assert returned == taken
        if len(returned) < maximum:
            for group in self.groups:
                for message in self.readable(group):
                    assert message.receives >= LIMIT, message
                    self.dead.append(message.name)
                    self.groups[group].remove(message)

    def find(self, name: str) -> Plain | None:
        return next((m for m in self.groups.get(name[0], []) if m.name == name), None)

    def delete(self, name: str, receive: int) -> bool:
        """False if the handle has expired."""
        message = self.find(name)
        if message is None:
            return True
        if receive != message.receives or message.hidden_until <= self.now:
            return False
        self.groups[name[0]].remove(message)
        return True

    def extend(self, name: str, receive: int, duration: int) -> bool:
        message = self.find(name)
        if message is None or receive != message.receives or message.hidden_until <= self.now:
            return False
        message.hidden_until = self.now + duration
        return True


class Both:
    """The queue and the naive model, side by side."""

    def __init__(self) -> None:
        self.world = World()
        self.dead = self.world.fifo("dead")
        self.queue: FifoQueue = self.world.fifo(dead_letters=self.dead, max_receive_count=LIMIT, visibility=VISIBILITY)
        self.naive = NaiveFifo()
        self.sent = 0
        self.receipts: list[tuple[str, str, int]] = []

    def send(self, group: str) -> None:
        self.sent += 1
        name = f"{group}{self.sent}"
        self.queue.send(name, group=group, deduplication_id=name)
        self.naive.groups.setdefault(group, []).append(Plain(name))

    def receive(self, maximum: int) -> None:
        deliveries = self.queue.receive(maximum)
        returned = [delivery.message.body for delivery in deliveries]
        # A message that is moved on the way names no group of its own: those groups are free to be anywhere.
        self._accept_moves(maximum, returned)
        self.receipts += [(d.message.body, d.receipt_handle, d.receive_count) for d in deliveries]

    def _accept_moves(self, maximum: int, returned: list[str]) -> None:
        moved = {message.body for message in self.dead.messages} - set(self.naive.dead)
        for group in {name[0] for name in moved} - {name[0] for name in returned}:
            for message in self.naive.readable(group):
                if message.name in moved:
                    assert message.receives >= LIMIT
                    self.naive.dead.append(message.name)
                    self.naive.groups[group].remove(message)
        self.naive.accept(maximum, returned)

    def wait(self, duration: int) -> None:
        self.world.wait(duration)
        self.naive.now += duration

    def delete(self, which: int) -> None:
        if self.receipts:
            name, handle, receive = self.receipts[which % len(self.receipts)]
            assert self._works(lambda: self.queue.delete(handle)) == self.naive.delete(name, receive)

    def extend(self, which: int, duration: int) -> None:
        if self.receipts:
            name, handle, receive = self.receipts[which % len(self.receipts)]
            worked = self._works(lambda: self.queue.change_visibility(handle, duration))
            assert worked == self.naive.extend(name, receive, duration)

    @staticmethod
    def _works(action: object) -> bool:
        assert callable(action)
        try:
            action()
        except AwsError:
            return False
        return True

    def check(self) -> None:
        assert {m.body for m in self.queue.messages} == {m.name for g in self.naive.groups.values() for m in g}
        assert sorted(m.body for m in self.dead.messages) == sorted(self.naive.dead)
        readable = any(self.naive.readable(group) for group in self.naive.groups)
        assert self.queue.has_ready == readable


steps = st.one_of(
    st.tuples(st.just("send"), st.sampled_from("abc")),
    st.tuples(st.just("receive"), st.integers(1, 10)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, VISIBILITY, 3 * VISIBILITY])),
    st.tuples(st.just("delete"), st.integers(0, 30)),
    st.tuples(st.just("extend"), st.integers(0, 30), st.sampled_from([0, 5, 60])),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=40))
def test_the_queue_does_what_the_naive_model_allows(history: list[tuple[str, ...]]) -> None:
    both = Both()
    for name, *arguments in history:
        getattr(both, name)(*arguments)
        both.check()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=30),
    st.lists(st.integers(1, 10), min_size=1, max_size=40),
    st.data(),
)
def test_a_reader_that_stops_at_failures_sees_every_group_in_order(
    groups: list[str], sizes: list[int], data: st.DataObject
) -> None:
    world = World()
    queue = world.fifo(visibility=VISIBILITY)
    for number, group in enumerate(groups):
        queue.send(f"{group}{number:02}", group=group, deduplication_id=str(number))
    done: dict[str, list[str]] = {}
    for size in sizes:
        failed: set[str] = set()
        for delivery in queue.receive(size):
            body = delivery.message.body
            if body[0] in failed or data.draw(st.booleans()):
                failed.add(body[0])
            else:
                done.setdefault(body[0], []).append(body)
                queue.delete(delivery.receipt_handle)
        world.wait(data.draw(st.sampled_from([1, VISIBILITY])))

    sent = {group: [f"{g}{n:02}" for n, g in enumerate(groups) if g == group] for group in groups}
    assert all(sent[group][: len(bodies)] == bodies for group, bodies in done.items())
