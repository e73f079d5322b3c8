"""Files that commands write, and what is said where one cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab.api.writing import write_file
from delivery_lab.errors import LabError


def test_a_text_is_written_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a longer text that was there", encoding="utf-8")
    write_file(file, "ä\nb\r\n")
    assert file.read_bytes() == "ä\nb\r\n".encode()


def test_parts_are_written_one_by_one(tmp_path: Path) -> None:
    def parts() -> Iterator[str]:
        yield "a\n"
        yield "b\n"

    write_file(tmp_path / "file", parts())
    assert (tmp_path / "file").read_text(encoding="utf-8") == "a\nb\n"


@pytest.mark.parametrize(("option", "named"), [("", ""), ("--write", "--write: ")])
def test_a_place_that_cannot_be_written_is_named_with_its_option(tmp_path: Path, option: str, named: str) -> None:
    with pytest.raises(LabError) as caught:
        write_file(tmp_path, "text", option)
    assert str(caught.value) == f"{named}{tmp_path} cannot be written: it is a folder, not a file"
    assert caught.value.exit_code == 1


def test_a_folder_that_cannot_be_made_is_said_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="cannot be written: "):
        write_file(tmp_path / "file" / "below" / "it", "text", make_folder=True)
