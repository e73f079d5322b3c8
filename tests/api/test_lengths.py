"""How long stacks took the last time."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.api.lengths import keep_lengths, longest_first


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_anything_known_stacks_stay_in_their_order(tmp_path: Path) -> None:
    assert longest_first(tmp_path, "simulating", ["b", "a", "c"]) == ["b", "a", "c"]


def test_the_longest_comes_first_and_what_is_new_before_it(tmp_path: Path) -> None:
    keep_lengths(tmp_path, "simulating", {"a": 0.1, "b": 2.5})
    keep_lengths(tmp_path, "simulating", {"a": 0.2, "c": 1.0})

    assert longest_first(tmp_path, "simulating", ["a", "b", "new", "c"]) == ["new", "b", "c", "a"]


def test_other_projects_and_other_work_are_not_meant(tmp_path: Path) -> None:
    keep_lengths(tmp_path, "simulating", {"a": 0.1, "b": 2.5})

    assert longest_first(tmp_path / "other", "simulating", ["a", "b"]) == ["a", "b"]
    assert longest_first(tmp_path, "checking", ["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"b": null}', b'{"b": "x"}', b"\xff", b"[" * 100_000])
def test_a_file_that_is_none_of_ours_says_nothing(tmp_path: Path, cache: Path, content: bytes) -> None:
    keep_lengths(tmp_path, "simulating", {"b": 2.5})
    (file,) = (cache / "delivery-lab" / "lengths").iterdir()
    file.write_bytes(content)

    assert longest_first(tmp_path, "simulating", ["a", "b"]) == ["a", "b"]
