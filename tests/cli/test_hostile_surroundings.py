"""Where something is missing or full the command succeeds, or ends with one clear error; nothing is half written."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.lab_support import FOREIGN, ROOT

_MEGABYTE = 1 << 20
_COMMAND = [sys.executable, "-m", "delivery_lab.cli"]


def _limited(kind: int, amount: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (amount, amount))


def _nothing() -> None:
    """Nothing is different in the process that becomes the command."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(FOREIGN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.rglob("*") if file.is_file()}


def _run(
    project: Path, words: str, before: Callable[[], None], changes: Mapping[str, str | None]
) -> tuple[int, str, str]:
    """Run the command in `sh`, so that `words` can close streams."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": ""}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    command = [
        *_COMMAND,
        "run",
        "prod",
        "--project",
        str(project),
        "--workload",
        str(project / "workload.yaml"),
        "--json",
    ]
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" {words}', *command],
        env=environment, cwd=project, preexec_fn=before, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


_SURROUNDINGS: dict[str, tuple[str, Callable[[], None], dict[str, str | None]]] = {
    "no HOME": ("", _nothing, {"HOME": None, "XDG_CACHE_HOME": None}),
    "a HOME that is not there": ("", _nothing, {"HOME": "/dev/null/home", "XDG_CACHE_HOME": None}),
    "a cache that is a device": ("", _nothing, {"XDG_CACHE_HOME": "/dev/null"}),
    "no environment": ("", _nothing, dict.fromkeys(set(os.environ) - {"PATH"}, None)),
    "closed standard input": ("<&-", _nothing, {}),
    "closed standard error": ("2>&-", _nothing, {}),
    "closed standard output": (">&-", _nothing, {}),
    "all closed": ("<&- >&- 2>&-", _nothing, {}),
    "a full disk": ("", _limited(resource.RLIMIT_FSIZE, 0), {}),
    "few files": ("", _limited(resource.RLIMIT_NOFILE, 48), {}),
    "hardly any files": ("", _limited(resource.RLIMIT_NOFILE, 8), {}),
    "hardly any memory": ("", _limited(resource.RLIMIT_AS, 90 * _MEGABYTE), {}),
}


_SAID = {
    "a full disk": "error: no temporary file can be written\n",
    "hardly any files": "error: this machine has not what the command needs: Too many open files\n",
    "hardly any memory": "error: this machine has no memory left for it\n",
}
"""Where the command cannot do its work, and what it says. Everywhere else it succeeds."""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process differ elsewhere")
@pytest.mark.parametrize("surroundings", _SURROUNDINGS)
def test_the_command_succeeds_or_says_why_not(project: Path, surroundings: str) -> None:
    words, before, changes = _SURROUNDINGS[surroundings]
    there = _files(project)

    code, out, err = _run(project, words, before, changes)

    assert _files(project) == there
    if surroundings in _SAID:
        assert (code, out, "Traceback" in err) == (1, "", False)
        assert err.startswith(_SAID[surroundings])
        assert "\n  fix: " in err
    else:
        assert code == 0, err
        assert ">&-" in words.split() or json.loads(out)["messages"]["sent"] == 11


def test_a_project_that_cannot_be_written_to_is_run_as_any_other(project: Path) -> None:
    for place in (*project.rglob("*"), project):
        place.chmod(0o555 if place.is_dir() else 0o444)
    there = _files(project)

    code, out, err = _run(project, "", _nothing, {})
    for place in (project, *project.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)

    # What takes longer than a second of processor time is announced, and a slow machine needs as long.
    assert (code, err.removeprefix("simulating prod ...\n")) == (0, "")
    assert json.loads(out)["messages"]["sent"] == 11
    assert _files(project) == there
