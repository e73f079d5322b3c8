"""What a process has of its own, kept apart for each execution environment.

In real life every environment is a process. Here they share one, so whatever Python keeps once per process is
exchanged when control passes between the host and an environment: modules, environment variables, standard
streams, the working directory, the logging tree, the table of threads, and a few globals of shared packages.
Exchanging means moving references in a fixed, short list of dictionaries.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import io
import logging
import os
import posix
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from delivery_lab.handlers.capture import LineStream, RuntimeLogHandler
from delivery_lab.handlers.chance import module_functions
from delivery_lab.handlers.exchanged import (
    CONTENTS,
    STAYING,
    Absent,
    Exchange,
    Namespace,
    OfClass,
    OfDictionary,
    OfModules,
)
from delivery_lab.handlers.modules import EnvironmentModules, LoadedModules
from delivery_lab.handlers.own_names import OwnNames
from delivery_lab.handlers.own_settings import OwnSettings
from delivery_lab.handlers.reach import Reach
from delivery_lab.handlers.snapshot_kinds import Unrestorable
from delivery_lab.handlers.unknown_variables import VARYING, Variables
from delivery_lab.handlers.virtual_threads import Local, Numbers, VirtualLock
from delivery_lab.handlers.xray import NoEmitter, context_in_lambda, patched_libraries, sampler_in_lambda


@dataclass(frozen=True, slots=True)
class MadeAnew:
    """Stands for a value that cannot be copied: each environment makes its own."""

    make: Callable[[], object]


_POWERTOOLS = "aws_lambda_powertools"
_OF_HANDLERS_ALONE = (f"{_POWERTOOLS}.", "aws_xray_sdk.")
"""Packages of which the host reads nothing while time passes in a run (`exchanged.Staying`)."""
_OF_A_REQUEST = {"current_event": Absent, "lambda_context": Absent}

SHARED_PACKAGE_STATE: dict[str, Namespace] = {
    "boto3": {"DEFAULT_SESSION": None},
    "tempfile": {"tempdir": "/tmp"},  # noqa: S108 - Lambda's own
    "aws_xray_sdk.core:xray_recorder": {
        "_context": MadeAnew(context_in_lambda),
        "_sampler": MadeAnew(sampler_in_lambda),
        "_emitter": MadeAnew(NoEmitter),
    },
    "aws_xray_sdk.core.patcher": {"_PATCHED_MODULES": MadeAnew(patched_libraries)},
    f"{_POWERTOOLS}.logging.logger": {"is_cold_start": True},
    f"{_POWERTOOLS}.tracing.tracer": {"is_cold_start": True},
    f"{_POWERTOOLS}.metrics.base": {"is_cold_start": True},
    f"{_POWERTOOLS}.metrics.provider.cold_start": {"is_cold_start": True},
    f"{_POWERTOOLS}.metrics.metrics:Metrics": {
        "_metrics": {},
        "_dimensions": {},
        "_metadata": {},
        "_default_dimensions": {},
    },
    f"{_POWERTOOLS}.metrics.provider.datadog.metrics:DatadogMetrics": {"_metrics": [], "_default_tags": {}},
    f"{_POWERTOOLS}.event_handler.api_gateway:BaseRouter": _OF_A_REQUEST,
    f"{_POWERTOOLS}.event_handler.graphql_appsync.router:Router": {
        "current_batch_event": [],
        "current_event": None,
        "lambda_context": None,
    },
    f"{_POWERTOOLS}.event_handler.events_appsync.router:Router": _OF_A_REQUEST,
    f"{_POWERTOOLS}.utilities.circuit_breaker.base": {
        "_LOCAL_FAILURES": {},
        "_LOCAL_SUCCESSES": {},
        "_LAST_OBSERVED_STATE": {},
        "_PROBE_OWNER": MadeAnew(Local),
    },
    f"{_POWERTOOLS}.utilities.metadata.lambda_metadata": {"_cache": {}},
    f"{_POWERTOOLS}.utilities.parameters.constants:DEFAULT_PROVIDERS": {CONTENTS: {}},
}
"""What modules keep for the whole process, and classes and dictionaries in them (`module:Name`), as in a fresh one."""

_LEVELS = {name: getattr(logging, name) for name in ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "NOTSET")}
_OTHER_LEVELS = {"FATAL": logging.FATAL, "WARN": logging.WARN}

_real_putenv, _real_getcwd, _real_chdir = os.putenv, os.getcwd, os.chdir
"""The lab's own ones: what stands for them in handlers would find out at every change of control that it is the lab."""


def imported_package_state() -> dict[str, Namespace]:
    """The part of `SHARED_PACKAGE_STATE` whose packages are imported."""
    return {owner: values for owner, values in SHARED_PACKAGE_STATE.items() if owner.partition(":")[0] in sys.modules}


def _owner_of(name: str) -> type | Namespace:
    """What has the state that `SHARED_PACKAGE_STATE` calls by this name: a module's names, a class or a dictionary."""
    module, _, attribute = name.partition(":")
    found = sys.modules[module] if not attribute else getattr(sys.modules[module], attribute)
    return found if isinstance(found, (dict, type)) else vars(found)


AsHost = Callable[[Callable[[], ModuleType]], ModuleType]
"""Runs a function while the host's state is in place instead of the environment's."""


@dataclass(frozen=True, slots=True)
class LoadedState:
    """What a process has of its own once its code is loaded.

    Attributes:
        values: what is exchanged with the host's, each with what exchanges it.
        modules: the modules of the function's own files.
        folder: the working directory.
        followed: the part of `values` whose objects a snapshot follows; the tables of threads are made anew.
    """

    values: list[tuple[Exchange, Any]]
    modules: LoadedModules
    folder: str | None
    followed: list[Any]


class ProcessState:
    """The process-wide state of one environment. `enter` and `leave` exchange it with the host's.

    Args:
        modules: the environment's modules.
        variables: its environment variables.
        stdout: its standard output.
        stderr: its standard error.
        seed: seed of the functions of the module `random`.
        package_state: the shared packages' globals that the environment begins with.
        folder: the working directory it begins in, as Lambda's is the folder of the function's code.
        unknown_variables: names of variables whose values are not known; they are refused to whoever reads them.
    """

    def __init__(
        self,
        modules: EnvironmentModules,
        variables: dict[str, str],
        stdout: LineStream,
        stderr: LineStream,
        seed: int,
        package_state: dict[str, Namespace],
        folder: str | None = None,
        unknown_variables: Iterable[str] = (),
    ) -> None:
        self._modules = modules
        self._folder = folder
        self._hosts_folder: str | None = None
        self.names = OwnNames(modules.names)
        self.settings = OwnSettings()
        self._exchanged, self._exchanged_that_stay = OfModules(), OfModules()
        self._staying: list[Exchange] = [self._exchanged_that_stay]
        # Each loop of asyncio sets them, and code can wait, or end, while its loop runs.
        self._generator_hooks: tuple[Any, Any] = (None, None)
        self._hosts_generator_hooks: tuple[Any, Any] = (None, None)
        self._zone = variables.get("TZ", ":UTC")
        encoded: dict[bytes, bytes] = {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}
        self._encoded = Variables(encoded, map(os.fsencode, unknown_variables))
        self._own(vars(os.environ), _data=self._encoded)
        self._own(vars(os.environb), _data=self._encoded)
        self._own(vars(posix), environ=self._encoded)
        self._own(
            vars(sys),
            stdout=stdout,
            stderr=stderr,
            stdin=io.StringIO(),
            path=list(modules.path),
            argv=[""],
            __stdout__=stdout,
            __stderr__=stderr,
            meta_path=modules.meta_path(),
            path_hooks=list(sys.path_hooks),
            path_importer_cache={},
            excepthook=sys.__excepthook__,
        )
        self.of_random = module_functions(seed)
        """The functions of the module `random`, and their generator."""
        self._own(vars(random), **self.of_random)
        self._own(vars(warnings), filters=_default_warning_filters())
        self._threads = [self._own(vars(module), **values) for module, values in _thread_tables()]
        self._own_logging(stdout)
        self._own(vars(asyncio.events), _event_loop_policy=None)
        for package, values in package_state.items():
            self.add_package_state(package, values)

    def add_package_state(self, owner: str, values: Namespace) -> None:
        """Give the environment its own values of what a shared module, or a class of it, keeps for the process."""
        fresh = {name: value.make() if isinstance(value, MadeAnew) else copy(value) for name, value in values.items()}
        found = _owner_of(owner)
        self.names.leave_out(found, fresh)
        if isinstance(found, type):
            self._staying.append(OfClass(found, fresh))
        elif CONTENTS in fresh:
            self._staying.append(OfDictionary(found, fresh))
        else:
            (self._exchanged_that_stay if owner.startswith(_OF_HANDLERS_ALONE) else self._exchanged).add(found, fresh)

    # -- loaded code, used again --------------------------------------------------------------------------

    def loaded(self) -> LoadedState:
        """What is in place now, after the code was loaded; asked while it is in place.

        Raises:
            Unrestorable: code has begun something while it was loaded that cannot be begun again.
        """
        exchanges = (self._exchanged, *self._staying)
        values = [(exchange, exchange.now()) for exchange in exchanges]
        names: list[Any] = values[0][1]
        for places, (_, table) in zip(self._threads, _thread_tables(), strict=True):
            if list(map(_told, names[places.start : places.stop])) != list(
                map(_told, self._exchanged.fresh(places, table))
            ):
                raise Unrestorable("threads are started, or made, while it is imported")
        tables = {place for places in self._threads for place in places}
        followed = [found for place, found in enumerate(names) if place not in tables]
        return LoadedState(
            values, self._modules.loaded(), _working_directory(os.getcwd), [followed, *(v for _, v in values[1:])]
        )

    def use_again(self, loaded: LoadedState, seed: int, log_stream: str, as_host: AsHost) -> None:
        """Set back what `loaded` had found; the objects in it have been set back before.

        Args:
            loaded: what was in place.
            seed: seed of the functions of the module `random`.
            log_stream: name of the log stream.
            as_host: runs a function while the host's state is in place.
        """
        for exchange, values in loaded.values:
            exchange.mine = copy(values)
        for places, (_, table) in zip(self._threads, _thread_tables(), strict=True):
            self._exchanged.mine[places.start : places.stop] = self._exchanged.fresh(places, table)
        self._folder, self._hosts_folder = loaded.folder, None
        self.names.forget()
        self.settings.forget()
        self._generator_hooks = (None, None)
        self._modules.use_again(loaded.modules, as_host)
        self.of_random["_inst"].seed(seed)
        self._encoded[VARYING] = os.fsencode(log_stream)

    def leave_run(self) -> None:
        """Refer to the run no longer; `use_again` for another one, if there is one."""
        self._modules.leave_run()

    @property
    def own_modules(self) -> list[ModuleType]:
        """The modules of the function's own files that are imported; asked while the state is in place."""
        return self._modules.own

    def follow(self, reach: Reach) -> None:
        """Code is about to be executed, while the state is in place, that can change what everybody shares."""
        self.names.follow(reach)
        if reach.settings:
            self.settings.follow()

    def enter(self) -> None:
        """Put the environment's state in place; `leave` must follow."""
        self._exchanged.enter()
        STAYING.enter(self._staying)
        self._modules.enter()
        if self._folder is not None:
            self._hosts_folder = _working_directory(_real_getcwd)
            _change_to(self._folder)
        if self._zone != ":UTC":
            _set_zone(self._zone)
        self._hosts_generator_hooks = _have_generator_hooks(self._generator_hooks)
        self.settings.put_in_place()
        self.names.put_in_place()

    def leave(self) -> None:
        """Put the host's state back and keep what the environment made of its own."""
        self.names.set_aside()
        self.settings.set_aside()
        self._generator_hooks = _have_generator_hooks(self._hosts_generator_hooks)
        if self._zone != ":UTC":
            _set_zone("UTC")
        self._modules.leave()
        if self._hosts_folder is not None:
            self._folder = _working_directory(_real_getcwd) or self._folder
            _change_to(self._hosts_folder)
        self._exchanged.leave()

    def leave_wholly(self) -> None:
        """The same, with what would stay in place until another environment is entered."""
        self.leave()
        STAYING.put_back()

    def _own(self, namespace: Namespace, **values: Any) -> range:
        self.names.leave_out(namespace, values)
        return self._exchanged.add(namespace, values)

    def _own_logging(self, stdout: LineStream) -> None:
        root = logging.RootLogger(logging.WARNING)
        handlers: WeakValueDictionary[str, logging.Handler] = WeakValueDictionary()
        self._own(
            vars(logging),
            root=root,
            _handlers=handlers,
            _handlerList=[],
            _loggerClass=logging.Logger,
            _logRecordFactory=logging.LogRecord,
            raiseExceptions=True,
            _nameToLevel=_LEVELS | _OTHER_LEVELS,
            _levelToName={level: name for name, level in _LEVELS.items()},
        )
        self._own(vars(logging.Logger.manager), **vars(logging.Manager(root)))
        handler = RuntimeLogHandler(stdout)
        logging._handlerList.pop()  # type: ignore[attr-defined]  # made in the host, but it is not one of the host's
        root.addHandler(handler)


def _thread_tables() -> tuple[tuple[ModuleType, Namespace], ...]:
    """The tables of threads of a process that has only just begun."""
    main = threading.main_thread()
    of_threading: Namespace = {
        "_active": {main.ident: main},
        "_limbo": {},
        "_counter": Numbers(1).__next__,
        "_dangling": WeakSet(),
        "_shutdown_locks": set(),
        "excepthook": threading.__excepthook__,
    }
    of_executors: Namespace = {
        "_threads_queues": WeakKeyDictionary(),
        "_global_shutdown_lock": VirtualLock(),
    }
    return (threading, of_threading), (concurrent.futures.thread, of_executors)


def _told(value: Any) -> object:
    """A table of threads in a form that can be compared."""
    counting = getattr(value, "__self__", None)
    if isinstance(counting, Numbers):
        return counting.following
    return len(value) if hasattr(value, "__len__") else type(value)


def _default_warning_filters() -> list[Any]:
    """What a Python process starts with when nothing is set."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        return list(warnings.filters)


def _have_generator_hooks(hooks: tuple[Any, Any]) -> tuple[Any, Any]:
    """Have hooks of asynchronous generators, which are nearly always none; what was there before."""
    before = sys.get_asyncgen_hooks()
    if before != hooks:  # setting them calls the audit hooks
        sys.set_asyncgen_hooks(*hooks)
    return before


def _working_directory(ask: Callable[[], str]) -> str | None:
    """The working directory, or None where it was deleted."""
    try:
        return ask()
    except FileNotFoundError:
        return None


def _change_to(folder: str) -> None:
    """Go to a folder; where it was deleted meanwhile, nothing is to be found there anyway."""
    try:
        _real_chdir(folder)
    except FileNotFoundError:
        return


def _set_zone(zone: str) -> None:
    """Change the zone that C's `localtime` uses."""
    _real_putenv("TZ", zone)
    time.tzset()
