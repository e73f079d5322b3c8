"""Archives that somebody else has packed: whatever stands in them, a folder comes out of it or one message."""

from __future__ import annotations

import errno
import io
import shutil
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.handlers.unpacking import unpack


def _zip(folder: Path, *entries: tuple[str, str, int]) -> Path:
    """A zip file of names, texts and modes."""
    path = folder / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, text)
    return path


def _unpacked(path: Path) -> dict[str, str]:
    target = path.parent / "unpacked"
    target.mkdir()
    unpack("function worker", path, target)
    found = {}
    for place in sorted(target.rglob("*")):
        if place.is_symlink():
            found[str(place.relative_to(target))] = f"-> {place.readlink()}"
        elif place.is_file():
            found[str(place.relative_to(target))] = place.read_text()
    return found


def _refused(path: Path) -> str:
    with pytest.raises(HandlerLoadError) as refused:
        _unpacked(path)
    return str(refused.value).replace(str(path), "PATH")


def test_names_lead_nowhere_outside(tmp_path: Path) -> None:
    names = ("../up.py", "/etc/absolute.py", "a/../../b.py", "./c.py", "//d.py", "..")
    path = _zip(tmp_path, *[(name, name, 0o644) for name in names])

    assert _unpacked(path) == {
        "up.py": "../up.py",
        "etc/absolute.py": "/etc/absolute.py",
        "a/b.py": "a/../../b.py",
        "c.py": "./c.py",
        "d.py": "//d.py",
    }
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["code.zip", "unpacked"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_with_one_name_the_later_counts(tmp_path: Path) -> None:
    assert _unpacked(_zip(tmp_path, ("a.py", "first", 0o644), ("a.py", "2", 0o644))) == {"a.py": "2"}


def test_links_stay_links_and_nothing_is_written_through_them(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = stat.S_IFLNK | 0o777
    path = _zip(tmp_path, ("lib.so", "lib.so.1", link), ("out", str(outside), link), ("out/a.py", "x", 0o644))

    with pytest.raises(HandlerLoadError, match="cannot be unpacked"):
        _unpacked(path)
    assert list(outside.iterdir()) == []


def test_a_link_leads_where_it_says(tmp_path: Path) -> None:
    path = _zip(tmp_path, ("lib.so", "lib.so.1", stat.S_IFLNK | 0o777), ("lib.so.1", "code", 0o644))

    assert _unpacked(path) == {"lib.so": "-> lib.so.1", "lib.so.1": "code"}


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w"])
def test_tar_is_what_pulumi_makes_zip_of(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "code.tgz"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        file = tarfile.TarInfo("./pkg/app.py")
        file.size = 3
        archive.addfile(file, io.BytesIO(b"x=1"))
        for name, kind in (("link", tarfile.SYMTYPE), ("same", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
            other = tarfile.TarInfo(name)
            other.type, other.linkname = kind, "./pkg/app.py"
            archive.addfile(other)

    assert _unpacked(path) == {"link": "-> pkg/app.py", "pkg/app.py": "x=1", "same": "x=1"}


def test_what_is_larger_than_lambda_takes_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = _zip(tmp_path, ("a.py", "x", 0o644), ("b.bin", "y", 0o644))
    bomb = path.read_bytes().replace(struct.pack("<II", 1, 1), struct.pack("<II", 1, 300_000_000))
    path.write_bytes(bomb)

    assert _refused(path) == (
        "the archive of function worker has more than 262,144,000 bytes unpacked, the most that Lambda takes of a "
        "function and its layers: PATH\n  fix: leave out what it does not need, or deploy it as a container image"
    )
    assert list((tmp_path / "unpacked").iterdir()) == []


BROKEN = {
    "encrypted": "a.py is encrypted",
    "of an unknown method": "That compression method is not supported",
    "changed": "Bad CRC-32 for file 'a.py'",
    "in its way": "File exists",
    "of a long name": "File name too long",
}


@pytest.mark.parametrize("way", BROKEN)
def test_what_cannot_be_unpacked_is_one_message(tmp_path: Path, way: str) -> None:
    more = [("a.py/b.py", "x", 0o644)] if way == "in its way" else []
    more += [("x" * 300, "x", 0o644)] if way == "of a long name" else []
    path = _zip(tmp_path, ("a.py", "text", 0o644), *more)
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    if way == "encrypted":
        content[6] |= 1
        content[central + 8] |= 1
    elif way == "of an unknown method":
        content[8] = content[central + 10] = 97
    elif way == "changed":
        content[content.index(b"text")] = ord("T")
    path.write_bytes(content)

    assert _refused(path) == (
        f"the archive of function worker cannot be unpacked: PATH: {BROKEN[way]}\n  fix: build it again"
    )


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        _unpacked(_zip(tmp_path, ("a.py", "x", 0o644)))
