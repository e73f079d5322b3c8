"""Pages and guides name files, modules and pages that exist."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from tests.lab_support import ROOT

# The fact sheet quotes files of other people's repositories.
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "semantics.md")
PACKAGE = ROOT / "src" / "delivery_lab"
_QUOTED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?)`")
_MODULE = re.compile(r"`(delivery_lab(?:\.[a-z_]\w*)+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def _named_paths(text: str) -> list[str]:
    """Paths in quotes: from the root, or from the package, whose first folder has to be there."""
    tops = {path.name for root in (ROOT, PACKAGE) for path in root.iterdir() if path.is_dir()}
    return [path for path in _QUOTED.findall(text) if path.split("/")[0] in tops]


def _is_there(path: str) -> bool:
    return any((root / path).exists() for root in (ROOT, PACKAGE))


def test_there_are_pages_that_name_files() -> None:
    named = [path for page in PAGES for path in _named_paths(page.read_text(encoding="utf-8"))]
    assert len(named) > 100


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert [path for path in _named_paths(text) if not _is_there(path)] == []
    assert [link for link in _LINK.findall(text) if not (page.parent / link).exists()] == []
    assert [module for module in _MODULE.findall(text) if _unknown(module)] == []


def _unknown(dotted: str) -> bool:
    """Whether a name is neither a module of the package nor something in one."""
    module, _, name = dotted.rpartition(".")
    try:
        if importlib.util.find_spec(dotted) is not None:
            return False
    except ModuleNotFoundError:
        pass
    return not hasattr(importlib.import_module(module), name)


def test_the_guide_to_testing_knows_every_folder_of_tests() -> None:
    text = (ROOT / "docs" / "guides" / "testing.md").read_text(encoding="utf-8")
    entries = [path for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"]
    folders = {path.name for path in entries if any(path.glob("[!_]*"))}
    assert {name for name in folders if f"`tests/{name}`" not in text} == set()
