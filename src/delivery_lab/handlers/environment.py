"""One execution environment: its state, its virtual threads, and its life from cold start to the end."""

from __future__ import annotations

import contextvars
import os
import sys
from asyncio import AbstractEventLoop, all_tasks
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType, ModuleType
from typing import Protocol

from greenlet import greenlet

from delivery_lab.errors import ModelError, NotModelledError
from delivery_lab.handlers import answers
from delivery_lab.handlers.boto import DESCRIPTIONS
from delivery_lab.handlers.capture import Belonging, ErrorStream, LineStream
from delivery_lab.handlers.changing_places import take_limit, with_own
from delivery_lab.handlers.connections import close_connections
from delivery_lab.handlers.exchanged import Namespace
from delivery_lab.handlers.fibers import Fiber, FiberHost, ThreadIdentity, keep_for_ever, never_resume
from delivery_lab.handlers.finalizers import keep_to_environments
from delivery_lab.handlers.importing import Importing, begin, end
from delivery_lab.handlers.isolation import ProcessState
from delivery_lab.handlers.kept import KeptEnvironments, Loaded, Process
from delivery_lab.handlers.loading import InitialisationError, check_ready, load_handler, users_line
from delivery_lab.handlers.modules import EnvironmentModules, SearchPath
from delivery_lab.handlers.reading_past import needs_plain, reads_past
from delivery_lab.handlers.temporary import Temporaries
from delivery_lab.handlers.unopened import close_unopened
from delivery_lab.handlers.variables import variables_of
from delivery_lab.handlers.virtual_threads import Numbers
from delivery_lab.handlers.watching import Observer, Watch
from delivery_lab.model.clock import Timer
from delivery_lab.model.runtime import FunctionConfig, InvokeRequest, InvokeResponse

Finish = Callable[[InvokeResponse], None]

_FIRST_IDENT = 1 << 20


class EnvironmentHost(FiberHost, Protocol):
    """What an environment, beyond its fibers, asks of the host of the run."""

    @property
    def hub(self) -> greenlet:
        """The greenlet that runs the scheduler."""

    @property
    def cold_start(self) -> int:
        """Microseconds that a new environment takes before its code is imported."""

    @property
    def minimum(self) -> int:
        """Least microseconds of an invoke."""

    @property
    def observer(self) -> Observer:
        """Who wants to know what is seen of handlers."""

    @property
    def package_state(self) -> dict[str, Namespace]:
        """The shared packages' globals that a new environment begins with."""

    @property
    def kept(self) -> KeptEnvironments | None:
        """Loaded code of earlier runs, None where none is kept."""

    def search_path(self, function: FunctionConfig) -> SearchPath:
        """Where a function's imports look.

        Raises:
            HandlerLoadError: the function's code does not exist.
        """

    def import_as_host(self, import_: Callable[[], ModuleType]) -> ModuleType:
        """Import a shared package as the host would, from within a fiber."""

    def freeze(self, fiber: Fiber) -> None:
        """Take the timer of a fiber back; what it waits for is kept."""

    def thaw(self, fiber: Fiber) -> None:
        """Let a frozen fiber go on waiting; what has become due in the meantime happens now."""

    @property
    def temporaries(self) -> Temporaries:
        """The /tmp of each environment."""

    def forget(self, environment: HandlerEnvironment) -> None:
        """An environment has stopped."""

    def note_failed_start(self, function: str, failure: str, advice: str) -> None:
        """The code of a function could not be initialised, as it could not in Lambda."""


class HandlerEnvironment:
    """Implements `delivery_lab.model.runtime.Environment` with real code.

    Args:
        host: the host of the run.
        function: the function.
        number: number of the environment among those of the function.
        main_ident: thread ident of the main thread.
    """

    def __init__(self, host: EnvironmentHost, function: FunctionConfig, number: int, main_ident: int) -> None:
        self.host = host
        self.function = function
        self.number = number
        names = (function.name, str(number))
        self.entropy = host.streams.stream("handler entropy", *names)
        self.watch = Watch(function.name, host.observer, lambda: host.scheduler.now)
        self.latency = host.streams.stream("api latency", *names)
        self.polling: dict[Fiber, Callable[[], bool]] = {}
        self._log_stream = f"2026/01/01/[$LATEST]{host.streams.uuid('log stream', *names).replace('-', '')}"
        self._main_ident = main_ident
        self.importing: Importing | None = None
        self._fibers: dict[Fiber, None] = {}
        self._idents = _FIRST_IDENT
        self._request: InvokeRequest | None = None
        self._finish: Finish | None = None
        self._answering: Timer | None = None
        self.lateness = self.recursion_limit = 0
        self.hosts_limit = sys.getrecursionlimit()
        self._stopped = self._exited = False
        self._alive = False
        self.temporary = host.temporaries.take(function)

    def start(self, request: InvokeRequest, finish: Finish) -> None:
        """Begin an invoke at the current instant and return at once.

        Raises:
            ModelError: the environment is busy or has been stopped.
        """
        if self._stopped or self._request is not None:
            state = "has been stopped" if self._stopped else "is busy"
            raise ModelError(f"environment {self.number} of {self.function.name} {state} and cannot be invoked")
        self._request = request
        self._finish = finish
        self.lateness = request.lateness
        self.watch.begin(request.request_id)
        self.host.scheduler.after(0, self._begin, request)

    def _begin(self, request: InvokeRequest) -> None:
        if self._stopped:
            return
        if not self._alive:
            self._begin_process()
        for fiber in self._fibers:
            self.host.thaw(fiber)
        self.wake_polling()
        main = self._new_fiber(self._process.main, lambda: self._run(main, request), None)
        main.gr_context = self._process.context
        self.host.wake(main)

    def stop(self) -> None:
        """End the environment dead: nothing of its code runs any more."""
        if not self._stopped:
            self._stopped = True
            self.watch.end()
            was_reset = self._request is not None or self._exited
            if self._alive:
                self._end_process()
            self._request = self._finish = None
            self.host.temporaries.give_back(self.function, self.temporary, again=was_reset)
            self.host.forget(self)

    def spawn(self, parent: Fiber, run: Callable[[], None]) -> Fiber:
        """Start a virtual thread; it gets its turn when the running fiber waits."""
        self._idents += 1
        fiber = self._new_fiber(ThreadIdentity(self._idents), run, parent.request_id)
        self.host.wake(fiber)
        return fiber

    def exit(self, fiber: Fiber, code: int, reason: str = "") -> None:
        """`os._exit` and what else ends a process here and now, whichever thread calls it."""
        if self._request is not None and self._answering is None:
            self._answer(answers.exit_answer(self._request.request_id, code, reason), self.host.scheduler.now)
        while True:
            self.host.park(fiber, None)

    @property
    def active(self) -> bool:
        """Whether an invoke is running, so that its code goes on."""
        return self._request is not None

    def owns(self, fiber: Fiber) -> bool:
        """Whether a fiber still belongs to the living process of this environment."""
        return fiber in self._fibers

    def holds(self, path: str) -> bool:
        """Whether a file belongs to the function's code, its layers or its working directory."""
        return path.startswith(self._search.read_only)

    def line_of(self, frame: FrameType | None) -> str:
        """Where in the function's code a frame is."""
        return users_line(frame, self._search)

    def add_package_state(self, package: str, values: Namespace) -> None:
        """A shared package has been imported whose globals each process has for itself."""
        if self._alive:
            self.state.add_package_state(package, values)

    def wake_polling(self) -> None:
        """Wake the fibers whose files have something to read now; while they are frozen they stay so."""
        if not self.active:
            return
        for fiber, ready in list(self.polling.items()):
            if ready():
                del self.polling[fiber]
                self.host.wake(fiber)

    def _begin_process(self) -> None:
        if self.function.refusal:
            raise NotModelledError(self.function.refusal)
        self._search = self.host.search_path(self.function)
        self.loops: set[AbstractEventLoop] = set()
        seed = self.entropy.getrandbits(256)
        kept = self.host.kept
        loaded = None if kept is None else kept.take(self.function, self.host.package_state)
        self._process = self._new_process(seed) if loaded is None else self._process_of(loaded, seed)
        self.recursion_limit = 0
        self.pool_numbers = Numbers(self._process.pool_number)
        self.state = self._process.state
        self._handler: answers.Handler | None = None
        self._alive = True

    def _new_process(self, seed: int) -> Process:
        """A process that has loaded nothing."""
        belonging = Belonging(self)
        stdout, stderr = LineStream(belonging), ErrorStream(belonging)
        state = ProcessState(
            modules=EnvironmentModules(self._search, self.host.import_as_host),
            variables=variables_of(self.function, self._log_stream, self._search),
            stdout=stdout,
            stderr=stderr,
            seed=seed,
            package_state=self.host.package_state,
            folder=str(self._search.working_directory),
            unknown_variables=self.function.unknown_variables,
        )
        return Process(state, belonging, stdout, stderr, contextvars.Context(), ThreadIdentity(self._main_ident))

    def _process_of(self, loaded: Loaded, seed: int) -> Process:
        """A process whose code was loaded for an earlier run, as it was then."""
        process = loaded.process
        process.state.use_again(loaded.state, seed, self._log_stream, self.host.import_as_host)
        process.belonging.environment = self
        process.context = loaded.context.copy()
        return process

    def _end_process(self) -> None:
        self._alive = False
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None
        self._finish_lines()
        for fiber in self._fibers:
            self.host.freeze(fiber)
            never_resume(fiber)
        self._fibers.clear()
        self.polling.clear()
        close_connections(self)
        close_unopened(self)
        for loop in self.loops:
            _close(loop)
        self.loops.clear()

    def _new_fiber(self, identity: ThreadIdentity, run: Callable[[], None], request_id: str | None) -> Fiber:
        def whole() -> None:
            run()
            self._fibers.pop(fiber, None)

        fiber = Fiber(self, identity, whole, request_id, self.host.hub)
        self._fibers[fiber] = None
        return fiber

    def _run(self, fiber: Fiber, request: InvokeRequest) -> None:
        """The main thread during one invoke."""
        host = self.host
        self.state.names.set_aside()
        if self._handler is None:
            host.sleep(fiber, host.cold_start)
            began = host.scheduler.now
            failure = self._load(request)
            check_ready(self.function, host.scheduler.now - began, failed=failure is not None)
            if failure is not None:
                if self._answering is None:
                    self._answer(failure, host.scheduler.now)
                return
        assert self._handler is not None
        fiber.request_id = request.request_id
        # Only now: while the code is imported there is no invoke, and no header (LAM-TRACE-1).
        os.environ["_X_AMZN_TRACE_ID"] = request.trace
        context = answers.context_for(self.function, request, self._log_stream, self._process.belonging.now)
        began = host.scheduler.now
        answer = answers.call(with_own(self._handler, self), request, context, self.watch.event, self.function)
        self.watch.answers(answer.response.payload, failed=answer.response.error is not None)
        if self._answering is None:
            self._answer(answer, began)

    def _load(self, request: InvokeRequest) -> answers.HandlerAnswer | None:
        """Import the code; what Lambda answers where that fails, None where it does not."""
        process = self._process
        try:
            if process.handler is None:
                with self._noted_import() as importing:
                    process.handler = load_handler(self.function, self._search)
                    self._note_own(importing)
                keep_to_environments(self.state.own_modules)
                process.blind = reads_past(self.state.own_modules)
                process.plain = needs_plain(self.state.own_modules)
                if importing is not None:
                    self._keep(importing)
            self._handler = process.handler
            self.watch.blind, self.watch.plain = process.blind, process.plain
        except SystemExit as error:
            return answers.exit_answer(request.request_id, error.code)
        except InitialisationError as error:
            self.host.note_failed_start(self.function.name, f"{error.kind}: {error.message}", error.advice)
            return answers.init_answer(error.kind, error.message, error.stack)
        return None

    def _note_own(self, importing: Importing | None) -> None:
        """Set aside what the code has changed while it was imported; another import would change it again."""
        take_limit(self)
        names, settings = self.state.names, self.state.settings
        names.set_aside()
        if importing is not None and names.changed:
            importing.note(f"replaces {names.changed}, which all environments share")
        if importing is not None and (settings.changed or self.recursion_limit):
            importing.note("sets something for its whole process while it is imported")

    @contextmanager
    def _noted_import(self) -> Iterator[Importing | None]:
        """Note what the code does while it is imported, where that is of use."""
        kept = self.host.kept
        self.importing = None if kept is None else kept.importing(self.function, self._search)
        if self.importing is None:
            yield None
            return
        entropy = self.entropy.getstate()
        self._process.random_state = self.state.of_random["_inst"].getstate()
        begin(self.importing)
        try:
            yield self.importing
        finally:
            end()
            if self.entropy.getstate() != entropy:
                self.importing.note("draws at random while it is imported")
            if self.loops or self.polling or not self.watch.saw_nothing or len(self._fibers) > 1:
                self.importing.note("begins something while it is imported that goes on")
            self._process.pool_number = self.pool_numbers.following
            self.importing = None

    def _keep(self, importing: Importing) -> None:
        assert self.host.kept is not None
        boundary = (HandlerEnvironment, Belonging, EnvironmentModules, *DESCRIPTIONS)
        self.host.kept.keep(self.function, self._process, importing, self.host.package_state, boundary)

    def _answer(self, answer: answers.HandlerAnswer, began: int) -> None:
        scheduler = self.host.scheduler
        self._answering = scheduler.at(max(scheduler.now, began + self.host.minimum), self._finished, answer)

    def _finished(self, answer: answers.HandlerAnswer) -> None:
        self.watch.end()
        self._exited = answer.exited
        finish = self._finish
        self._request = self._finish = self._answering = None
        if answer.exited:
            self._end_process()
        else:
            self._finish_lines()
            for fiber in self._fibers:
                self.host.freeze(fiber)
        if finish is not None:
            finish(replace(answer.response, ended=answer.exited))

    def _finish_lines(self) -> None:
        self._process.stdout.finish_lines()
        self._process.stderr.finish_lines()


def _close(loop: AbstractEventLoop) -> None:
    """Give the files of a dead process's event loop back without running any of its tasks."""
    for task in all_tasks(loop):
        keep_for_ever(task)  # a coroutine that is collected runs its `finally`
    loop._thread_id = None  # type: ignore[attr-defined]  # else a loop that ran when it was stopped refuses to close
    loop.close()
