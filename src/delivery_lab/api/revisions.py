"""Two revisions of a project's git repository, each checked out in a folder that is removed again.

A revision is a worktree of git, not a copy of its files, so that a program which asks git finds a repository. Hooks of
the repository do not run. Both revisions use the Python environment of this process: what is installed is the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from delivery_lab.api.difference import Revision
from delivery_lab.api.lab import Lab
from delivery_lab.api.parts import BETWEEN
from delivery_lab.errors import LabError, UsageError
from delivery_lab.own_folders import own_folder
from delivery_lab.program.frames import is_installed
from delivery_lab.program.project import PROJECT_FILES, Project

SINCE_THEY_PARTED = "..."
"""Stands between a branch and another one that is compared with where they parted, as in git."""

_LOCKS = ("requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")


@dataclass(frozen=True)
class Checkout:
    """A revision of a project in a folder of its own.

    Attributes:
        revision: the revision.
        repository: the top folder of the repository that it is a revision of.
        folder: where its files are.
        inside: the project's folder below the top of the repository.
    """

    revision: Revision
    repository: Path
    folder: Path
    inside: Path

    def __reduce__(self) -> tuple[type[Checkout], tuple[Revision, Path, Path, Path]]:
        """In another process its project is opened again."""
        return Checkout, (self.revision, self.repository, self.folder, self.inside)

    @cached_property
    def lab(self) -> Lab:
        """The project. Its graphs are not kept: the folder is another one each time.

        Raises:
            UsageError: the revision has none.
        """
        return Lab.open(self.folder / self.inside)

    @cached_property
    def has_project(self) -> bool:
        """Whether the revision has the project: before it was added, none of its stacks are there."""
        return any((self.folder / self.inside / name).is_file() for name in PROJECT_FILES)

    def told(self, text: str) -> str:
        """A text with the revision in place of its folder, as git writes it: `main:functions/worker/handler.py`."""
        return text.replace(f"{self.folder}{os.sep}", f"{self.revision.name}:").replace(
            str(self.folder), str(self.revision)
        )

    @contextmanager
    def used(self) -> Iterator[None]:
        """Import what the repository puts on Python's path from this revision, and name it in errors.

        Raises:
            LabError: what is done within is refused or fails.
        """
        before = list(sys.path)
        sys.path[:] = [self._of_this_revision(entry) for entry in before]
        try:
            yield
        except LabError as error:
            error.args = (f"{self.revision}: {self.told(str(error))}", *error.args[1:])
            raise
        finally:
            sys.path[:] = before

    def _of_this_revision(self, entry: str) -> str:
        place = Path(entry or ".").resolve()
        if is_installed(str(place)) or not place.is_relative_to(self.repository):
            return entry
        here = self.folder / place.relative_to(self.repository)
        return str(here) if here.is_dir() else entry


@contextmanager
def checked_out(project: Project, words: str) -> Iterator[tuple[Checkout, Checkout]]:
    """Check out two revisions of a project for as long as the block lasts.

    Args:
        project: the project, whose repository is asked.
        words: `REV..REV`, or `REV...REV` for the second one and where both parted; one that is left out is HEAD.

    Raises:
        UsageError: there is no git, no repository or no such revision, or the second one has no such project.
        LabError: git cannot check one out.
    """
    git = _Git(project.root)
    inside = project.root.relative_to(git.top)
    with (
        own_folder("revisions") as place,
        ExitStack() as stack,
    ):
        found = [
            Checkout(revision, git.top, stack.enter_context(git.worktree(revision, place / side)), inside)
            for side, revision in zip(("before", "after"), git.revisions(words), strict=True)
        ]
        for one in found if found[0].has_project else found[1:]:
            with one.used():
                _ = one.lab  # a second revision without the project is said before anything is run
        yield found[0], found[1]


def notes_on(before: Checkout, after: Checkout) -> tuple[str, ...]:
    """What a reader of the comparison should know: locks that differ, and what does not come from the revisions."""
    notes = []
    if not before.has_project:
        where = "" if before.inside == Path() else f" in {before.inside}"
        notes.append(f"{before.revision} has no project{where}: all stacks are new")
    for name in _LOCKS:
        for place in dict.fromkeys((Path(name), before.inside / name)):
            texts = [one.folder / place for one in (before, after)]
            if len({text.read_bytes() if text.is_file() else b"" for text in texts}) > 1:
                notes.append(
                    f"{place} is another one in {after.revision} than in {before.revision}: "
                    "both are run with the packages that are installed here"
                )
    if (before.folder / ".gitmodules").is_file() or (after.folder / ".gitmodules").is_file():
        notes.append("submodules are left out of both revisions")
    return (*notes, *(_mapped_note(name, before) for name in _mapped_to(before.repository)))


def _mapped_note(name: str, one: Checkout) -> str:
    return (
        f"both revisions import {name} from {one.repository} as it is now: it is installed from there (pip install -e)"
    )


def _mapped_to(repository: Path) -> list[str]:
    """Packages that are installed so that Python finds them in a repository by a finder, and not by its path."""
    found = []
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", ""))
        mapping = getattr(module, "MAPPING", None)
        for name, place in mapping.items() if isinstance(mapping, dict) else ():
            if name != "delivery_lab" and Path(str(place)).resolve().is_relative_to(repository):
                found.append(str(name))
    return found


class _Git:
    """Asks git about the repository of a folder.

    Args:
        folder: a folder of it.

    Raises:
        UsageError: there is no git, or the folder is in no repository.
    """

    def __init__(self, folder: Path) -> None:
        program = shutil.which("git")
        if program is None:
            raise UsageError("two revisions cannot be compared: git is not installed, or not on PATH")
        self._program, self._folder = program, folder
        found = self._asked("rev-parse", "--show-toplevel")
        if found.returncode or not found.stdout.strip():
            raise UsageError(f"two revisions cannot be compared: {folder} is in no git repository: {_last_line(found)}")
        self.top = Path(found.stdout.strip()).resolve()

    def revisions(self, words: str) -> tuple[Revision, Revision]:
        """The revisions that a user names.

        Raises:
            UsageError: there is none of that name.
        """
        parted = SINCE_THEY_PARTED in words
        before, _, after = words.partition(SINCE_THEY_PARTED if parted else BETWEEN)
        first, second = self._revision(before or "HEAD"), self._revision(after or "HEAD")
        if not parted:
            return first, second
        base = self._asked("merge-base", first.commit, second.commit)
        if base.returncode:
            raise UsageError(f"{first} and {second} have no commit in common{self._shallow()}")
        return Revision(f"where {first.name} and {second.name} parted", base.stdout.strip()), second

    def _revision(self, name: str) -> Revision:
        found = self._asked("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found.returncode:
            raise UsageError(f"there is no revision '{name}' in {self.top}{self._shallow()}")
        return Revision(name, found.stdout.strip())

    def _shallow(self) -> str:
        if self._asked("rev-parse", "--is-shallow-repository").stdout.strip() != "true":
            return "\n  fix: name a branch, a tag or a commit that `git log` shows; fetch it first if it is elsewhere"
        return (
            "\n  fix: this clone has not all commits: git fetch --unshallow; with actions/checkout say fetch-depth: 0"
        )

    @contextmanager
    def worktree(self, revision: Revision, folder: Path) -> Iterator[Path]:
        """Check a revision out.

        Args:
            revision: the revision.
            folder: where to; it is not there yet.

        Raises:
            LabError: git cannot.
        """
        try:
            # No hooks: what a repository does after a checkout is meant for people's working trees.
            hooks = f"core.hooksPath={os.devnull}"
            added = self._asked("-c", hooks, "worktree", "add", "--quiet", "--detach", str(folder), revision.commit)
            if added.returncode:
                raise LabError(f"git cannot check out {revision}: {_last_line(added)}")
            yield folder
        finally:
            self._asked("worktree", "remove", "--force", str(folder))
            shutil.rmtree(folder, ignore_errors=True)
            self._asked("worktree", "prune")

    def _asked(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self._program, "-C", str(self._folder), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")


def _last_line(ran: subprocess.CompletedProcess[str]) -> str:
    return (ran.stderr.strip().splitlines() or ["git says nothing"])[-1]
