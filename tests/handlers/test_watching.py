"""What is seen of handlers while they run: records read, changes asked for, errors left alone."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.events import ChangeRequested, ErrorSwallowed, Observation, RecordsLookedAt
from delivery_lab.handlers import HandlerHost
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from tests.handlers.world import World


class _Watching:
    """Takes everything that is seen."""

    def __init__(self) -> None:
        self.events: list[Observation] = []

    def watches(self, function: str) -> bool:
        return True

    def observed(self, events: Sequence[Observation]) -> None:
        self.events += events

    @property
    def looked(self) -> tuple[int, ...] | None:
        (event,) = (event for event in self.events if isinstance(event, RecordsLookedAt))
        return event.positions

    @property
    def changes(self) -> list[ChangeRequested]:
        return [event for event in self.events if isinstance(event, ChangeRequested)]

    @property
    def errors(self) -> list[ErrorSwallowed]:
        return [event for event in self.events if isinstance(event, ErrorSwallowed)]


def _event(count: int = 3) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": json.dumps({"id": f"job-{n}"})} for n in range(count)]}


def _seen(folder: Path, code: str, event: Any = None, answer: Any = None, timeout: float = 30) -> _Watching:
    world, watching = World(folder), _Watching()
    if answer is not None:
        world.answer = answer
    world.host = HandlerHost(world.scheduler, RandomStreams(1), world, world.lines.append, watching)
    with world.host:
        function = world.function(textwrap.dedent(code))
        environment = world.environment(function)
        world.start(environment, _event() if event is None else event, timeout=timeout)
        world.scheduler.run()
        environment.stop()
    return watching


HANDLER = """
    import asyncio, copy, json, logging, concurrent.futures
    import boto3
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
    from aws_lambda_powertools.utilities.parser import BaseModel, envelopes, parse
    from aws_lambda_powertools.utilities.parser.models import SqsModel
    logger = Logger(service="s")
    table = boto3.resource("dynamodb").Table("done")

    class Job(BaseModel):
        id: str

    def handler(event, context):
"""

LOOKS: dict[str, tuple[str, tuple[int, ...]]] = {
    "the first alone": ("json.loads(event['Records'][0]['body'])", (0,)),
    "the first, the event in the log": (
        "logger.info(event); print(event); json.loads(event['Records'][0]['body'])",
        (0,),
    ),
    "the first, the event as JSON in the log": ("print(json.dumps(event)); event['Records'][0]['body']", (0,)),
    "powertools' parser": ("parse(event, SqsModel)", (0, 1, 2)),
    "powertools' envelope": ("parse(event, Job, envelope=envelopes.SqsEnvelope)", (0, 1, 2)),
    "powertools' data class": ("[record.json_body for record in SQSEvent(event).records]", (0, 1, 2)),
    "the first of powertools' data class": ("next(SQSEvent(event).records).body", (0,)),
    "powertools' batch processor": (
        "process_partial_response(event, lambda record: record.body, BatchProcessor(EventType.SQS), context)",
        (0, 1, 2),
    ),
    "json.dumps alone": ("json.dumps(event)", ()),
    "a round trip": ("[r['body'] for r in json.loads(json.dumps(event), parse_float=str)['Records']]", (0, 1, 2)),
    "a model made of one record": ("SqsModel(Records=[event['Records'][1] | {}])", (1,)),
    "nothing": ("logging.getLogger().warning('%s', event)", ()),
}


@pytest.mark.parametrize("way", LOOKS)
def test_which_records_a_handler_looks_at(way: str, tmp_path: Path) -> None:
    code, positions = LOOKS[way]
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1", "SenderId": "a"}
    attributes |= {"ApproximateFirstReceiveTimestamp": "1"}
    names = {"receiptHandle": "h", "attributes": attributes, "messageAttributes": {}, "md5OfBody": "0" * 32}
    names |= {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q", "awsRegion": "eu-west-1"}
    event = {"Records": [{**record, **names} for record in _event()["Records"]]}

    assert _seen(tmp_path, f"{HANDLER}        {code}\n", event).looked == positions


def test_whether_records_are_read_cannot_be_told_of_packages_that_read_past_everything(tmp_path: Path) -> None:
    for library, call, read, expected in (
        ("orjson", "orjson.dumps(event)", 1, None),
        ("orjson", "orjson.dumps(event)", 3, (0, 1, 2)),
        ("orjson", "orjson.loads('1')", 1, (0,)),
        ("msgspec", "msgspec.convert(event)", 1, None),
        ("pandas", "pandas.anything(event)", 1, None),
    ):
        code = f"""
            import types
            {library} = types.ModuleType("{library}")
            {library}.{call.partition("(")[0].partition(".")[2]} = str

            def handler(event, context):
                {call}
                for record in event["Records"][:{read}]:
                    record["body"]
        """
        assert _seen(tmp_path, code).looked == expected


def test_code_that_needs_dictionaries_themselves_gets_them_and_is_not_watched_reading(tmp_path: Path) -> None:
    code = """
        import boto3, yaml
        table = boto3.resource("dynamodb").Table("done")

        def handler(event, context):
            table.put_item(Item={"id": yaml.safe_dump(event["Records"][0])})
    """
    only_loading = """
        import yaml

        def handler(event, context):
            yaml.safe_load(event["Records"][0]["body"])
    """
    assert _seen(tmp_path, only_loading).looked == (0,)
    found = _seen(tmp_path, code)

    assert json.loads(found.changes[0].content)["Item"]["id"]["S"].startswith("body: ")
    assert not any(isinstance(event, RecordsLookedAt) for event in found.events)


def test_changes_are_noted_with_the_record_that_the_code_reads(tmp_path: Path) -> None:
    code = """
        import json, boto3
        table = boto3.resource("dynamodb").Table("done")
        sqs = boto3.client("sqs")

        def handler(event, context):
            for record in event["Records"][:2]:
                table.get_item(Key={"id": "x"})
                table.put_item(Item={"id": json.loads(record["body"])["id"]})
                sqs.delete_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/1/q", ReceiptHandle="h")
    """
    found = _seen(tmp_path, code).changes

    assert [(one.service, one.operation, one.looking_at, one.purpose) for one in found] == [
        ("dynamodb", "PutItem", 0, "work"),
        ("dynamodb", "PutItem", 1, "work"),
    ]
    assert json.loads(found[0].content) == {"TableName": "done", "Item": {"id": {"S": "job-0"}}}


def test_threads_and_tasks_write_for_the_record_that_they_read_themselves(tmp_path: Path) -> None:
    code = """
        import asyncio, json, uuid, boto3
        from concurrent.futures import ThreadPoolExecutor
        table = boto3.resource("dynamodb").Table("done")

        def work(record):
            json.loads(record["body"])
            table.put_item(Item={"id": str(uuid.uuid4())})

        async def task(record):
            json.loads(record["body"])
            await asyncio.sleep(0.1)
            table.put_item(Item={"id": str(uuid.uuid4())})

        async def all_of(records):
            await asyncio.gather(*map(task, records))

        def handler(event, context):
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(work, event["Records"]))
            asyncio.run(all_of(event["Records"]))
    """
    places = [one.looking_at for one in _seen(tmp_path, code).changes]

    assert sorted(places[:3]) == sorted(places[3:]) == [0, 1, 2]  # type: ignore[type-var]  # None would be an error


def test_a_change_for_an_error_of_its_own_is_error_handling_and_one_for_an_error_of_aws_is_work(tmp_path: Path) -> None:
    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if operation == "GetItem":
            raise AwsError("ResourceNotFoundException", "")
        return {}

    code = """
        import boto3
        from botocore.exceptions import ClientError
        table = boto3.resource("dynamodb").Table("done")

        def handler(event, context):
            try:
                table.get_item(Key={"id": "x"})
            except ClientError:
                table.put_item(Item={"id": "a"})
            try:
                event["Records"][0]["missing"]
            except KeyError:
                table.put_item(Item={"id": "b"})
    """
    assert [one.purpose for one in _seen(tmp_path, code, answer=answer).changes] == ["work", "error handling"]


def test_a_refused_condition_is_noted_and_a_function_that_failed_was_no_change(tmp_path: Path) -> None:
    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if service == "lambda":
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b"{}"}
        raise AwsError("ConditionalCheckFailedException" if parameters.get("ConditionExpression") else "Other", "")

    code = """
        import boto3
        client = boto3.client("dynamodb")

        def handler(event, context):
            for condition in ({"ConditionExpression": "attribute_not_exists(id)"}, {}):
                try:
                    client.put_item(TableName="t", Item={"id": {"S": "x"}}, **condition)
                except client.exceptions.ClientError:
                    pass
            boto3.client("lambda").invoke(FunctionName="other")
    """
    assert [(one.operation, one.refused) for one in _seen(tmp_path, code, answer=answer).changes] == [("PutItem", True)]


def test_powertools_notes_completed_work_once_and_the_record_before_is_none(tmp_path: Path) -> None:
    code = """
        import json
        import boto3
        from aws_lambda_powertools.utilities.idempotency import (
            DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function,
        )
        store = DynamoDBPersistenceLayer(table_name="t", boto3_client=boto3.client("dynamodb"))
        config = IdempotencyConfig(event_key_jmespath="id")

        @idempotent_function(data_keyword_argument="job", config=config, persistence_store=store)
        def work(job):
            return job["id"]

        def handler(event, context):
            config.register_lambda_context(context)
            for record in event["Records"]:
                work(job=json.loads(record["body"]))
    """
    found = _seen(tmp_path, code).changes

    assert [(one.operation, one.purpose, one.looking_at) for one in found] == [
        ("UpdateItem", "idempotency", position) for position in range(3)
    ]


def test_work_before_a_timeout_is_seen(tmp_path: Path) -> None:
    code = """
        import time, boto3
        table = boto3.resource("dynamodb").Table("done")

        def handler(event, context):
            for record in event["Records"]:
                table.put_item(Item={"id": record["body"]})
                time.sleep(20)
    """
    world, watching = World(tmp_path), _Watching()
    world.host = HandlerHost(world.scheduler, RandomStreams(1), world, world.lines.append, watching)
    with world.host:
        environment = world.environment(world.function(textwrap.dedent(code)))
        world.start(environment, _event())
        world.scheduler.run(30_000_000)
        environment.stop()

    assert watching.looked == (0, 1)
    assert [one.looking_at for one in watching.changes] == [0, 1]


ERRORS: dict[str, tuple[str, list[tuple[str, int | None]]]] = {
    "logging.exception": ("try_each(event, lambda: logging.exception('no'))", [("log", 0), ("log", 1), ("log", 2)]),
    "powertools' logger": ("try_each(event, lambda: logger.exception('no'))", [("log", 0), ("log", 1), ("log", 2)]),
    "print_exc": ("try_each(event, traceback.print_exc)", [("log", 0), ("log", 1), ("log", 2)]),
    "a warning": ("try_each(event, lambda: logging.warning('no', exc_info=True))", []),
    "no traceback": ("try_each(event, lambda: logging.error('no'))", []),
    "a thread": ("thread(event)", [("log", 0)]),
    "futures that are waited for": ("wait(event)", [("future", 0), ("future", 1), ("future", 2)]),
    "futures that are asked": ("ask(event)", []),
    "a map that is not read": ("pool_map(event)", [("future", 0), ("future", 1), ("future", 2)]),
    "gather whose results are left": ("asyncio.run(leave(event))", [("future", 0), ("future", 1), ("future", 2)]),
    "gather whose results are looked at": ("asyncio.run(look(event))", []),
    "tasks that are only waited for": ("asyncio.run(wait_only(event))", [("future", 0), ("future", 1), ("future", 2)]),
}


@pytest.mark.parametrize("way", ERRORS)
def test_errors_that_are_left_alone_are_noted(way: str, tmp_path: Path) -> None:
    code, expected = ERRORS[way]
    text = f"""
        import asyncio, logging, threading, traceback
        from concurrent.futures import ThreadPoolExecutor, wait as wait_for
        from aws_lambda_powertools import Logger
        logger = Logger(service="s")

        def fail(record):
            record["body"]
            raise ValueError("bad " + record["messageId"])

        def try_each(event, tell):
            for record in event["Records"]:
                try:
                    fail(record)
                except ValueError:
                    tell()

        def thread(event):
            one = threading.Thread(target=fail, args=(event["Records"][0],))
            one.start()
            one.join()

        def wait(event):
            with ThreadPoolExecutor(2) as pool:
                wait_for([pool.submit(fail, record) for record in event["Records"]])

        def ask(event):
            with ThreadPoolExecutor(2) as pool:
                return [str(pool.submit(fail, record).exception()) for record in event["Records"]]

        def pool_map(event):
            with ThreadPoolExecutor(2) as pool:
                pool.map(fail, event["Records"])

        async def task(record):
            fail(record)

        async def leave(event):
            await asyncio.gather(*map(task, event["Records"]), return_exceptions=True)

        async def look(event):
            results = await asyncio.gather(*map(task, event["Records"]), return_exceptions=True)
            return [str(result) for result in results if isinstance(result, Exception)]

        async def wait_only(event):
            await asyncio.wait([asyncio.create_task(task(record)) for record in event["Records"]])

        def handler(event, context):
            {code}
    """
    found = _seen(tmp_path, text).errors

    assert sorted([(one.where, one.looking_at) for one in found], key=str) == expected
    assert all(one.text.endswith(f"ValueError: bad m{one.looking_at}") for one in found)


def test_a_function_that_is_not_watched_gets_plain_records(tmp_path: Path) -> None:
    code = """
        def handler(event, context):
            return type(event["Records"][0]) is dict
    """
    world = World(tmp_path)
    assert world.run_code(code, _event()) is True
