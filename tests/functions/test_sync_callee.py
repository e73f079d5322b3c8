from __future__ import annotations

import pytest
from shared.errors import ProcessingError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import Clock, Context


def test_it_works_and_answers_what_it_did(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    context = Context(clock)

    assert load_handler("sync_callee").lambda_handler({"id": "1", "sleep": 1.5}, context) == {"done": "1"}

    common = {"id": "1", "message_id": context.aws_request_id}
    assert read_events() == [{"event": "started"} | common, {"event": "processed"} | common]
    assert clock.sleeps == [1.5]


def test_it_raises_what_its_caller_is_to_see(load_handler: LoadHandler, clock: Clock) -> None:
    with pytest.raises(ProcessingError, match=r"^event 1 was told to fail$"):
        load_handler("sync_callee").lambda_handler({"id": "1", "shouldFail": True}, Context(clock))
