"""The ground plan of the package, where import-linter's contracts in pyproject.toml cannot say it."""

from __future__ import annotations

import ast
import graphlib
from collections import defaultdict

import grimp
import pytest

from tests.lab_support import ROOT

PACKAGE = "delivery_lab"
SOURCE = ROOT / "src" / PACKAGE
MOST_LINES = 400

# A handler runs in virtual time and draws from the run's random streams; what it calls is behind a protocol.
_WHAT_HANDLERS_KNOW_OF_THE_MODEL = {f"{PACKAGE}.model.{name}" for name in ("clock", "randomness", "runtime")}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Every import of the package, those for types and those inside functions included."""
    return grimp.build_graph(PACKAGE, cache_dir=None)


def test_no_module_imports_itself_through_others(imports: grimp.ImportGraph) -> None:
    order = graphlib.TopologicalSorter(
        {module: imports.find_modules_directly_imported_by(module) for module in imports.modules}
    )
    order.prepare()  # raises CycleError, which names the modules of the circle


def test_handlers_know_only_clock_chance_and_protocol_of_the_model(imports: grimp.ImportGraph) -> None:
    known = {
        imported
        for module in imports.find_descendants(f"{PACKAGE}.handlers")
        for imported in imports.find_modules_directly_imported_by(module)
        if imported.startswith(f"{PACKAGE}.model.")
    }
    assert known == _WHAT_HANDLERS_KNOW_OF_THE_MODEL


def test_no_class_has_the_name_of_another_one() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(SOURCE)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_module_is_longer_than_it_may_be() -> None:
    lines = {
        str(path.relative_to(SOURCE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCE.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
