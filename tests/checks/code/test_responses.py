from __future__ import annotations

import textwrap

import pytest

from delivery_lab.checks.code.program import UnreadableCode
from delivery_lab.checks.code.responses import Answers, answers_of
from tests.checks.world import code_of, try_code_of

POWERTOOLS = (
    "from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response as ppr\n"
)

REPORTS = {
    "literal": "def handle(e, c):\n    failed = []\n    return {'batchItemFailures': failed}",
    "filled": "def handle(e, c):\n    return {'batchItemFailures': [{'itemIdentifier': r} for r in e]}",
    "by-subscript": "def handle(e, c):\n    out = {}\n    out['batchItemFailures'] = work(e)\n    return out",
    "key-in-a-constant": "KEY = 'batchItemFailures'\ndef handle(e, c):\n    return {KEY: [1]}",
    "dict-call": "def handle(e, c):\n    return dict(batchItemFailures=[1])",
    "in-one-branch": "def handle(e, c):\n    if e:\n        return {'batchItemFailures': [1]}\n    return None",
    "conditional-expression": "def handle(e, c):\n    return {'batchItemFailures': [1]} if e else {}",
    "own-function": "def work(e):\n    return {'batchItemFailures': [1]}\ndef handle(e, c):\n    return work(e)",
    "awaited": (
        "import asyncio\nasync def work(e):\n    return {'batchItemFailures': [1]}\n"
        "def handle(e, c):\n    return asyncio.run(work(e))"
    ),
    "alias": "def work(e, c):\n    return {'batchItemFailures': [1]}\nhandle = work",
    "powertools-function": POWERTOOLS + "def handle(e, c):\n    return ppr(event=e, record_handler=w, processor=p)",
    "powertools-module": (
        "from aws_lambda_powertools.utilities import batch\n"
        "def handle(e, c):\n    return batch.process_partial_response(event=e, record_handler=w, processor=p)"
    ),
    "powertools-processor": POWERTOOLS
    + "p = BatchProcessor(EventType.SQS)\ndef handle(e, c):\n    return p.response()",
    "powertools-inside": (
        POWERTOOLS
        + "def handle(e, c):\n    p = BatchProcessor(EventType.SQS)\n    with p(e, w):\n        p.process()\n"
        "    return p.response()"
    ),
    "any-decorator": "import them\n@them.wrap\ndef handle(e, c):\n    return {'batchItemFailures': [1]}",
}

NEVER = {
    "method": "class A:\n    def work(self, e):\n        return {}\na = A()\ndef handle(e, c):\n    return a.work(e)",
    "nothing": "def handle(e, c):\n    print(e)",
    "bare-return": "def handle(e, c):\n    return",
    "other-dict": "def handle(e, c):\n    return {'statusCode': 200}",
    "always-empty": "def handle(e, c):\n    return {'batchItemFailures': []}",
    "other-dict-by-name": "def handle(e, c):\n    out = {'ok': 1}\n    out['n'] = 5\n    print(out)\n    return out",
    "own-function": "def work(e):\n    return 5\ndef handle(e, c):\n    return work(e)",
    "only-mentioned": "def handle(e, c):\n    '''Would answer batchItemFailures.'''\n    batchItemFailures = 1",
    "inner-function": "def handle(e, c):\n    def inner():\n        return {'batchItemFailures': [1]}\n    return None",
    "powertools-logger": (
        "from aws_lambda_powertools import Logger\nlog = Logger()\n@log.inject_lambda_context\ndef handle(e, c): ..."
    ),
    "json": "import json\ndef handle(e, c):\n    return json.dumps({'ok': True})",
}

UNKNOWN = {
    "inherited": "import them\nclass A(them.Base):\n    pass\na = A()\ndef handle(e, c):\n    return a.work(e)",
    "overridden": (
        "class A:\n    def run(self, e):\n        return self.work(e)\n    def work(self, e):\n        return {}\n"
        "class B(A):\n    def work(self, e):\n        return {'batchItemFailures': [1]}\n"
        "def handle(e, c):\n    return B().run(e)"
    ),
    "library": "import them\ndef handle(e, c):\n    return them.work(e)",
    "decorated": "import them\n@them.wrap\ndef handle(e, c):\n    pass",
    "decorated-helper": "import them\n@them.wrap\ndef work(e):\n    pass\ndef handle(e, c):\n    return work(e)",
    "made": "import them\nhandle = them.make()",
    "attribute": "def handle(e, c):\n    return c.answer",
    "parameter": "def handle(e, c):\n    return e",
    "global": "answer = {}\ndef handle(e, c):\n    return answer",
    "spread": "import them\ndef handle(e, c):\n    return {**them.work(e)}",
    "filled-elsewhere": "import them\ndef handle(e, c):\n    out = {}\n    them.fill(out)\n    return out",
    "updated": "def handle(e, c):\n    out = {}\n    out.update(e)\n    return out",
    "computed-key": "def handle(e, c):\n    return {e['key']: [1]}",
    "shadowed": "def handle(e, c):\n    len = e['f']\n    return len(e)",
    "generator": "def handle(e, c):\n    yield {'batchItemFailures': [1]}",
    "self-assigned": "def handle(e, c):\n    out = {}\n    out = out | e\n    return out",
    "recursive": "def handle(e, c):\n    return handle(e, c)",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(pytest.param(text, Answers.REPORTS, id=f"reports-{name}") for name, text in REPORTS.items()),
        *(pytest.param(text, Answers.NEVER, id=f"never-{name}") for name, text in NEVER.items()),
        *(pytest.param(text, Answers.UNKNOWN, id=f"unknown-{name}") for name, text in UNKNOWN.items()),
    ],
)
def test_what_a_handler_answers(text: str, expected: Answers) -> None:
    assert answers_of(code_of({"app.py": text})) is expected


HANDLER = """
from tools import settings
RAISE = settings.choice("ON_ERROR", ("raise", "report"), "report") == "raise"

def handle(e, c):
    answer = {"batchItemFailures": [r for r in e]}
    failed = answer["batchItemFailures"]
    if failed and RAISE:
        raise ValueError
    return answer
"""
SETTINGS = {"tools/__init__.py": "", "tools/settings.py": "import os\ndef choice(name, allowed, default): ...\n"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ON_ERROR": "raise"}, Answers.RAISES),
        ({"ON_ERROR": "report"}, Answers.REPORTS),
        # Unset: the default is the program's own business, so nothing is claimed to be lost.
        ({}, Answers.RAISES),
    ],
)
def test_a_handler_that_raises_on_failures_loses_nothing(environment: dict[str, str], expected: Answers) -> None:
    assert answers_of(code_of({"app.py": HANDLER, **SETTINGS}, **environment)) is expected


def test_a_raise_about_something_else_changes_nothing() -> None:
    text = (
        "def handle(e, c):\n    if 'Records' not in e:\n        raise ValueError\n    return {'batchItemFailures': [1]}"
    )
    assert answers_of(code_of({"app.py": text})) is Answers.REPORTS


def test_imports_are_followed_through_packages_and_relative_imports() -> None:
    files = {
        "src/app.py": "from .batches import run as handle",
        "src/__init__.py": "",
        "src/batches/__init__.py": "from .impl import go as run",
        "src/batches/impl.py": "def go(e, c):\n    return {'batchItemFailures': [1]}",
    }
    assert answers_of(code_of(files, handler="src/app.handle")) is Answers.REPORTS


def test_an_import_cycle_ends() -> None:
    files = {"app.py": "from other import handle", "other.py": "from app import handle"}
    assert answers_of(code_of(files)) is Answers.UNKNOWN


@pytest.mark.parametrize(
    ("files", "handler", "reason"),
    [
        ({"app.py": "def broken("}, "app.handle", "there is no module app in its archive that can be parsed"),
        ({"app.py": ""}, "main.handle", "there is no module main in its archive that can be parsed"),
        ({"app.py": ""}, "handle", "its handler is known only after deployment"),
    ],
)
def test_code_that_cannot_be_read_says_why(files: dict[str, str], handler: str, reason: str) -> None:
    assert try_code_of(files, handler=handler) == UnreadableCode(reason)


def test_completeness_is_lost_with_an_import_that_is_not_at_hand() -> None:
    assert code_of({"app.py": textwrap.dedent("import json, boto3\nfrom lib import x"), "lib.py": "x = 1"}).complete
    assert not code_of({"app.py": "import elsewhere"}).complete
