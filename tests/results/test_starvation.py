"""Functions that are refused while another one holds the concurrency that the account shares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab import Lab, Simulation
from delivery_lab.api.reporting import reported
from delivery_lab.events import Actor, FunctionConfigured, InvokeEnded, InvokeRefused, InvokeStarted
from delivery_lab.results.starvation import StarvationReader
from tests.lab_support import ROOT

BACKLOG = """
send:
  - {at: 0, every: 0.01, times: 100, queue: batch-queue, body: {id: "job-{n}", sleep: 2}}
  - {at: 5, every: 5, times: 3, http: {method: POST, path: /enqueue, body: {count: 1}}}
account: {concurrency: 4}
"""


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("starved") / "backlog.yaml"
    file.write_text(BACKLOG, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def starving(workload: Path) -> Simulation:
    return Lab.open(ROOT, cached=True).run("concurrency-unreserved", workload=workload)


def test_lam_conc_1_a_backlog_that_takes_the_account_starves_another_function(starving: Simulation) -> None:
    (found,) = starving.outcome.starved

    assert (found.function, found.holder, found.refused, found.most_held) == ("batch-producer", "batch-worker", 3, 4)
    assert (found.from_seconds, found.to_seconds) == (5.0, 15.0)
    assert starving.conclusion.startswith(
        "3 invokes of batch-producer are refused while batch-worker holds up to 4 of the account's concurrent "
        "executions; "
    )
    assert json.loads(starving.outcome.as_json())["starved"][0]["mostHeld"] == 4


def test_the_picture_of_a_run_shows_who_is_starved(workload: Path) -> None:
    chapter = reported(
        Lab.open(ROOT, cached=True),
        "concurrency-unreserved",
        {"workload": workload},
        quantify=False,
        alternatives=False,
    )

    told = "batch-producer is starved: 3 refused while batch-worker holds up to 4 of the account's concurrency."
    assert told in chapter.sentences
    assert "starved: another function holds the concurrency of the account" in chapter.wide


def test_a_run_in_which_nobody_is_starved_says_nothing_of_it() -> None:
    outcome = Lab.open(ROOT, cached=True).simulate("concurrency-trap")

    assert outcome.invocations.throttled
    assert "starved" not in json.loads(outcome.as_json())


def _configured(function: str, reserved: int | None) -> FunctionConfigured:
    return FunctionConfigured(0, None, function=function, timeout_seconds=3, reserved_concurrency=reserved)


def test_who_has_reserved_concurrency_or_is_done_starves_nobody() -> None:
    actor = Actor("mapping", "m")
    reader = StarvationReader()
    for event in (
        _configured("own", 5),
        InvokeStarted(1, None, function="own", invoke="1", environment=1, by=actor),
        InvokeStarted(2, None, function="a", invoke="2", environment=1, by=actor),
        InvokeEnded(3, None, function="a", invoke="2", environment=1, error=None),
        InvokeStarted(4, None, function="b", invoke="3", environment=1, by=actor),
        InvokeRefused(5, "LAM-CONC-1", function="b", reason="ConcurrentInvocationLimitExceeded", status=429, by=actor),
        InvokeRefused(6, "LAM-CONC-2", function="own", reason="Reserved", status=429, by=actor),
    ):
        reader.read(event)

    assert reader.starved() == ()
