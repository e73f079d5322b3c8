from __future__ import annotations

import ast
from pathlib import Path

from scripts.write_engine_runs import PAGE, page_text, runs
from tests.lab_support import ROOT

FOLDERS = (ROOT / "tests" / "pulumi_cli", ROOT / "tests" / "live")


def engine_tests(module: Path) -> set[str]:
    """Names of the tests of a module, if all of them need the engine."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    marks = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    if not any("pytest.mark.engine" in ast.unparse(mark.value) for mark in marks):
        return set()
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_page_says_what_is_run_with_the_engine() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "write it with: python -m scripts.write_engine_runs"


def test_each_row_names_tests_that_there_are_and_each_test_has_a_row() -> None:
    modules = [module for folder in FOLDERS for module in folder.glob("test_*.py")]
    assert {test for run in runs() for test in run.tests} == {test for each in modules for test in engine_tests(each)}


def test_modules_that_use_the_engine_say_so() -> None:
    # Whoever has a project or an engine as its fixture needs the CLI.
    for module in FOLDERS[0].glob("test_*.py"):
        assert engine_tests(module) != set(), module.name
