"""What is asked of the process as a whole."""

from __future__ import annotations

import os

import pytest

from delivery_lab.process_wide import is_written


@pytest.mark.parametrize(
    ("mode", "flags", "written"),
    [
        ("r", os.O_RDONLY, False),
        ("rb", None, False),
        (None, os.O_RDONLY | os.O_CLOEXEC, False),
        ("r+", None, True),
        ("x", None, True),
        ("ab", None, True),
        (None, os.O_WRONLY, True),
        (None, os.O_RDWR, True),
        (None, os.O_RDONLY | os.O_TRUNC, True),
        ("r", os.O_CREAT, True),
    ],
)
def test_what_is_opened_to_be_written(mode: str | None, flags: int | None, written: bool) -> None:
    assert is_written(mode, flags) is written
