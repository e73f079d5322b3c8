from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pip
import pytest

from scripts import build_layer


@pytest.fixture
def project(tmp_path: Path) -> Path:
    functions = tmp_path / "functions"
    (functions / "worker" / "__pycache__").mkdir(parents=True)
    (functions / "worker" / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"")
    (functions / "worker" / "handler.py").write_text("")
    (functions / "requirements.txt").write_text("one==1\n")
    return tmp_path


@pytest.fixture(name="pip")
def _pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands in for pip: writes a package as pip would, and keeps the commands."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        target = Path(command[command.index("--target") + 1])
        (target / "one").mkdir(parents=True)
        (target / "one" / "__init__.py").write_text("")
        (target / "bin").mkdir()
        (target / "bin" / "one").write_text("#!/home/somebody/bin/python")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_layer_holds_what_is_imported_with_a_fixed_time(project: Path, pip: list[list[str]]) -> None:
    layer = build_layer.build(project)
    assert layer == project / "build" / "layer"
    assert _files(layer) == ["one/__init__.py"]
    assert {path.stat().st_mtime for path in layer.rglob("*")} == {315_532_800}


def test_the_stamp_names_the_lock_it_was_built_from(project: Path, pip: list[list[str]]) -> None:
    build_layer.build(project)
    digest = hashlib.sha256(b"one==1\n").hexdigest()
    assert (project / "build" / "layer.sha256").read_text() == f"{digest}\n"


def test_an_older_layer_is_replaced_and_nothing_else_is_left(project: Path, pip: list[list[str]]) -> None:
    old = project / "build" / "layer"
    old.mkdir(parents=True)
    (old / "two.py").write_text("")
    build_layer.build(project)
    assert _files(project / "build") == ["layer.sha256", "layer/one/__init__.py"]
    assert sorted(path.name for path in (project / "build").iterdir()) == ["layer", "layer.sha256"]


def test_bytecode_does_not_reach_the_archives_of_functions(project: Path, pip: list[list[str]]) -> None:
    build_layer.build(project)
    assert _files(project / "functions") == ["requirements.txt", "worker/handler.py"]


def test_wheels_are_for_lambda_s_platform_and_checked_against_the_lock() -> None:
    command = build_layer.pip_command(Path("lock.txt"), Path("out"))
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"} <= set(command)
    assert command[command.index("--python-version") + 1] == "3.13"
    platforms = [command[index + 1] for index, argument in enumerate(command) if argument == "--platform"]
    assert platforms == ["manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"]


def _wheel(folder: Path) -> str:
    """A package with a command, as a wheel; returns the line of a lock for it."""
    files = {
        "one/__init__.py": b"def main(): ...\n",
        "one-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: one\nVersion: 1\n",
        "one-1.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "one-1.dist-info/entry_points.txt": b"[console_scripts]\none = one:main\n",
    }
    path = folder / "one-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        wheel.writestr("one-1.dist-info/RECORD", "".join(f"{name},,\n" for name in [*files, "one-1.dist-info/RECORD"]))
    return f"one==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_two_builds_are_the_same_bit_by_bit(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pip itself: another path of Python, another umask, another time."""
    (tmp_path / "wheels").mkdir()
    (project / "functions" / "requirements.txt").write_text(_wheel(tmp_path / "wheels"))
    other = tmp_path / "python-elsewhere"
    other.symlink_to(Path(sys.executable).resolve())
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "PYTHONPATH": str(Path(pip.__file__).parent.parent),
    }.items():
        monkeypatch.setenv(name, value)
    archives = []
    for python, mask, epoch in ((sys.executable, 0o022, "0"), (str(other), 0o077, "1700000000")):
        monkeypatch.setattr(sys, "executable", python)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        before = os.umask(mask)
        try:
            layer = build_layer.build(project)
        finally:
            os.umask(before)
        archives.append(_zipped(layer))
        assert "../../bin" not in (layer / "one-1.dist-info" / "RECORD").read_text()

    assert archives[0] == archives[1]


def _zipped(folder: Path) -> bytes:
    """A folder as Pulumi's archives hold it: names, content, times and modes."""
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return told.getvalue()


def test_a_failing_pip_is_named_in_the_first_line_and_leaves_the_old_layer(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no matching distribution\n")

    monkeypatch.setattr(subprocess, "run", run)
    old = project / "build" / "layer"
    old.mkdir(parents=True)
    (old / "two.py").write_text("")
    with pytest.raises(build_layer.BuildError) as caught:
        build_layer.build(project)
    assert str(caught.value) == (
        f"pip could not install {project}/functions/requirements.txt for Python 3.13 on manylinux_2_28_aarch64 "
        "(exit code 1)\nERROR: no matching distribution"
    )
    assert _files(old) == ["two.py"]


def test_a_missing_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(build_layer, "PROJECT", tmp_path)
    assert build_layer.main() == 1
    assert capsys.readouterr().err == (
        f"build_layer: {tmp_path}/functions/requirements.txt is missing: compile it from requirements.in "
        "(whose first lines say how)\n"
    )


def test_the_locks_agree_on_what_both_hold() -> None:
    """What functions are tested with is what is deployed."""

    def versions(lock: Path) -> dict[str, str]:
        lines = [line.split()[0] for line in lock.read_text().splitlines() if "==" in line and line[0].isalpha()]
        return dict(line.split("==") for line in lines)

    root = versions(build_layer.PROJECT / "requirements.txt")
    layer = versions(build_layer.PROJECT / "functions" / "requirements.txt")
    assert {"aws-lambda-powertools", "pydantic", "pydantic-core"} <= set(layer)
    assert layer == {name: root[name] for name in layer}
