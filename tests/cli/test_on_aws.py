"""`--on aws` of the command: the plan, what is no deployed stack, and the question that nobody answers."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

_STATE = ROOT / "tests" / "foreign" / "deployed" / "state.json"
_QUEUE = "https://sqs.eu-west-1.amazonaws.com/210987654321/jobs-1a2b3c4"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, and nothing that is connected to."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def connect(*_: Any) -> None:
        raise AssertionError("a plan connects to nobody")

    monkeypatch.setattr(socket.socket, "connect", connect)


def _there(lab: Lab, folder: Path, *options: str, state: Path = _STATE) -> Any:
    file = folder / "workload.yaml"
    file.write_text("send: [{at: 0, times: 2, queue: jobs, body: {id: 'job-{n}'}}]\n", encoding="utf-8")
    return lab("run", "--on", "aws", "--state", str(state), "--workload", str(file), *options)


@pytest.mark.usefixtures("nobody")
def test_a_dry_run_prints_the_calls_and_makes_none(lab: Lab, tmp_path: Path) -> None:
    said = _there(lab, tmp_path, "--dry-run")
    assert said.code == 0
    assert said.out.splitlines() == [
        "account 210987654321, region eu-west-1",
        "sts:GetCallerIdentity",
        f"sqs:GetQueueAttributes {_QUEUE} (until nothing moves)",
        "lambda:GetFunctionConfiguration worker-1",
        "logs:FilterLogEvents of worker-1",
        "cloudwatch:GetMetricStatistics Throttles, Errors of worker-1",
        "lambda:ListEventSourceMappings arn:aws:sqs:eu-west-1:210987654321:jobs-1a2b3c4",
        f"SENDS sqs:SendMessageBatch {_QUEUE}: 2 messages",
    ]


@pytest.mark.usefixtures("nobody")
def test_without_credentials_a_run_says_how_to_get_some(lab: Lab, tmp_path: Path) -> None:
    said = _there(lab, tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(
        "error: --on aws: there are no credentials for AWS\n"
        "  fix: sign in (aws configure, aws sso login), or set AWS_PROFILE\n"
    )


def test_a_state_of_several_places_is_refused(lab: Lab, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    text = _STATE.read_text(encoding="utf-8").replace("lambda:eu-west-1", "lambda:us-east-1")
    state.write_text(text, encoding="utf-8")
    said = _there(lab, tmp_path, "--dry-run", state=state)
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(
        "error: --on aws: the resources of prod are in several places (eu-west-1 210987654321, us-east-1 "
        "210987654321): one is followed\n"
    )
