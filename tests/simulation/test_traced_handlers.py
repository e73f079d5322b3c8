"""Functions that trace with the X-Ray SDK, by themselves or through Powertools: as in Lambda, and to no daemon."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.answered import ran

TRACED = """
import json, os
from aws_lambda_powertools import Tracer
tracer = Tracer(service="shop")

@tracer.capture_method
def charge(order):
    tracer.put_annotation("order", order)
    tracer.put_metadata("of", "shop")
    if order == "d-2":
        raise ValueError(order)
    return tracer.provider.current_subsegment().name

@tracer.capture_lambda_handler
def handle(event, context):
    root = os.environ["_X_AMZN_TRACE_ID"].split(";")[0].removeprefix("Root=")
    own = tracer.provider.current_segment().trace_id == root
    emitter = type(tracer.provider.emitter).__name__
    print(json.dumps([charge(json.loads(event["Records"][0]["body"])["id"]), own, emitter]))
"""

WITH_SDK = """
import json
from aws_xray_sdk.core import xray_recorder

def handle(event, context):
    with xray_recorder.in_subsegment("charge") as subsegment:
        subsegment.put_annotation("order", "a")
        print(json.dumps([subsegment.name, xray_recorder.current_segment().name]))
"""


def test_powertools_traces_each_invoke_under_its_own_trace_and_sends_to_nobody(tmp_path: Path) -> None:
    found = ran(tmp_path, TRACED, 'send: [{queue: jobs, every: 5, times: 3, body: {id: "d-{n}"}}]\n')

    assert found.said == [["## app.charge", True, "NoEmitter"]] * 2
    assert (found.outcome.messages.processed, found.outcome.messages.dead_lettered) == (2, 1)


def test_the_sdk_finds_the_segment_that_lambda_has_begun(tmp_path: Path) -> None:
    found = ran(tmp_path, WITH_SDK, "send: [{queue: jobs, body: {id: a}}]\n")

    assert [name for name, _ in found.said] == ["charge"]


def test_a_function_that_traces_patches_no_library_that_others_use(tmp_path: Path) -> None:
    import botocore.client

    before = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # what the SDK would patch
    ran(tmp_path, TRACED, "send: [{queue: jobs, body: {id: a}}]\n")

    assert botocore.client.BaseClient._make_api_call is before  # type: ignore[attr-defined]
