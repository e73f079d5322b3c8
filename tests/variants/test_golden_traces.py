"""The same trace on every machine and Python version: whoever changes what the model does changes these, on purpose.

A change here is a change of results: raise `MODEL_VERSION` in `src/delivery_lab/_version.py` with it.
"""

from __future__ import annotations

import pytest

from tests.lab_support import run

TRACES = {
    "batch-partial": "e801b4b45ec2090f",
    "visibility-short": "332bb29d5a689f46",
    "concurrency-trap": "fc10c2744c83bd56",
    "fifo-ordered": "dcb026b316c5c98a",
    "stream-bisect": "4cf32eba70cd8ba9",
    "async-default": "68ed7f949da0364b",
    "sync-breaker": "2d814259e4330480",
}


@pytest.mark.parametrize("stack", TRACES)
def test_the_default_run_has_the_trace_that_it_had(stack: str) -> None:
    assert run(stack).trace_hash.startswith(TRACES[stack])
