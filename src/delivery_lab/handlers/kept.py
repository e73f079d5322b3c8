"""Loaded code that is kept from run to run, so that a new environment need not import it again.

In real life a new environment is a new process, which imports the function's code. Here importing takes most of the
time of a short run. What an import makes can be used for another environment if nothing of it depends on when and
where it was made, and if everything that a run changes in it can be set back. Both are looked at (`importing`,
`snapshot`), and code of which one of them is not certain is imported for each environment.
"""

from __future__ import annotations

import contextvars
import gc
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FunctionType, ModuleType

from delivery_lab.garbage import is_frozen
from delivery_lab.handlers.answers import Handler
from delivery_lab.handlers.capture import Belonging, LineStream
from delivery_lab.handlers.code_places import CodePlaces
from delivery_lab.handlers.fibers import ThreadIdentity
from delivery_lab.handlers.host_modules import INSTALLED_PATHS
from delivery_lab.handlers.importing import Importing, watch_imports
from delivery_lab.handlers.isolation import LoadedState, ProcessState
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.handlers.snapshot import Snapshot, shared_with
from delivery_lab.handlers.snapshot_kinds import Unrestorable
from delivery_lab.model.runtime import FunctionConfig

MOST_OF_A_FUNCTION = 50
"""So many environments of one function are kept; each takes some megabytes at most."""

MOST_FAILURES = 3
"""So often what was kept of a function may turn out to be of no use before it is imported for each environment."""

_THERE_BEFORE: list[None] = []
"""An object that no import of a function makes."""


@dataclass(slots=True)
class Process:
    """The process of one environment, with its code loaded or not yet.

    Attributes:
        state: what it has of its own.
        belonging: whose it is.
        stdout: its standard output.
        stderr: its standard error.
        context: its context variables.
        main: identity of its main thread.
        handler: the handler, None before it is loaded.
        blind: see `Watch`.
        plain: see `Watch`.
        pool_number: next number for the names of an executor's threads.
        random_state: of the generator of the module `random` before the code was loaded.
    """

    state: ProcessState
    belonging: Belonging
    stdout: LineStream
    stderr: LineStream
    context: contextvars.Context
    main: ThreadIdentity
    handler: Handler | None = None
    blind: bool = False
    plain: bool = False
    pool_number: int = 0
    random_state: object = None


@dataclass(slots=True)
class Loaded:
    """A process as it was after its code was loaded.

    Attributes:
        process: the process.
        state: what it had of its own.
        snapshot: what its objects held.
        context: its context variables.
        packages: shared packages of which it had a state of its own.
    """

    process: Process
    state: LoadedState
    snapshot: Snapshot
    context: contextvars.Context
    packages: frozenset[str]


@dataclass(slots=True)
class _OfFunction:
    free: list[Loaded] = field(default_factory=list)
    used: list[Loaded] = field(default_factory=list)
    known: bool = False
    failures: int = 0


class KeptEnvironments:
    """Code of functions that is loaded, for many runs of one deployment, one after the other."""

    def __init__(self) -> None:
        self.places = CodePlaces()
        self.loaded_anew: dict[str, str] = {}
        """Functions that are imported for each environment, and why."""
        self.unproven = False
        """Whether something was kept in this run that has not been used yet."""
        self.uses = 0
        """How many environments began with code that was loaded before."""
        self._functions: dict[str, _OfFunction] = {}
        self._modules: frozenset[str] = frozenset()
        watch_imports()

    def begin_run(self) -> None:
        """A run begins: what the last one has used is free again, unless a handler has changed the files beside it."""
        if not self.places.untouched:
            self.places.remove()
            self.places = CodePlaces()
            self._functions.clear()
        for kept in self._functions.values():
            kept.free, kept.used = [*kept.free, *kept.used][:MOST_OF_A_FUNCTION], []
        self.unproven = False
        self._modules = frozenset(sys.modules)

    def end_run(self) -> None:
        """A run is over: nothing that is kept refers to it, so that it can be collected."""
        for kept in self._functions.values():
            for loaded in kept.used:
                loaded.process.belonging.environment = None
                loaded.process.context = loaded.context
                loaded.process.state.leave_run()

    def give_up(self, reason: str) -> None:
        """Keep nothing any more."""
        for kept in self._functions.values():
            kept.free, kept.used, kept.failures = [], [], MOST_FAILURES
        self.loaded_anew.update(dict.fromkeys(map(_name, self._functions), reason))

    def importing(self, function: FunctionConfig, search: SearchPath) -> Importing | None:
        """What notes the import of a function, None where it is known to be of no use."""
        if self._of(function).failures >= MOST_FAILURES or not is_frozen():
            return None
        if search.shares_extensions:  # all environments have the same modules of such packages, so none is set back
            self._fail(function, "has compiled extensions in its archive", for_good=True)
            return None
        return Importing([*search.files, *search.folders, str(search.working_directory), *INSTALLED_PATHS])

    def take(self, function: FunctionConfig, packages: Iterable[str]) -> Loaded | None:
        """A process whose code is loaded, and whose objects hold what they held then; None where there is none.

        Args:
            function: the function.
            packages: shared packages of which each environment has a state of its own.
        """
        kept = self._of(function)
        needed = frozenset(packages)
        while kept.free:
            loaded = kept.free.pop()
            if loaded.packages != needed:
                continue
            try:
                loaded.snapshot.restore()
            except Unrestorable as reason:
                self._fail(function, str(reason))
                continue
            kept.used.append(loaded)
            self.uses += 1
            return loaded
        return None

    def keep(
        self,
        function: FunctionConfig,
        process: Process,
        importing: Importing,
        packages: Iterable[str],
        boundary: tuple[type, ...],
    ) -> None:
        """Keep a process whose code has just been loaded, if that is possible. Its state is in place.

        Args:
            function: the function.
            process: the process.
            importing: what was noted meanwhile.
            packages: as for `take`.
            boundary: classes of objects that belong to the run.
        """
        kept = self._of(function)
        if sys.modules.keys() - self._modules - {module.__name__ for module in process.state.own_modules}:
            return  # packages were imported too, which the next environment finds imported
        if importing.reason:
            self._fail(function, importing.reason, for_good=True)
        elif len(kept.free) + len(kept.used) < MOST_OF_A_FUNCTION:
            try:
                loaded = _loaded(process, packages, boundary)
                if not kept.known:
                    _refuse_shared(process, loaded.snapshot)
            except Unrestorable as reason:
                self._fail(function, str(reason), for_good=True)
                return
            self.unproven = self.unproven or not kept.known
            kept.known = True
            kept.used.append(loaded)

    def _fail(self, function: FunctionConfig, reason: str, *, for_good: bool = False) -> None:
        kept = self._of(function)
        kept.failures = MOST_FAILURES if for_good else kept.failures + 1
        if kept.failures >= MOST_FAILURES:
            kept.free.clear()
            self.loaded_anew[function.name] = reason

    def _of(self, function: FunctionConfig) -> _OfFunction:
        return self._functions.setdefault(repr(function), _OfFunction())

    def remove(self) -> None:
        """Keep nothing any more, and delete what was written out."""
        self._functions.clear()
        self.places.remove()


def _name(key: str) -> str:
    return key.partition("name='")[2].partition("'")[0]


def _loaded(process: Process, packages: Iterable[str], boundary: tuple[type, ...]) -> Loaded:
    if process.state.of_random["_inst"].getstate() != process.random_state:
        raise Unrestorable("draws at random while it is imported")
    state = process.state.loaded()
    context = process.context.copy()
    roots = [
        state.followed, list(state.modules.modules.values()), process.handler, process.main, *context.values(),
    ]  # fmt: skip
    made = {id(found) for found in gc.get_objects()} | {id(root) for root in roots}
    if id(_THERE_BEFORE) in made:
        raise Unrestorable("unfreezes all objects of the process while it is imported")
    return Loaded(process, state, Snapshot(roots, made, boundary), context, frozenset(packages))


def _refuse_shared(process: Process, snapshot: Snapshot) -> None:
    own = {module.__name__ for module in process.state.own_modules}
    ours = frozenset(id(found) for found in snapshot.followed if _module_of(found) in own)
    shared = [
        module for name, module in list(sys.modules.items()) if name not in own and isinstance(module, ModuleType)
    ]
    for place in shared_with(ours, shared):
        raise Unrestorable(f"replaces {place}, which all environments share")


def _module_of(found: object) -> str:
    """The module that a function or class, or the class of an object, was written in."""
    return found.__module__ if isinstance(found, (FunctionType, type)) else type(found).__module__
