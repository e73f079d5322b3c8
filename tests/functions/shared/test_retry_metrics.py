from __future__ import annotations

import json

import pytest
from shared.retry_metrics import RetryMetrics

from tests.functions.support import Clock


def test_a_retry_is_one_line_in_the_embedded_metric_format(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "caller")
    RetryMetrics("callee").count("TooManyRequestsException")

    (line,) = capsys.readouterr().out.splitlines()
    metric = json.loads(line)
    assert metric["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "DeliveryLab",
            "Dimensions": [["FunctionName", "ErrorType"]],
            "Metrics": [{"Name": "RetryCount", "Unit": "Count"}],
        }
    ]
    assert (metric["FunctionName"], metric["ErrorType"]) == ("callee", "TooManyRequestsException")
    assert (metric["RetryCount"], metric["service"]) == ([1.0], "caller")


def test_error_types_do_not_run_together(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = RetryMetrics("callee", namespace="Mine")
    metrics.count("A")
    metrics.count("B")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ErrorType"] for line in lines] == ["A", "B"]
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines} == {"Mine"}


def test_values_that_cloudwatch_would_refuse_are_cut(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    RetryMetrics("f" * 2000).count("é" * 2000)

    metric = json.loads(capsys.readouterr().out)
    assert len(metric["FunctionName"].encode()) <= 1024
    assert len(metric["ErrorType"].encode()) <= 1024
