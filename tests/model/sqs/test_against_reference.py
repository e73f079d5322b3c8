"""Random programs against the naive model in `reference.py`: the queue agrees with it, messages are conserved."""

from __future__ import annotations

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from delivery_lab.events import Journal, MessageDeleted, MessageExpired, MessageSent
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.sqs.reference import NaiveQueues
from tests.model.support import World

Handle = tuple[str, str, str, int]
"""Queue, message id, receipt handle, number of the receive."""

PLACES = st.sampled_from(["jobs", "jobs", "jobs", "dead"])
WAITS = st.one_of(st.integers(0, 40), st.sampled_from([60, 600, 3_600, 40_000, 43_200, 90_000]))
TIMEOUTS = st.one_of(st.integers(0, 40), st.sampled_from([600, 43_199, 43_200]))


class QueueAgainstReference(RuleBasedStateMachine):
    """Does the same to both and compares. Old handles never delete: that is a coin (SQS-STALE-2)."""

    with_dead_letters = True

    @initialize(
        visibility=st.integers(0, 30),
        retention=st.sampled_from([60, 300, 86_400, 345_600]),
        dead_retention=st.sampled_from([60, 86_400, 1_209_600]),
        limit=st.integers(1, 6),
        delay=st.sampled_from([0, 0, 5]),
    )
    def begin(self, visibility: int, retention: int, dead_retention: int, limit: int, delay: int) -> None:
        self.world = World()
        self.dead = self.world.queue("dead", visibility=visibility, retention=dead_retention)
        self.delay = delay
        self.jobs = self.world.queue(
            visibility=visibility,
            retention=retention,
            delay=delay,
            dead_letters=self.dead if self.with_dead_letters else None,
            max_receive_count=limit,
        )
        self.naive = NaiveQueues(visibility, retention, dead_retention, limit if self.with_dead_letters else None)
        self.handles: list[Handle] = []

    def queue(self, place: str) -> SqsQueue:
        return self.jobs if place == "jobs" else self.dead

    @rule(delay=st.one_of(st.none(), st.integers(0, 20)))
    def send(self, delay: int | None) -> None:
        message = self.jobs.send("x", delay_seconds=delay)
        self.naive.send(message.id, self.delay if delay is None else delay)

    @rule(place=PLACES, maximum=st.integers(1, 10), timeout=st.one_of(st.none(), st.integers(0, 30)))
    def receive(self, place: str, maximum: int, timeout: int | None) -> None:
        deliveries = self.queue(place).receive(maximum, timeout)
        moved = {message.id for message in self.dead.messages} - self.naive.in_place("dead")
        self.naive.accept_receive(place, maximum, timeout, [delivery.message.id for delivery in deliveries], moved)
        # A dead-letter queue takes what is too old for it only to drop it at the same instant.
        self.naive.expire()
        self.world.wait(0)
        for delivery in deliveries:
            assert delivery.receive_count == self.naive.find(delivery.message.id).receives
            self.handles.append((place, delivery.message.id, delivery.receipt_handle, delivery.receive_count))

    @precondition(lambda self: self.handles)
    @rule(data=st.data())
    def delete_with_the_newest_handle(self, data: st.DataObject) -> None:
        newest = {handle[1]: handle for handle in self.handles}
        place, identifier, handle, _ = data.draw(st.sampled_from(list(newest.values())))
        if self.naive.find(identifier).place in ("jobs", "dead"):
            assume(self.naive.find(identifier).place == place)
        try:
            self.queue(place).delete(handle)
            accepted = True
        except AwsError:
            accepted = False
        assert accepted == self.naive.delete(identifier)

    @precondition(lambda self: self.handles)
    @rule(data=st.data(), timeout=TIMEOUTS)
    def change_visibility_with_any_handle(self, data: st.DataObject, timeout: int) -> None:
        place, identifier, handle, _ = data.draw(st.sampled_from(self.handles))
        if self.naive.find(identifier).place in ("jobs", "dead"):
            assume(self.naive.find(identifier).place == place)
        try:
            self.queue(place).change_visibility(handle, timeout)
            accepted = True
        except AwsError:
            accepted = False
        assert accepted == self.naive.change_visibility(identifier, timeout)

    @rule(duration=WAITS)
    def wait(self, duration: int) -> None:
        self.world.wait(duration)
        self.naive.wait(duration)

    # No invariant: counting makes the queue look at its clock, and a receive must not need that.
    @rule(place=PLACES)
    def count(self, place: str) -> None:
        assert self.queue(place).counts() == self.naive.counts(place)

    @invariant()
    def both_hold_the_same(self) -> None:
        if not hasattr(self, "naive"):
            return
        for place in ("jobs", "dead"):
            assert {message.id for message in self.queue(place).messages} == self.naive.in_place(place)

    @invariant()
    def messages_are_conserved(self) -> None:
        if hasattr(self, "naive"):
            kinds = [type(event) for event in self.world.journal.events]
            held = len(self.jobs.messages) + len(self.dead.messages)
            assert kinds.count(MessageSent) == held + kinds.count(MessageDeleted) + kinds.count(MessageExpired)


class QueueWithoutDeadLetters(QueueAgainstReference):
    """The same without a redrive policy."""

    with_dead_letters = False


_SETTINGS = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestQueueAgainstReference = QueueAgainstReference.TestCase
TestQueueAgainstReference.settings = _SETTINGS
TestQueueWithoutDeadLetters = QueueWithoutDeadLetters.TestCase
TestQueueWithoutDeadLetters.settings = _SETTINGS


def _random_program(seed: int, program_seed: int) -> Journal:
    """A program of sends, receives, deletes with old handles and waits that is drawn from `program_seed` alone."""
    world = World(seed=seed)
    dead = world.queue("dead")
    queue = world.queue(visibility=3, dead_letters=dead, max_receive_count=4)
    choose = World(seed=program_seed).streams.stream("program")
    handles: list[str] = []
    for _ in range(300):
        act = choose.randrange(4)
        if act == 0:
            queue.send("x")
        elif act == 1:
            handles += [delivery.receipt_handle for delivery in queue.receive(3)]
        elif act == 2 and handles:
            queue.delete(handles[choose.randrange(len(handles))])
        else:
            world.wait(choose.randrange(4))
    return world.journal


def test_same_seed_same_hash_and_another_program_another_hash() -> None:
    assert _random_program(1, 1).hash() == _random_program(1, 1).hash()
    assert _random_program(1, 1).hash() != _random_program(1, 2).hash()


def test_another_seed_changes_identifiers_and_coins_only() -> None:
    one, other = _random_program(1, 3), _random_program(2, 3)
    assert one.hash() != other.hash()

    def sends(journal: Journal) -> list[int]:
        return [event.instant_us for event in journal.events if isinstance(event, MessageSent)]

    def first_coin(journal: Journal) -> int:
        return next(i for i, event in enumerate(journal.events) if event.rule == "SQS-STALE-2")

    # Up to the first coin both runs are the same but for the names of the messages.
    until = min(first_coin(one), first_coin(other))
    assert until > 10
    shape = [
        [(event.instant_us, type(event), event.rule) for event in journal.events[:until]] for journal in (one, other)
    ]
    assert shape[0] == shape[1]
    assert sends(one) == sends(other)
