"""What is published: the same bytes from the same tree, and nothing in it that should not be there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from scripts import build_dist
from scripts.build_dist import DistError, build, problems
from tests.lab_support import ROOT


def test_wheel_and_source_distribution_are_the_same_bytes_twice(tmp_path: Path) -> None:
    first, second = build(ROOT, tmp_path / "first"), build(ROOT, tmp_path / "second")

    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert list(problems(*first)) == []


def test_another_time_gives_other_bytes_and_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, times = build_dist.built, iter(range(400_000_000, 500_000_000, 1_000_000))
    monkeypatch.setattr(build_dist, "built", lambda kind, root, target, _: real(kind, root, target, next(times)))

    with pytest.raises(DistError, match=r"^built twice, delivery_lab-.*\.tar\.gz and delivery_lab-.*\.whl differ$"):
        build(ROOT, tmp_path / "dist")


def test_what_does_not_belong_into_a_wheel_is_said(tmp_path: Path) -> None:
    wheel, sdist = build(ROOT, tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("components/__init__.py", "")

    assert list(problems(wheel, sdist)) == ["the wheel holds components beside the package"]
