"""The process that answers for the kernel whether a C library of a handler may open a socket: it may not.

It runs beside the command, with the standard library only, and is started by `no_network`. The kernel stops whoever
asks for a socket of the internet and tells this process (seccomp's notifications,
https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html); which processes run handlers just now stands in a table
in memory that they share. Others go on as if nobody had asked.

The library is found by its stack: the first address on it that lies in a library's code, C's own left out.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import time

SLOTS, SLOT_BYTES, HEAD = 4096, 256, struct.Struct("=Bi")
"""Each process has a slot in the table, by its id: a state and the id; then the name of a library."""
NAME_BYTES = SLOT_BYTES - HEAD.size
LETS, REFUSES, REFUSED = 0, 1, 2
"""States: code of the host runs; code of handlers runs; it was refused a socket, and has not ended its run yet."""

PATIENCE = "DELIVERY_LAB_C_PATIENCE"
"""Environment variable for how many seconds C code may wait for a connection; for tests."""
_PATIENCE_SECONDS = float(os.environ.get(PATIENCE, "10"))
_LATE = (
    b"error: the C library %s, which sends past Python, waits for a connection while handlers run; the simulation "
    b"has no network, so the process was ended\n"
)
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION, _ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=Qqii")
_GO_ON = 1
_STACK_BYTES = 32_768
_SKIPPED = ("libc.", "libc-", "ld-", "ld.", "libpthread", "libpython", "python", "libffi", "[", "libresolv", "libnss")


def slot(process: int) -> int:
    """Where the slot of a process begins."""
    return process % SLOTS * SLOT_BYTES


class Supervisor:
    """Answers the kernel.

    Args:
        table: file descriptor of the table.
        kernel: file descriptor at which the kernel asks.
    """

    def __init__(self, table: int, kernel: int) -> None:
        self._table, self._kernel = table, kernel
        self._told: dict[int, float] = {}
        self._refused: set[tuple[int, str]] = set()

    def serve(self) -> None:
        """Answer until nobody is left who could ask."""
        poll = select.poll()
        poll.register(self._kernel, select.POLLIN)
        while True:
            for _, events in poll.poll(1000 if self._told else None):
                if events & select.POLLIN:
                    self._answer()
                elif events:
                    return
            self._end_who_is_late()

    def _answer(self) -> None:
        asked = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(self._kernel, _RECEIVE, asked)
        except OSError:
            return  # who asked has ended, or was interrupted
        number, thread = _NOTIFICATION.unpack(asked)[:2]
        process = _process_of(thread)
        state = self._state(process)
        if state == LETS and not any(each == process for each, _ in self._refused):
            self._send(_ANSWER.pack(number, 0, 0, _GO_ON))
            return
        library = _library(process, thread)
        if state == LETS and (process, library) not in self._refused:
            self._send(_ANSWER.pack(number, 0, 0, _GO_ON))
            return
        if state == REFUSES:
            self._refused.add((process, library))  # its threads try again for as long as there are any
            name = library.encode()[:NAME_BYTES].ljust(NAME_BYTES, b"\0")
            os.pwrite(self._table, HEAD.pack(REFUSED, process) + name, slot(process))
            self._told[process] = time.monotonic() + _PATIENCE_SECONDS
            os.kill(process, signal.SIGSYS)  # before the answer, so that it is seen where it was asked
        self._send(_ANSWER.pack(number, 0, -errno.EACCES, 0))

    def _send(self, answer: bytes) -> None:
        try:
            fcntl.ioctl(self._kernel, _SEND, bytearray(answer))
        except OSError:
            return

    def _state(self, process: int) -> int:
        state, owner = HEAD.unpack(os.pread(self._table, HEAD.size, slot(process)))
        return int(state) if owner == process else LETS

    def _end_who_is_late(self) -> None:
        """End processes that wait in C code for a connection that they never get."""
        for process, until in list(self._told.items()):
            name = os.pread(self._table, NAME_BYTES, slot(process) + HEAD.size).rstrip(b"\0")
            if not name:
                del self._told[process]
            elif time.monotonic() > until:
                del self._told[process]
                os.write(2, _LATE % name)
                os.kill(process, signal.SIGKILL)


def main(control: int) -> None:
    """Serve what is received over a socket: the table, and where the kernel asks. Signals that end are blocked."""
    os.setsid()
    with socket.socket(fileno=control) as given:
        _, received, _, _ = socket.recv_fds(given, 1, 2)
    if received:  # else who has started this has ended before
        Supervisor(*received).serve()


def _process_of(thread: int) -> int:
    try:
        with open(f"/proc/{thread}/status") as status:  # noqa: PTH123 - as little as possible is imported here
            return next(int(line.split()[1]) for line in status if line.startswith("Tgid:"))
    except (OSError, StopIteration):
        return thread


def _library(process: int, thread: int) -> str:
    """The library that asks; the name of the thread where its memory cannot be read."""
    try:
        code = _code_of_libraries(process)
        with open(f"/proc/{process}/task/{thread}/syscall") as call:  # noqa: PTH123
            stack = int(call.read().split()[-2], 16)
        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
            memory.seek(stack)
            words = memory.read(_STACK_BYTES)
        for (address,) in struct.iter_unpack("=Q", words[: len(words) // 8 * 8]):
            for first, last, name in code:
                if first <= address < last:
                    return name
    except (OSError, ValueError, IndexError):
        pass
    try:
        with open(f"/proc/{process}/task/{thread}/comm") as name_of_thread:  # noqa: PTH123
            return f"a C library (thread {name_of_thread.read().strip()})"
    except OSError:
        return "a C library"


def _code_of_libraries(process: int) -> list[tuple[int, int, str]]:
    found = []
    with open(f"/proc/{process}/maps") as maps:  # noqa: PTH123
        for line in maps:
            parts = line.split(maxsplit=5)
            if len(parts) == 6 and "x" in parts[1]:
                name = os.path.basename(parts[5].strip())  # noqa: PTH119
                if not name.startswith(_SKIPPED):
                    first, _, last = parts[0].partition("-")
                    found.append((int(first, 16), int(last, 16), name))
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]))
