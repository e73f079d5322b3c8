"""Which lines of a traceback are the project's own."""

from __future__ import annotations

import site
import sysconfig
import traceback
import urllib.parse
from pathlib import Path
from types import FrameType

from pulumi.runtime.proto import source_pb2

from delivery_lab.program.project import Project

_KINDS = ("stdlib", "platstdlib", "purelib", "platlib")

INSTALLED = tuple(
    {
        str(Path(folder).resolve())
        for folder in (*(sysconfig.get_paths()[key] for key in _KINDS), *site.getsitepackages())
    }
)
"""Folders of installed code: the standard library and site-packages."""


def is_installed(file: str) -> bool:
    """Whether a file is installed code, and not somebody's project."""
    return any(file == folder or file.startswith(folder + "/") for folder in INSTALLED)


class Frames:
    """Finds the frames of one project in tracebacks.

    Args:
        project: the project that is run.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def label(self, file: str) -> str | None:
        """The file relative to the project, or None when it is not the project's own code."""
        if is_installed(file):
            return None
        path = Path(file)
        for folder in (self._project.root, self._project.program_dir):
            if path.is_relative_to(folder):
                return str(path.relative_to(self._project.root)) if path.is_relative_to(self._project.root) else file
        return None

    def of_exception(self, error: BaseException) -> list[tuple[str, str]]:
        """The project's frames of an exception, outermost first, as (`file:line`, function)."""
        found = []
        for frame in traceback.extract_tb(error.__traceback__):
            label = self.label(frame.filename)
            if label is not None:
                found.append((f"{label}:{frame.lineno}", frame.name))
        return found

    def of_frame(self, frame: FrameType | None) -> str:
        """`file:line` of the innermost frame of the project from a frame outwards, "" for none."""
        while frame is not None:
            label = self.label(frame.f_code.co_filename)
            if label is not None:
                return f"{label}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def of_trace(self, trace: source_pb2.StackTrace) -> str:
        """`file:line` of the innermost frame of the project in a trace that the SDK sent, "" for none."""
        for frame in trace.frames:
            label = self.label(urllib.parse.unquote(urllib.parse.urlsplit(frame.pc.uri).path))
            if label is not None:
                return f"{label}:{frame.pc.line}"
        return ""
