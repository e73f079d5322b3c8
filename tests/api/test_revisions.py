"""Checking out revisions: what is said where git cannot, and what a text names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from delivery_lab.api.difference import Revision
from delivery_lab.api.revisions import Checkout, checked_out
from delivery_lab.errors import LabError, UsageError
from delivery_lab.program.project import read_project
from tests.lab_support import FOREIGN

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_revision_is_shown_with_its_commit() -> None:
    assert [str(Revision("main", COMMIT)), str(Revision("012345678", COMMIT))] == ["main (0123456)", "0123456"]


def test_texts_name_the_revision_in_place_of_its_folder() -> None:
    one = Checkout(Revision("main", COMMIT), Path("/home/shop"), Path("/tmp/some"), Path("sub"))

    assert one.told("see /tmp/some/sub/app.py in /tmp/some") == "see main:sub/app.py in main (0123456)"


def test_errors_within_name_the_revision() -> None:
    one = Checkout(Revision("main", COMMIT), Path("/home/shop"), Path("/tmp/some"), Path())

    with pytest.raises(UsageError) as caught, one.used():
        raise UsageError("/tmp/some/x.yaml is malformed")

    assert str(caught.value) == "main (0123456): main:x.yaml is malformed"


def test_without_git_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(UsageError) as caught, checked_out(read_project(FOREIGN), "a..b"):
        pass

    assert str(caught.value) == "two revisions cannot be compared: git is not installed, or not on PATH"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_checkout_that_git_refuses_is_said(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(FOREIGN, project, ignore=shutil.ignore_patterns("__pycache__"))
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "one"]):
        subprocess.run(["git", *who, *words], cwd=project, check=True)
    tree = subprocess.run(["git", "rev-parse", "HEAD^{tree}"], cwd=project, check=True, capture_output=True, text=True)
    name = tree.stdout.strip()
    (project / ".git" / "objects" / name[:2] / name[2:]).unlink()

    with pytest.raises(LabError) as caught, checked_out(read_project(project), "HEAD..HEAD"):
        pass

    assert str(caught.value).startswith("git cannot check out HEAD (")
