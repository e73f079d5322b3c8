from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from shared.circuit_breaker import Circuit, CircuitBreaker, LocalStore, State, Verdict
from shared.errors import CircuitOpenError


class DownError(Exception):
    pass


class WrongRequestError(Exception):
    pass


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Downstream:
    """Something that is called: up, or down."""

    def __init__(self) -> None:
        self.up = True
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if not self.up:
            raise DownError
        return "answer"


@pytest.fixture
def time() -> Time:
    return Time()


def open_breaker(time: Time, downstream: Downstream, **options: object) -> CircuitBreaker:
    breaker = CircuitBreaker("shop", now=time, **options)  # type: ignore[arg-type]  # options are checked by the class
    downstream.up = False
    for _ in range(5):
        with pytest.raises(DownError):
            breaker.call(downstream)
    return breaker


def test_five_failures_in_a_row_open_it_and_no_calls_are_made(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream)
    time.now += 20

    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(downstream)

    assert str(caught.value) == "shop is not called: it failed, and is tried again in 40.0 s"
    assert (caught.value.next_probe_at, caught.value.retry_after_seconds) == (1060.0, 40.0)
    assert (downstream.calls, breaker.state) == (5, State.OPEN)


def test_a_success_begins_the_count_anew(time: Time) -> None:
    downstream = Downstream()
    breaker = CircuitBreaker("shop", now=time)
    for _ in range(3):
        downstream.up = False
        for _ in range(4):
            with pytest.raises(DownError):
                breaker.call(downstream)
        downstream.up = True
        assert breaker.call(downstream) == "answer"

    assert breaker.state is State.CLOSED


def test_a_probe_that_succeeds_closes_it(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream)
    time.now += 60
    downstream.up = True

    assert [breaker.call(downstream), breaker.call(downstream)] == ["answer", "answer"]
    assert breaker.state is State.CLOSED


def test_a_probe_that_fails_leaves_it_open_for_as_long_again(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream)
    time.now += 60
    with pytest.raises(DownError):
        breaker.call(downstream)
    time.now += 59.9

    with pytest.raises(CircuitOpenError):
        breaker.call(downstream)

    assert downstream.calls == 6


def test_whoever_comes_during_a_probe_is_refused(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream)
    time.now += 60

    def probe() -> str:
        assert breaker.state is State.HALF_OPEN
        with pytest.raises(CircuitOpenError):
            breaker.call(downstream)
        return "probed"

    assert breaker.call(probe) == "probed"
    assert downstream.calls == 5


def test_a_probe_that_nobody_hears_of_again_is_given_up(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream, probe_seconds=7)
    time.now += 60
    downstream.up = True

    def dead() -> str:
        # The function times out here: no `except` of the breaker ever runs.
        time.now += 6.9
        with pytest.raises(CircuitOpenError):
            breaker.call(downstream)
        time.now += 0.1
        assert breaker.call(downstream) == "answer"
        raise DownError

    with pytest.raises(DownError):
        breaker.call(dead)
    # The late failure of the probe that was given up is one failure, and reopens nothing.
    assert breaker.state is State.CLOSED


def test_late_news_of_calls_from_before_change_nothing(time: Time) -> None:
    breaker = CircuitBreaker("shop", now=time)

    def open_it() -> None:
        for _ in range(4):
            with pytest.raises(DownError):
                breaker.call(_failing)

    def slow_success() -> str:
        open_it()
        return "late"

    def slow_failure() -> None:
        open_it()
        time.now += 30
        raise DownError

    for slow, opened_at in ((slow_success, time.now), (slow_failure, time.now + 60)):
        with pytest.raises(DownError):
            breaker.call(_failing)
        time.now = opened_at
        with contextlib.suppress(DownError):
            breaker.call(slow)
        with pytest.raises(CircuitOpenError) as caught:
            breaker.call(_failing)
        assert caught.value.next_probe_at == opened_at + 60
        time.now = opened_at + 60
        assert breaker.call(lambda: "well again") == "well again"


def _failing() -> str:
    raise DownError


def test_errors_that_are_answers_do_not_count(time: Time) -> None:
    breaker = CircuitBreaker("shop", now=time, counts=lambda error: isinstance(error, DownError))

    def wrong() -> str:
        raise WrongRequestError

    for _ in range(20):
        with pytest.raises(WrongRequestError):
            breaker.call(wrong)
    assert breaker.state is State.CLOSED


class BusyError(Exception):
    pass


def _busy() -> str:
    raise BusyError


def _is_busy(error: Exception) -> bool:
    return isinstance(error, BusyError)


def test_errors_that_say_nothing_neither_open_it_nor_begin_the_count_anew(time: Time) -> None:
    breaker = CircuitBreaker("shop", failure_threshold=2, now=time, ignores=_is_busy)

    for call in (*[_busy] * 20, _failing, *[_busy] * 20):
        with pytest.raises((BusyError, DownError)):
            breaker.call(call)
    with pytest.raises(DownError):  # it is closed still
        breaker.call(_failing)
    assert breaker.state is State.OPEN


def test_a_probe_that_finds_out_nothing_is_given_back(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream, ignores=_is_busy)
    time.now += 60

    for _ in range(3):
        with pytest.raises(BusyError):
            breaker.call(_busy)
        assert breaker.state is State.OPEN
    downstream.up = True
    assert breaker.call(downstream) == "answer"
    assert breaker.state is State.CLOSED


def test_a_probe_that_was_given_up_gives_nothing_back(time: Time) -> None:
    downstream = Downstream()
    breaker = open_breaker(time, downstream, ignores=_is_busy, probe_seconds=10)
    time.now += 60

    def slow() -> str:
        time.now += 11
        with pytest.raises(DownError):
            breaker.call(downstream)  # the next probe, which fails
        raise BusyError

    with pytest.raises(BusyError):
        breaker.call(slow)
    time.now += 59
    with pytest.raises(CircuitOpenError):
        breaker.call(downstream)


class FailingStore:
    """A store that answers so many times, and then no more."""

    def __init__(self, answers: int = 0) -> None:
        self._store = LocalStore()
        self._answers = answers

    def load(self) -> Circuit:
        self._use()
        return self._store.load()

    def swap(self, old: Circuit, new: Circuit) -> bool:
        self._use()
        return self._store.swap(old, new)

    def _use(self) -> None:
        if self._answers == 0:
            raise ConnectionError("the table is gone")
        self._answers -= 1


@pytest.mark.parametrize("answers", range(4))
def test_a_store_that_does_not_answer_changes_nothing_and_is_reported(time: Time, answers: int) -> None:
    reported: list[Exception] = []
    downstream = Downstream()
    breaker = CircuitBreaker("shop", store=FailingStore(answers), now=time, on_store_error=reported.append)

    assert breaker.call(downstream) == "answer"
    downstream.up = False
    with pytest.raises(DownError):
        breaker.call(downstream)
    with pytest.raises(DownError):
        breaker.call(downstream)

    assert downstream.calls == 3
    assert {str(error) for error in reported} == {"the table is gone"}


def test_a_store_error_is_logged_where_nobody_else_is_told(time: Time, caplog: pytest.LogCaptureFixture) -> None:
    assert CircuitBreaker("shop", store=FailingStore(), now=time).call(Downstream()) == "answer"

    assert caplog.messages == ["the state of a circuit breaker is not known: the table is gone"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"failure_threshold": 0}, "failure_threshold must be 1 or more: 0"),
        ({"reset_seconds": 0}, "reset_seconds and probe_seconds must be above 0: 0, 60.0"),
        ({"probe_seconds": float("nan")}, "reset_seconds and probe_seconds must be above 0: 60.0, nan"),
    ],
)
def test_numbers_that_make_no_breaker(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=r"must be") as caught:
        CircuitBreaker("shop", **options)  # type: ignore[arg-type]  # options are checked by the class
    assert str(caught.value) == message


def test_of_threads_that_arrive_together_one_is_let_through(time: Time) -> None:
    for _ in range(30):
        downstream = Downstream()
        breaker = open_breaker(time, downstream)
        time.now += 60
        probes: list[str] = []
        refused: list[CircuitOpenError] = []
        start, finish = threading.Barrier(8), threading.Event()

        def arrive(
            breaker: CircuitBreaker = breaker,
            probes: list[str] = probes,
            refused: list[CircuitOpenError] = refused,
            start: threading.Barrier = start,
            finish: threading.Event = finish,
        ) -> None:
            def probe() -> None:
                probes.append("probe")
                finish.wait(10)

            start.wait(10)
            try:
                breaker.call(probe)
            except CircuitOpenError as error:
                refused.append(error)
                if len(refused) == 7:
                    finish.set()

        threads = [threading.Thread(target=arrive) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert (len(probes), len(refused)) == (1, 7)


class Interleaved(RuleBasedStateMachine):
    """Calls that begin and end in any order, as those of many environments with one store do.

    A call of two steps is what `CircuitBreaker.call` is made of; in one thread it can be taken apart only here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        store = LocalStore()
        self.breakers = [
            CircuitBreaker("shop", store=store, failure_threshold=3, probe_seconds=20, now=self.time) for _ in range(2)
        ]
        self.under_way: list[tuple[CircuitBreaker, Circuit, float]] = []

    @rule(which=st.integers(0, 1))
    def begin(self, which: int) -> None:
        breaker = self.breakers[which]
        was_closed = breaker.state is State.CLOSED
        with contextlib.suppress(CircuitOpenError):
            self.under_way.append((breaker, breaker._admitted(), self.time.now))
            assert was_closed is not self.under_way[-1][1].probing
            return
        assert not was_closed

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def end(self, data: st.DataObject, verdict: Verdict) -> None:
        breaker, admitted, _ = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        breaker._settle(admitted, verdict)

    @rule(duration=st.sampled_from([0.5, 5, 19, 30, 60]))
    def wait(self, duration: float) -> None:
        self.time.now += duration

    @invariant()
    def at_most_one_probe_is_under_way(self) -> None:
        probes = [began for _, circuit, began in self.under_way if circuit.probing and self.time.now < began + 20]
        assert len(probes) <= 1


TestInterleaved: Callable[..., object] = Interleaved.TestCase


@given(results=st.lists(st.booleans(), max_size=60), pauses=st.lists(st.sampled_from([0, 10, 61]), min_size=60))
def test_calls_are_made_exactly_when_fewer_than_five_failed_in_a_row(results: list[bool], pauses: list[int]) -> None:
    time, downstream = Time(), Downstream()
    breaker = CircuitBreaker("shop", now=time)
    failures, open_until = 0, None
    for result, pause in zip(results, pauses, strict=False):
        time.now += pause
        downstream.up, before = result, downstream.calls
        with contextlib.suppress(DownError, CircuitOpenError):
            breaker.call(downstream)
        allowed = open_until is None or time.now >= open_until
        assert downstream.calls - before == allowed
        if allowed:
            failures = 0 if result else failures + 1
            open_until = None if result or (failures < 5 and open_until is None) else time.now + 60
