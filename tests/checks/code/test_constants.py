from __future__ import annotations

import ast
from typing import Any

import pytest

from delivery_lab.checks.code.constants import as_number, evaluate
from delivery_lab.program.graph import UNKNOWN
from tests.checks.world import code_of

MODULE = """
import os
from datetime import timedelta
import limits
from limits import HOUR

A = 5
B = A * 60
TWICE = 1
TWICE = 2
LOOP = LOOP
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("A", 5),
        ("B + 1", 301),
        ("-A", -5),
        ("not A", False),
        ("B // 0", UNKNOWN),
        ("B / 8", 37.5),
        ("HOUR", 3600),
        ("limits.HOUR * 2", 7200),
        ("limits.MISSING", UNKNOWN),
        ("TWICE", UNKNOWN),
        ("LOOP", UNKNOWN),
        ("A == 5", True),
        ("A != 5", False),
        ("A == 'five'", UNKNOWN),
        ("A > 5", UNKNOWN),
        ("x and A == 6", False),
        ("x or A == 5", True),
        ("x and A", UNKNOWN),
        ("A and B", True),
        ("os.environ['MODE']", "Fast"),
        ("os.environ['OTHER']", UNKNOWN),
        ("os.environ.get('MODE').lower()", "fast"),
        ("os.environ.get('OTHER', 'slow')", "slow"),
        ("os.getenv('OTHER')", None),
        ("os.getenv('AWS_REGION', 'x')", UNKNOWN),
        ("os.environ['LATER']", UNKNOWN),
        ("int(os.environ['SIZE'])", 12),
        ("int(x)", UNKNOWN),
        ("read('SIZE', 3)", "12"),
        ("read('ON', False)", True),
        ("read('NO_VARIABLE', 3)", UNKNOWN),
        ("timedelta(days=1, hours=2).total_seconds()", 93600),
        ("timedelta(1).total_seconds()", UNKNOWN),
        ("[1]", UNKNOWN),
    ],
)
def test_what_an_expression_is_worth(expression: str, value: Any) -> None:
    code = code_of({"app.py": MODULE, "limits.py": "HOUR = 60 * 60"}, MODE="Fast", SIZE="12", ON="true", LATER=UNKNOWN)
    found = evaluate(code, code.entry, ast.parse(expression, mode="eval").body)
    assert found == value
    assert type(found) is type(value) or isinstance(value, int)


@pytest.mark.parametrize(("value", "number"), [("30", 30), (2.5, 2.5), (True, None), ("x", None), (None, None)])
def test_numbers_may_be_texts_as_in_environment_variables(value: object, number: float | None) -> None:
    assert as_number(value) == number
