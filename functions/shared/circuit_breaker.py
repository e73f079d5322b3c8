"""A circuit breaker: stops calling what is down, and finds out when it is up again.

CLOSED      calls are made. `failure_threshold` failures in a row open it.
OPEN        no calls are made: `CircuitOpenError`, at once. It says when the next probe will be made.
HALF_OPEN   `reset_seconds` after it opened exactly one call, the probe, is made. If it succeeds the breaker closes; if
            it fails the breaker is open for as long again. Other calls are refused meanwhile.

Not every error is a failure. An error that is an answer (the request was wrong) shows that the other side is well; an
error that says nothing about it (a throttle: too much was asked for at once) changes nothing. A breaker that took a
throttle for a failure would make an outage of a minute out of one of seconds, which back-off gets through.

The state is kept by a `BreakerStore`. The default, `LocalStore`, is the memory of one execution environment: free, and
each environment has to learn by its own failures that the other side is down (with a hundred environments that is a
hundred times the threshold, and a hundred probes). `shared.breaker_table.TableStore` keeps it in a DynamoDB table: all
environments learn from the first one, for a read per call and a write per failure. Either way only one probe is let
through per store, also by threads that arrive together.

A probe whose caller dies (a function timeout stops it dead) would be waited for for ever, so its lease ends:
`probe_seconds` after it was let through another probe may be.
"""

from __future__ import annotations

import enum
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from shared.errors import CircuitOpenError

Result = TypeVar("Result")


class State(enum.Enum):
    """Whether calls are made."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


class Verdict(enum.Enum):
    """What a call that was made says about what is guarded."""

    WELL = "well"
    FAILED = "failed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Circuit:
    """The state of a breaker. An instant is Unix time in seconds.

    Attributes:
        failures: failures in a row, as far as they have been counted.
        next_probe_at: when the next probe may be made; None: it is closed.
        probing: whether a probe is under way.
        version: counts changes, so that a store notices when somebody else has been faster.
    """

    failures: int = 0
    next_probe_at: float | None = None
    probing: bool = False
    version: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether calls are made."""
        return self.next_probe_at is None


class BreakerStore(Protocol):
    """Keeps the state of one breaker."""

    def load(self) -> Circuit:
        """The present state; a new `Circuit` where there is none."""

    def swap(self, old: Circuit, new: Circuit) -> bool:
        """Replace the state if it still is `old`, in one step; returns whether it did.

        Raises:
            Exception: the store does not answer.
        """


class LocalStore:
    """Keeps the state in the memory of this execution environment. Safe under threads."""

    def __init__(self) -> None:
        self._circuit = Circuit()
        self._lock = threading.Lock()

    def load(self) -> Circuit:
        """The present state."""
        return self._circuit

    def swap(self, old: Circuit, new: Circuit) -> bool:
        """Replace the state if it still is `old`."""
        with self._lock:
            if self._circuit != old:
                return False
            self._circuit = new
            return True


def _unix_seconds() -> float:
    # Looked up at each call: code that replaces `time.time` after this module was imported is heard.
    return time.time()


def _always(_: Exception) -> bool:
    return True


def _never(_: Exception) -> bool:
    return False


def _warn(error: Exception) -> None:
    logging.getLogger(__name__).warning("the state of a circuit breaker is not known: %s", error)


class CircuitBreaker:
    """Makes calls, or refuses to. One breaker guards one thing that may be down.

    Args:
        name: what it guards, for messages.
        store: where its state is kept.
        failure_threshold: failures in a row that open it.
        reset_seconds: how long it stays open before a probe.
        probe_seconds: after which time a probe counts as failed that nobody has heard of again.
        counts: which errors are failures of what is guarded. Any other error is an answer, and counts as a success.
        ignores: which errors say nothing about it, and count as neither; asked before `counts`. A probe that ends with
            one is given back: the next call is a probe again.
        on_store_error: is told what the store raised. A store that does not answer never stops a call and never
            changes what becomes of it: a breaker is there to spare calls, not to be one more thing that can be down.
        now: reads the clock, in Unix seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        store: BreakerStore | None = None,
        failure_threshold: int = 5,
        reset_seconds: float = 60.0,
        probe_seconds: float = 60.0,
        counts: Callable[[Exception], bool] = _always,
        ignores: Callable[[Exception], bool] = _never,
        on_store_error: Callable[[Exception], object] = _warn,
        now: Callable[[], float] = _unix_seconds,
    ) -> None:
        if failure_threshold < 1:
            raise ValueError(f"failure_threshold must be 1 or more: {failure_threshold}")
        if not reset_seconds > 0 or not probe_seconds > 0:
            raise ValueError(f"reset_seconds and probe_seconds must be above 0: {reset_seconds}, {probe_seconds}")
        self.name = name
        self._store = LocalStore() if store is None else store
        self._failure_threshold = failure_threshold
        self._reset_seconds = reset_seconds
        self._probe_seconds = probe_seconds
        self._counts = counts
        self._ignores = ignores
        self._on_store_error = on_store_error
        self._now = now

    @property
    def state(self) -> State:
        """The present state, as far as the store knows it."""
        circuit = self._store.load()
        if circuit.is_closed:
            return State.CLOSED
        return State.HALF_OPEN if circuit.probing else State.OPEN

    def call(self, function: Callable[[], Result]) -> Result:
        """Make a call, if calls are made.

        Raises:
            CircuitOpenError: no call was made.
            Exception: whatever the call raised.
        """
        admitted = self._admitted()
        try:
            result = function()
        except Exception as error:
            self._settle(admitted, self._verdict(error))
            raise
        self._settle(admitted, Verdict.WELL)
        return result

    def _verdict(self, error: Exception) -> Verdict:
        if self._ignores(error):
            return Verdict.NOTHING
        return Verdict.FAILED if self._counts(error) else Verdict.WELL

    def _admitted(self) -> Circuit:
        try:
            return self._admit()
        except CircuitOpenError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a store raises: it must not stop what it only guards)
            self._on_store_error(error)
            return Circuit()

    def _admit(self) -> Circuit:
        """Let a call through; returns the state it was let through in, which for a probe is the one it has made."""
        circuit = self._store.load()
        now = self._now()
        if circuit.next_probe_at is not None and now >= circuit.next_probe_at:
            # The probe itself moves the next one out of reach: whoever does not win this swap is refused.
            probe = Circuit(circuit.failures, now + self._probe_seconds, probing=True, version=circuit.version + 1)
            if self._store.swap(circuit, probe):
                return probe
            circuit = self._store.load()
        if circuit.next_probe_at is None:
            return circuit
        raise CircuitOpenError(self.name, circuit.next_probe_at, now)

    def _settle(self, admitted: Circuit, verdict: Verdict) -> None:
        """Note how a call went, unless that is old news."""
        if admitted.is_closed and (verdict is Verdict.NOTHING or (verdict is Verdict.WELL and not admitted.failures)):
            return  # Nothing to note, and a shared store is spared a read.
        after = {Verdict.WELL: self._succeeded, Verdict.FAILED: self._failed, Verdict.NOTHING: self._given_back}
        try:
            while True:
                circuit = self._store.load()
                changed = after[verdict](circuit, admitted)
                if changed is circuit or self._store.swap(circuit, changed):
                    return
        except Exception as error:  # noqa: BLE001 (the call has been made: its result or its error is what counts)
            self._on_store_error(error)

    def _succeeded(self, circuit: Circuit, admitted: Circuit) -> Circuit:
        if circuit.is_closed:
            return Circuit(version=circuit.version + 1) if circuit.failures else circuit
        # It was opened while this call was under way, or this probe counts as failed: then others decide.
        return Circuit(version=circuit.version + 1) if circuit == admitted else circuit

    def _failed(self, circuit: Circuit, admitted: Circuit) -> Circuit:
        if not circuit.is_closed and circuit != admitted:
            return circuit
        failures = circuit.failures + 1
        opens = circuit == admitted and admitted.probing
        if opens or failures >= self._failure_threshold:
            return Circuit(failures, self._now() + self._reset_seconds, version=circuit.version + 1)
        return Circuit(failures, version=circuit.version + 1)

    def _given_back(self, circuit: Circuit, admitted: Circuit) -> Circuit:
        """A probe has found out nothing: the next one may be made at once."""
        if circuit != admitted:
            return circuit
        return Circuit(circuit.failures, self._now(), version=circuit.version + 1)
