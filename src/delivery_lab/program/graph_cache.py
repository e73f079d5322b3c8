"""Graphs that are kept from command to command, in the user's cache folder and never in a project.

A graph is used again where everything that the program read is what it was: files, lists of folders, environment
variables, the stack file, and the versions of Python, of the installed packages and of the lab. Where anything was in
doubt (`reading`), and where a graph holds a secret, nothing is kept.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from delivery_lab._version import MODEL_VERSION, __version__
from delivery_lab.input_files import no_file
from delivery_lab.program.answers import NO_ANSWERS, ProgramAnswers
from delivery_lab.program.graph import Graph
from delivery_lab.program.kept_files import cache_folder, installed_stamps, keep, lab_stamps, read_kept
from delivery_lab.program.project import Project

_NOT_SET = "not set"
_KEPT_FOR_ONE_PROGRAM = 400
"""Graphs in the folder, of which the oldest go."""


_Key = tuple[str, str, tuple[str, ...], str]
"""Folder of the project, stack, overrides, and what the program is told from the outside."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A graph, and what it was made of: what each thing was when it was read."""

    key: _Key
    made_of: tuple[tuple[str, str, str], ...]
    graph: Graph


def stored_graph(
    project: Project, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers = NO_ANSWERS
) -> Graph | None:
    """The graph of a stack from an earlier command, None where there is none that is certainly the same."""
    try:
        file = _file(project, _key(project, stack, overrides, answers))
        content = read_kept(file)
        if content is None:
            return None
        entry = pickle.loads(content)  # noqa: S301 - this user has written it
    except Exception:  # noqa: BLE001 - whatever is wrong with it: it is made anew
        return None
    if not isinstance(entry, _Entry) or entry.key != _key(project, stack, overrides, answers):
        return None
    if any(_now(kind, name) != was for kind, name, was in entry.made_of):
        return None
    return entry.graph


def evaluated(project: Project, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers = NO_ANSWERS) -> Graph:
    """Evaluate the program of a stack, and keep the graph where that is possible.

    Raises:
        LabError: as `engine.evaluate`.
    """
    from delivery_lab.program.engine import evaluate
    from delivery_lab.program.reading import reading, tells_the_time

    with reading() as reads:
        graph = evaluate(project, stack, overrides, answers, reads.note_modules)
    own = {file for file in reads.files if file not in reads.before or Path(file).is_relative_to(project.root)}
    if not reads.doubt and not graph.has_secrets and not tells_the_time(own):
        things = (
            ("file", reads.files | reads.modules),
            ("folder", reads.folders),
            ("place", reads.places - reads.files),
        )
        made_of = [(kind, name, _now(kind, name)) for kind, names in things for name in sorted(names)]
        made_of += [("variable", name, _now("variable", name)) for name in sorted(reads.variables)]
        with suppress(Exception):  # where it is not possible, nothing is kept
            key = _key(project, stack, overrides, answers)
            keep(_file(project, key), pickle.dumps(_Entry(key, tuple(made_of), graph)), _KEPT_FOR_ONE_PROGRAM)
    return graph


def _key(project: Project, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers) -> _Key:
    return str(project.root), stack, overrides, answers.key


def _file(project: Project, key: _Key) -> Path:
    """Where a graph is kept: named after all that the engine depends on whatever the program does."""
    versions = (__version__, MODEL_VERSION, sys.version, sys.executable, os.fspath(Path.cwd()))
    read_before = project.file.read_bytes()
    told = repr((versions, installed_stamps(), lab_stamps(), read_before, key))
    return cache_folder() / "graphs" / hashlib.sha256(told.encode()).hexdigest()


def _now(kind: str, name: str) -> str:
    """What a thing is now, as text."""
    try:
        return _WHAT_IT_IS[kind](name)
    except OSError:
        return "not there"


def _of_file(name: str) -> str:
    if no_file(Path(name)):
        return "no file"  # to open it might never end
    with open(name, "rb") as file:  # noqa: PTH123 - hundreds of them
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_folder(name: str) -> str:
    names: Iterable[str] = (entry for entry in os.listdir(name) if entry != "__pycache__")  # noqa: PTH208 - names only
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def _of_place(name: str) -> str:
    found = Path(name).stat()
    return "folder" if stat.S_ISDIR(found.st_mode) else f"{found.st_size} {found.st_mtime_ns}"


def _of_variable(name: str) -> str:
    value = os.environ.get(name)
    return _NOT_SET if value is None else hashlib.sha256(os.fsencode(value)).hexdigest()


_WHAT_IT_IS: dict[str, Callable[[str], str]] = {
    "file": _of_file,
    "folder": _of_folder,
    "place": _of_place,
    "variable": _of_variable,
}
