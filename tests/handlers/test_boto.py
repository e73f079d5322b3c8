from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import JSONFileLoader

from delivery_lab.errors import NotModelledError
from delivery_lab.handlers import boto
from delivery_lab.model.api_errors import sqs
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import AwsError, Pending
from tests.handlers.world import World, WorldMaker


def test_a_call_takes_time_before_it_takes_effect(world: World) -> None:
    world.answer = lambda service, operation, parameters: {"MessageId": "m-1"}
    result = world.run_code(
        """
        import boto3, time
        sqs = boto3.client("sqs")
        def handler(event, context):
            began = time.monotonic()
            answer = sqs.send_message(QueueUrl="https://q", MessageBody="hello")
            return [answer["MessageId"], answer["ResponseMetadata"], began, time.monotonic()]
        """
    )
    message_id, metadata, began, ended = result
    [(instant, service, operation, parameters, caller)] = world.calls
    assert (message_id, service, operation) == ("m-1", "sqs", "SendMessage")
    assert parameters == {"QueueUrl": "https://q", "MessageBody": "hello"}
    assert (caller.function, caller.request_id) == ("worker", "r1")
    assert began + 0.005 <= instant == ended <= began + 0.015
    assert {key: metadata[key] for key in ("HTTPStatusCode", "RetryAttempts")} == {
        "HTTPStatusCode": 200,
        "RetryAttempts": 0,
    }
    assert len(metadata["RequestId"]) == 36


def test_errors_are_client_errors_and_modelled_exceptions(world: World) -> None:
    def refuse(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ConditionalCheckFailedException", "The conditional request failed", 400)

    world.answer = refuse
    code, message, metadata, modelled = world.run_code(
        """
        import boto3
        from botocore.exceptions import ClientError
        table = boto3.client("dynamodb")
        def call():
            table.put_item(TableName="t", Item={"id": {"S": "1"}})
        def handler(event, context):
            try: call()
            except table.exceptions.ConditionalCheckFailedException as error: modelled = type(error).__name__
            try: call()
            except ClientError as error:
                return [error.response["Error"]["Code"], error.response["Error"]["Message"],
                        error.response["ResponseMetadata"], modelled]
        """
    )
    assert (code, message) == ("ConditionalCheckFailedException", "The conditional request failed")
    assert metadata["HTTPStatusCode"] == 400
    assert modelled == "ConditionalCheckFailedException"


@pytest.mark.parametrize("mode", ["legacy", "adaptive"])
def test_errors_of_sqs_have_their_old_code_and_the_exception_of_the_model(world: World, mode: str) -> None:
    def refuse(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        raise sqs.QUEUE_MISSING.error() if operation == "GetQueueUrl" else sqs.UNKNOWN_ATTRIBUTE.error(name="Speed")

    world.answer = refuse
    described, modelled, response = world.run_code(
        f"""
        import boto3
        from botocore.config import Config
        sqs = boto3.client("sqs", config=Config(retries={{"mode": "{mode}"}}))
        def handler(event, context):
            try: sqs.get_queue_url(QueueName="q")
            except sqs.exceptions.QueueDoesNotExist as error:
                described, modelled = error.response["Error"], type(error).__name__
            try: sqs.set_queue_attributes(QueueUrl="q", Attributes={{"Speed": "1"}})
            except sqs.exceptions.InvalidAttributeName as error: response = error.response
            del response["ResponseMetadata"]
            return [described, modelled, response]
        """
    )
    assert described == {
        "Code": "AWS.SimpleQueueService.NonExistentQueue",
        "Message": "The specified queue does not exist.",
        "QueryErrorCode": "QueueDoesNotExist",
        "Type": "Sender",
    }
    assert modelled == "QueueDoesNotExist"
    text = "Unknown Attribute Speed."
    assert response == {
        "Error": {
            "Code": "InvalidAttributeName",
            "Message": text,
            "QueryErrorCode": "InvalidAttributeName",
            "Type": "Sender",
        },
        "message": text,
    }


def test_botocore_validates_parameters_before_anything_is_called(world: World) -> None:
    assert "Missing required parameter" in world.run_code(
        """
        import boto3
        from botocore.exceptions import ParamValidationError
        def handler(event, context):
            try: boto3.client("sqs").send_message(QueueUrl="https://q")
            except ParamValidationError as error: return str(error)
        """
    )
    assert world.calls == []


def test_resources_and_own_sessions(world: World) -> None:
    world.answer = lambda service, operation, parameters: {"Item": {"id": {"S": "1"}, "n": {"N": "5"}}}
    result = world.run_code(
        """
        import boto3, botocore.session
        def handler(event, context):
            table = boto3.resource("dynamodb").Table("t")
            number = int(table.get_item(Key={"id": "1"})["Item"]["n"])
            boto3.session.Session(region_name="eu-west-1").client("sqs").list_queues()
            botocore.session.get_session().create_client("lambda").list_functions()
            return [number, boto3.client("sqs").meta.region_name]
        """
    )
    assert result == [5, "us-east-1"]
    assert [(service, operation) for _, service, operation, _, _ in world.calls] == [
        ("dynamodb", "GetItem"), ("sqs", "ListQueues"), ("lambda", "ListFunctions"),
    ]  # fmt: skip
    assert world.calls[0][3] == {"TableName": "t", "Key": {"id": {"S": "1"}}}


def test_paginators_and_waiters(world: World) -> None:
    pages: Iterator[dict[str, Any]] = iter([{"QueueUrls": ["a"], "NextToken": "x"}, {"QueueUrls": ["b"]}])
    tables = iter(["CREATING", "CREATING", "ACTIVE"])
    world.answer = lambda service, operation, parameters: (
        next(pages) if service == "sqs" else {"Table": {"TableStatus": next(tables)}}
    )
    urls, waited = world.run_code(
        """
        import boto3, time
        def handler(event, context):
            pages = boto3.client("sqs").get_paginator("list_queues").paginate()
            urls = [url for page in pages for url in page["QueueUrls"]]
            began = time.monotonic()
            boto3.client("dynamodb").get_waiter("table_exists").wait(TableName="t")
            return [urls, time.monotonic() - began]
        """
    )
    assert urls == ["a", "b"]
    assert 40 < waited < 41


def test_an_operation_that_is_not_modelled_ends_the_run(world: World) -> None:
    def unknown(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        raise NotModelledError(f"{service} {operation} is not modelled")

    world.answer = unknown
    function = world.function(
        """
        import boto3
        def handler(event, context):
            try: boto3.client("s3").list_buckets()
            except BaseException: print("must not be seen")
        """
    )
    with world.host, pytest.raises(NotModelledError, match="s3 ListBuckets is not modelled"):
        world.invoke(world.environment(function))
    assert world.text == []


def test_calls_from_threads_and_while_importing(world: World) -> None:
    world.run_code(
        """
        import boto3, threading
        sqs = boto3.client("sqs")
        sqs.list_queues()
        def handler(event, context):
            thread = threading.Thread(target=sqs.list_queues); thread.start(); thread.join()
        """
    )
    assert [caller.request_id for *_, caller in world.calls] == [None, "r1"]


def test_host_sessions_are_untouched(world: World) -> None:
    client: Any = botocore.session.get_session().create_client(
        "sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    from botocore.stub import Stubber

    answers = []

    def from_the_host(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        made = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
        for each in (client, made):
            with Stubber(each) as stub:
                stub.add_response("list_queues", {"QueueUrls": ["stubbed"]})
                answers.append(each.list_queues()["QueueUrls"])
        return {"QueueUrls": ["modelled"]}

    world.answer = from_the_host
    assert world.run_code("import boto3\ndef handler(e, c): return boto3.client('sqs').list_queues()['QueueUrls']") == [
        "modelled"
    ]
    assert answers == [["stubbed"], ["stubbed"]]
    assert len(world.calls) == 1


def test_each_environment_has_its_default_session(world: World) -> None:
    before = boto3.DEFAULT_SESSION
    function = world.function(
        """
        import boto3
        def handler(event, context):
            fresh = boto3.DEFAULT_SESSION is None
            boto3.client("sqs")
            return fresh
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert [world.result(one) for one in (first, second, first)] == [True, True, False]
    assert boto3.DEFAULT_SESSION is before


def test_a_client_in_another_environment_reads_no_service_description_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = JSONFileLoader.load_file

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        read.append(file_path)
        return real(self, file_path)

    monkeypatch.setattr(JSONFileLoader, "load_file", load_file)
    monkeypatch.setattr(boto, "_loader", None)
    function = world.function("import boto3\nsqs = boto3.client('sqs')\ndef handler(e, c): return 1")
    with world.host:
        world.result(world.environment(function, 1))
        assert any("sqs" in path for path in read)
        read.clear()
        world.result(world.environment(function, 2))
        assert read == []


def test_a_stopped_environment_calls_nothing(world: World) -> None:
    function = world.function("import boto3\ndef handler(e, c): boto3.client('sqs').list_queues()")
    with world.host:
        environment = world.environment(function)
        world.start(environment)
        world.scheduler.at(253_000, environment.stop)
        world.scheduler.run()
        world.scheduler.run(until=10_000_000)
    assert (world.calls, world.answers) == ([], [])


def test_parameters_arrive_as_the_caller_gave_them(world: World) -> None:
    world.run_code(
        """
        import boto3
        def handler(event, context):
            boto3.client("kinesis").put_record(StreamName="s", Data=b"\\x00\\xff", PartitionKey="k")
        """
    )
    assert world.calls[0][3] == {"StreamName": "s", "Data": b"\x00\xff", "PartitionKey": "k"}
    assert json.dumps(world.answers[-1][1].payload) == '"null"'


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
def test_syn_id_1_a_request_id_that_the_model_gives_is_that_of_the_answer(world: World, mode: str) -> None:
    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"StatusCode": 202, "Payload": b"", "ResponseMetadata": {"RequestId": "the invoke's"}}

    world.answer = answer
    metadata = world.run_code(
        f"""
        import boto3
        from botocore.config import Config
        def handler(event, context):
            client = boto3.client("lambda", config=Config(retries={{"mode": "{mode}"}}))
            return client.invoke(FunctionName="f", InvocationType="Event")["ResponseMetadata"]
        """
    )

    assert (metadata["RequestId"], metadata["HTTPStatusCode"]) == ("the invoke's", 202)
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == "the invoke's"


_RETRIES = """
import boto3, time
from botocore.config import Config
from botocore.exceptions import ClientError
def handler(event, context):
    client = boto3.client("lambda", config=Config(**event))
    began = time.monotonic()
    try:
        answer = client.invoke(FunctionName="f", Payload=b"{}")
        seen = [answer["Payload"].read().decode(), answer["ResponseMetadata"]["RetryAttempts"]]
    except ClientError as error:
        seen = [error.response["Error"]["Code"], error.response.get("Reason"),
                error.response["ResponseMetadata"]["RetryAttempts"], type(error).__name__]
    return [seen, time.monotonic() - began]
"""


def _refusing(times: int, status: int, code: str) -> Any:
    left = iter(range(times))

    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if next(left, None) is not None:
            raise AwsError(code, "no", status, details={"Reason": "CallerRateLimitExceeded", "retryAfterSeconds": "1"})
        return {"StatusCode": 200, "Payload": b"[1]"}

    return answer


@pytest.mark.parametrize(
    ("config", "status", "code", "calls"),
    [
        ({}, 429, "TooManyRequestsException", 3),
        ({"retries": {"mode": "adaptive"}}, 429, "TooManyRequestsException", 3),
        ({"retries": {"mode": "legacy"}}, 429, "TooManyRequestsException", 5),
        ({"retries": {"mode": "standard", "total_max_attempts": 6}}, 500, "ServiceException", 6),
        ({"retries": {"total_max_attempts": 1}}, 500, "ServiceException", 1),
        ({}, 502, "ENILimitReachedException", 3),
        ({}, 400, "InvalidRequestContentException", 1),
        ({}, 413, "RequestTooLargeException", 1),
    ],
)
def test_syn_retry_1_botocore_retries_as_the_client_is_configured(
    world: World, config: dict[str, Any], status: int, code: str, calls: int
) -> None:
    world.answer = _refusing(99, status, code)
    with world.host:
        [seen, _] = world.result(world.environment(world.function(_RETRIES, timeout_seconds=300)), config)

    assert len(world.calls) == calls
    assert [seen[0], seen[2], seen[3]] == [code, calls - 1, code]
    if code == "TooManyRequestsException":
        assert seen[1] == "CallerRateLimitExceeded"


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
def test_syn_retry_1_a_call_that_succeeds_at_last_returns_its_answer(world: World, mode: str) -> None:
    world.answer = _refusing(2, 429, "TooManyRequestsException")
    with world.host:
        event = {"retries": {"mode": mode}}
        [seen, took] = world.result(world.environment(world.function(_RETRIES)), event)

    assert seen == ["[1]", 2]
    assert took < 10
    instants = [call[0] for call in world.calls]
    assert instants[1] - instants[0] > 0.005  # botocore's own waits, in virtual time


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sqs", "send_message(QueueUrl='https://q', MessageBody='x')", "RequestThrottled"),
        ("dynamodb", "get_item(TableName='t', Key={'id': {'S': '1'}})", "ProvisionedThroughputExceededException"),
        ("sns", "publish(TopicArn='arn:aws:sns:us-east-1:1:t', Message='x')", "Throttling"),
        ("events", "put_events(Entries=[{'Source': 's', 'DetailType': 'd', 'Detail': '{}'}])", "ThrottlingException"),
        ("s3", "put_object(Bucket='bucket', Key='k', Body=b'x')", "SlowDown"),
    ],
)
def test_syn_retry_1_every_protocol_carries_error_codes_and_answers(
    world: World, service: str, call: str, code: str
) -> None:
    left = iter(range(2))

    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if next(left, None) is not None:
            raise AwsError(code, "Rate <exceeded>", 503 if service == "s3" else 400)
        return {"Marker": "kept"}

    world.answer = answer
    result = world.run_code(
        f"""
        import boto3
        def handler(event, context):
            answer = boto3.client("{service}").{call}
            return [answer["Marker"], answer["ResponseMetadata"]["RetryAttempts"]]
        """
    )

    assert result == ["kept", 2]
    assert len(world.calls) == 3


def _slow(world: World, takes_seconds: float) -> None:
    """Answers that take their time, as those of another function do."""

    def call(service: str, operation: str, parameters: dict[str, Any], caller: Any) -> Any:
        world.calls.append((world.scheduler.now / 1_000_000, service, operation, parameters, caller))
        answer = {"StatusCode": 200, "Payload": b"[1]"}

        def when_done(callback: Any) -> None:
            world.scheduler.after(seconds(takes_seconds), callback, answer)

        return Pending(when_done)

    world.call = call  # type: ignore[method-assign]  # the answer is a Pending here


@pytest.mark.parametrize(
    ("config", "attempts"),
    [
        ({}, 3),
        ({"retries": {"mode": "legacy"}}, 5),
        ({"read_timeout": 80}, 1),
        ({"retries": {"total_max_attempts": 1}}, 1),
    ],
)
def test_syn_retry_2_a_function_slower_than_the_read_timeout_is_run_again(
    world: World, config: dict[str, Any], attempts: int
) -> None:
    _slow(world, 70)
    text = _RETRIES.replace(
        "except ClientError as error:",
        "except ReadTimeoutError as error: seen = None\n    except ClientError as error:",
    )
    text = text.replace("ClientError\n", "ClientError, ReadTimeoutError\n", 1)
    with world.host:
        [seen, took] = world.result(world.environment(world.function(text, timeout_seconds=900)), config)

    assert len(world.calls) == attempts
    assert seen == (["[1]", 0] if "read_timeout" in config else None)
    assert took > (70 if "read_timeout" in config else 60 * attempts)


def test_an_answer_to_a_frozen_environment_is_there_when_it_goes_on(world: World) -> None:
    _slow(world, 5)
    function = world.function(
        """
        import boto3, threading
        got = []
        def ask(): got.append(boto3.client("lambda").invoke(FunctionName="f")["Payload"].read().decode())
        def handler(event, context):
            if event == "start": threading.Thread(target=ask, daemon=True).start()
            __import__("time").sleep(0.1)
            return list(got)
        """
    )
    with world.host:
        environment = world.environment(function)
        assert world.result(environment, "start") == []
        world.scheduler.run(until=60_000_000)
        assert world.result(environment, "look") == ["[1]"]


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
def test_syn_retry_1_waits_repeat_with_the_seed(make_world: WorldMaker, mode: str) -> None:
    instants = []
    for seed in (1, 1, 2):
        world = make_world(seed=seed)
        world.answer = _refusing(99, 429, "TooManyRequestsException")
        with world.host:
            world.result(world.environment(world.function(_RETRIES)), {"retries": {"mode": mode}})
        instants.append([call[0] for call in world.calls])

    first, again, other = instants
    assert first == again != other


def test_each_client_names_itself_as_botocore_would(world: World) -> None:
    """Parts of the user agent are made once; a client has its own all the same, and features of each call."""
    world.answer = lambda service, operation, parameters: {}
    seen = world.run_code(
        """
        import boto3
        from botocore.config import Config
        seen = []
        def client(name):
            made = boto3.client("sqs", config=Config(user_agent_appid=name))
            made.meta.events.register("before-call", lambda params, **_: seen.append(params["headers"]["User-Agent"]))
            return made
        def handler(event, context):
            one, other = client("one"), client("other")
            for each in (one, other, one):
                each.list_queues()
            return [[part for part in agent.split() if part.startswith(("app/", "md/"))] for agent in seen]
        """
    )
    assert [[part for part in parts if part.startswith("app/")] for parts in seen] == [
        ["app/one"],
        ["app/other"],
        ["app/one"],
    ]
    assert seen[0] == seen[2]
