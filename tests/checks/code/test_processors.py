from __future__ import annotations

import pytest

from delivery_lab.checks.code.processors import processors_of
from delivery_lab.program.graph import UNKNOWN
from tests.checks.world import code_of

IMPORTS = """
from aws_lambda_powertools.utilities import batch
from aws_lambda_powertools.utilities.batch import BatchProcessor, SqsFifoPartialProcessor, process_partial_response
import settings
ORDER = settings.flag("ORDER", False)
plain = BatchProcessor("SQS")
chosen = SqsFifoPartialProcessor() if ORDER else BatchProcessor("SQS")
"""
SETTINGS = {"settings.py": "def flag(name, default): ..."}


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("process_partial_response(event=e, record_handler=w, processor=plain)", {"BatchProcessor"}),
        ("process_partial_response(e, w, plain)", {"BatchProcessor"}),
        ("batch.process_partial_response(e, w, SqsFifoPartialProcessor())", {"SqsFifoPartialProcessor"}),
        ("batch.batch_processor(record_handler=w, processor=plain)", {"BatchProcessor"}),
        ("process_partial_response(e, w, elsewhere)", {""}),
        ("process_partial_response(e, w, make())", {""}),
        ("process_partial_response(e, w)", {""}),
        ("other(e, w, plain)", set()),
    ],
)
def test_the_processor_that_is_handed_over(call: str, found: set[str]) -> None:
    assert processors_of(code_of({"app.py": IMPORTS + call, **SETTINGS})) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [("true", {"SqsFifoPartialProcessor"}), ("false", {"BatchProcessor"}), (UNKNOWN, {""})],
)
def test_a_processor_chosen_by_an_environment_variable(value: object, found: set[str]) -> None:
    text = IMPORTS + "process_partial_response(e, w, chosen)"
    assert processors_of(code_of({"app.py": text, **SETTINGS}, ORDER=value)) == found
