"""What a first workload sends to a function."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.api.first.sends import FirstSends
from delivery_lab.api.first_workload import FirstWorkload
from delivery_lab.resource_types import ALIAS, FUNCTION, FUNCTION_URL, MAPPING, QUEUE
from tests.stack.world import resource, stack_of


def test_the_url_of_a_function_is_sent_a_request_unless_that_would_be_refused() -> None:
    stack = stack_of(
        resource(FUNCTION, "worker"),
        resource(FUNCTION_URL, "url", {"functionName": "worker"}),
        resource(FUNCTION_URL, "streaming", {"functionName": "worker", "invokeMode": "RESPONSE_STREAM"}),
        resource(FUNCTION_URL, "gone", {"functionName": "worker", "qualifier": "gone"}),
        resource(FUNCTION_URL, "live", {"functionName": "worker", "qualifier": "live"}),
        resource(ALIAS, "live", {"functionName": "worker", "name": "live", "functionVersion": "$LATEST"}),
    )

    found = list(FirstSends(stack, Path()).lines())

    assert [function.label for function, _ in found] == ["worker", "worker"]
    requests = [line["http"] for _, line in found]
    assert [(each["method"], each["path"], each["api"]) for each in requests] == [
        ("POST", "/", "url"),
        ("POST", "/", "live"),
    ]


def test_a_function_answers_requests_unless_a_mapping_looks_for_failed_records_in_what_it_returns() -> None:
    stack = stack_of(
        resource(QUEUE, "jobs"),
        *(resource(FUNCTION, name) for name in ("front", "both", "worker")),
        *(resource(FUNCTION_URL, f"url-{name}", {"functionName": name}) for name in ("front", "both")),
        resource(
            MAPPING, "mapping", {"functionName": "both", "eventSourceArn": "arn:aws:sqs:us-east-1:123456789012:jobs"}
        ),
    )
    sends = FirstSends(stack, Path())

    assert [sends.answers_requests(each) for each in stack.functions] == [True, False, False]


def test_a_described_function_behind_an_api_answers_as_a_rest_api_wants_it() -> None:
    stack = stack_of(
        resource(FUNCTION, "front", {"handler": "app.handle", "runtime": "python3.12"}),
        resource(FUNCTION_URL, "url", {"functionName": "front"}),
    )

    text = FirstWorkload(stack, FirstSends(stack, Path()), {stack.functions[0].urn}).text()

    assert '  "front": {duration: 0.2, response: {statusCode: 200}}  # its code cannot be run here' in text
