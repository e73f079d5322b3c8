"""What is said of a record handler is what Powertools does with it."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.typing import LambdaContext

from delivery_lab.checks.code.record_handlers import uncallable_handlers
from tests.checks.world import code_of

EVENT = {"Records": [{"messageId": "m-1", "body": "{}", "eventSource": "aws:sqs"}]}
MODULE = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

processor = BatchProcessor(event_type=EventType.SQS)


def work({parameters}):
    return None


def handle(event, context):
    return process_partial_response(event=event, record_handler=work, processor=processor{context})
"""


@pytest.mark.parametrize("context", ["", ", context=context"])
@pytest.mark.parametrize(
    "parameters",
    [
        *("record", "record=None", "*, record", "dry=False, record=None", "record, **more", "**more", "*args, **more"),
        *("record, lambda_context", "lambda_context, record", "record, lambda_context=None", "record, *, dry=True"),
        *("message", "record, /", "record, context", "message, /, **more", "record, *, dry", "*args", "", "Record"),
    ],
)
def test_a_handler_is_found_where_no_record_can_be_given_to_it(parameters: str, context: str) -> None:
    text = MODULE.replace("{parameters}", parameters).replace("{context}", context)

    found = uncallable_handlers(code_of({"app.py": text}))

    assert bool(found) is _fails(parameters, LambdaContext() if context else None)


def _fails(parameters: str, context: LambdaContext | None) -> bool:
    made: dict[str, Any] = {}
    exec(f"def work({parameters}):\n    return None\n", made)
    processor = BatchProcessor(event_type=EventType.SQS)
    try:
        process_partial_response(EVENT, made["work"], processor, context)
    except BatchProcessingError:
        return True
    return False


def test_it_says_what_is_given_and_what_is_lacking() -> None:
    text = MODULE.replace("{parameters}", "record, table, lambda_context").replace("{context}", ", context=context")

    [found] = uncallable_handlers(code_of({"app.py": text}))

    assert found.name == "work"
    assert found.given == "record=..., lambda_context=..."
    assert found.lacking == "needs table as well"
    assert found.where == "app, line 12"
