"""Ctrl-C in the middle of a handler's work: each command that runs one ends at once, and nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab_support import FOREIGN

_COMMAND = [sys.executable, "-m", "delivery_lab.cli"]
_BUSY = """\
import time
from pathlib import Path

def handle(event, context):
    Path("/tmp/begun").touch()
    while True:
        time.sleep(0.000001)
"""
"""Each call of `sleep` lets virtual time pass, so that the invoke takes minutes to its timeout of ten seconds."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two revisions, of which the second has a handler that does not end, and a failure of the first."""
    folder = tmp_path_factory.mktemp("busy") / "orders"
    shutil.copytree(FOREIGN, folder)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "one")
    words = ["explore", "prod", *_of(folder), "--seeds", "1", "--no-shrink", "--expect", "messages.sent == 0"]
    failed = subprocess.run([*_COMMAND, *words], cwd=folder.parent, capture_output=True, text=True, check=False)
    assert failed.returncode == 5, failed.stderr
    (folder / "worker" / "app.py").write_text(_BUSY)
    _git(folder, "commit", "--quiet", "--all", "--message", "two")
    return folder


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def _of(project: Path) -> list[str]:
    return ["--project", str(project), "--workload", str(project / "workload.yaml")]


@pytest.mark.parametrize(
    "command",
    [
        "run --trace t.json --per-message m.jsonl",
        "report -o r.html",
        "explore --seeds 9",
        "diff",
        "replay",
        "calibrate",
    ],
)
def test_ctrl_c_ends_it_at_once_with_no_process_and_no_half_written_file(
    command: str, project: Path, tmp_path: Path
) -> None:
    name, *options = command.split()
    words = [name, "prod", *_of(project), *options]
    if name == "replay":
        words = [name, str(next(project.parent.glob("delivery-lab-failure-*.yaml"))), "--project", str(project)]
    elif name == "diff":
        words = [name, "HEAD~1..HEAD", *words[1:]]
    temporary, here = tmp_path / "temporary", tmp_path / "here"
    temporary.mkdir()
    here.mkdir()
    process = subprocess.Popen(
        [*_COMMAND, *words],
        cwd=here,
        stdout=-1,
        stderr=-1,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    try:
        while not any(temporary.rglob("begun")):
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; nothing was left behind"
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == list(here.iterdir()) == []
    trees = subprocess.run(["git", "worktree", "list"], cwd=project, capture_output=True, text=True, check=True)
    assert len(trees.stdout.splitlines()) == 1
