"""What a function prints and logs: streams that turn text into lines, and Lambda's own logging handler."""

from __future__ import annotations

import io
import logging
import time

from delivery_lab.events import LogLine
from delivery_lab.handlers.fibers import FiberEnvironment, current


class Belonging:
    """Whose a process is: an environment of the run that lasts, or nobody's between two runs.

    What code keeps from run to run refers to this alone, so that the run itself can be forgotten when it is over.
    """

    __slots__ = ("environment",)

    def __init__(self, environment: FiberEnvironment) -> None:
        self.environment: FiberEnvironment | None = environment

    def now(self) -> int:
        """The instant of the run."""
        return 0 if self.environment is None else self.environment.host.scheduler.now


class LineStream(io.TextIOBase):
    """Standard output or error of one environment: each complete line becomes a `LogLine`.

    Text without a line end is kept, apart for each invoke, until the line is completed or the invoke ends.
    """

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, belonging: Belonging) -> None:
        super().__init__()
        self._belonging = belonging
        self._open: dict[str | None, str] = {}
        self.buffer = _Bytes(self)

    def writable(self) -> bool:
        """Always true."""
        return True

    def write(self, text: str, /) -> int:
        """Take text; emits the lines that it completes.

        Raises:
            UnicodeEncodeError: UTF-8 does not have the text (a lone surrogate), and the stream is standard output.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not text.isascii():
            text = text.encode(self.encoding, self.errors).decode(self.encoding)
        fiber, environment = current(), self._belonging.environment
        if environment is None:
            return len(text)  # an object of the last run is collected, and nobody is there to hear it
        if environment.importing is not None:
            environment.importing.note("writes to its log while it is imported")
        request_id = None if fiber is None else fiber.request_id
        if fiber is not None:
            environment.watch.wrote(text)
        *lines, rest = (self._open.pop(request_id, "") + text).split("\n")
        for line in lines:
            _emit(environment, request_id, line)
        if rest:
            self._open[request_id] = rest
        return len(text)

    def finish_lines(self) -> None:
        """Emit the text that is waiting for a line end. Called in the hub."""
        environment = self._belonging.environment
        if environment is None:
            return
        for request_id in list(self._open):
            _emit(environment, request_id, self._open.pop(request_id))
        environment.host.deliver_lines()


def _emit(environment: FiberEnvironment, request_id: str | None, text: str) -> None:
    host = environment.host
    host.lines.append(
        LogLine(host.scheduler.now, environment.function.name, environment.number, request_id, text.removesuffix("\r"))
    )


class ErrorStream(LineStream):
    """Standard error, to which Python writes what UTF-8 does not have as an escape."""

    errors = "backslashreplace"


class _Bytes(io.RawIOBase):
    """The `buffer` of a stream, for code that writes bytes."""

    def __init__(self, stream: LineStream) -> None:
        super().__init__()
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]  # any buffer will do
        self._stream.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)


class RuntimeLogHandler(logging.Handler):
    """The handler that Lambda's Python runtime puts on the root logger, with its text format."""

    def __init__(self, stream: LineStream) -> None:
        super().__init__()
        self._stream = stream
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        fiber = current()
        record.aws_request_id = (fiber.request_id if fiber else None) or ""
        self._stream.write(self.format(record) + "\n")
