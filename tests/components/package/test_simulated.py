"""A project of somebody else that uses the package: what becomes of its messages, with its code and with ours."""

from __future__ import annotations

from pathlib import Path

import pytest

import delivery_lab as dl
from tests.lab_support import ROOT

PROGRAM = """\
import pulumi

class Remote(pulumi.ComponentResource):
    def __init__(self, kind, name, props, outputs=()):
        values = {**{output: None for output in outputs}, **props}
        super().__init__(f"delivery-lab:index:{kind}", name, values, None, True)

class Queues(Remote):
    queueArn: pulumi.Output[str]
    queueUrl: pulumi.Output[str]

queues = Queues("QueueWithDlq", "orders", {"queue": {"maxReceiveCount": 2}}, ("queueArn", "queueUrl"))
queue = {"queueArn": queues.queueArn, "queueUrl": queues.queueUrl}
"""
THEIRS = 'Remote("BatchWorker", "orders", {**queue, "code": pulumi.FileArchive("app"), "handler": "orders.handler"})\n'
OURS = 'Remote("BatchWorker", "orders", queue)\n'


def _project(folder: Path, worker: str) -> Path:
    (folder / "app").mkdir()
    (folder / "app" / "orders.py").write_text((ROOT / "examples/python/app/orders.py").read_text())
    (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\npackages:\n  delivery-lab: {ROOT}\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (folder / "__main__.py").write_text(PROGRAM + worker)
    return folder


def _workload(folder: Path, bodies: list[str]) -> Path:
    file = folder / "jobs.yaml"
    lines = "".join(f"  - {{queue: orders-queue, body: '{body}'}}\n" for body in bodies)
    file.write_text(f"send:\n{lines}")
    return file


def test_code_of_one_s_own_is_run_behind_our_component(tmp_path: Path) -> None:
    project = _project(tmp_path, THEIRS)
    bodies = ['{"id": "a", "amount": 1}', '{"id": "b", "amount": 0}', '{"id": "c", "amount": 2}']
    outcome = dl.simulate(project, stack="dev", workload=_workload(tmp_path, bodies))
    assert (outcome.messages.sent, outcome.messages.dead_lettered, outcome.messages.lost) == (3, 1, 0)


def test_our_function_is_run_where_no_code_is_given(tmp_path: Path) -> None:
    project = _project(tmp_path, OURS)
    bodies = ['{"id": "a"}', '{"id": "b", "shouldFail": true}']
    outcome = dl.simulate(project, stack="dev", workload=_workload(tmp_path, bodies))
    assert (outcome.messages.sent, outcome.messages.dead_lettered, outcome.messages.lost) == (2, 1, 0)


@pytest.mark.parametrize("worker", [THEIRS, OURS])
def test_defaults_have_no_finding_that_is_an_error_or_a_warning(tmp_path: Path, worker: str) -> None:
    found = dl.check(_project(tmp_path, worker), stack="dev")
    severe = [each for each in found if each.severity is not dl.Severity.NOTE]
    assert severe == []
