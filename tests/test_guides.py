"""The guides for contributors name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab_support import ROOT

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
FOLDERS = ("src", "tests", "components", "functions", "stacks", "workloads", "policy", "scripts", "docs", "benchmarks")
_QUOTED = re.compile(r"`([\w./-]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_paths_in_a_guide_exist(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    named = [found for found in _QUOTED.findall(text) if "/" in found and found.split("/")[0] in FOLDERS]
    assert named
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [link for link in _LINK.findall(text) if not (guide.parent / link).exists()]
    assert missing == []


def test_the_guide_to_testing_knows_every_folder_of_tests() -> None:
    text = (ROOT / "docs" / "guides" / "testing.md").read_text(encoding="utf-8")
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("[!_]*"))}
    assert {name for name in folders if f"`tests/{name}`" not in text} == set()
