"""The host of real handlers: greenlets on the scheduler's thread, with everything around them virtual."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any, Self

from greenlet import getcurrent, greenlet

from delivery_lab.errors import ModelError
from delivery_lab.events import LogLine
from delivery_lab.handlers import taken
from delivery_lab.handlers.changing_places import ChangingPlaces
from delivery_lab.handlers.code_places import CodePlaces
from delivery_lab.handlers.environment import HandlerEnvironment
from delivery_lab.handlers.exchanged import STAYING, Namespace
from delivery_lab.handlers.fibers import Fiber, Plan, as_host, current
from delivery_lab.handlers.files import FileGuard
from delivery_lab.handlers.isolation import imported_package_state
from delivery_lab.handlers.kept import KeptEnvironments
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.handlers.no_network import Sockets
from delivery_lab.handlers.process_effects import refuse
from delivery_lab.handlers.replacements import Replacements
from delivery_lab.handlers.run_thread import RunThread
from delivery_lab.handlers.stall import StallAlarm
from delivery_lab.handlers.temporary import Temporaries
from delivery_lab.handlers.watching import Observer, Unobserved
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import (
    COLD_START_SECONDS,
    MINIMUM_INVOKE_SECONDS,
    AwsApi,
    AwsError,
    Caller,
    ConnectionFailed,
    FunctionConfig,
    LogSink,
    LongPoll,
    Pending,
    ReadTimeout,
    WebApi,
)

API_LATENCY_MIN_SECONDS, API_LATENCY_MAX_SECONDS = 0.005, 0.015
STALL_AFTER_SECONDS = 10.0
# A client without a read timeout waits for ever; no function and no process lives that long.
LONGEST_WAIT_SECONDS = 86_400.0

_set_recursion_limit, _call_tracing = sys.setrecursionlimit, sys.call_tracing

_entered: list[HandlerHost] = []


class HandlerHost:
    """Runs functions' real code in virtual time; implements `delivery_lab.model.runtime.Runtime`.

    A context manager: clocks, threads, boto3 and the rest are redirected between enter and exit, and only for code
    inside handlers. Errors that end the run (an API call that is not modelled) are raised by `scheduler.run()`.

    Args:
        scheduler: the clock of the run.
        streams: its random streams.
        aws: answers the API calls of handlers.
        log: takes the lines that handlers print and log.
        observer: takes what is seen of handlers besides, None where nobody wants it.
        stall_after_seconds: real time after which a handler that has not given up control counts as blocked.
        cold_start_seconds: virtual time that a new environment takes before its code is imported.
        minimum_invoke_seconds: least virtual time of an invoke.
        api_latency_min_seconds: least virtual time before an API call takes effect.
        api_latency_max_seconds: most.
        web: answers requests to HTTP addresses; without it each is refused.
        kept: keeps loaded code from run to run.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        streams: RandomStreams,
        aws: AwsApi,
        log: LogSink,
        observer: Observer | None = None,
        *,
        stall_after_seconds: float = STALL_AFTER_SECONDS,
        cold_start_seconds: float = COLD_START_SECONDS,
        minimum_invoke_seconds: float = MINIMUM_INVOKE_SECONDS,
        api_latency_min_seconds: float = API_LATENCY_MIN_SECONDS,
        api_latency_max_seconds: float = API_LATENCY_MAX_SECONDS,
        web: WebApi | None = None,
        kept: KeptEnvironments | None = None,
    ) -> None:
        self.scheduler, self.streams = scheduler, streams
        self.lines: list[LogLine] = []
        self._log, self.kept = log, kept
        self.observer: Observer = observer or Unobserved()
        self.hub: greenlet = getcurrent()
        self.cold_start, self.minimum = seconds(cold_start_seconds), seconds(minimum_invoke_seconds)
        self.package_state: dict[str, Namespace] = {}
        self._aws, self.web = aws, web
        self.api_latency = (seconds(api_latency_min_seconds), seconds(api_latency_max_seconds))
        self._alarm = StallAlarm(stall_after_seconds, self.abort)
        self._changing = ChangingPlaces(self._alarm, self.deliver_lines)
        self._thread = RunThread(self._alarm, self._changing.leave_behind)
        self._replacements, self._files = Replacements(), FileGuard(refuse)
        self._sockets, self.temporaries = Sockets(self.abort), Temporaries()
        self._places: CodePlaces | None = None
        self._environments: dict[HandlerEnvironment, None] = {}
        self._failure: BaseException | None = None
        self.notes: dict[str, None] = {}

    def __enter__(self) -> Self:
        """Put everything virtual in place.

        Raises:
            ModelError: a host is in place already.
        """
        if _entered:
            raise ModelError("handlers of another run are still in place; runs in one process come one after another")
        _entered.append(self)
        if self.kept is not None:
            self.kept.begin_run()
        self._places = CodePlaces() if self.kept is None else self.kept.places
        try:
            self._alarm.install()
            self._replacements.install()
            self._files.begin()
            self._sockets.begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.package_state = imported_package_state()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all environments and put everything back as it was."""
        for environment in list(self._environments):
            environment.stop()
        for part in (self._thread, self._sockets, self._files):
            part.end()
        self.temporaries.remove()
        self._replacements.remove()
        self._alarm.remove()
        _entered.remove(self)
        if self.kept is not None:
            self.kept.end_run()
        elif self._places is not None:
            self._places.remove()
        self._places = None

    def run(self, until: int | None = None) -> None:
        """Let virtual time pass (`Scheduler.run`), on a thread of its own unless this is the main thread."""
        with STAYING:
            self._thread.do(lambda: self.scheduler.run(until))

    def new_environment(self, function: FunctionConfig, number: int) -> HandlerEnvironment:
        """A fresh environment; nothing of its code is looked at before its first invoke.

        Raises:
            ModelError: the host is not entered.
        """
        if self not in _entered:
            raise ModelError("the host of handlers is used outside its `with` block")
        environment = HandlerEnvironment(self, function, number, threading.main_thread().ident or 0)
        self._environments[environment] = None
        return environment

    def forget(self, environment: HandlerEnvironment) -> None:
        """An environment has stopped."""
        self._environments.pop(environment, None)

    def note_failed_start(self, function: str, failure: str, advice: str) -> None:
        """The code of a function could not be initialised, as it could not in Lambda; said once for each failure."""
        text = f"{function} fails before its handler is called, in AWS too: {failure}"
        self.notes[f"{text} ({advice})" if advice else text] = None

    def search_path(self, function: FunctionConfig) -> SearchPath:
        """Where a function's imports look; the folders are read once.

        Raises:
            HandlerLoadError: the function's code does not exist.
        """
        if self._places is None:
            raise ModelError("the host of handlers is used outside its `with` block")
        found = self._places.search_path(function)
        self.notes |= dict.fromkeys(f"{function.name}: {text}" for text in found.substitutes)
        return found

    def sleep(self, fiber: Fiber, duration: int) -> None:
        """Let `duration` microseconds pass for a fiber."""
        self._wait(fiber, Plan(self.scheduler.now + duration, self._resume, (fiber, False)))

    def park(self, fiber: Fiber, limit: int | None) -> bool:
        """Wait until another fiber wakes this one.

        Args:
            fiber: the fiber that is running.
            limit: microseconds after which it goes on anyway, None for never.

        Returns:
            Whether it was woken.
        """
        plan = None if limit is None else Plan(self.scheduler.now + limit, self._resume, (fiber, False))
        return bool(self._wait(fiber, plan))

    def call_aws(
        self,
        fiber: Fiber,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        read_timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """Make an API call; it takes effect, and its answer arrives, after the latency.

        Args:
            fiber: the fiber that is running.
            service: botocore's service name.
            operation: API operation.
            parameters: its parameters.
            read_timeout_seconds: how long the client waits for an answer that takes its time, None for ever.

        Raises:
            AwsError: AWS answers with an error.
            ConnectionFailed: nobody answers.
            ReadTimeout: there is no answer within the read timeout.
        """
        instant = self.scheduler.now + fiber.environment.latency.randint(*self.api_latency)
        call = (fiber, service, operation, parameters, read_timeout_seconds)
        answer = self._wait(fiber, Plan(instant, self._perform, call))
        watch = fiber.environment.watch
        if isinstance(answer, (AwsError, ConnectionFailed, ReadTimeout)):
            if watch.wants(service, operation, parameters):
                watch.refused(service, operation, parameters, answer)
            raise answer
        if watch.wants(service, operation, parameters):
            watch.called(service, operation, parameters, answer)
        return dict(answer)

    def abort(self, error: BaseException) -> None:
        """End the run with an error. The fiber that is running never goes on."""
        self._failure = error
        while True:
            # Python traces nothing while an audit hook runs, and would for good if one were left as it is.
            _call_tracing(self.hub.switch, ())

    def import_as_host(self, import_: Callable[[], ModuleType]) -> ModuleType:
        """Import a shared package as the host would, from within a fiber."""
        fiber = current()
        if fiber is None:
            return import_()
        with as_host():
            fiber.environment.state.leave_wholly()
            try:
                return import_()
            finally:
                self._note_package_state()
                fiber.environment.state.enter()

    def wake(self, fiber: Fiber) -> None:
        """Let a fiber go on at the current instant, after what is due already. One that has ended is left alone."""
        if not fiber.environment.owns(fiber):
            return
        self._cancel(fiber)
        self._schedule(fiber, Plan(self.scheduler.now, self._resume, (fiber, True)))

    def freeze(self, fiber: Fiber) -> None:
        """Take the timer of a fiber back; what it waits for is kept."""
        if fiber.plan is not None and fiber.plan.timer is not None:
            fiber.plan.timer.cancel()
            fiber.plan.timer = None

    def thaw(self, fiber: Fiber) -> None:
        """Let a frozen fiber go on waiting; what has become due in the meantime happens now."""
        if fiber.plan is not None:
            self._schedule(fiber, fiber.plan)

    def deliver_lines(self) -> None:
        """Pass on what handlers have written. The sink is host code, so it is not called from within them."""
        lines, self.lines = self.lines, []
        for line in lines:
            self._log(line)

    def _schedule(self, fiber: Fiber, plan: Plan) -> None:
        fiber.plan = plan
        plan.timer = self.scheduler.at(max(plan.instant, self.scheduler.now), plan.action, *plan.arguments)

    def _cancel(self, fiber: Fiber) -> None:
        self.freeze(fiber)
        fiber.plan = None

    def _wait(self, fiber: Fiber, plan: Plan | None) -> Any:
        if fiber.environment.importing is not None:
            fiber.environment.importing.note("waits while it is imported")
        if plan is not None:
            self._schedule(fiber, plan)
        answer = self.hub.switch()
        if fiber.environment.recursion_limit:  # set here: the hub may be deeper than that
            _set_recursion_limit(fiber.environment.recursion_limit)
        return answer

    def _perform(
        self,
        fiber: Fiber,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        read_timeout_seconds: float | None,
    ) -> None:
        """An API call takes effect. It runs in the hub, so the model sees the host's world."""
        caller = Caller(fiber.environment.function.name, fiber.request_id)
        try:
            answer: Any = self._aws.call(service, operation, parameters, caller)
        except (AwsError, ConnectionFailed) as error:
            answer = error
        if not fiber.environment.owns(fiber):
            return
        if isinstance(answer, LongPoll):
            self._poll(fiber, answer)
        elif isinstance(answer, Pending):
            self._await(fiber, answer, read_timeout_seconds)
        else:
            self._resume(fiber, answer)

    def _await(self, fiber: Fiber, pending: Pending, read_timeout_seconds: float | None) -> None:
        """Let a fiber wait for an answer that takes its time, for the read timeout of its client at most."""
        limit_seconds = LONGEST_WAIT_SECONDS if read_timeout_seconds is None else read_timeout_seconds
        over = Plan(self.scheduler.now + seconds(limit_seconds), self._resume, (fiber, ReadTimeout()))
        self._schedule(fiber, over)

        def on_answer(answer: dict[str, Any] | AwsError | ConnectionFailed) -> None:
            if fiber.plan is not over or not fiber.environment.owns(fiber):
                return  # it went on, or its environment is gone
            frozen = over.timer is None
            self._cancel(fiber)
            fiber.plan = Plan(self.scheduler.now, self._resume, (fiber, answer))
            if not frozen:  # else it is thawed with this plan
                self._schedule(fiber, fiber.plan)

        pending.when_done(on_answer)

    def _poll(self, fiber: Fiber, poll: LongPoll) -> None:
        """Let a fiber wait for what may arrive; it goes on with the answer, or with none when the time is over."""

        def time_is_over() -> None:
            give_up[-1]()
            self._resume(fiber, poll.empty)

        def ask_again() -> None:
            if fiber.plan is not waiting or waiting.timer is None:
                return  # it went on, or its environment is frozen or gone
            answer = poll.attempt()
            if answer is None:
                give_up.append(poll.when_ready(ask_again))
            else:
                self._cancel(fiber)
                self._schedule(fiber, Plan(self.scheduler.now, self._resume, (fiber, answer)))

        waiting = Plan(self.scheduler.now + seconds(poll.wait_seconds), time_is_over, ())
        self._schedule(fiber, waiting)
        give_up = [poll.when_ready(ask_again)]

    def _resume(self, fiber: Fiber, value: Any) -> None:
        """Let a fiber run until it waits or ends."""
        fiber.plan = None
        environment = fiber.environment
        self.hub = getcurrent()
        fiber.end_in(self.hub)
        with self._alarm.deferring_interrupts():
            self._changing.run(fiber, value)
        if environment.polling:
            environment.wake_polling()
        self._sockets.ran(environment)
        if environment.state.names.broken and self._failure is None:
            self._failure = taken.broken(environment.function.name, environment.state.names.broken)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _note_package_state(self) -> None:
        for package, values in imported_package_state().items():
            if package not in self.package_state:
                self.package_state[package] = values
                for environment in self._environments:
                    environment.add_package_state(package, values)
