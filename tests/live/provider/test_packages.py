from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from delivery_lab.errors import UsageError
from delivery_lab.live.provider.packages import zipped
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, RemoteArchive, StringAsset


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("handler.py", "lib/tools.py", "lib/__pycache__/tools.pyc"):
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "code"


def test_a_folder_is_packed_without_bytecode(folder: Path) -> None:
    assert names(zipped(FileArchive(str(folder)))) == ["handler.py", "lib/tools.py"]


def test_folders_and_assets_stand_where_the_archive_puts_them(folder: Path) -> None:
    archive = AssetArchive(
        {
            "python": FileArchive(str(folder)),
            "python/shared.py": FileAsset(str(folder / "handler.py")),
            "note": StringAsset("text"),
        }
    )
    data = zipped(archive)
    assert names(data) == ["note", "python/handler.py", "python/lib/tools.py", "python/shared.py"]
    assert zipfile.ZipFile(io.BytesIO(data)).read("note") == b"text"


def test_the_same_content_gives_the_same_bytes(folder: Path) -> None:
    archive = FileArchive(str(folder))
    assert zipped(archive) == zipped(archive)


def test_a_zip_file_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "code.zip"
    file.write_bytes(zipped(FileArchive(str(folder))))
    assert zipped(FileArchive(str(file))) == file.read_bytes()


def test_code_that_is_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^code is a RemoteArchive: this provider takes what is on this machine$"):
        zipped(RemoteArchive("https://example.org/code.zip"))
