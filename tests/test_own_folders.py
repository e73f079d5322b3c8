"""Folders in the machine's temporary folder: of this process, and of processes that were killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab import own_folders
from delivery_lab.own_folders import new_folder, own_folder, remove_all, remove_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(own_folders, "_roots", {})
    yield tmp_path
    remove_all()


def _dead() -> int:
    """Id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def _left(temporary: Path, process: int, *, hours: float = 1.0) -> Path:
    folder = temporary / f"delivery-lab-of-{process}-0123abcd"
    (folder / "code-1").mkdir(parents=True)
    (folder / "code-1" / "app.py").touch()
    (folder / "code-1").chmod(0o555)
    then = time.time() - 3600 * hours
    os.utime(folder, (then, then))
    return folder


def test_all_lie_in_one_folder_that_goes_with_the_last(temporary: Path) -> None:
    first, second = new_folder("code"), new_folder("environment")
    (root,) = temporary.iterdir()
    assert (first.parent, second.parent) == (root, root)
    assert root.stat().st_mode & 0o777 == 0o700
    (first / "read-only").mkdir()
    (first / "read-only" / "file").touch()
    (first / "read-only").chmod(0o555)

    remove_folder(first)
    assert list(root.iterdir()) == [second]
    remove_folder(second)
    assert list(temporary.iterdir()) == []

    with own_folder("again") as again:
        assert again.is_dir()
    assert list(temporary.iterdir()) == []


def test_one_that_was_cleared_meanwhile_is_made_again(temporary: Path) -> None:
    first = new_folder("code")
    shutil.rmtree(first.parent)

    with own_folder("code") as second:
        assert second.is_dir()
    assert list(temporary.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_made_when_it_can(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "none"))
    with pytest.raises(FileNotFoundError):
        new_folder("code")
    (temporary / "none").mkdir()

    with own_folder("code") as folder:
        assert folder.is_dir()


def test_a_link_in_such_a_folder_is_not_followed(temporary: Path) -> None:
    users = temporary / "project"
    users.mkdir(mode=0o555)
    folder = new_folder("code")
    (folder / "project").symlink_to(users, target_is_directory=True)

    remove_folder(folder)

    assert users.stat().st_mode & 0o777 == 0o555


def test_what_a_killed_process_has_left_is_removed_by_the_next(temporary: Path) -> None:
    left = _left(temporary, _dead())

    with own_folder("code"):
        assert not left.exists()


def test_what_may_be_in_use_stays(temporary: Path) -> None:
    of_one_that_lives, young = _left(temporary, os.getppid()), _left(temporary, _dead(), hours=0)
    other = temporary / "delivery-lab-of-nobody"
    other.mkdir()
    link = temporary / f"delivery-lab-of-{_dead()}-0000"
    link.symlink_to(other, target_is_directory=True)

    with own_folder("code"):
        assert of_one_that_lives.exists()
        assert young.exists()
        assert other.exists()


def test_what_is_locked_stays_whatever_its_process_id_says(temporary: Path) -> None:
    # In a container with process ids of its own, a process of which nothing is known here.
    locked = _left(temporary, _dead())
    code = (
        "import fcntl, os, sys, time\nfcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)\n"
        "print(flush=True)\nsys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-S", "-c", code, str(locked)], stdin=-1, stdout=-1)
    assert holder.stdout is not None
    holder.stdout.readline()
    with own_folder("code"):
        assert locked.exists()
    holder.communicate()

    with own_folder("code"):
        assert not locked.exists()


def test_a_process_that_begins_as_a_copy_has_a_folder_of_its_own(temporary: Path) -> None:
    mine = new_folder("code")
    child = os.fork()
    if not child:  # pragma: no cover - another process
        theirs = new_folder("code")
        apart = theirs.parent != mine.parent and mine.exists()
        remove_all()
        os._exit(0 if apart else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(temporary.iterdir()) == [mine.parent]
    remove_folder(mine)


def test_a_second_signal_removes_what_the_first_one_was_removing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_folder("code")
    remove, again = own_folders._remove, [True]

    def interrupted(folder: Path) -> None:
        if again:
            again.clear()
            remove_all()
            assert list(temporary.iterdir()) == []
        remove(folder)

    monkeypatch.setattr(own_folders, "_remove", interrupted)
    remove_all()

    assert again == []
