"""Projects that depend on other stacks, and on AWS itself while they describe their resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

SHIPPING = str(ROOT / "tests" / "foreign" / "shipping")
CATALOG = str(ROOT / "tests" / "foreign" / "catalog")


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_a_queue_of_another_stack_is_read_and_what_is_handed_on_is_no_message_of_ours(lab: Lab) -> None:
    said = lab("run", "dev", "--project", SHIPPING, "--json")

    result = said.json()
    assert said.code == 0
    # The labels that arrive at the stream are delivered by whoever reads it.
    assert result["messages"] | {"sent": 4, "processed": 4, "remaining": 0} == result["messages"]
    assert result["latencySeconds"]["max"] > 30  # the one that is sent with a delay
    assert [consumer["name"] for consumer in result["consumers"]] == ["orders"]


def test_a_queue_that_nobody_knows_is_refused_when_it_is_touched(lab: Lab, tmp_path: Path) -> None:
    workload = tmp_path / "returns.yaml"
    workload.write_text("send: [{queue: orders, body: {id: 1, returned: true}}]\n")

    said = lab("run", "dev", "--project", SHIPPING, "--workload", str(workload))

    assert said.code == 1
    assert said.err.endswith(
        "error: worker calls sqs for the queue https://sqs.eu-west-1.amazonaws.com/210987654321/returns, which is not "
        "in this stack\n  fix: say in the workload what it is\n    external:\n"
        '      "arn:aws:sqs:eu-west-1:210987654321:returns": {kind: queue, visibilityTimeoutSeconds: 30}\n'
    )


def test_the_line_of_the_error_is_the_one_to_add(lab: Lab, tmp_path: Path) -> None:
    workload = tmp_path / "returns.yaml"
    workload.write_text(
        "send: [{queue: orders, body: {id: 1, returned: true}}]\nexternal:\n"
        '  "arn:aws:sqs:eu-west-1:210987654321:returns": {kind: queue, visibilityTimeoutSeconds: 30}\n'
    )

    said = lab("run", "dev", "--project", SHIPPING, "--workload", str(workload), "--json")

    assert (said.code, said.json()["messages"]["processed"]) == (0, 1)


def test_a_program_that_asks_aws_is_refused_with_its_line_and_runs_once_it_is_answered(lab: Lab) -> None:
    workload = ("--workload", f"{CATALOG}/workload.yaml")
    refused = lab("run", "dev", "--project", CATALOG, *workload)
    answered = lab("run", "dev", "--project", CATALOG, *workload, "--answers", f"{CATALOG}/answers.yaml", "--json")

    assert refused.code == 1
    assert refused.err.startswith(
        "error: the program calls ssm:GetParameter of AWS while it describes its resources (__main__.py:8); nothing "
        "is sent\n  fix: say what it gets, in the workload, in delivery-lab.yaml, or in a file for --answers:\n"
        "    answers:\n      - {service: ssm, operation: GetParameter, answer: {Parameter: {Name: "
    )
    assert (answered.code, answered.json()["invocations"]["total"]) == (0, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file of answers "),
        ("answers: []\n", "answers.yaml:1: answers has to have at least one entry"),
        ("lines: []\n", "answers.yaml:1: lines is no key of a file of answers"),
    ],
)
def test_a_file_of_answers_that_is_none_is_refused(lab: Lab, tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "answers.yaml"
    if text is not None:
        file.write_text(text)

    said = lab("check", "dev", "--project", CATALOG, "--answers", str(file))

    assert said.code == 2
    assert message in said.err
