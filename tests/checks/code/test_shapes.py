"""Answers that are something else than batchItemFailures."""

from __future__ import annotations

import pytest

from delivery_lab.checks.code.shapes import other_shapes
from tests.checks.world import code_of


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("return {'statusCode': 200, 'body': 'ok'}", "an object with statusCode and body"),
        ("return {'statusCode': 200, 'body': 'ok', 'a': 1, 'b': 2}", "an object with statusCode and body and a"),
        ("return dict(statusCode=200)", "an object with statusCode"),
        ("return {'batchItemFailure': []}", "an object with batchItemFailure"),
        ("answer = {'ok': True}\n    return answer", "an object with ok"),
        ("return 'done'", "the text 'done'"),
        ("return f'{len(event)} done'", "a text"),
        ("return json.dumps({'batchItemFailures': []})", "a text (json.dumps)"),
        ("return True", "the value True"),
        ("return ['a']", "a list"),
        ("return helper()", "an object with status"),
        ("return {'batchItemFailures': []} if event else {'statusCode': 500}", "an object with statusCode"),
    ],
)
def test_what_is_found(body: str, text: str) -> None:
    helper = "import json\ndef helper():\n    return {'status': 1}\n"
    code = code_of({"app.py": f"{helper}def handle(event, context):\n    {body}\n"})

    assert [shape.text for shape in other_shapes(code)] == [text]
    assert all(shape.where.startswith("app, line ") for shape in other_shapes(code))


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "return",
        "return None",
        "return {}",
        "return []",
        "return ''",
        "return {'batchItemFailures': []}",
        "return {'batchItemFailures': [], 'statusCode': 200}",
        "return {'state': {'sum': 3}}",
        "return {**event, 'statusCode': 200}",
        "return {name: 1 for name in event}",
        "return unknown(event)",
        "return event",
        "answer = {'statusCode': 200}\n    answer['batchItemFailures'] = []\n    return answer",
        "answer = {'statusCode': 200}\n    fill(answer)\n    return answer",
        "def inner():\n        return {'statusCode': 200}\n    return None",
        "yield {'statusCode': 200}",
    ],
)
def test_what_is_passed_over(body: str) -> None:
    assert other_shapes(code_of({"app.py": f"def handle(event, context):\n    {body}\n"})) == []


def test_a_decorator_may_make_something_else_of_it() -> None:
    wrapped = "from x import wraps\n@wraps\ndef handle(event, context):\n    return {'statusCode': 200}\n"

    assert other_shapes(code_of({"app.py": wrapped})) == []
