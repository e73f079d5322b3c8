"""`answers` of a workload, from the file to what handlers see."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError, WorkloadError
from delivery_lab.events import CallUnanswered
from delivery_lab.simulation.workload_files import read_workload
from tests.simulation.answered import ONE, ran

SERVICES = """
import boto3, json
def handle(event, context):
    body = boto3.client("s3").get_object(Bucket="uploads", Key="in/a.csv")["Body"].read().decode()
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="s")
    start = boto3.client("stepfunctions").start_execution(stateMachineArn="arn:aws:states:eu-west-1:1:stateMachine:m")
    boto3.client("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
    print(json.dumps([body, secret["SecretString"], start["startDate"].isoformat()]))
"""

CHARGE = """
import json, time, urllib.request, urllib.error
def handle(event, context):
    began = time.time()
    try:
        with urllib.request.urlopen("https://pay.example/charge", data=event["Records"][0]["body"].encode()) as answer:
            print(json.dumps([answer.status, json.load(answer), answer.headers["x-id"]]))
    except urllib.error.HTTPError as error:
        print(json.dumps([error.code, error.read().decode()]))
        raise
"""


def test_services_answer_with_the_types_of_boto3(tmp_path: Path) -> None:
    found = ran(
        tmp_path,
        SERVICES,
        ONE
        + "answers:\n"
        + '  - {service: s3, operation: GetObject, parameters: {Key: "in/*"}, answer: {Body: "a;b"}}\n'
        + "  - {service: secretsmanager, operation: GetSecretValue, answer: {SecretString: s}}\n"
        + "  - service: stepfunctions\n    operation: StartExecution\n"
        + '    answer: {executionArn: "arn", startDate: "2026-01-02T00:00:00Z"}\n'
        + "  - {service: cloudwatch, operation: PutMetricData, answer: {}}\n",
    )

    assert found.said == [["a;b", "s", "2026-01-02T00:00:00+00:00"]]
    assert found.outcome.messages.processed == 1
    assert "SIM-ANSWER-1" in found.outcome.model.assumptions


def test_an_address_answers_with_status_headers_and_json(tmp_path: Path) -> None:
    found = ran(
        tmp_path,
        CHARGE,
        ONE
        + "answers:\n"
        + '  - {http: "POST https://pay.example/*", status: 503, body: busy, ids: [d-1], at: 0, for: 30}\n'
        + '  - {http: "POST https://pay.example/*", body: {ok: true}, headers: {X-Id: "7"}}\n',
    )

    assert found.said == [[503, "busy"], [200, {"ok": True}, "7"]]
    assert (found.outcome.messages.processed, found.outcome.deliveries.total) == (1, 2)


def test_a_slow_third_party_makes_the_function_time_out(tmp_path: Path) -> None:
    found = ran(
        tmp_path,
        CHARGE,
        ONE + 'answers:\n  - {http: "POST https://pay.example/*", latency: {uniform: [11, 12]}, share: 1}\n',
    )

    assert found.outcome.invocations.timed_out == found.outcome.deliveries.total == 3
    assert found.outcome.messages.dead_lettered == 1


def test_boto3_times_out_where_a_service_takes_longer_than_its_read_timeout(tmp_path: Path) -> None:
    handler = """
        import boto3, json, time
        from botocore.config import Config
        from botocore.exceptions import ReadTimeoutError
        def handle(event, context):
            began = time.time()
            client = boto3.client("ssm", config=Config(read_timeout=2, retries={"total_max_attempts": 1}))
            try:
                client.get_parameter(Name="/a")
            except ReadTimeoutError as error:
                print(json.dumps([type(error).__name__, round(time.time() - began)]))
        """

    found = ran(
        tmp_path,
        handler,
        ONE + "answers:\n  - {service: ssm, operation: GetParameter, answer: {Parameter: {Value: v}}, latency: 5}\n",
    )

    assert found.said == [["ReadTimeoutError", 2]]


def test_an_error_of_a_service_reaches_the_retries_of_its_client(tmp_path: Path) -> None:
    handler = """
        import boto3, json
        def handle(event, context):
            answer = boto3.client("ssm").get_parameter(Name="/a")
            print(json.dumps([answer["Parameter"]["Value"], answer["ResponseMetadata"]["RetryAttempts"]]))
        """

    found = ran(
        tmp_path,
        handler,
        ONE
        + "answers:\n"
        + "  - {service: ssm, operation: GetParameter, error: ThrottlingException, at: 0, for: 0.27}\n"
        + "  - {service: ssm, operation: GetParameter, answer: {Parameter: {Value: v}}}\n",
    )

    assert len(found.said) == 1
    assert found.said[0][0] == "v"
    assert found.said[0][1] >= 1


DOWN = """
import json, time, urllib.request
def handle(event, context):
    began = time.time()
    try:
        urllib.request.urlopen("https://pay.example/charge", data=event["Records"][0]["body"].encode(), timeout=3)
    except OSError as error:
        print(json.dumps([str(error), round(time.time() - began)]))
        raise
"""


@pytest.mark.parametrize(
    ("line", "said", "called"),
    [
        (
            '{http: "https://pay.example", connection: unresolved, for: 30}',
            ["<urlopen error [Errno -2] Name or service not known>", 0],
            ("pay.example:443", "unresolved"),
        ),
        (
            '{http: "https://*.example/*", connection: refused, for: 30, latency: 2}',
            ["<urlopen error [Errno 111] Connection refused>", 2],
            ("pay.example:443", "refused"),
        ),
        (
            '{http: "*", connection: dropped, for: 30}',
            ["<urlopen error timed out>", 3],
            ("pay.example:443", "dropped"),
        ),
        (
            '{http: "POST https://pay.example/*", connection: reset, ids: [d-1], for: 30}',
            ["[Errno 104] Connection reset by peer", 0],
            ("POST https://pay.example/charge", "reset"),
        ),
        (
            '{http: "*", connection: silent, for: 30}',
            ["timed out", 3],
            ("POST https://pay.example/charge", "silent"),
        ),
    ],
)
def test_sim_answer_2_a_third_party_that_is_down_fails_its_delivery(
    tmp_path: Path, line: str, said: list[object], called: tuple[str, str]
) -> None:
    found = ran(tmp_path, DOWN, f'{ONE}answers:\n  - {line}\n  - {{http: "*", body: ok}}\n')

    assert found.said == [said]
    assert [(event.what, event.how) for event in found.run.events if isinstance(event, CallUnanswered)] == [called]
    assert (found.outcome.messages.processed, found.outcome.deliveries.total) == (1, 2)
    assert "SIM-ANSWER-2" in found.outcome.model.assumptions


def test_a_host_is_down_on_its_own_port_only(tmp_path: Path) -> None:
    handler = """
        import json, urllib.request
        def handle(event, context):
            said = []
            for url in ("http://a.example/", "http://a.example:8080/", "https://b.example/"):
                try: said.append(urllib.request.urlopen(url).status)
                except OSError as error: said.append(str(error))
            print(json.dumps(said))
        """

    found = ran(
        tmp_path,
        handler,
        ONE + 'answers:\n  - {http: "http://a.example:8080", connection: refused}\n  - {http: "*", body: ok}\n',
    )

    assert found.said == [[200, "<urlopen error [Errno 111] Connection refused>", 200]]


def test_sim_answer_2_a_silent_third_party_ends_with_the_functions_own_timeout(tmp_path: Path) -> None:
    found = ran(tmp_path, CHARGE, ONE + 'answers:\n  - {http: "POST https://pay.example/*", connection: silent}\n')

    assert found.outcome.invocations.timed_out == found.outcome.deliveries.total == 3
    assert found.outcome.messages.dead_lettered == 1


def test_sim_answer_2_a_service_without_a_way_to_it_costs_each_attempt_the_connect_timeout(tmp_path: Path) -> None:
    handler = """
        import boto3, json, time
        from botocore.config import Config
        def handle(event, context):
            client = boto3.client("ssm", config=Config(connect_timeout=2, retries={"total_max_attempts": 2}))
            began = time.time()
            try: client.get_parameter(Name="/a")
            except Exception as error: print(json.dumps([type(error).__name__, int(time.time() - began)]))
        """

    found = ran(tmp_path, handler, ONE + "answers:\n  - {service: ssm, connection: dropped}\n")

    assert len(found.said) == 1
    assert found.said[0][0] == "ConnectTimeoutError"
    assert found.said[0][1] in (4, 5)
    calls = [event for event in found.run.events if isinstance(event, CallUnanswered)]
    assert [(event.what, event.how) for event in calls] == [("ssm GetParameter", "dropped")] * 2


def test_without_an_answer_the_run_ends_with_the_line_to_add(tmp_path: Path) -> None:
    with pytest.raises(NotModelledError) as refused:
        ran(tmp_path, CHARGE)

    assert str(refused.value) == (
        f"worker sends POST https://pay.example/charge, and nothing answers it, at {tmp_path}/shop/worker/app.py:6 in "
        "handle\n"
        "  fix: add to the workload\n"
        "    answers:\n"
        '      - {http: "POST https://pay.example/charge", status: 200, body: {}}'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{service: s3, http: 'GET https://a'}",
            "answers.1: name exactly one of service, http, token and stack, not service and http",
        ),
        ("{service: s3, operation: GetObject}", "give exactly one of answer, error and connection, such as answer: {}"),
        ("{service: s3, answer: {}}", "answers.1: an answer needs its operation"),
        (
            "{http: 'get https://a'}",
            "http is a method and an address, such as POST https://pay.example/*, not 'get https",
        ),
        ("{http: 'GET https://a', answer: {}}", "answers.1: answer goes with service"),
        ("{http: 'GET https://a', share: 0}", "answers.1.share: has to be greater than 0, not 0"),
        (
            "{http: 'GET https://a', latency: {lognormal: {median: 3, p99: 1}}}",
            "p99 is 1, less than the median 3",
        ),
        ("{http: 'GET https://a', latency: {uniform: [3, 1]}}", "uniform goes from the shortest to the longest"),
        ("{http: 'GET https://a', latency: {percentiles: {p50: 2, p99: 1}}}", "cannot take less time than a lower one"),
        ("{http: 'GET https://a', latency: {percentiles: {p101: 2}}}", "p101 is no percentile"),
        (
            "{http: 'POST https://a', connection: refused}",
            "connection: refused is about a host, before anything is asked of it: http is its address without method",
        ),
        ("{http: 'https://a/pay', connection: dropped}", "connection: dropped is about a host, before anything is"),
        ("{http: 'https://a', connection: lost}", "connection: has to be 'unresolved', 'refused', 'dropped', 'reset'"),
        (
            "{http: 'https://a', connection: reset, status: 500}",
            "status goes with an answer, and with connection: reset there is none",
        ),
        (
            "{http: 'https://a', connection: silent, latency: 3}",
            "latency does not go with connection: silent, which lasts until the client's own timeout",
        ),
        (
            "{service: ssm, error: Slow, connection: silent}",
            "with connection there is neither answer nor error",
        ),
        ("{http: 'GET https://a', latency: {}}", "name exactly one of uniform, lognormal and percentiles"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "load.yaml"
    file.write_text(f"send: [{{queue: q, body: 1}}]\nanswers:\n  - {line}\n")

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert f"{file}:3: answers.1" in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{service: sfn, operation: StartExecution, answer: {}}", "boto3 has no service sfn"),
        (
            "{service: secretmanager, operation: GetSecretValue, answer: {}}",
            "boto3 has no service secretmanager; did you mean secretsmanager?",
        ),
        (
            "{service: s3, operation: get_object, answer: {}}",
            "s3 has no operation get_object; did you mean GetObject?",
        ),
        (
            "{service: sesv2, operation: SendEmail, answer: {Id: m}}",
            "AWS answers no Id (it answers: MessageId)",
        ),
        (
            "{service: s3, operation: GetObject, answer: {ContentLength: many}}",
            "ContentLength is a number in AWS's answer, not 'many'",
        ),
        (
            "{service: s3, operation: GetObject, answer: {LastModified: soon}}",
            "LastModified is an instant, such as 2026-01-01T00:00:00Z, not 'soon'",
        ),
    ],
)
def test_what_aws_does_not_have_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        ran(tmp_path, "def handle(event, context): pass", f"{ONE}answers:\n  - {line}\n")

    assert str(refused.value) == f"{tmp_path}/shop/load.yaml: answers 1: {message}"
