from __future__ import annotations

import importlib
import json
from typing import Any

from delivery_lab.model.runtime import AwsError
from tests.handlers.world import World


def test_logger(world: World) -> None:
    function = world.function(
        """
        from aws_lambda_powertools import Logger
        logger = Logger(service="jobs")
        @logger.inject_lambda_context
        def handler(event, context):
            logger.append_keys(job=event)
            logger.info("started", extra={"event": "started", "id": event})
        """,
        environment={"POWERTOOLS_LOG_LEVEL": "INFO"},
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        world.result(first, "a", "r1")
        world.result(first, "b", "r2")
        world.result(second, "c", "r3")
    lines = [json.loads(text) for text in world.text]
    assert [(line["id"], line["job"], line["cold_start"], line["function_request_id"]) for line in lines] == [
        ("a", "a", True, "r1"), ("b", "b", False, "r2"), ("c", "c", True, "r3"),
    ]  # fmt: skip
    assert [line.request_id for line in world.lines] == ["r1", "r2", "r3"]
    assert lines[0]["timestamp"] == "2026-01-01 00:00:00,250+0000"


def sqs_event(*bodies: str) -> dict[str, Any]:
    record = {
        "receiptHandle": "h", "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:q",
        "awsRegion": "us-east-1",
    }  # fmt: skip
    return {"Records": [record | {"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


BATCH = """
    import json
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    logger = Logger(service="jobs", level="INFO")
    processor = BatchProcessor(event_type=EventType.SQS)
    def work(record):
        body = json.loads(record.body)
        logger.info("started", extra={"event": "started", "id": body["id"], "message_id": record.message_id})
        if body["id"] % 3 == 0: raise ValueError("should fail")
    @logger.inject_lambda_context
    def handler(event, context):
        return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
"""


def test_batch_processor(world: World) -> None:
    bodies = [json.dumps({"id": n}) for n in range(1, 4)] + ["no json"]
    assert world.run_code(BATCH, sqs_event(*bodies)) == {
        "batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}]
    }
    assert [json.loads(text)["id"] for text in world.text if text.startswith("{")] == [1, 2, 3]


def test_async_batch_processor(world: World) -> None:
    began = world.run_code(
        """
        import asyncio, time
        from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response
        processor = AsyncBatchProcessor(event_type=EventType.SQS)
        async def work(record): await asyncio.sleep(int(record.body))
        def handler(event, context):
            began = time.monotonic()
            answer = async_process_partial_response(event, work, processor, context)
            return [answer, time.monotonic() - began]
        """,
        sqs_event("1", "3", "2"),
    )
    assert began == [{"batchItemFailures": []}, 3.0]


def test_event_handler(world: World) -> None:
    answer = world.run_code(
        """
        from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
        app = APIGatewayHttpResolver()
        @app.post("/enqueue")
        def enqueue(): return {"got": app.current_event.json_body}
        def handler(event, context): return app.resolve(event, context)
        """,
        {
            "version": "2.0", "rawPath": "/enqueue", "rawQueryString": "", "headers": {}, "isBase64Encoded": False,
            "body": '{"count": 3}',
            "requestContext": {"http": {"method": "POST", "path": "/enqueue"}, "stage": "$default"},
        },
    )  # fmt: skip
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"got": {"count": 3}})


def test_idempotency(world: World) -> None:
    items: dict[str, dict[str, Any]] = {}

    def table(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if operation == "PutItem":
            key = parameters["Item"]["id"]["S"]
            if key in items:
                raise AwsError("ConditionalCheckFailedException", "The conditional request failed")
            items[key] = parameters["Item"]
            return {}
        if operation == "UpdateItem":
            values = parameters["ExpressionAttributeValues"]
            names = {"status": ":status", "expiration": ":expiry", "data": ":response_data"}
            items[parameters["Key"]["id"]["S"]].update({name: values[value] for name, value in names.items()})
            return {}
        assert operation == "GetItem"
        return {"Item": items[parameters["Key"]["id"]["S"]]}

    world.answer = table
    function = world.function(
        """
        import time
        from aws_lambda_powertools.utilities.idempotency import (
            DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function)
        config = IdempotencyConfig(event_key_jmespath="id")
        done = []
        @idempotent_function(
            data_keyword_argument="job", config=config, persistence_store=DynamoDBPersistenceLayer(table_name="t"))
        def work(job):
            time.sleep(2)
            done.append(job["id"])
            return {"done": job["id"]}
        def handler(event, context):
            config.register_lambda_context(context)
            return [work(job=event), len(done)]
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert world.result(first, {"id": "a"}) == [{"done": "a"}, 1]
        assert world.result(first, {"id": "a"}) == [{"done": "a"}, 1]
        assert world.result(second, {"id": "a"}) == [{"done": "a"}, 0]
    [item] = items.values()
    assert int(item["expiration"]["N"]) == 1767225600 + 3600 + 2  # an hour after the work, in virtual time


def test_the_request_of_an_environment_is_its_own_while_another_one_works(world: World) -> None:
    """Event handlers keep the request at work on a class, one for the whole process."""
    function = world.function(
        """
        import time
        from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
        app = APIGatewayHttpResolver()
        @app.get("/<name>")
        def get(name):
            time.sleep(1)
            return [app.current_event.path, app.lambda_context.aws_request_id]
        def handler(event, context):
            return app.resolve(event, context)
        """
    )
    with world.host:
        for number, name in ((1, "a"), (2, "b")):
            world.start(world.environment(function, number), http_event(f"/{name}"), f"r-{name}")
        world.scheduler.run()
    bodies = [json.loads(json.loads(answer.payload)["body"]) for _, answer in world.answers]
    assert bodies == [["/a", "r-a"], ["/b", "r-b"]]


def http_event(path: str) -> dict[str, Any]:
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""}
    context = {"http": http, "stage": "$default", "requestId": "1", "accountId": "1", "apiId": "1"}
    return {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {}, "requestContext": context}


def test_metrics_of_an_environment_are_its_own_while_another_one_works(world: World) -> None:
    """`Metrics` keeps what is to be written on a class, one for the whole process."""
    function = world.function(
        """
        import time
        from aws_lambda_powertools import Metrics
        metrics = Metrics(namespace="lab", service="jobs")
        @metrics.log_metrics
        def handler(event, context):
            metrics.add_dimension("job", event)
            metrics.add_metric(name=event, unit="Count", value=1)
            time.sleep(1)
        """
    )
    with world.host:
        for number, name in ((1, "a"), (2, "b")):
            world.start(world.environment(function, number), name, f"r-{name}")
        world.scheduler.run()
    lines = [json.loads(text) for text in world.text]
    assert [{key: line.get(key) for key in ("job", "a", "b")} for line in lines] == [
        {"job": "a", "a": [1.0], "b": None},
        {"job": "b", "a": None, "b": [1.0]},
    ]


def test_cached_parameters_of_an_environment_are_its_own(world: World) -> None:
    world.answer = lambda service, operation, parameters: {"Parameter": {"Value": str(len(world.calls))}}
    function = world.function(
        """
        from aws_lambda_powertools.utilities import parameters
        def handler(event, context):
            return parameters.get_parameter("/name", max_age=60)
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert [world.result(one) for one in (first, second, first, second)] == ["1", "2", "1", "2"]


def test_each_thread_of_each_environment_is_a_prober_of_its_own_for_the_circuit_breaker(world: World) -> None:
    """The breaker elects one prober by an id that it keeps for each thread; all environments are one thread of ours."""
    breaker = importlib.import_module("aws_lambda_powertools.utilities.circuit_breaker.base")
    hosts = breaker._probe_owner_id()  # what the host has imported keeps the host's own `threading.local`
    function = world.function(
        """
        import threading
        from aws_lambda_powertools.utilities.circuit_breaker.base import _probe_owner_id
        def handler(event, context):
            found = [_probe_owner_id()]
            thread = threading.Thread(target=lambda: found.append(_probe_owner_id()))
            thread.start()
            thread.join()
            return found
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        of_first, of_second, again = (world.result(one) for one in (first, second, first))
    assert len({hosts, *of_first, *of_second}) == 5
    assert again[0] == of_first[0]
    assert breaker._probe_owner_id() == hosts
