from __future__ import annotations

from delivery_lab.checks.code.reached import reached
from tests.checks.world import code_of

HANDLER = """
import steps

def handle(event, context):
    return first(event)

def first(event):
    return steps.second(event)

def unused():
    pass
"""


def test_what_the_handler_names_is_found_once_however_many_ask() -> None:
    code = code_of({"app.py": HANDLER, "steps.py": "def second(event):\n    return first(event)\n"})

    found = reached(code)

    assert [(module.name, function.name) for module, function in found] == [
        ("app", "handle"),
        ("app", "first"),
        ("steps", "second"),
    ]
    assert reached(code) is found


def test_a_handler_that_is_no_function_reaches_nothing() -> None:
    assert list(reached(code_of({"app.py": "handle = object()\n"}))) == []
