"""What is named as a file and is none: never waited for, never read without an end."""

from __future__ import annotations

import io
import os
import socket
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery_lab import input_files
from delivery_lab.api.writing import refuse_unwritable, write_file
from delivery_lab.cost.prices import read_prices
from delivery_lab.errors import LabError
from delivery_lab.program.project import read_project
from delivery_lab.program.state import read_state
from delivery_lab.program.yamlfile import read_yaml
from delivery_lab.simulation.workload_files import default_workload, read_workload

READERS: dict[str, Callable[[Path], object]] = {
    "a workload": read_workload,
    "a price list": read_prices,
    "a state": lambda path: read_state(path, path.parent, ()),
    "any YAML": lambda path: read_yaml(path, str(path)),
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    return {
        "it is a named pipe, not a file": tmp_path / "pipe",
        "it is a socket, not a file": tmp_path / "socket",
        "it is a device, not a file": Path("/dev/zero"),
        "it is a folder, not a file": tmp_path,
    }


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_with_its_kind(places: dict[str, Path], reader: str) -> None:
    for kind, path in places.items():
        with pytest.raises(LabError) as refused:
            READERS[reader](path)
        assert (
            str(refused.value)
            .split("\n")[0]
            .endswith(f"{path}{':' * (reader != 'a price list')} cannot be read: {kind}")
        )
        assert refused.value.exit_code == 2


@pytest.mark.parametrize("reader", READERS)
def test_a_file_may_have_so_much_and_no_more(tmp_path: Path, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_files, "MOST_BYTES", 10)
    (tmp_path / "large").write_bytes(b"1234567890{")
    with pytest.raises(LabError, match="cannot be read: it has more than 64 MiB, the most that is read"):
        READERS[reader](tmp_path / "large")

    (tmp_path / "large").write_bytes(b"1234567890")
    assert input_files.read_bytes(tmp_path / "large") == b"1234567890"


def test_what_a_shell_opens_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a: 1\n")
    os.close(writing)
    try:
        assert read_yaml(Path(f"/dev/fd/{reading}"), "given").value == {"a": 1}
    finally:
        os.close(reading)
    assert input_files.read_bytes(Path(os.devnull)) == b""


@pytest.mark.parametrize(
    "kind", ["it is a named pipe, not a file", "it is a socket, not a file", "it is a folder, not a file"]
)
def test_nothing_is_written_into_what_is_no_file(places: dict[str, Path], kind: str) -> None:
    for write in (refuse_unwritable, lambda path, option: write_file(path, "text", option)):
        with pytest.raises(LabError) as refused:
            write(places[kind], "--trace")
        assert str(refused.value) == f"--trace: {places[kind]} cannot be written: {kind}"
    write_file(Path(os.devnull), "text")


def test_a_pipe_among_the_files_of_a_project_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").touch()
    os.mkfifo(tmp_path / "Pulumi.dev.yaml")
    (tmp_path / "workloads").mkdir()
    os.mkfifo(tmp_path / "workloads" / "pipe.yaml")

    assert read_project(tmp_path).stacks() == ()
    with pytest.raises(LabError, match=r"pipe\.yaml: cannot be read: it is a named pipe, not a file"):
        default_workload(tmp_path / "workloads", "dev")


@pytest.mark.parametrize("way", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_is_an_archive_however_it_is_packed(tmp_path: Path, way: str) -> None:
    with tarfile.open(tmp_path / "a", way) as archive:  # type: ignore[call-overload]
        archive.addfile(tarfile.TarInfo("x"), io.BytesIO())

    assert input_files.is_packed(tmp_path / "a")


def test_zip_is_an_archive_and_what_only_looks_like_one_is_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("x", "")
    (tmp_path / "gzip").write_bytes(b"\x1f\x8b and no more")
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(1 << 30)  # in which Python looks for tar for five minutes

    assert [input_files.is_packed(tmp_path / name) for name in ("a", "gzip", "zeros")] == [True, False, False]
