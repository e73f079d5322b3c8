"""Functions that are somewhere else, as the mapping of the model invokes them."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import Actor, InvokeEnded, InvokeRefused, InvokeStarted, Journal
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.errors import place_error
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, Faults
from delivery_lab.model.functions import INJECTED_FAILURE
from delivery_lab.model.invokes import Done, InvokeResult, Rehearsal, Throttled
from delivery_lab.model.loops import NO_LINEAGE, Lineage, Loops
from delivery_lab.model.payloads import Payload, text_of
from delivery_lab.model.runtime import MINIMUM_INVOKE_SECONDS, FunctionConfig
from delivery_lab.rule_ids import RuleId

_ANSWER_SECONDS = 0.05
"""On this machine's clock: a refusal is there by then. An invoke that has none is taken to have been accepted."""
_THREADS = 128
_NAMED = re.compile(r'(?:"function_request_id":\s?"|RequestId: )([0-9a-f-]{36})')
NO_ENVIRONMENT = 0
"""Which execution environment an invoke had cannot be seen from outside."""


class RealFunctions:
    """The Lambda service, by its API.

    Args:
        configurations: of the functions, by name.
        physical: names of the functions in AWS, by name.
        client: boto3's client of Lambda.
        faults: the faults of the run: none.
        scheduler: the run's clock.
        journal: where events are written.

    Attributes:
        asked_at: instants at which invokes were asked for, by their ids.
        refused: invokes that were taken to have been accepted and were refused: their ids, each with the instants at
            which it was asked for and taken to have been accepted.
        known_as: what invokes are called here, by the ids that functions know them by.
    """

    def __init__(
        self,
        configurations: Callable[[str], FunctionConfig],
        physical: Mapping[str, str],
        client: Any,
        faults: Faults,
        *,
        scheduler: RealTimeScheduler,
        journal: Journal,
    ) -> None:
        self.loops = Loops()
        self.faults = faults
        self.asked_at: dict[str, int] = {}
        self.refused: set[tuple[str, int]] = set()
        self.known_as: dict[str, str] = {}
        self.running = 0
        self.scheduler = scheduler
        self.journal = journal
        self._configuration = configurations
        self._physical = physical
        self._client = client
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="invoke")

    def configuration(self, name: str) -> FunctionConfig:
        """The configuration of a function."""
        return self._configuration(name)

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        lineage: Lineage = NO_LINEAGE,
        request_id: str | None = None,
    ) -> RealInvoke | Throttled:
        """Invoke a function and wait for its answer in a thread of its own.

        What simulations keep of an invoke, to tell the next one from it (`note`, `rehearsal`, `lineage`), is nothing
        that a real function could be asked for. Faults of the workload happen before the function is asked.
        """
        fault = self.faults.of_function(name, payload)
        if fault is not None and fault.kind is FaultKind.THROTTLE:
            throttled = Throttled("ConcurrentInvocationLimitExceeded", "SIM-FAULT-1")
            self.journal.append(
                InvokeRefused(self.scheduler.now, throttled.rule, name, throttled.reason, throttled.status, by)
            )
            return throttled
        call = RealInvoke(self, name, done, by, request_id or self.new_request_id(name))
        self.running += 1
        if fault is not None:
            failure = json.dumps({"errorType": INJECTED_FAILURE, "errorMessage": "a fault of the workload"})
            self.scheduler.after(seconds(MINIMUM_INVOKE_SECONDS), call.finish, (), failure, INJECTED_FAILURE)
            return call
        self._pool.submit(self._ask, call, self._physical[name], text_of(payload))
        return call

    def new_request_id(self, name: str) -> str:
        """An id for an invoke of a function; the function knows itself by another one."""
        return str(uuid.uuid4())

    def _ask(self, call: RealInvoke, physical: str, payload: str) -> None:
        try:
            answer = self._client.invoke(FunctionName=physical, Payload=payload.encode(), LogType="Tail")
            body = answer["Payload"].read().decode()
            names = (answer["ResponseMetadata"]["RequestId"], *_named_in(answer.get("LogResult", "")))
            self.scheduler.post(call.finish, names, body, answer.get("FunctionError"))
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                self.scheduler.post(call.refuse, str(error.response.get("Reason") or "TooManyRequestsException"))
            else:
                self.scheduler.fail(place_error(f"Invoke of {call.function}", error))
        except BotoCoreError as error:
            self.scheduler.fail(place_error(f"Invoke of {call.function}", error))
        except RuntimeError as error:  # the pool of connections is closed
            self.scheduler.fail(error)

    def close(self) -> None:
        """Wait for nobody: what runs is cut off with the place that it runs in."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class RealInvoke:
    """One invoke on its way. Whether it was accepted is told after a moment in which a refusal would have come."""

    def __init__(self, functions: RealFunctions, function: str, done: Done, by: Actor, name: str) -> None:
        self.id = name
        self._asked_at = functions.scheduler.now
        self._taken_at = 0
        self.function = function
        self._functions = functions
        self._done = done
        self._by = by
        self._accepted: Callable[[str], None] | None = None
        self._on_refused: Callable[[Throttled], None] | None = None
        self._taken = False
        self._over = False
        self._refusal: str | None = None
        functions.asked_at[self.id] = self._asked_at

    def then(self, accepted: Callable[[str], None], refused: Callable[[Throttled], None]) -> None:
        """Say whom to tell."""
        self._accepted, self._on_refused = accepted, refused
        wait = seconds(_ANSWER_SECONDS * self._functions.scheduler.clock.speed)
        self._functions.scheduler.after(wait, self._decide)

    def _decide(self) -> None:
        if self._refusal is not None:
            self._tell_refusal()
        elif not self._over:
            self._take()

    def _take(self) -> None:
        if self._taken:
            return
        self._taken = True
        self._taken_at = self._functions.scheduler.now
        self._functions.journal.append(
            InvokeStarted(self._asked_at, None, self.function, self.id, NO_ENVIRONMENT, self._by)
        )
        assert self._accepted is not None
        self._accepted(self.id)

    def finish(self, names: Iterable[str], payload: str, function_error: str | None) -> None:
        """The function has answered."""
        self._take()
        self._over = True
        self._functions.running -= 1
        self._functions.known_as |= dict.fromkeys(names, self.id)
        error = None if function_error is None else _error_type(payload, function_error)
        now = self._functions.scheduler.now
        self._functions.journal.append(InvokeEnded(now, _rule_of(error), self.function, self.id, NO_ENVIRONMENT, error))
        self._done(InvokeResult(self.id, payload, error))

    def refuse(self, reason: str) -> None:
        """Lambda has refused it. Others that were asked for before it are known to run only a moment later."""
        self._refusal = reason
        if self._taken:
            self._tell_refusal()

    def _tell_refusal(self) -> None:
        assert self._on_refused is not None
        assert self._refusal is not None
        self._functions.running -= 1
        self._over = True
        now, reason = self._functions.scheduler.now, self._refusal
        self._functions.journal.append(InvokeRefused(now, None, self.function, reason, 429, self._by))
        if self._taken:
            self._functions.refused |= {(self.id, self._asked_at), (self.id, self._taken_at)}
        self._on_refused(Throttled(reason, "LAM-CONC-2"))


def _rule_of(error: str | None) -> RuleId | None:
    return "SIM-FAULT-1" if error == INJECTED_FAILURE else "LAM-ERR-1" if error else None


def _named_in(tail: str) -> set[str]:
    """Ids of the invoke in the end of its log: an emulator calls it otherwise than its answer does."""
    return set(_NAMED.findall(base64.b64decode(tail).decode(errors="replace")))


def _error_type(payload: str, function_error: str) -> str:
    """The error type that a failed invoke answers with."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return function_error
    named = answer.get("errorType") if isinstance(answer, dict) else None
    return str(named) if named else function_error
