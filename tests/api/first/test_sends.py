"""What a first workload sends to a function."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.api.first.sends import FirstSends
from delivery_lab.resource_types import FUNCTION, FUNCTION_URL
from tests.stack.world import resource, stack_of


def test_the_url_of_a_function_is_sent_a_request_unless_that_would_be_refused() -> None:
    stack = stack_of(
        resource(FUNCTION, "worker"),
        resource(FUNCTION_URL, "url", {"functionName": "worker"}),
        resource(FUNCTION_URL, "streaming", {"functionName": "worker", "invokeMode": "RESPONSE_STREAM"}),
        resource(FUNCTION_URL, "live", {"functionName": "worker", "qualifier": "live"}),
    )

    ((function, line),) = FirstSends(stack, Path()).lines()

    assert function.label == "worker"
    assert (line["http"]["method"], line["http"]["path"], line["http"]["api"]) == ("POST", "/", "url")
