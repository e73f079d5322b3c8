"""What a program reads while it is evaluated: on this its graph depends, and on nothing else if nothing is in doubt.

In doubt is whatever may come out otherwise the next time, or has an effect besides: the time, chance, other processes,
the network, files that are written, and text that is printed. Python's own files and installed packages are not noted:
they change together with the folder that they are installed in.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from delivery_lab.process_wide import OPEN_FILES, is_written
from delivery_lab.program.frames import is_installed

_LAB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - as frames name it
_SAVES_ALL = "isolation.py"
"""The lab's own module that keeps all environment variables aside, whatever they are."""

_PACKAGES = tuple(
    entry + os.sep
    for entry in sys.path
    if os.path.basename(entry) in ("site-packages", "dist-packages")  # noqa: PTH119
)
_OUTSIDE = (
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "socket.connect",
    "socket.getaddrinfo", "socket.gethostby", "socket.gethostname", "socket.sendto", "urllib.Request", "ctypes.dlopen",
    "sqlite3.connect", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate", "os.utime", "shutil.",
    "tempfile.",
)  # fmt: skip
_CHANGES_OF_FILES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir")


class Reads:
    """What is read, as it is noted.

    Attributes:
        files: files whose content counts: those that were opened.
        modules: files of modules that are imported when the program has ended.
        before: files of modules that had been imported before it began; tracebacks read those, too.
        folders: folders whose list of names counts.
        places: paths of which it was asked what stands there.
        variables: names of environment variables, those that are not set included.
        doubt: why the graph may be another one the next time, "" for no reason.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.modules: set[str] = set()
        self.before: set[str] = set()
        self.folders: set[str] = set()
        self.places: set[str] = set()
        self.variables: set[str] = set()
        self.doubt = ""

    def note_doubt(self, what: str) -> None:
        """Note a reason for doubt; the first is kept."""
        self.doubt = self.doubt or what

    def note_modules(self) -> None:
        """Note the files of modules that are neither installed nor the lab's; asked while they are imported."""
        self._note_modules(self.modules)

    def begin(self) -> None:
        """The program is about to begin."""
        self._note_modules(self.before)

    def _note_modules(self, kind: set[str]) -> None:
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str):
                self._note(kind, file)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at an audit event of Python."""
        if event == "open":
            self._open(*arguments)
        elif event in ("os.listdir", "os.scandir"):
            if arguments == (OPEN_FILES,) and sys._getframe(2).f_code.co_filename.startswith(_LAB + os.sep):
                return  # the lab looks what is open before the program begins: it is other files in each process
            self._note(self.folders, arguments[0] if arguments and arguments[0] is not None else os.curdir)
        elif event.startswith(_OUTSIDE):
            self.note_doubt(f"{event} is used")
        elif event.startswith(_CHANGES_OF_FILES) and not _is_cache(arguments):
            self.note_doubt("files are changed")

    def _open(self, path: object, mode: object, flags: object) -> None:
        if not is_written(mode, flags):
            self._note(self.files, path)
        elif path != os.devnull and not _is_cache((path,)):
            self.note_doubt("a file is written")

    def asked(self, path: object) -> None:
        """It was asked what stands at a path."""
        self._note(self.places, path)

    def _note(self, kind: set[str], path: object) -> None:
        if isinstance(path, int):
            return
        place = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]  # noqa: PTH100
        if _is_cache((place,)):
            with suppress(ValueError):
                place = importlib.util.source_from_cache(place)
        if not _is_python(place) and not place.startswith(_LAB + os.sep):
            kind.add(place)


_UNSEEN = re.compile(
    rb"\b(?:now|utcnow|today|uuid1|SystemRandom|Random|getnode|uname|gethostname|getlogin|getpid)\s*\("
    rb"|^\s*(?:import|from)\s+(?:secrets|platform)\b",
    re.MULTILINE,
)
"""Names under which code learns what is written in C and cannot be noted: dates, chance, the machine."""


def tells_the_time(files: Iterable[str]) -> bool:
    """Whether a file of a program may ask for the date, for chance or for the machine in a way that is not seen."""
    return any(file.endswith(".py") and _UNSEEN.search(Path(file).read_bytes()) for file in files)


def _is_python(place: str) -> bool:
    """Whether a path belongs to Python or to an installed package, maybe through links."""
    return is_installed(place) or place.startswith(_PACKAGES)


def _is_cache(arguments: tuple[object, ...]) -> bool:
    """Whether an event is about compiled modules, which Python keeps beside their sources."""
    first = arguments[0] if arguments else ""
    return isinstance(first, str) and ("__pycache__" in first or ".pyc" in first)


_noting: list[Reads] = []
_audited: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _noting:
        _noting[-1].audit(event, arguments)


@contextmanager
def reading() -> Iterator[Reads]:
    """Note what is read while a program is evaluated."""
    if not _audited:  # an audit hook cannot be taken away again
        _audited.append(True)
        sys.addaudithook(_hook)
    reads = Reads()
    reads.begin()
    before = random.getstate()
    with _variables(reads), _doors(reads), _output(reads):
        _noting.append(reads)
        try:
            yield reads
        finally:
            _noting.pop()
    if random.getstate() != before:
        reads.note_doubt("it draws at random")


class _NotedVariables(dict[bytes, bytes]):
    """The variables behind `os.environ`, which notes those that are asked for."""

    def __init__(self, values: dict[bytes, bytes], reads: Reads) -> None:
        super().__init__(values)
        self._reads = reads

    def __getitem__(self, name: bytes) -> bytes:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, bytes):
            self._note(name)
        return super().__contains__(name)

    def _note(self, name: bytes) -> None:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen"):
            frame = frame.f_back
        if frame is None or not frame.f_code.co_filename.endswith(_SAVES_ALL):
            self._reads.variables.add(os.fsdecode(name))

    def __iter__(self) -> Iterator[bytes]:
        if _is_projects(sys._getframe(1)):
            self._reads.note_doubt("it reads all environment variables")
        return super().__iter__()


@contextmanager
def _variables(reads: Reads) -> Iterator[None]:
    real = os.environ._data  # type: ignore[attr-defined]  # the class is Python's own, and so is this
    noted = _NotedVariables(real, reads)
    for holder in (os.environ, os.environb):
        vars(holder)["_data"] = noted
    try:
        yield
    finally:
        real.clear()
        real.update(dict.items(noted))
        for holder in (os.environ, os.environb):
            vars(holder)["_data"] = real


@contextmanager
def _doors(reads: Reads) -> Iterator[None]:
    """Note questions after paths, and readings of clocks and chance by the project's own code."""

    def asking(real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(path: Any, *args: Any, **options: Any) -> Any:
            reads.asked(path)
            return real(path, *args, **options)

        return ask

    def telling(real: Callable[..., Any], what: str) -> Callable[..., Any]:
        def tell(*args: Any) -> Any:
            if _is_projects(sys._getframe(1)):
                reads.note_doubt(what)
            return real(*args)

        return tell

    clocks = ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "strftime", "ctime")
    changed: list[tuple[Any, str, Any]] = [
        *((os, name, asking(getattr(os, name))) for name in ("stat", "lstat", "access")),
        (os, "urandom", telling(os.urandom, "it draws at random")),
    ]
    changed += [(time, name, telling(getattr(time, name), "it reads a clock")) for name in clocks]
    before = [getattr(owner, name) for owner, name, _ in changed]
    for owner, name, value in changed:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for (owner, name, _), value in zip(changed, before, strict=True):
            setattr(owner, name, value)


def _is_projects(frame: FrameType | None) -> bool:
    """Whether code of the project asks, itself or through Python's library; what a package asks for is its own."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith((*_PACKAGES, _LAB)) or "site-packages" in file:
            return False
        if not file.startswith("<frozen") and not _is_python(file):
            return True
        frame = frame.f_back
    return False


@contextmanager
def _output(reads: Reads) -> Iterator[None]:
    real = sys.stderr
    sys.stderr = _NotedOutput(real, reads)
    try:
        yield
    finally:
        sys.stderr = real


class _NotedOutput:
    """Standard error, which notes that something is printed: a graph that is read again prints nothing."""

    def __init__(self, real: TextIO, reads: Reads) -> None:
        self._real = real
        self._reads = reads

    def write(self, text: str) -> int:
        """Print."""
        self._reads.note_doubt("it prints")
        return self._real.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
