"""Projects of other people's style, run as they are: `tests/foreign/*`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROJECTS = ROOT / "tests" / "foreign"
RECEIPTS = str(PROJECTS / "receipts")
LEDGER = str(PROJECTS / "ledger")
INVOICES = str(PROJECTS / "invoices")
ALERTS = str(PROJECTS / "alerts")
GATEWAY = str(PROJECTS / "gateway")

NORTH = ("--set", "aws:region=us-east-1")

WITHOUT_FILE = "note: dev: there is no stack file Pulumi.dev.yaml: the config of stack 'dev' is empty\n"


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def workload(project: str) -> tuple[str, str]:
    return "--workload", str(Path(project) / "workload.yaml")


def test_a_stack_without_a_file_is_listed_as_what_any_name_is(lab: Lab) -> None:
    said = lab("list", "--project", RECEIPTS, "--json")

    assert (said.code, said.out) == (0, "")
    assert said.err == (
        "note: receipts has no stack file; any name is a stack with an empty config, such as dev in "
        "delivery-lab check dev\n"
    )


def test_a_setting_that_a_stack_without_a_file_lacks_is_named_with_the_ways_to_give_it(lab: Lab) -> None:
    said = lab("check", "dev", "--project", RECEIPTS)

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: dev: Missing required configuration variable 'receipts:sender'\n"
        "        please set a value using the command `pulumi config set receipts:sender <value>`\n"
        "  fix: give it with --set sender=VALUE, or in a stack file Pulumi.dev.yaml\n"
    )


def test_a_stack_without_a_file_runs_with_what_set_gives(lab: Lab) -> None:
    settings = ("--set", "sender=shop@example.org", "--set", "attempts=3", "--set", "aws:region=eu-west-1")
    said = lab("run", "dev", "--project", RECEIPTS, *workload(RECEIPTS), *settings, "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["deadLettered"] == 1
    assert said.json()["deliveries"]["maxPerMessage"] == 3
    assert said.err == WITHOUT_FILE + "0.250 s mailer: shop@example.org eu-west-1 -> a@example.org\n"


def test_the_region_that_a_program_asks_for_is_said_where_nothing_sets_it(lab: Lab) -> None:
    said = lab("run", "dev", "--project", RECEIPTS, *workload(RECEIPTS), "--set", "sender=x", "--json", "--logs")

    assert said.err == (
        WITHOUT_FILE + "note: dev: aws:region is not set; the region is us-east-1\n"
        "0.250 s mailer: x us-east-1 -> a@example.org\n"
    )


def test_findings_of_a_stack_without_a_file_are_placed_in_the_project_file(lab: Lab) -> None:
    said = lab("check", "dev", "--project", RECEIPTS, "--set", "sender=x", "--format", "sarif")

    results = said.json()["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {"tests/foreign/receipts/Pulumi.yaml"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "--all"), "has no stack file, so --all is none; name a stack: its config is empty"),
        (("run",), "name the stacks to run, or say --all (stacks: no stack file; any name is a stack with an empty"),
        (("check", "a b"), "'a b' cannot be the name of a stack: "),
    ],
)
def test_what_names_no_stack_is_refused_where_there_is_no_file(lab: Lab, words: tuple[str, ...], message: str) -> None:
    said = lab(*words, "--project", RECEIPTS)

    assert said.code == 2
    assert message in said.err


def test_what_is_unknown_and_not_read_is_noted(lab: Lab) -> None:
    said = lab("run", "dev", "--project", LEDGER, *workload(LEDGER), "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["processed"] == 2
    outside = "which is not in this stack: nothing arrives there in a run"
    refunds = "arn:aws:sqs:eu-west-1:210987654321:refunds"
    line_to_add = f'{{"{refunds}": {{kind: queue, visibilityTimeoutSeconds: 30}}}}'
    told = f"what it is can be said in the workload: external: {line_to_add}"
    for line in (
        "note: dev: book: the environment variable DATABASE is known only after deployment; reading it ends the run",
        f"note: dev: orders reads a source that is known only after deployment, {outside}",
        f"note: dev: refunds reads {refunds}, {outside}; {told}",
        "0.250 s book: would write entry-1 True",
    ):
        assert line in said.err.splitlines()


def test_what_is_unknown_and_read_is_refused_with_the_line_that_gives_it(lab: Lab) -> None:
    said = lab("run", "dev", "--project", LEDGER, "--workload", f"{LEDGER}/writing.yaml")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(
        "error: function book reads the environment variable DATABASE, which is known only after deployment, at "
        f"{LEDGER}/book/entry.py:11 in write\n"
        "  fix: give it a value in the workload: functions: {book: {environment: {DATABASE: VALUE}}}\n"
    )
    told = lab("run", "dev", "--project", LEDGER, "--workload", f"{LEDGER}/told.yaml", "--json", "--logs")
    assert told.err.endswith("0.250 s book: write entry-1 to db.example.org\n")


def test_code_in_a_bucket_of_the_stack_is_run_with_its_layer(lab: Lab) -> None:
    said = lab("run", "dev", "--project", INVOICES, *workload(INVOICES), "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["processed"] == 2
    assert said.err.endswith("0.250 s render: bill-1 12.05\n0.250 s render: bill-2 12.05\n")


def test_code_in_a_bucket_of_the_stack_is_read_by_the_checks(lab: Lab) -> None:
    said = lab("check", "dev", "--project", INVOICES)

    assert "CHK-REPORT-1 invoices, render" in said.out
    assert "not on this machine" not in said.out + said.err


def test_code_in_a_bucket_of_another_stack_is_refused_when_it_is_invoked(lab: Lab, tmp_path: Path) -> None:
    invoking = tmp_path / "invoking.yaml"
    invoking.write_text("send: [{at: 0, invoke: archive, body: {}}]\n")
    said = lab("run", "dev", "--project", INVOICES, "--workload", str(invoking))

    assert said.err.startswith(
        "error: the function archive is invoked, and uses what is not modelled:\n"
        "  archive: its code is s3://releases.example/archive.zip, an object that this stack does not create; "
        "nearest: code in a local folder (pulumi.FileArchive)\n"
    )


def test_what_only_a_cloud_can_answer_stops_no_run_that_does_not_depend_on_it(lab: Lab) -> None:
    said = lab("run", "dev", "--project", ALERTS, *workload(ALERTS), "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["processed"] == 1
    assert said.err.endswith("0.250 s page: alert-1 True\n")
    unknown = "is answered by the cloud only: what the program makes of it is unknown"
    assert f"note: dev: aws:sns/getTopic:getTopic (__main__.py:18) {unknown}\n" in said.err
    assert "getQueue" not in said.err


def test_what_only_a_cloud_can_answer_is_refused_where_it_is_read(lab: Lab) -> None:
    said = lab("run", "dev", "--project", ALERTS, *workload(ALERTS), "--body", "urgent=true")

    assert said.code == 1
    assert "function page reads the environment variable PAGERS, which is known only after deployment, at " in said.err


def test_orders_come_by_every_kind_of_api(lab: Lab) -> None:
    said = lab("run", "dev", "--project", GATEWAY, *workload(GATEWAY), *NORTH, "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["processed"] == 6
    assert [line.partition(": ")[2] for line in said.err.splitlines() if " s " in line[:10]] == [
        "1.0 PUT /orders/{id} /v1/orders/1 v1",
        "order 1 {}",
        "order 2 {'tenant': 'blue'}",
        "None PUT /orders/{id} /orders/3 prod",
        "order 3 {}",
        "order 4 & more {'source': 'prod'}",
        "None POST /{proxy+} /shop/5 example",
        "order /shop/5 {}",
        "order 6 {}",
    ]


def test_a_route_that_is_not_modelled_is_refused_when_a_request_goes_to_it(lab: Lab, tmp_path: Path) -> None:
    sends = "send: [{at: 0, http: {api: http, path: /metrics, body: {a: 1}}}]\n"
    (tmp_path / "metrics.yaml").write_text(sends, encoding="utf-8")
    said = lab("run", "dev", "--project", GATEWAY, "--workload", str(tmp_path / "metrics.yaml"), *NORTH)

    assert said.code == 1
    assert said.err.endswith(
        "error: a request is sent to POST /metrics of http, which uses what is not modelled:\n"
        "  to-metrics: integrationSubtype Kinesis-PutRecord; nearest: SQS-SendMessage, EventBridge-PutEvents, or a "
        "function\n"
    )


def test_an_event_that_eventbridge_refuses_is_answered_with_200(lab: Lab, tmp_path: Path) -> None:
    sends = "send: [{at: 0, http: {api: http, path: /bus, body: '[1]'}}]\n"
    (tmp_path / "bus.yaml").write_text(sends, encoding="utf-8")
    said = lab("run", "dev", "--project", GATEWAY, "--workload", str(tmp_path / "bus.yaml"), *NORTH)

    assert said.code == 0
    assert "POST /bus is answered with 200  [HTTP-EB-3]" in said.out


def test_a_rest_api_without_an_integration_response_sends_and_answers_500(lab: Lab, tmp_path: Path) -> None:
    sends = "send: [{at: 0, http: {api: rest, path: /queue, body: {order: {id: 1}}}}]\n"
    (tmp_path / "rest.yaml").write_text(sends, encoding="utf-8")
    settings = (*NORTH, "--set", "answers=false")
    said = lab("run", "dev", "--project", GATEWAY, "--workload", str(tmp_path / "rest.yaml"), *settings)

    assert "POST /queue is answered with 500  [REST-RESPONSE-1]" in said.out
    assert "messages     sent 1, processed 1" in said.out


def test_an_answer_without_a_status_is_a_different_thing_to_each_kind_of_api(lab: Lab, tmp_path: Path) -> None:
    sends = "send:\n" + "".join(
        f"- {{at: {at}, http: {{api: {api}, path: {path}, body: {{malformed: true}}}}}}\n"
        for at, (api, path) in enumerate((("http", "/orders/1"), ("rest", "/orders/1")))
    )
    (tmp_path / "malformed.yaml").write_text(sends, encoding="utf-8")
    said = lab("run", "dev", "--project", GATEWAY, "--workload", str(tmp_path / "malformed.yaml"), *NORTH)

    assert "POST /orders/1 is answered with 500  [HTTP-ERROR-2]" in said.out
    assert "POST /orders/1 is answered with 502  [REST-ERROR-1]" in said.out
