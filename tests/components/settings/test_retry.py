from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import BatchWorkerSettings
from components.settings.problems import problems_of

KEY = "delivery-lab:batch"


def _refused(**worker: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        BatchWorkerSettings.model_validate(worker)
    found = problems_of(caught.value, BatchWorkerSettings, KEY)
    return [(problem.key.removeprefix(f"{KEY}."), problem.message, problem.fix) for problem in found]


def test_by_default_failed_records_fail_and_are_visible_again_after_the_visibility_timeout() -> None:
    assert BatchWorkerSettings().retry.effective() == {"nonRetryable": "fail", "backoff": False}


def test_what_may_become_of_messages_that_no_retry_can_help() -> None:
    assert _refused(retry={"nonRetryable": "ignore"}) == [
        (
            "retry.nonRetryable",
            "must be one of fail, park, swallow (what becomes of a message that no retry can help)",
            "use one of them",
        )
    ]


def test_a_delay_for_messages_that_the_mapping_deletes_is_refused() -> None:
    assert _refused(reportBatchItemFailures=False, retry={"backoff": True}) == [
        (
            "retry.backoff",
            "needs reportBatchItemFailures: without it the mapping deletes failed messages, so none is retried",
            "set reportBatchItemFailures to true, or onRecordError to raise",
        )
    ]


@pytest.mark.parametrize("worker", [{}, {"reportBatchItemFailures": False, "onRecordError": "raise"}])
def test_a_delay_for_messages_that_come_back_is_taken(worker: dict[str, Any]) -> None:
    assert BatchWorkerSettings.model_validate({**worker, "retry": {"backoff": True}}).retry.backoff
