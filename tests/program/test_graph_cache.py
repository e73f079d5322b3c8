"""A graph that was kept is used where nothing that the program read has changed, and nowhere else."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph
from delivery_lab.program.graph_cache import evaluated, stored_graph
from delivery_lab.program.kept_files import cache_folder
from delivery_lab.program.project import read_project

PROGRAM = """
    import os
    from pathlib import Path
    import pulumi_aws as aws
    from settings import delay

    here = Path(__file__).parent
    given = (here / "given.txt").read_text()
    names = sorted(path.name for path in (here / "names").iterdir())
    there = (here / "maybe.txt").exists()
    aws.sqs.Queue("jobs", delay_seconds=delay, tags={
        "given": given, "names": ",".join(names), "there": str(there), "stage": os.environ.get("STAGE", "none"),
    })
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Writes files of a project in a folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def write(path: str, text: str) -> Path:
        file = tmp_path / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    write("Pulumi.yaml", "name: p\nruntime: python\n")
    write("Pulumi.dev.yaml", "config: {}\n")
    write("settings.py", "delay = 1\n")
    write("given.txt", "a")
    write("names/one", "")
    write("docs/readme.txt", "")
    write("__main__.py", PROGRAM)
    return write


def kept(folder: Path, *overrides: str) -> Graph | None:
    return stored_graph(read_project(folder / "project"), "dev", overrides)


def keep(folder: Path) -> Graph:
    return evaluated(read_project(folder / "project"), "dev", ())


def test_a_graph_is_kept_and_is_the_one_that_is_evaluated(tmp_path: Path, write: Callable[[str, str], Path]) -> None:
    assert kept(tmp_path) is None
    made = keep(tmp_path)

    assert kept(tmp_path) == made == evaluate(read_project(tmp_path / "project"), "dev")
    assert kept(tmp_path, "p:other=1") is None
    assert [path.parent for path in (tmp_path / "project").rglob("*.py")] == [tmp_path / "project"] * 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Pulumi.yaml", "name: p\nruntime: python\ndescription: d\n"),
        ("Pulumi.dev.yaml", "config: {p:x: 1}\n"),
        ("settings.py", "delay = 2\n"),
        ("given.txt", "b"),
        ("names/two", ""),
        ("maybe.txt", ""),
        ("pulumi_aws.py", "raise ValueError"),
    ],
)
def test_a_change_of_what_was_read_is_noticed(
    path: str, text: str, tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    keep(tmp_path)
    assert kept(tmp_path) is not None
    write(path, text)

    assert kept(tmp_path) is None


def test_a_pipe_in_the_place_of_what_was_read_is_not_opened(tmp_path: Path, write: Callable[[str, str], Path]) -> None:
    keep(tmp_path)
    file = write("given.txt", "a")
    file.unlink()
    os.mkfifo(file)

    assert kept(tmp_path) is None


def test_which_files_a_process_has_open_does_not_matter(tmp_path: Path, write: Callable[[str, str], Path]) -> None:
    made = keep(tmp_path)
    with (tmp_path / "project" / "given.txt").open():
        assert kept(tmp_path) == made


def test_what_was_not_read_may_change(tmp_path: Path, write: Callable[[str, str], Path]) -> None:
    keep(tmp_path)
    write("docs/readme.txt", "more")
    write("names/one", "more")

    assert kept(tmp_path) is not None


def test_a_variable_that_was_asked_for_counts(
    tmp_path: Path, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path)
    monkeypatch.setenv("UNRELATED", "1")
    assert kept(tmp_path) is not None
    monkeypatch.setenv("STAGE", "prod")
    assert kept(tmp_path) is None


DOUBTFUL = {
    "the time": "import time\ntime.time()",
    "the date": "import datetime\ndatetime.datetime.now()",
    "chance": "import random\nrandom.random()",
    "an identifier": "import uuid\nuuid.uuid4()",
    "a secret token": "import secrets\nsecrets.token_hex()",
    "another process": "import subprocess\nsubprocess.run(['true'])",
    "the name of the machine": "import socket\nsocket.gethostname()",
    "a file that is written": "from pathlib import Path\nPath('written.txt').write_text('x')",
    "all variables": "import os\ndict(os.environ)",
    "printed text": "print('hello')",
    "a secret": "import pulumi\nimport pulumi_aws as aws\naws.sqs.Queue('q', name=pulumi.Output.secret('s'))",
}


@pytest.mark.parametrize("program", DOUBTFUL.values(), ids=DOUBTFUL)
def test_where_anything_is_in_doubt_nothing_is_kept(
    program: str, tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    write("__main__.py", program)
    keep(tmp_path)

    assert kept(tmp_path) is None
    assert not (cache_folder() / "graphs").exists()


def test_a_file_that_somebody_else_could_have_written_is_not_read(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    keep(tmp_path)
    (file,) = (cache_folder() / "graphs").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o666)

    assert kept(tmp_path) is None


def test_a_damaged_file_is_as_none(tmp_path: Path, write: Callable[[str, str], Path]) -> None:
    keep(tmp_path)
    (file,) = (cache_folder() / "graphs").iterdir()
    file.write_bytes(b"nonsense")

    assert kept(tmp_path) is None
    keep(tmp_path)
    assert kept(tmp_path) is not None


def test_a_cache_that_cannot_be_written_is_none(
    tmp_path: Path, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    keep(tmp_path)

    assert kept(tmp_path) is None
