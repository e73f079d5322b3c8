"""The same trace on every machine and Python version: whoever changes what the model does changes these, on purpose.

A change here is a change of results: raise `MODEL_VERSION` in `src/delivery_lab/_version.py` with it. The
exception is a change of how events are written down (`delivery_lab.events`): all traces change then, and no other
figure may.
"""

from __future__ import annotations

import pytest

from tests.lab_support import run

TRACES = {
    "batch-partial": "b0e9a202f1aa4c63",
    "visibility-short": "c44710ece97f1cbc",
    "concurrency-trap": "4907fcbb2a30eb2a",
    "fifo-ordered": "3db26d83ca01a030",
    "stream-bisect": "be16dd5443c1f3b1",
    "async-default": "abe06b42b2a0e0b2",
    "sync-breaker": "604afda7f3ee856c",
}


@pytest.mark.parametrize("stack", TRACES)
def test_the_default_run_has_the_trace_that_it_had(stack: str) -> None:
    assert run(stack).trace_hash.startswith(TRACES[stack])
