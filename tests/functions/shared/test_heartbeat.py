from __future__ import annotations

import queue
import re
import threading
from typing import Any

import pytest
from shared import heartbeat as heartbeat_module
from shared.errors import HeartbeatLimitError, HeartbeatLostError
from shared.heartbeat import Heartbeat

from tests.functions.support import QUEUE_URL, START, Beats, Clock, Context, client_error


class Client:
    """Notes each extension; raises the errors it was given, one a call, None for none."""

    def __init__(self, *errors: Exception | None) -> None:
        self.extensions: list[int] = []
        self._errors = iter(errors)

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> object:  # noqa: N803 (boto3's)
        assert (QueueUrl, ReceiptHandle) == (QUEUE_URL, "handle")
        self.extensions.append(VisibilityTimeout)
        error = next(self._errors, None)
        if error is not None:
            raise error
        return {}


class Run:
    """A heartbeat whose beats the test releases one by one."""

    def __init__(self, clock: Clock, client: Client, **options: Any) -> None:
        self.clock = clock
        self.client = client
        self.beats = Beats()
        self.extended: list[int] = []
        self.failures: queue.SimpleQueue[Exception] = queue.SimpleQueue()
        periods = {"every_seconds": 3, "extend_to_seconds": 10}
        self.heartbeat = Heartbeat(
            client,
            QUEUE_URL,
            "handle",
            **(periods | options),
            on_extended=self.extended.append,
            on_failed=self.failures.put,
            stop_event=self.beats,
        )

    def beat(self, after_seconds: float = 3) -> float | None:
        """Let time pass and the heartbeat beat; returns how long it would wait for the next."""
        self.clock.advance(after_seconds)
        self.beats.beat()
        return self.beats.next_pause()

    def failure(self) -> Exception:
        return self.failures.get(timeout=10)


def heartbeat_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_extends_at_each_period_until_the_work_ends(clock: Clock) -> None:
    run = Run(clock, Client())

    with run.heartbeat as heartbeat:
        assert run.beats.next_pause() == 3
        assert run.client.extensions == []
        assert [run.beat(), run.beat()] == [3, 3]
        assert not heartbeat.lost

    assert run.client.extensions == run.extended == [10, 10]
    assert heartbeat_threads() == []


def test_stops_when_the_work_fails(clock: Clock) -> None:
    run = Run(clock, Client())

    with pytest.raises(ZeroDivisionError), run.heartbeat:
        raise ZeroDivisionError

    assert run.client.extensions == []
    assert heartbeat_threads() == []


def test_stops_at_once_and_not_after_a_period(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat_module, "STOP_PATIENCE_SECONDS", 60)
    heartbeat = Heartbeat(Client(), QUEUE_URL, "handle", every_seconds=50, extend_to_seconds=100)

    with heartbeat:
        assert len(heartbeat_threads()) == 1

    assert heartbeat_threads() == []


@pytest.mark.parametrize(
    "error",
    [
        client_error("ReceiptHandleIsInvalid"),
        client_error("InvalidParameterValue", "Message does not exist or is not available"),
        client_error("AccessDenied", status=403),
        ZeroDivisionError("a bug"),
    ],
)
def test_a_refusal_ends_it_and_tells_the_worker(clock: Clock, error: Exception) -> None:
    run = Run(clock, Client(None, error))

    with run.heartbeat as heartbeat:
        run.beats.next_pause()
        run.beat()
        heartbeat.raise_if_lost()
        clock.advance(3)
        run.beats.beat()
        assert run.failure() is error
        assert heartbeat.lost
        with pytest.raises(HeartbeatLostError) as caught:
            heartbeat.raise_if_lost()

    assert str(caught.value) == f"the message is not held any more and may be worked on elsewhere: {error}"
    assert caught.value.__cause__ is error
    assert run.client.extensions == [10, 10]
    assert run.extended == [10]


def test_a_throttled_beat_is_made_again_a_second_later_while_the_last_one_still_holds(clock: Clock) -> None:
    throttled = client_error("RequestThrottled")
    run = Run(clock, Client(None, throttled, throttled))

    with run.heartbeat as heartbeat:
        run.beats.next_pause()
        assert [run.beat(), run.beat(), run.beat(1), run.beat(1)] == [3, 1, 1, 3]
        assert [run.failure(), run.failure()] == [throttled, throttled]
        assert not heartbeat.lost

    assert run.extended == [10, 10]


def test_a_first_beat_that_fails_counts_as_lost_since_nobody_knows_what_holds(clock: Clock) -> None:
    run = Run(clock, Client(client_error("RequestThrottled")))

    with run.heartbeat as heartbeat:
        run.beats.next_pause()
        assert run.beat() == 1
        assert heartbeat.lost
        run.beat(1)
        assert run.extended == [10]
        assert heartbeat.lost


def test_a_hold_that_ran_out_stays_lost_although_a_later_beat_succeeds(clock: Clock) -> None:
    run = Run(clock, Client(None))

    with run.heartbeat as heartbeat:
        run.beats.next_pause()
        run.beat()
        clock.advance(9.999)
        assert not heartbeat.lost
        run.beat(0.001)
        assert run.extended == [10, 10]
        with pytest.raises(HeartbeatLostError, match=r"worked on elsewhere: the last extension has run out$"):
            heartbeat.raise_if_lost()


def test_asks_for_no_more_than_is_left_of_the_twelve_hours(clock: Clock) -> None:
    run = Run(clock, Client(), received_at=START - 43_200 + 20)

    with run.heartbeat as heartbeat:
        run.beats.next_pause()
        run.beat(3)
        run.beat(6)
        assert run.client.extensions == [10, 6]
        clock.advance(5.5)
        run.beats.beat()
        failure = run.failure()
        assert isinstance(failure, HeartbeatLimitError)
        assert str(failure) == "the message was received 12 hours ago: SQS hides it no longer"
        assert not heartbeat.lost
        clock.advance(0.5)
        assert heartbeat.lost

    assert run.client.extensions == [10, 6]


def test_counts_the_twelve_hours_from_its_start_when_nothing_else_is_known(clock: Clock) -> None:
    run = Run(clock, Client(), every_seconds=21_600, extend_to_seconds=43_200)
    clock.advance(1000)

    with run.heartbeat:
        run.beats.next_pause()
        run.beat(21_600)

    assert run.client.extensions == [21_595]


def test_holds_the_message_only_a_little_longer_than_the_invoke_can_last(clock: Clock) -> None:
    run = Run(clock, Client(), context=Context(clock, timeout_seconds=10.5))

    with run.heartbeat:
        run.beats.next_pause()
        run.beat()
        run.beat()
        run.beat()

    assert run.client.extensions == [10, 10, 7]


def test_leaves_a_call_that_hangs_behind_and_never_hears_of_it_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat_module, "STOP_PATIENCE_SECONDS", 0.01)
    under_way, answer = threading.Event(), threading.Event()

    class HangingClient(Client):
        def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> object:  # noqa: N803 (boto3's)
            under_way.set()
            answer.wait(10)
            raise client_error("RequestThrottled")

    run = Run(clock, HangingClient())
    with run.heartbeat:
        run.beats.next_pause()
        run.beats.beat()
        assert under_way.wait(10)
    (thread,) = heartbeat_threads()
    answer.set()
    thread.join(10)

    assert not thread.is_alive()
    assert run.failures.empty()


def test_holds_one_delivery_once(clock: Clock) -> None:
    run = Run(clock, Client())
    with run.heartbeat:
        pass

    with pytest.raises(RuntimeError, match=r"^a Heartbeat holds one delivery once: make a new one$"), run.heartbeat:
        pass


@pytest.mark.parametrize(
    ("every_seconds", "extend_to_seconds", "message"),
    [
        (3, 0, "extend_to_seconds must be from 1 to 43200: 0"),
        (3, 43_201, "extend_to_seconds must be from 1 to 43200: 43201"),
        (0, 10, "every_seconds must be above 0: 0"),
        (-1, 10, "every_seconds must be above 0: -1"),
        (float("nan"), 10, "every_seconds must be above 0: nan"),
        (
            10,
            10,
            "every_seconds must be below extend_to_seconds (10), or the message shows itself between two beats: 10",
        ),
    ],
)
def test_refuses_periods_that_cannot_hold_a_message(every_seconds: float, extend_to_seconds: int, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Heartbeat(Client(), QUEUE_URL, "h", every_seconds=every_seconds, extend_to_seconds=extend_to_seconds)

    assert str(caught.value) == message
