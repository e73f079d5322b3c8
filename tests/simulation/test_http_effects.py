"""Requests of handlers to HTTP addresses as work: what is asked for, and answered with success, was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.results.figures import Outcome
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

HANDLER = """
import json
import urllib.request


def handle(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        data = json.dumps({"order": order["id"]}).encode()
        url = "https://pay.example/charges/" + order["id"]
        with urllib.request.urlopen(urllib.request.Request(url, data=data, method="%s")) as response:
            response.read()
        %s
"""
PROGRAM = "mapping(queue_with_dlq(2), function(), batch_size=1, function_response_types=[])"
WORKLOAD = """
send: [{queue: jobs, body: {id: a}}, {queue: jobs, body: {id: b}}]
answers: [{http: "* https://pay.example/*", status: %d}]
%s
"""
MARK = 'effect: {http: "POST https://pay.example/charges/{id}"}'


def outcome(folder: Path, handler: str, workload: str) -> Outcome:
    graph = graph_of(folder / "shop", PROGRAM, {"worker/app.py": handler})
    file = folder / "jobs.yaml"
    file.write_text(workload, encoding="utf-8")
    return outcome_of(simulate(Stack.of(graph), folder / "shop", read_workload(file), seed=1))


@pytest.mark.parametrize("mark", ["", MARK])
def test_evd_effect_1_a_request_that_changes_something_is_work(tmp_path: Path, mark: str) -> None:
    found = outcome(tmp_path, HANDLER % ("POST", ""), WORKLOAD % (201, mark))

    assert (found.messages.processed, found.effects.total, found.effects.duplicated) == (2, 2, 0)
    assert found.evidence.processed == "effect"


def test_evd_effect_1_work_before_an_error_is_done_again_with_each_delivery(tmp_path: Path) -> None:
    found = outcome(tmp_path, HANDLER % ("POST", "raise RuntimeError(order)"), WORKLOAD % (201, MARK))

    assert found.messages.healthy_dead_lettered == 2
    assert (found.effects.total, found.effects.duplicated) == (4, 2)


def test_evd_effect_1_what_is_answered_with_an_error_was_not_done(tmp_path: Path) -> None:
    found = outcome(tmp_path, HANDLER % ("POST", ""), WORKLOAD % (503, MARK))

    assert found.messages.dead_lettered == 2
    assert not found.effects.total


def test_evd_effect_1_a_request_that_only_reads_is_no_work(tmp_path: Path) -> None:
    found = outcome(tmp_path, HANDLER % ("GET", ""), WORKLOAD % (200, ""))

    assert found.effects.total is None
    assert found.evidence.processed == "invoke"
