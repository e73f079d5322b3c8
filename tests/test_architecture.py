"""The ground plan of the package, where import-linter's contracts in pyproject.toml cannot say it."""

from __future__ import annotations

import graphlib

import grimp
import pytest

PACKAGE = "delivery_lab"

# What is still being mended; an entry goes when its import is gone.
_OPEN_CIRCLES = {(f"{PACKAGE}.model.sqs.message", f"{PACKAGE}.model.sqs.queue")}

# A handler runs in virtual time and draws from the run's random streams; what it calls is behind a protocol.
_WHAT_HANDLERS_KNOW_OF_THE_MODEL = {f"{PACKAGE}.model.{name}" for name in ("clock", "randomness", "runtime")}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Every import of the package, those for types and those inside functions included."""
    return grimp.build_graph(PACKAGE, cache_dir=None)


def test_no_module_imports_itself_through_others(imports: grimp.ImportGraph) -> None:
    order = graphlib.TopologicalSorter(
        {
            module: {
                imported
                for imported in imports.find_modules_directly_imported_by(module)
                if (module, imported) not in _OPEN_CIRCLES
            }
            for module in imports.modules
        }
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
