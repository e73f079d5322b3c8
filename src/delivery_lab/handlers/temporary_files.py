"""What code in a handler does to files below /tmp is done to those of its execution environment (`temporary`).

Every function of `os` and `posix` that takes a path is given the real one, and errors, listings and working
directories are told as the code knows them. `open` counts what is written, so that a full /tmp is full. `shutil`,
`tempfile`, `pathlib`, `glob`, `zipfile` and the like are built on these. C code that opens files by itself is not
seen, SQLite apart.
"""

from __future__ import annotations

import _io
import builtins
import io
import os
import posix
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from delivery_lab.handlers.fibers import Fiber, FiberTemporary, current
from delivery_lab.handlers.patches import Patches

_WRITING = os.O_WRONLY | os.O_RDWR
_ONE_PATH = (
    *("access", "chdir", "chmod", "chown", "getxattr", "lchown", "listdir", "listxattr", "lstat", "mkdir", "mkfifo"),
    *("mknod", "remove", "removexattr", "rmdir", "setxattr", "stat", "truncate", "unlink", "utime"),
)
_TWO_PATHS = ("link", "rename", "replace", "symlink")
_PAGE_BYTES = 4096


def install(patches: Patches) -> dict[int, Any]:
    """Put it in place; returns what is replaced, by `id`."""
    replaced: dict[int, Any] = {}

    def put(name: str, make: Callable[[Any], Any], *modules: Any) -> None:
        real = getattr(modules[0], name, None)
        if real is not None:
            new = replaced[id(real)] = make(real)
            for module in modules:
                patches.set(module, name, new)

    for name in _ONE_PATH:
        put(name, _with_path, os, posix)
    for name in _TWO_PATHS:
        put(name, _with_two_paths, os, posix)
    put("open", _os_open, os, posix)
    put("readlink", _readlink, os, posix)
    put("scandir", _scandir, os, posix)
    put("statvfs", _statvfs, os, posix)
    put("getcwd", _getcwd, os, posix)
    put("getcwdb", _getcwdb, os, posix)
    for name, counts in {"write": _os_write, "pwrite": _os_write, "writev": _os_writev, "sendfile": _sendfile}.items():
        put(name, counts, os, posix)
    put("open", _open, io, _io, builtins)
    put("open_code", _with_path, io, _io)
    put("connect", _connect, sqlite3, sqlite3.dbapi2)
    closer: Any = vars(tempfile).get("_TemporaryFileCloser")
    for name in ("close", "cleanup"):
        if hasattr(closer, name):
            patches.set(closer, name, _closed(getattr(closer, name)))
    return replaced


def _here(fiber: Fiber, path: Any) -> str | None:
    """The real path of what lies below the environment's /tmp, None for anything else."""
    if isinstance(path, int) or path is None:
        return None
    try:
        text = os.fsdecode(path)
    except TypeError:
        return None
    temporary = fiber.environment.temporary
    if not text.startswith("/"):
        return temporary.beside(text)
    if not text.startswith("/tmp") or fiber.environment.holds(f"{text}/"):  # noqa: S108 - Lambda's own
        return None
    return temporary.real(text)


def _like(path: Any, real: str) -> Any:
    """A real path as text or bytes, as it was given."""
    return os.fsencode(real) if isinstance(path, bytes) else real


class _PathsTold:
    """Errors name the paths that the code gave."""

    def __init__(self, *paths: Any) -> None:
        self._paths = paths

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, OSError) and error.filename is not None:
            error.filename = os.fspath(self._paths[0])
            if error.filename2 is not None and len(self._paths) > 1:
                error.filename2 = os.fspath(self._paths[1])


def _with_path(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any = ".", *args: Any, **named: Any) -> Any:
        fiber = current()
        place = None if fiber is None else _here(fiber, path)
        if place is None:
            return real(path, *args, **named)
        with _PathsTold(path):
            return real(_like(path, place), *args, **named)

    return call


def _with_two_paths(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(src: Any, dst: Any, *args: Any, **named: Any) -> Any:
        fiber = current()
        if fiber is None:
            return real(src, dst, *args, **named)
        one, other = _here(fiber, src), _here(fiber, dst)
        if one is None and other is None:
            return real(src, dst, *args, **named)
        with _PathsTold(src, dst):
            return real(_like(src, one) if one else src, _like(dst, other) if other else dst, *args, **named)

    return call


def _os_open(real: Callable[..., int]) -> Callable[..., int]:
    def open(path: Any, flags: int, *args: Any, **named: Any) -> int:  # noqa: A001 - its name
        fiber = current()
        place = None if fiber is None else _here(fiber, path)
        if fiber is None or place is None:
            return real(path, flags, *args, **named)
        with _PathsTold(path):
            file = real(_like(path, place), flags, *args, **named)
        if flags & _WRITING:
            fiber.environment.temporary.files.add(file)
        return file

    return open


def _readlink(real: Callable[..., Any]) -> Callable[..., Any]:
    def readlink(path: Any, **named: Any) -> Any:
        fiber = current()
        if fiber is None:
            return real(path, **named)
        place = _here(fiber, path)
        with _PathsTold(path):
            found = real(_like(path, place) if place else path, **named)
        return _like(path, fiber.environment.temporary.seen(os.fsdecode(found)))

    return readlink


def _getcwd(real: Callable[[], str]) -> Callable[[], str]:
    def getcwd() -> str:
        fiber = current()
        return real() if fiber is None else fiber.environment.temporary.seen(real())

    return getcwd


def _getcwdb(real: Callable[[], bytes]) -> Callable[[], bytes]:
    def getcwdb() -> bytes:
        fiber = current()
        return real() if fiber is None else os.fsencode(fiber.environment.temporary.seen(os.fsdecode(real())))

    return getcwdb


def _statvfs(real: Callable[[Any], os.statvfs_result]) -> Callable[[Any], os.statvfs_result]:
    def statvfs(path: Any) -> os.statvfs_result:
        fiber = current()
        place = None if fiber is None else _here(fiber, path)
        if fiber is None or place is None:
            return real(path)
        with _PathsTold(path):
            real(place)
        return fiber.environment.temporary.status()

    return statvfs


class _TmpEntry:
    """An entry of a folder below /tmp, with the path that code knows."""

    def __init__(self, entry: os.DirEntry[Any], folder: Any) -> None:
        self._entry = entry
        self.name = entry.name
        self.path = os.path.join(folder, entry.name)  # noqa: PTH118 - what `scandir` does
        self.inode, self.stat = entry.inode, entry.stat
        self.is_dir, self.is_file, self.is_symlink = entry.is_dir, entry.is_file, entry.is_symlink
        self.is_junction = getattr(entry, "is_junction", lambda: False)

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"


class _TmpEntries:
    """What `scandir` returns."""

    def __init__(self, entries: Any, folder: Any) -> None:
        self._entries, self._folder = entries, folder

    def __iter__(self) -> Iterator[_TmpEntry]:
        return self

    def __next__(self) -> _TmpEntry:
        return _TmpEntry(next(self._entries), self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def _scandir(real: Callable[..., Any]) -> Callable[..., Any]:
    def scandir(path: Any = ".") -> Any:
        fiber = current()
        place = None if fiber is None else _here(fiber, path)
        if place is None:
            return real(path)
        with _PathsTold(path):
            return _TmpEntries(real(_like(path, place)), os.fspath(path))

    return scandir


# -- what is written ------------------------------------------------------------------------------------------


def _counted(file: int) -> FiberTemporary | None:
    """The /tmp that a file descriptor of the running code writes to."""
    fiber = current()
    if fiber is None:
        return None
    temporary = fiber.environment.temporary
    return temporary if file in temporary.files else None


def _os_write(real: Callable[..., int]) -> Callable[..., int]:
    def write(file: int, data: Any, *at: int) -> int:
        temporary = _counted(file)
        if temporary is not None:
            with memoryview(data).cast("B") as view:
                return real(file, view[: temporary.room(file, len(view), *at)], *at)
        if file in (1, 2) and not at and current() is not None:
            stream: Any = sys.__stdout__ if file == 1 else sys.__stderr__  # its log, whichever way leads there
            return int(stream.buffer.write(data))
        return real(file, data, *at)

    return write


def _os_writev(real: Callable[..., int]) -> Callable[..., int]:
    def writev(file: int, buffers: Any) -> int:
        if current() is not None and (file in (1, 2) or _counted(file) is not None):
            return int(os.write(file, b"".join(buffers)))
        return real(file, buffers)

    return writev


def _sendfile(real: Callable[..., int]) -> Callable[..., int]:
    def sendfile(out_fd: int, in_fd: int, offset: Any, count: int, *args: Any, **named: Any) -> int:
        temporary = _counted(out_fd)
        if temporary is not None:
            left = max(0, os.fstat(in_fd).st_size - (offset or 0))
            count = temporary.room(out_fd, min(count, left))
        return real(out_fd, in_fd, offset, count, *args, **named)

    return sendfile


class _TmpFile(io.FileIO):
    """A file below /tmp that is written to; what does not fit is not written."""

    _temporary: FiberTemporary

    def write(self, data: Any, /) -> int:
        with memoryview(data).cast("B") as view:
            position = os.fstat(self.fileno()).st_size if "a" in self.mode else None
            return super().write(view[: self._temporary.room(self.fileno(), len(view), position)])


def _open(real: Callable[..., Any]) -> Callable[..., Any]:
    def open(  # noqa: A001 - its name
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        fiber = current()
        if fiber is None:
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        temporary = fiber.environment.temporary
        known = isinstance(file, int) and file in temporary.files
        place = _here(fiber, file)
        if place is None and not known:
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        with _PathsTold(file):
            if not set(mode) & set("wax+"):
                found = real(place or file, mode, buffering, encoding, errors, newline, closefd, opener)
            else:
                # Refuses a mode that there is none of, and what does not go together, in its own words.
                real(os.devnull, mode.replace("x", "w"), buffering, encoding, errors, newline).close()
                raw = _TmpFile(place or file, mode.replace("b", "").replace("t", ""), closefd, opener)
                raw._temporary = temporary
                temporary.files.add(raw.fileno())
                found = _stack(raw, mode, buffering, encoding, errors, newline)
        if place is not None:
            _raw(found).name = os.fspath(file)
        return found

    return open


def _raw(file: Any) -> Any:
    while not isinstance(file, io.FileIO):
        file = getattr(file, "buffer", None) or file.raw
    return file


def _stack(
    raw: _TmpFile, mode: str, buffering: int, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    """What `open` puts on a file: buffers, and text."""
    if buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    buffered: Any = io.BufferedRandom(raw, size) if "+" in mode else io.BufferedWriter(raw, size)
    if "b" in mode:
        return buffered
    text = io.TextIOWrapper(buffered, encoding, errors, newline, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]  # as `open` says it
    return text


def _connect(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(database: Any, *args: Any, **named: Any) -> Any:
        fiber = current()
        text = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
        plain = text.removeprefix("file:").partition("?")[0]
        place = None if fiber is None else _here(fiber, plain)
        if fiber is None or place is None:
            return real(database, *args, **named)
        found = real(text.replace(plain, place, 1), *args, **named)
        with suppress(sqlite3.Error):
            pages = fiber.environment.temporary.free_bytes() // _PAGE_BYTES
            (own,) = found.execute("PRAGMA page_count").fetchone()
            found.execute(f"PRAGMA max_page_count = {max(1, own + pages)}")
        return found

    return connect


def _closed(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for what removes a temporary file when it is closed; it has bound the real `unlink`."""

    def close(self: Any, *_: Any, **__: Any) -> Any:
        if current() is None and isinstance(_raw(self.file), _TmpFile):
            self.delete = False  # collected after its environment has ended: its folder is gone, too
        return real(self, unlink=os.unlink)

    return close
