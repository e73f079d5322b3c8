"""The files of a Pulumi archive on this machine."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from delivery_lab.errors import HandlerLoadError, NotModelledError, ProgramError
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, RemoteArchive, StringAsset
from delivery_lab.stack.code import CodeFiles, code_files


def test_folders_files_and_texts_stand_where_the_archive_puts_them(tmp_path: Path) -> None:
    (tmp_path / "worker").mkdir()
    (tmp_path / "settings.json").write_text("{}")
    archive = AssetArchive(
        {
            ".": FileArchive("./worker"),
            "shared/settings.json": FileAsset("./settings.json"),
            "inner": AssetArchive({"./made.py": StringAsset("x = 1")}),
        }
    )

    assert code_files(archive, tmp_path, "worker") == CodeFiles(
        roots=(("", str(tmp_path / "worker")), ("shared/settings.json", str(tmp_path / "settings.json"))),
        inline=(("inner/made.py", "x = 1"),),
        plain=("shared/settings.json",),
    )


def test_what_is_missing_is_refused_or_left_out(tmp_path: Path) -> None:
    archive = FileArchive("./layer")
    expected = (
        f"the code of layer is missing: there is no {tmp_path}/layer\n"
        "  fix: create it, or correct the path in the program (paths start at the project's folder)"
    )

    with pytest.raises(HandlerLoadError, match=f"^{re.escape(expected)}$"):
        code_files(archive, tmp_path, "layer")
    assert code_files(archive, tmp_path, "layer", optional=True) == CodeFiles((), ())


def test_code_that_is_elsewhere_is_not_modelled(tmp_path: Path) -> None:
    with pytest.raises(NotModelledError, match=r"^the code of worker is a RemoteArchive, which is not on this machine"):
        code_files(RemoteArchive("https://example.org/code.zip"), tmp_path, "worker")


def test_code_that_is_a_plain_text_is_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "lambda.zip").write_bytes(b"")

    assert code_files("lambda.zip", tmp_path, "fn").roots == (("", str(tmp_path / "lambda.zip")),)


def test_a_file_in_an_archive_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(b"")
    archive = AssetArchive({"data.zip": FileAsset("data.zip")})

    assert code_files(archive, tmp_path, "worker").plain == ("data.zip",)


@pytest.mark.parametrize("kind", ["a named pipe", "a socket", "a device"])
@pytest.mark.parametrize("as_file", [True, False])
def test_what_would_be_read_for_ever_is_refused(tmp_path: Path, kind: str, as_file: bool) -> None:
    place = tmp_path / "code"
    if kind == "a named pipe":
        os.mkfifo(place)
    elif kind == "a device":
        place.symlink_to("/dev/zero")
        place = Path("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(place))
    archive = AssetArchive({"app.py": FileAsset("code")}) if as_file else FileArchive("code")

    with pytest.raises(ProgramError) as refused:
        code_files(archive, tmp_path, "worker")
    assert str(refused.value) == (
        f"the code of worker is {kind}, not a file or folder: {place}\n"
        "  fix: put a file or folder in its place, or correct the path in the program"
    )


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "code").symlink_to("code")

    with pytest.raises(HandlerLoadError, match=f"^the code of worker is missing: there is no {tmp_path}/code\n"):
        code_files(FileArchive("code"), tmp_path, "worker")
