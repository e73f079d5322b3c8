"""Handlers and stacks in which a check has to find something, and others on which it has to keep silent.

`docs/check-cases.md` is the table of them, made by `python -m scripts.write_check_cases`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

BATCH_OF_TEN = "mapping(queue_with_dlq(), function())"
NOT_REPORTING = "mapping(queue_with_dlq(), function(), function_response_types=[])"
ONE_BY_ONE = "mapping(queue_with_dlq(), function(), batch_size=1)"


@dataclass(frozen=True)
class HandlerCase:
    """One program.

    Attributes:
        check: id of the check.
        name: what the program does, in a few words.
        finds: whether the check has to find something in it.
        handler: the file `worker/app.py`.
        program: the Pulumi program, behind the prelude of `tests.checks.world`.
    """

    check: str
    name: str
    finds: bool
    handler: str
    program: str = BATCH_OF_TEN


CASES: list[HandlerCase] = []


def _case(check: str, name: str, finds: bool, handler: str, program: str = BATCH_OF_TEN) -> None:
    CASES.append(HandlerCase(check, name, finds, textwrap.dedent(handler), program))


def finds(check: str, name: str, handler: str, program: str = BATCH_OF_TEN) -> None:
    """Enter a program in which the check has to find something."""
    _case(check, name, True, handler, program)


def silent(check: str, name: str, handler: str, program: str = BATCH_OF_TEN) -> None:
    """Enter a program on which the check has to keep silent."""
    _case(check, name, False, handler, program)


def handle(body: str) -> str:
    """A module whose handler has a body, and functions that stand for work."""
    head = "import json, logging, asyncio, threading\nimport boto3\n\ndef work(record): charge(record)\n\n"
    return f"{head}def handle(event, context):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


# CHK-FIRST-1 -----------------------------------------------------------------------------------------------------

finds("CHK-FIRST-1", "`Records[0]` alone", handle('work(event["Records"][0])'))
finds(
    "CHK-FIRST-1", "`Records[0]` after logging the event", handle('print(json.dumps(event))\nwork(event["Records"][0])')
)
finds("CHK-FIRST-1", "`pop()`", handle('records = event["Records"]\nwork(records.pop())'))
finds("CHK-FIRST-1", "`next(iter(...))`", handle('work(next(iter(event["Records"])))'))
finds("CHK-FIRST-1", "`get` and an index", handle('first = event.get("Records", [])[0]\nwork(first)'))
finds("CHK-FIRST-1", "a slice of one", handle('for record in event["Records"][:1]:\n    work(record)'))
finds(
    "CHK-FIRST-1",
    "`return` in the first pass of a loop",
    handle('for record in event["Records"]:\n    work(record)\n    return {}'),
)
finds(
    "CHK-FIRST-1",
    "an index in a function that gets the event",
    handle("one(event)") + "\ndef one(message):\n    work(message['Records'][0])\n",
)
finds(
    "CHK-FIRST-1",
    "the event class of Powertools",
    """
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source

@event_source(data_class=SQSEvent)
def handle(event, context):
    charge(next(event.records).body)
""",
)
silent("CHK-FIRST-1", "a batch size of 1", handle('work(event["Records"][0])'), ONE_BY_ONE)
silent("CHK-FIRST-1", "a loop over all records", handle('for record in event["Records"]:\n    work(record)'))
silent(
    "CHK-FIRST-1",
    "a loop behind a look at the first",
    handle('print(event["Records"][0])\nfor record in event["Records"]:\n    work(record)'),
)
silent(
    "CHK-FIRST-1",
    "`pop()` until there is nothing left",
    handle('records = event["Records"]\nwhile records:\n    work(records.pop())'),
)
silent("CHK-FIRST-1", "a comprehension", handle('return [work(record) for record in event["Records"]]'))
silent("CHK-FIRST-1", "the event handed to other code", handle('print(event["Records"][0])\nlibrary.process(event)'))
silent(
    "CHK-FIRST-1",
    "`Records[0]` of a message inside the message",
    handle('for record in event["Records"]:\n    work(json.loads(record["body"])["Records"][0])'),
)
silent(
    "CHK-FIRST-1",
    "a return under a condition",
    handle('for record in event["Records"]:\n    if work(record):\n        return\n'),
)

# CHK-FIRST-2 -----------------------------------------------------------------------------------------------------

ENDS = """
for record in event["Records"]:
    try:
        work(record)
    except ValueError:
        {ends}
"""
FIRST_FAILURE = 'return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}'
NONE_FAILED = '\nreturn {"batchItemFailures": []}'
A_STREAM = """
stream = aws.kinesis.Stream("clicks", shard_count=1)
mapping(stream, function(), starting_position="LATEST")
"""
finds(
    "CHK-FIRST-2",
    "a `return` of the first failure alone",
    handle(ENDS.replace("{ends}", FIRST_FAILURE) + NONE_FAILED),
)
finds(
    "CHK-FIRST-2",
    "a `return` of a status at a record that is not valid",
    handle(ENDS.replace("{ends}", 'return {"statusCode": 400}')),
    NOT_REPORTING,
)
finds(
    "CHK-FIRST-2",
    "a `return` under a condition",
    handle('for record in event["Records"]:\n    if "id" not in record["body"]:\n        return\n    work(record)'),
    NOT_REPORTING,
)
finds(
    "CHK-FIRST-2",
    "a `break` behind the first failure, which alone is returned",
    handle(
        "failures = []"
        + ENDS.replace("{ends}", 'failures.append({"itemIdentifier": record["messageId"]})\n        break')
        + '\nreturn {"batchItemFailures": failures}'
    ),
)
silent(
    "CHK-FIRST-2",
    "a stream that is told of the first failure",
    handle(ENDS.replace("{ends}", FIRST_FAILURE.replace('"messageId"', '"kinesis"]["sequenceNumber"')) + NONE_FAILED),
    A_STREAM,
)
silent(
    "CHK-FIRST-2",
    "a batch size of 1",
    handle(ENDS.replace("{ends}", FIRST_FAILURE) + NONE_FAILED),
    ONE_BY_ONE,
)
silent(
    "CHK-FIRST-2",
    "the records behind it returned as well",
    handle(
        "for at, record in enumerate(records := event['Records']):\n"
        "    try:\n        work(record)\n    except ValueError:\n"
        '        return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in records[at:]]}' + NONE_FAILED
    ),
)
silent("CHK-FIRST-2", "an error that is let out", handle(ENDS.replace("{ends}", "raise")), NOT_REPORTING)
silent(
    "CHK-FIRST-2",
    "a `return` in a loop over the parts of a record, in another function",
    "def work(record):\n    for line in record['body']:\n        if not line:\n            return\n"
    "def handle(event, context):\n    for record in event['Records']:\n        work(record)\n",
    NOT_REPORTING,
)
silent(
    "CHK-FIRST-2",
    "a second loop over what is left",
    handle(
        'records = event["Records"]\nfor record in records:\n    if not record["body"]:\n        break\n'
        "for record in records:\n    work(record)"
    ),
    NOT_REPORTING,
)

# CHK-RECORD-1 ----------------------------------------------------------------------------------------------------

A_TOPIC = """
topic = aws.sns.Topic("orders")
worker = function()
aws.sns.TopicSubscription("subscription", topic=topic.arn, protocol="lambda", endpoint=worker.arn)
"""
A_CLUSTER = """
iam = {"sasl": {"iam": {"enabled": True}}}
cluster = aws.msk.ServerlessCluster("cluster", vpc_configs=[], client_authentication=iam)
mapping(cluster, function(), starting_position="LATEST", topics=["t"], function_response_types=[])
"""
EACH = 'for record in event["Records"]:\n    '
finds("CHK-RECORD-1", '`record["Body"]`, as boto3 has it', handle(EACH + 'work(json.loads(record["Body"]))'))
finds("CHK-RECORD-1", '`record.get("Body")`', handle(EACH + 'work(record.get("Body"))'))
finds(
    "CHK-RECORD-1",
    '`["ReceiptHandle"]` under a name, in a function that gets the record',
    handle('records = event.get("Records", [])\nfor at, each in enumerate(records):\n    one(each)')
    + '\ndef one(message):\n    handle = message["ReceiptHandle"]\n    charge(handle)\n',
)
finds(
    "CHK-RECORD-1",
    '`["MessageId"]` in a comprehension',
    handle('ids = [each["MessageId"] for each in event["Records"]]\nwork(ids)'),
)
finds(
    "CHK-RECORD-1",
    "`StringValue` of a message attribute",
    handle(EACH + 'work(record["messageAttributes"]["kind"]["StringValue"])'),
)
finds("CHK-RECORD-1", '`event["records"]` of a queue', handle('for record in event["records"]:\n    work(record)'))
finds(
    "CHK-RECORD-1",
    '`event.get("records", [])` of a queue',
    handle('for record in event.get("records", []):\n    work(record)'),
)
finds("CHK-RECORD-1", '`["kinesis"]["Data"]`', handle(EACH + 'work(record["kinesis"]["Data"])'), A_STREAM)
finds("CHK-RECORD-1", '`["sns"]["message"]`', handle(EACH + 'work(record["sns"]["message"])'), A_TOPIC)
finds(
    "CHK-RECORD-1",
    '`["Value"]` of a record of Kafka',
    handle('for records in event["records"].values():\n    for record in records:\n        work(record["Value"])'),
    A_CLUSTER,
)
finds(
    "CHK-RECORD-1",
    "a failure that is reported",
    handle(
        "failures = []\n"
        + EACH
        + 'try:\n        work(record["Body"])\n    except Exception:\n        failures.append({"itemIdentifier": '
        'record["messageId"]})\nreturn {"batchItemFailures": failures}'
    ),
)
silent(
    "CHK-RECORD-1", "the keys that AWS sends", handle(EACH + 'work(record["body"], record["attributes"]["SenderId"])')
)
silent(
    "CHK-RECORD-1",
    "the answers of `receive_message`",
    handle(
        'answer = boto3.client("sqs").receive_message(QueueUrl="u")\nfor record in answer["Messages"]:\n'
        '    work(record["Body"])\n' + EACH + 'work(record["body"])'
    ),
)
silent("CHK-RECORD-1", "`Message` of a body", handle(EACH + 'work(json.loads(record["body"])["Message"])'))
silent(
    "CHK-RECORD-1", "either key, one behind the other", handle(EACH + 'work(record.get("body") or record.get("Body"))')
)
silent(
    "CHK-RECORD-1",
    "a key that is looked for first",
    handle(EACH + 'text = record["Body"] if "Body" in record else None\n    work(text)'),
)
silent(
    "CHK-RECORD-1",
    "a `KeyError` that is caught",
    handle(EACH + 'try:\n        work(record["Body"])\n    except KeyError:\n        work(record)'),
)
silent("CHK-RECORD-1", "a record of another feed", handle(EACH + 'work(record.get("EventSource"))'))
silent("CHK-RECORD-1", "names that the sender chose", handle(EACH + 'work(record["messageAttributes"]["Body"])'))
silent(
    "CHK-RECORD-1",
    "a record that something else has changed",
    handle("for record in lowered(event['Records']):\n    work(record['Body'])"),
)
silent(
    "CHK-RECORD-1",
    "an event that comes from elsewhere, too",
    handle('if "Records" not in event:\n    return work(event["records"])\n' + EACH + "work(record)"),
)

# CHK-RECORD-2 ----------------------------------------------------------------------------------------------------

POWERTOOLS = """
from aws_lambda_powertools import Tracer
from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor, BatchProcessor, EventType, async_process_partial_response, batch_processor,
    process_partial_response,
)

tracer = Tracer()
processor = BatchProcessor(event_type=EventType.SQS)

"""
PARTIAL = """
def handle(event, context):
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
"""
DECORATED = """
@batch_processor(record_handler=work, processor=processor)
def handle(event, context):
    return processor.response()
"""
finds("CHK-RECORD-2", "a parameter of another name", POWERTOOLS + "def work(message):\n    charge(message)\n" + PARTIAL)
finds("CHK-RECORD-2", "a decorator", POWERTOOLS + "def work(message):\n    charge(message)\n" + DECORATED)
finds(
    "CHK-RECORD-2",
    "a decorated record handler",
    POWERTOOLS + "@tracer.capture_method\ndef work(message):\n    charge(message)\n" + PARTIAL,
)
finds("CHK-RECORD-2", "a lambda", POWERTOOLS + PARTIAL.replace("handler=work", "handler=lambda r: charge(r)"))
finds(
    "CHK-RECORD-2",
    "a parameter that nothing is given to",
    POWERTOOLS + "def work(record, context):\n    charge(record)\n" + PARTIAL,
)
finds(
    "CHK-RECORD-2",
    "`lambda_context` where no context is handed over",
    POWERTOOLS + "def work(record, lambda_context):\n    charge(record)\n" + PARTIAL.replace(", context=context", ""),
)
finds(
    "CHK-RECORD-2",
    "an asynchronous record handler inside the handler",
    POWERTOOLS
    + """
asynchronous = AsyncBatchProcessor(event_type=EventType.SQS)

def handle(event, context):
    async def work(message):
        charge(message)

    return async_process_partial_response(event, work, asynchronous, context)
""",
)
silent("CHK-RECORD-2", "`record`", POWERTOOLS + "def work(record):\n    charge(record)\n" + PARTIAL)
silent(
    "CHK-RECORD-2",
    "`record` and `lambda_context`",
    POWERTOOLS + "def work(record, lambda_context):\n    charge(record)\n" + PARTIAL,
)
silent(
    "CHK-RECORD-2",
    "other parameters with a default",
    POWERTOOLS + "def work(record, dry=False, *, table=None):\n    charge(record)\n" + DECORATED,
)
silent("CHK-RECORD-2", "`**given`", POWERTOOLS + "def work(**given):\n    charge(given['record'])\n" + PARTIAL)
silent(
    "CHK-RECORD-2",
    "a processor of one's own",
    POWERTOOLS.replace("BatchProcessor(event_type", "Positional(event_type")
    + "def work(message):\n    charge(message)\n"
    + PARTIAL,
)
silent(
    "CHK-RECORD-2",
    "a decorator of one's own",
    POWERTOOLS + "@renamed('message')\ndef work(message):\n    charge(message)\n" + PARTIAL,
)

# CHK-SWALLOW-2 ---------------------------------------------------------------------------------------------------

COLLECTED = """
failures = []
for record in event["Records"]:
    try:
        work(record)
    except Exception:
        failures.append({"itemIdentifier": record["messageId"]})
"""
finds("CHK-SWALLOW-2", "a list that is dropped", handle(COLLECTED))
finds("CHK-SWALLOW-2", "a list that is logged", handle(COLLECTED + 'logging.error("failed: %s", failures)'))
finds(
    "CHK-SWALLOW-2",
    "a list that is counted",
    handle(COLLECTED + 'print(f"{len(failures)} failed")\nreturn {"statusCode": 200}'),
)
finds(
    "CHK-SWALLOW-2",
    "a list that a function returns to a handler that drops it",
    handle('each(event["Records"])\nlogging.info("done")')
    + (
        "\ndef each(records):\n"
        "    failures = []\n"
        "    for record in records:\n"
        "        try:\n"
        "            work(record)\n"
        "        except ValueError:\n"
        "            failures.append(record['messageId'])\n"
        "    return failures\n"
    ),
)
silent("CHK-SWALLOW-2", "a list that is returned", handle(COLLECTED + 'return {"batchItemFailures": failures}'))
silent(
    "CHK-SWALLOW-2", "a list that is sent elsewhere", handle(COLLECTED + "for failed in failures:\n    park(failed)")
)
silent(
    "CHK-SWALLOW-2",
    "an error raised when there are failures",
    handle(COLLECTED + "if failures:\n    raise RuntimeError(failures)"),
)
silent("CHK-SWALLOW-2", "a list that a helper turns into the answer", handle(COLLECTED + "return answer(failures)"))

# CHK-SWALLOW-3 ---------------------------------------------------------------------------------------------------

POOL = "from concurrent.futures import ThreadPoolExecutor, as_completed, wait\n"
finds(
    "CHK-SWALLOW-3",
    "futures that are dropped",
    POOL
    + handle(
        'with ThreadPoolExecutor() as pool:\n    for record in event["Records"]:\n        pool.submit(work, record)'
    ),
)
finds(
    "CHK-SWALLOW-3",
    "futures that are only waited for",
    POOL
    + handle(
        "with ThreadPoolExecutor() as pool:\n"
        '    futures = [pool.submit(work, r) for r in event["Records"]]\n'
        "    wait(futures)"
    ),
)
finds(
    "CHK-SWALLOW-3",
    "`map` whose results are not read",
    POOL + handle('with ThreadPoolExecutor() as pool:\n    pool.map(work, event["Records"])'),
)
finds(
    "CHK-SWALLOW-3",
    "`gather(return_exceptions=True)` whose values are dropped",
    handle('asyncio.run(run(event["Records"]))')
    + "\nasync def run(records):\n    await asyncio.gather(*[work(r) for r in records], return_exceptions=True)\n",
)
finds(
    "CHK-SWALLOW-3",
    "`gather(return_exceptions=True)` whose values are logged",
    handle('asyncio.run(run(event["Records"]))')
    + (
        "\n"
        "async def run(records):\n"
        "    done = await asyncio.gather(*[work(r) for r in records], return_exceptions=True)\n"
        "    logging.info('done %s', done)\n"
    ),
)
finds(
    "CHK-SWALLOW-3",
    "a task that is never awaited",
    handle('asyncio.run(run(event["Records"]))')
    + "\nasync def run(records):\n    for record in records:\n        asyncio.create_task(work(record))\n",
)
finds(
    "CHK-SWALLOW-3",
    "a thread for each record",
    handle('for record in event["Records"]:\n    threading.Thread(target=work, args=(record,)).start()'),
)
silent(
    "CHK-SWALLOW-3",
    "`result()` of each future",
    POOL
    + handle(
        "with ThreadPoolExecutor() as pool:\n"
        '    futures = [pool.submit(work, r) for r in event["Records"]]\n'
        "for future in as_completed(futures):\n"
        "    future.result()"
    ),
)
silent(
    "CHK-SWALLOW-3",
    "`exception()` of each future",
    POOL
    + handle(
        "with ThreadPoolExecutor() as pool:\n"
        '    futures = [pool.submit(work, r) for r in event["Records"]]\n'
        "bad = [f for f in futures if f.exception()]\n"
        'return {"batchItemFailures": bad}'
    ),
)
silent(
    "CHK-SWALLOW-3",
    "`list(map(...))`",
    POOL + handle('with ThreadPoolExecutor() as pool:\n    list(pool.map(work, event["Records"]))'),
)
silent(
    "CHK-SWALLOW-3",
    "`gather` that raises",
    handle('asyncio.run(run(event["Records"]))')
    + "\nasync def run(records):\n    await asyncio.gather(*[work(r) for r in records])\n",
)
silent(
    "CHK-SWALLOW-3",
    "values of `gather` that are looked through",
    handle('return asyncio.run(run(event["Records"]))')
    + (
        "\n"
        "async def run(records):\n"
        "    done = await asyncio.gather(*[work(r) for r in records], return_exceptions=True)\n"
        "    return {'batchItemFailures': [r for r, d in zip(records, done) if isinstance(d, Exception)]}\n"
    ),
)
silent(
    "CHK-SWALLOW-3",
    "a task group",
    handle('asyncio.run(run(event["Records"]))')
    + (
        "\n"
        "async def run(records):\n"
        "    async with asyncio.TaskGroup() as group:\n"
        "        for record in records:\n"
        "            group.create_task(work(record))\n"
    ),
)
silent(
    "CHK-SWALLOW-3",
    "a thread that beats while the work is done",
    handle(
        "stop = threading.Event()\n"
        "threading.Thread(target=beat, args=(stop,)).start()\n"
        'for record in event["Records"]:\n'
        "    work(record)"
    ),
)

# CHK-SWALLOW-4 ---------------------------------------------------------------------------------------------------

BESIDE = """
failures = []
for record in event["Records"]:
    try:
        work(record)
    except ValueError:
        failures.append({"itemIdentifier": record["messageId"]})
    except Exception:
        %s
return {"batchItemFailures": failures}
"""
finds("CHK-SWALLOW-4", "a broad `except` that logs", handle(BESIDE % 'logging.exception("failed")'))
finds("CHK-SWALLOW-4", "a broad `except` that passes", handle(BESIDE % "pass"))
INSIDE = """
failures = []
for record in event["Records"]:
    try:
        one(record)
    except Exception:
        failures.append({"itemIdentifier": record["messageId"]})
return {"batchItemFailures": failures}
"""
ONE = "\ndef one(record):\n    try:\n        work(record)\n    except Exception:\n        %s\n"
finds(
    "CHK-SWALLOW-4", "a function inside that catches everything", handle(INSIDE) + ONE % 'logging.exception("failed")'
)
silent(
    "CHK-SWALLOW-4",
    "a broad `except` that reports, too",
    handle(BESIDE % 'failures.append({"itemIdentifier": record["messageId"]})'),
)
silent("CHK-SWALLOW-4", "a broad `except` that parks the record", handle(BESIDE % "park(record)"))
silent("CHK-SWALLOW-4", "a broad `except` that raises", handle(BESIDE % "raise"))
silent(
    "CHK-SWALLOW-4",
    "a function inside that raises again",
    handle(INSIDE) + ONE % 'logging.exception("failed")\n        raise',
)

# CHK-IDEM-4 and CHK-IDEM-5 ---------------------------------------------------------------------------------------

TABLE = 'import os\nimport boto3\ndone = boto3.resource("dynamodb").Table("done")\n'
EACH = 'for record in event["Records"]:\n    key = {"id": record["messageId"]}\n'
finds(
    "CHK-IDEM-4",
    "`get_item`, work, `put_item`",
    TABLE
    + handle(
        EACH
        + '    if "Item" in done.get_item(Key=key):\n        continue\n    work(record)\n    done.put_item(Item=key)'
    ),
)
finds(
    "CHK-IDEM-4",
    "the read in a function of its own",
    TABLE
    + "\ndef seen(key):\n    item = done.get_item(Key=key).get('Item')\n    return item is not None\n"
    + handle(EACH + "    if seen(key):\n        continue\n    work(record)\n    done.put_item(Item=key)"),
)
finds(
    "CHK-IDEM-4",
    "a status that is read and written",
    TABLE
    + handle(
        EACH
        + (
            '    found = done.get_item(Key=key).get("Item")\n'
            '    if found and found["status"] == "DONE":\n'
            "        continue\n"
            "    work(record)\n"
            '    done.put_item(Item={**key, "status": "DONE"})'
        )
    ),
)
finds(
    "CHK-IDEM-4",
    "a client with a table's name",
    'import boto3\ndb = boto3.client("dynamodb")\nNAME = "done"\n'
    + handle(
        EACH
        + (
            '    if "Item" in db.get_item(TableName=NAME, Key=key):\n'
            "        continue\n"
            "    work(record)\n"
            "    db.put_item(TableName=NAME, Item=key)"
        )
    ),
)
silent(
    "CHK-IDEM-4",
    "a conditional `put_item`",
    TABLE
    + handle(
        EACH
        + (
            '    if "Item" in done.get_item(Key=key):\n'
            "        continue\n"
            '    done.put_item(Item=key, ConditionExpression="attribute_not_exists(id)")\n'
            "    work(record)"
        )
    ),
)
silent(
    "CHK-IDEM-4",
    "a read whose values are used",
    TABLE
    + handle(
        EACH
        + '    price = done.get_item(Key=key)["Item"]["price"]\n    done.put_item(Item={**key, "total": price * 2})'
    ),
)
silent(
    "CHK-IDEM-4",
    "a read of one table and a write to another",
    TABLE
    + 'other = boto3.resource("dynamodb").Table("other")\n'
    + handle(EACH + '    if "Item" in done.get_item(Key=key):\n        continue\n    other.put_item(Item=key)'),
)
silent("CHK-IDEM-4", "a write alone", TABLE + handle(EACH + "    done.put_item(Item=key)"))
SEEN = (
    "\ndef seen(key):\n    try:\n        return 'Item' in done.get_item(Key=key)\n    except %s:\n        %s\n"
    + handle(EACH + "    if not seen(key):\n        work(record)")
)
finds(
    "CHK-IDEM-5",
    "`except ClientError: return False`",
    "from botocore.exceptions import ClientError\n" + TABLE + SEEN % ("ClientError", "return False"),
)
finds("CHK-IDEM-5", "`except Exception: return None`", TABLE + SEEN % ("Exception", "return None"))
silent("CHK-IDEM-5", "an error that is let out", TABLE + SEEN % ("Exception", "raise"))
silent("CHK-IDEM-5", "an error that counts as done", TABLE + SEEN % ("Exception", "return True"))
silent("CHK-IDEM-5", "another kind of error", TABLE + SEEN % ("KeyError", "return False"))

# CHK-IDEM-6 ------------------------------------------------------------------------------------------------------

POWERTOOLS = """
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, {what}

store = DynamoDBPersistenceLayer(table_name="done")
config = IdempotencyConfig(expires_after_seconds=1296000)
"""
PER_RECORD = (
    POWERTOOLS.replace("{what}", "idempotent_function")
    + """
@idempotent_function(data_keyword_argument="record", config=config, persistence_store=store)
def one(record):
    charge(record)

def handle(event, context):
    {first}
    for record in event["Records"]:
        one(record=record["body"])
"""
)
finds("CHK-IDEM-6", "`idempotent_function` alone", PER_RECORD.replace("{first}", "pass"))
silent(
    "CHK-IDEM-6", "the context is registered", PER_RECORD.replace("{first}", "config.register_lambda_context(context)")
)
silent(
    "CHK-IDEM-6",
    "`idempotent` around the handler",
    POWERTOOLS.replace("{what}", "idempotent")
    + (
        "\n"
        "@idempotent(config=config, persistence_store=store)\n"
        "def handle(event, context):\n"
        '    for record in event["Records"]:\n'
        "        charge(record)\n"
    ),
)

# CHK-IDEM-7 ------------------------------------------------------------------------------------------------------

WHOLE = POWERTOOLS.replace("{what}", "idempotent").replace("expires_after_seconds=1296000", "{key}") + (
    "\n"
    "@idempotent(config=config, persistence_store=store)\n"
    "def handle(event, context):\n"
    '    charge(event["Records"][0])\n'
)
OF_RECORDS = (
    "from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response\n"
    + POWERTOOLS.replace("{what}", "idempotent_function").replace("expires_after_seconds=1296000", "{key}")
    + """
processor = BatchProcessor(event_type=EventType.SQS)

@idempotent_function(data_keyword_argument="record", config=config, persistence_store=store)
def one(record):
    charge(record)

def handle(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
"""
)
finds("CHK-IDEM-7", "`idempotent` with no key", WHOLE.replace("{key}", ""))
finds("CHK-IDEM-7", "`idempotent` with no config", WHOLE.replace("{key}", "").replace("config=config, ", ""))
finds(
    "CHK-IDEM-7", "the receipt handle as key", WHOLE.replace("{key}", "'Records[0].[body, receiptHandle]'"), ONE_BY_ONE
)
finds("CHK-IDEM-7", "whole records of a batch", OF_RECORDS.replace("{key}", "expires_after_seconds=60"))
silent("CHK-IDEM-7", "a business id", WHOLE.replace("{key}", "'powertools_json(Records[0].body).id'"), ONE_BY_ONE)
silent("CHK-IDEM-7", "the message's id of each record", OF_RECORDS.replace("{key}", "event_key_jmespath='messageId'"))
silent("CHK-IDEM-7", "a key that cannot be told", WHOLE.replace("{key}", "make_key()"))
silent(
    "CHK-IDEM-7",
    "a decorator that may change the event",
    WHOLE.replace("{key}", "").replace("\n@idempotent(", "\n@unwrapped\n@idempotent("),
)
silent("CHK-IDEM-7", "a body that is handed on", PER_RECORD.replace("{first}", "pass"))

# CHK-RECORD-3 ----------------------------------------------------------------------------------------------------

STREAMED = """
table = aws.dynamodb.Table(
    "orders", hash_key="id", attributes=[{"name": "id", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    stream_enabled=True, stream_view_type="VIEW")
class Source:
    arn = table.stream_arn
mapping(Source, function(), starting_position="LATEST", function_response_types=[])
"""
NEW = 'for record in event["Records"]:\n    work(record["dynamodb"]["NewImage"]["id"]["S"])'
OLD = NEW.replace("NewImage", "OldImage")
CHANGED = OLD.replace("    work", '    if record["eventName"] == "REMOVE":\n        work')
finds("CHK-RECORD-3", "the new image with KEYS_ONLY", handle(NEW), STREAMED.replace("VIEW", "KEYS_ONLY"))
finds("CHK-RECORD-3", "the new image with OLD_IMAGE", handle(NEW), STREAMED.replace("VIEW", "OLD_IMAGE"))
finds(
    "CHK-RECORD-3", "the old image of removals with NEW_IMAGE", handle(CHANGED), STREAMED.replace("VIEW", "NEW_IMAGE")
)
silent("CHK-RECORD-3", "the new image with NEW_IMAGE", handle(NEW), STREAMED.replace("VIEW", "NEW_IMAGE"))
silent("CHK-RECORD-3", "the old image with both", handle(OLD), STREAMED.replace("VIEW", "NEW_AND_OLD_IMAGES"))
silent(
    "CHK-RECORD-3",
    "an image that is asked for first",
    handle(NEW.replace("    work", '    if "NewImage" in record["dynamodb"]:\n        work')),
    STREAMED.replace("VIEW", "KEYS_ONLY"),
)
silent(
    "CHK-RECORD-3",
    "`get` that takes None",
    handle('for record in event["Records"]:\n    work(record["dynamodb"].get("NewImage"))'),
    STREAMED.replace("VIEW", "KEYS_ONLY"),
)

# CHK-WARM-1 ------------------------------------------------------------------------------------------------------

NOTED = (
    'for record in event["Records"]:\n'
    "    try:\n"
    "        work(record)\n"
    "    except Exception:\n"
    '        failures.append({"itemIdentifier": record["messageId"]})\n'
    'return {"batchItemFailures": failures}'
)
finds("CHK-WARM-1", "failures in a list of the module", "failures = []\n" + handle(NOTED))
finds(
    "CHK-WARM-1",
    "a batch in a list of the module",
    "rows = []\n" + handle('for record in event["Records"]:\n    rows.append(record)\nwrite(rows)'),
)
finds(
    "CHK-WARM-1",
    "a list as the default of a parameter",
    handle('return each(event["Records"])')
    + (
        "\n"
        "def each(records, failures=[]):\n"
        "    for record in records:\n"
        "        failures.append({'itemIdentifier': record['messageId']})\n"
        "    return {'batchItemFailures': failures}\n"
    ),
)
silent("CHK-WARM-1", "a list of the handler", handle("failures = []\n" + NOTED))
silent("CHK-WARM-1", "a list that is emptied first", "failures = []\n" + handle("failures.clear()\n" + NOTED))
silent(
    "CHK-WARM-1", "a list that is bound anew", "failures = []\n" + handle("global failures\nfailures = []\n" + NOTED)
)
silent(
    "CHK-WARM-1",
    "a cache in a dictionary",
    "clients = {}\n" + handle('for record in event["Records"]:\n    clients.setdefault(record["messageId"], 1)\n'),
)
silent(
    "CHK-WARM-1",
    "a list that is only read",
    "names = []\n" + handle('for record in event["Records"]:\n    if record["body"] in names:\n        work(record)'),
)

# CHK-REPORT-5 ----------------------------------------------------------------------------------------------------

LOOP = 'for record in event["Records"]:\n    work(record)\n'
finds("CHK-REPORT-5", "`statusCode` and a body", handle(LOOP + 'return {"statusCode": 200, "body": "ok"}'))
finds("CHK-REPORT-5", "a response in a name", handle(LOOP + 'response = {"ok": True}\nreturn response'))
finds("CHK-REPORT-5", "a text", handle(LOOP + 'return "done"'))
finds("CHK-REPORT-5", "`json.dumps` of the failures", handle(LOOP + 'return json.dumps({"batchItemFailures": []})'))
finds("CHK-REPORT-5", "a misspelt key", handle(LOOP + 'return {"batchItemFailure": []}'))
finds("CHK-REPORT-5", "a batch size of 1", handle(LOOP + 'return {"statusCode": 200}'), ONE_BY_ONE)
silent("CHK-REPORT-5", "an empty list of failures", handle(LOOP + 'return {"batchItemFailures": []}'))
silent(
    "CHK-REPORT-5", "`statusCode` beside failures", handle(LOOP + 'return {"statusCode": 200, "batchItemFailures": []}')
)
silent("CHK-REPORT-5", "nothing is returned", handle(LOOP))
silent("CHK-REPORT-5", "an empty response", handle(LOOP + "return {}"))
silent("CHK-REPORT-5", "reporting is off", handle(LOOP + 'return {"statusCode": 200}'), NOT_REPORTING)
silent("CHK-REPORT-5", "an answer of other code", handle(LOOP + "return answer(event)"))
silent(
    "CHK-REPORT-5",
    "a key that is set later",
    handle(LOOP + 'answer = {"statusCode": 200}\nanswer["batchItemFailures"] = []\nreturn answer'),
)

# CHK-STREAM-5 ----------------------------------------------------------------------------------------------------

WINDOW = """
stream = aws.kinesis.Stream("clicks", shard_count=1)
mapping(stream, function(), starting_position="LATEST", tumbling_window_in_seconds=%s, function_response_types=[])
"""
finds("CHK-STREAM-5", "nothing is returned", handle('for record in event["Records"]:\n    work(record)'), WINDOW % 30)
finds("CHK-STREAM-5", "failures, but no state", handle('return {"batchItemFailures": []}'), WINDOW % 30)
silent("CHK-STREAM-5", "a state", handle('state = event["state"]\nreturn {"state": state}'), WINDOW % 30)
silent(
    "CHK-STREAM-5", "a state that is set later", handle('answer = {}\nanswer["state"] = 1\nreturn answer'), WINDOW % 30
)
silent("CHK-STREAM-5", "no window", handle('for record in event["Records"]:\n    work(record)'), WINDOW % 0)
silent("CHK-STREAM-5", "an answer of other code", handle("return answer(event)"), WINDOW % 30)

# CHK-ASYNC-2 -----------------------------------------------------------------------------------------------------

QUIET = handle('for record in event["Records"]:\n    work(record)')
CONFIG = """
worker = function()
mapping(queue_with_dlq(), worker, function_response_types=[])
failed = aws.sqs.Queue("failed", message_retention_seconds=14 * DAY)
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name,
    destination_config={"on_failure": {"destination": failed.arn}})
"""
finds("CHK-ASYNC-2", "a destination of a function that a queue feeds", QUIET, CONFIG)
finds(
    "CHK-ASYNC-2",
    "retries of a function that a stream feeds",
    QUIET,
    """
stream = aws.kinesis.Stream("clicks", shard_count=1)
worker = function()
mapping(stream, worker, starting_position="LATEST")
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.arn, maximum_retry_attempts=0)
""",
)
silent(
    "CHK-ASYNC-2",
    "a topic feeds it, too",
    QUIET,
    CONFIG
    + """
topic = aws.sns.Topic("news")
aws.sns.TopicSubscription("subscription", topic=topic.arn, protocol="lambda", endpoint=worker.arn)
""",
)
silent(
    "CHK-ASYNC-2",
    "a service may invoke it",
    QUIET,
    CONFIG
    + """
aws.lambda_.Permission("permission", action="lambda:InvokeFunction", function=worker.name, principal="s3.amazonaws.com")
""",
)
silent(
    "CHK-ASYNC-2",
    "another function knows its name",
    QUIET,
    CONFIG
    + """
function("front", environment={"variables": {"WORKER": worker.name}})
""",
)
silent(
    "CHK-ASYNC-2",
    "no mapping",
    QUIET,
    'aws.lambda_.FunctionEventInvokeConfig("config", function_name=function().arn, maximum_retry_attempts=0)',
)

# CHK-ASYNC-3 -----------------------------------------------------------------------------------------------------

BY_NAME = """
worker = function(publish=True)
live = aws.lambda_.Alias("live", name="live", function_name=worker.name, function_version=worker.version)
topic = aws.sns.Topic("news")
aws.sns.TopicSubscription("subscription", topic=topic.arn, protocol="lambda", endpoint=%s)
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name, maximum_retry_attempts=0%s)
"""
OF_LIVE = ', qualifier="live"'
finds(
    "CHK-ASYNC-3",
    "a config of an alias, and a topic that invokes the function",
    QUIET,
    BY_NAME % ("worker.arn", OF_LIVE),
)
finds("CHK-ASYNC-3", "a config of the function, and a topic that invokes an alias", QUIET, BY_NAME % ("live.arn", ""))
silent("CHK-ASYNC-3", "a config of the alias that is invoked", QUIET, BY_NAME % ("live.arn", OF_LIVE))
silent("CHK-ASYNC-3", "a config of the function that is invoked", QUIET, BY_NAME % ("worker.arn", ""))
silent(
    "CHK-ASYNC-3",
    "another function knows the alias",
    QUIET,
    BY_NAME % ("worker.arn", OF_LIVE) + 'function("front", environment={"variables": {"WORKER": live.arn}})\n',
)
silent(
    "CHK-ASYNC-3",
    "a service may invoke the alias",
    QUIET,
    BY_NAME
    % ("worker.arn", OF_LIVE)
    + 'aws.lambda_.Permission("lets", action="lambda:InvokeFunction", function=worker.name, qualifier="live",\n'
    '                       principal="s3.amazonaws.com")\n',
)
silent(
    "CHK-ASYNC-3",
    "nothing of the stack invokes it",
    QUIET,
    'aws.lambda_.FunctionEventInvokeConfig("config", function_name=function(publish=True).name, qualifier="1")',
)

# CHK-LOOP-2 ------------------------------------------------------------------------------------------------------

SENDS = """
import os
import boto3

sqs = boto3.client("sqs")
TO = os.environ.get("TO")


def handle(event, context):
    for record in event["Records"]:
        if TO:
            sqs.send_message(QueueUrl=TO, MessageBody=record["body"])
        else:
            print(record)
"""
ROUND = """
dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, redrive_policy=redrive(dead))
mapping(jobs, function(), function_response_types=[])
mapping(dead, function("again", environment={"variables": {"TO": %s}}), "again", function_response_types=[])
"""
finds("CHK-LOOP-2", "a function that sends dead letters to their source", SENDS, ROUND % "jobs.url")
finds(
    "CHK-LOOP-2",
    "dead letters that get back by way of a third queue",
    SENDS,
    """
dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, redrive_policy=redrive(dead))
later = aws.sqs.Queue("later", visibility_timeout_seconds=60, delay_seconds=900)
mapping(jobs, function(), function_response_types=[])
mapping(dead, function("again", environment={"variables": {"TO": later.url}}), "again", function_response_types=[])
mapping(later, function("back", environment={"variables": {"TO": jobs.url}}), "back", function_response_types=[])
""",
)
silent("CHK-LOOP-2", "dead letters that go somewhere else", SENDS, ROUND % 'aws.sqs.Queue("archive").url')
silent(
    "CHK-LOOP-2",
    "no dead-letter queue on the way",
    SENDS,
    """
mapping(queue_with_dlq(), function(environment={"variables": {"TO": aws.sqs.Queue("next").url}}),
        function_response_types=[])
""",
)

# CHK-KAFKA-4 -----------------------------------------------------------------------------------------------------

GROUPS = """
iam = {"sasl": {"iam": {"enabled": True}}}
cluster = aws.msk.ServerlessCluster("cluster", vpc_configs=[], client_authentication=iam)
for name, topic, group in (("a", "clicks", "g1"), ("b", %r, %r)):
    mapping(cluster, function(name), "of-" + name, starting_position="LATEST", topics=[topic],
            amazon_managed_kafka_event_source_config={"consumer_group_id": group})
"""
finds("CHK-KAFKA-4", "one group id, one topic, two mappings", QUIET, GROUPS % ("clicks", "g1"))
silent("CHK-KAFKA-4", "two group ids", QUIET, GROUPS % ("clicks", "g2"))
finds("CHK-KAFKA-4", "one group id, two topics", QUIET, GROUPS % ("orders", "g1"))


# CHK-FEED-1 to CHK-FEED-11 ---------------------------------------------------------------------------------------

_FEED = """
topic = aws.sns.Topic("news"{topic})
jobs = queue_with_dlq({queue})
worker = function()
{mapping}
{policy}
aws.sns.TopicSubscription("sub", topic=topic.arn, protocol={protocol}, endpoint={endpoint}, {subscription})
"""
_OPEN = """aws.sqs.QueuePolicy("open", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": jobs.arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}}]}))"""
_PERMISSION = """aws.lambda_.Permission("sns", function=worker.name, action="lambda:InvokeFunction",
    principal="sns.amazonaws.com", source_arn=topic.arn)"""
_OTHER_SOURCE = _OPEN.replace("topic.arn}", '"arn:aws:sns:us-east-1:123456789012:other"}')
_ANY_SOURCE = _OPEN.replace(', "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}', "")
_ACCOUNT = _OPEN.replace('"ArnEquals": {"aws:SourceArn": topic.arn}', '"StringEquals": {"aws:SourceAccount": "1"}')
_WORK = handle('for record in event["Records"]:\n    work(record)')


def _fed(policy: str = _OPEN, **given: str) -> str:
    usual = {"topic": "", "queue": "", "mapping": "mapping(jobs, worker)", "subscription": ""}
    parts = {**usual, "protocol": '"sqs"', "endpoint": "jobs.arn", "policy": policy, **given}
    program = _FEED
    for name, text in parts.items():
        program = program.replace("{" + name + "}", text)
    return program


_TO_FUNCTION = {"protocol": '"lambda"', "endpoint": "worker.arn", "mapping": ""}

finds("CHK-FEED-1", "queue without a policy", _WORK, _fed(policy=""))
finds("CHK-FEED-1", "policy for another topic", _WORK, _fed(policy=_OTHER_SOURCE))
finds("CHK-FEED-1", "function without a permission", _WORK, _fed(policy="", **_TO_FUNCTION))
silent("CHK-FEED-1", "policy with aws:SourceArn of the topic", _WORK, _fed())
silent("CHK-FEED-1", "policy without a condition", _WORK, _fed(policy=_ANY_SOURCE))
silent("CHK-FEED-1", "permission of the function", _WORK, _fed(policy=_PERMISSION, **_TO_FUNCTION))
silent(
    "CHK-FEED-1",
    "policy that is known only after deployment",
    _WORK,
    _fed(
        policy='aws.sqs.QueuePolicy("open", queue_url=jobs.url, policy=aws.kms.Grant("g", key_id="k", '
        'grantee_principal="p", operations=[]).grant_token)'
    ),
)

finds("CHK-FEED-2", "service principal without a condition", _WORK, _fed(policy=_ANY_SOURCE))
silent("CHK-FEED-2", "aws:SourceArn", _WORK, _fed())
silent("CHK-FEED-2", "aws:SourceAccount", _WORK, _fed(policy=_ACCOUNT))
silent("CHK-FEED-2", "no policy", _WORK, _fed(policy=""))

finds("CHK-FEED-3", "no redrive policy", _WORK, _fed())
silent(
    "CHK-FEED-3",
    "redrive policy",
    _WORK,
    _fed(subscription='redrive_policy=jobs.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn}))'),
)
silent("CHK-FEED-3", "e-mail", _WORK, _fed(protocol='"email"', endpoint='"a@example.com"'))

_FIELD = handle('for record in event["Records"]:\n    body = json.loads(record["body"])\n    work(body["orderId"])')
_AT_ONCE = handle('for record in event["Records"]:\n    work(json.loads(record["body"])["orderId"])')
_UNWRAPS = handle(
    'for record in event["Records"]:\n    body = json.loads(record["body"])\n    order = json.loads(body["Message"])\n'
    '    work(order["orderId"])'
)
_ASKS = handle(
    'for record in event["Records"]:\n    body = json.loads(record["body"])\n    if "Message" in body:\n'
    '        body = json.loads(body["Message"])\n    work(body)'
)
_OPTIONAL = handle('for record in event["Records"]:\n    work(json.loads(record["body"]).get("orderId"))')
_RAW = "raw_message_delivery=True"
_FILTERED = 'mapping(jobs, worker, filter_criteria={"filters": [{"pattern": json.dumps({"body": %s})}]})'
_BY_TYPE = _fed(mapping=_FILTERED % '{"type": ["order"]}')

finds("CHK-FEED-4", "handler that reads a field of its own", _FIELD, _fed())
finds("CHK-FEED-4", "field that is read at once", _AT_ONCE, _fed())
finds("CHK-FEED-4", "filter on a field of the body", _WORK, _BY_TYPE)
_BODY_HANDED_ON = """
import json
def place(body):
    charge(body["orderId"])
def handle(event, context):
    for record in event["Records"]:
        place(json.loads(record["body"]))
"""
_TEXT_HANDED_ON = """
import json
def read(text):
    return json.loads(text)
def handle(event, context):
    for record in event["Records"]:
        text = record["body"]
        order = read(text)
        charge(order["orderId"])
"""
_CALLED_BACK = """
import json
def place(body):
    charge(body["orderId"])
def handle(event, context):
    place(json.loads(event["Records"][0]["body"]))
    submit(place)
"""
_POWERTOOLS = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
processor = BatchProcessor(event_type=EventType.SQS)
def place(record: SQSRecord):
    %s
def handle(event, context):
    return process_partial_response(event=event, record_handler=place, processor=processor, context=context)
"""
_JSON_BODY = _POWERTOOLS % 'charge(record.json_body["orderId"])'
_NESTED = _POWERTOOLS % "charge(record.decoded_nested_sns_event.message)"
_MODEL = """
from pydantic import BaseModel%s
class Order(BaseModel):
    order_id: str%s
    note: str = ""
def handle(event, context):
    for record in event["Records"]:
        charge(Order.model_validate_json(record["body"]))
"""
_DATACLASS = """
import json
from dataclasses import dataclass
@dataclass
class Order:
    order_id: str
def handle(event, context):
    orders = [Order(**json.loads(record["body"])) for record in event["Records"]]
    charge(orders)
"""
_PARSER = """
from aws_lambda_powertools.utilities.parser import envelopes, event_parser
@event_parser(model=Order, envelope=envelopes.SnsSqsEnvelope)
def handle(event, context):
    for order in event:
        charge(order)
"""
finds("CHK-FEED-4", "parsed body that another function gets", _BODY_HANDED_ON, _fed())
finds("CHK-FEED-4", "body that another function parses", _TEXT_HANDED_ON, _fed())
finds("CHK-FEED-4", "`json_body` of Powertools", _JSON_BODY, _fed())
finds("CHK-FEED-4", "model of pydantic", _MODEL % ("", ""), _fed())
finds("CHK-FEED-4", "dataclass", _DATACLASS, _fed())
silent("CHK-FEED-4", "function that others may call, too", _CALLED_BACK, _fed())
silent("CHK-FEED-4", "`decoded_nested_sns_event`", _NESTED, _fed())
silent("CHK-FEED-4", "parser with `SnsSqsEnvelope`", _PARSER, _fed())
silent(
    "CHK-FEED-4",
    "model whose fields have other names",
    _MODEL % (", Field", ' = Field(alias="Message")'),
    _fed(),
)
silent("CHK-FEED-4", "handler that takes the envelope off", _UNWRAPS, _fed())
silent("CHK-FEED-4", "handler that takes it off where there is one", _ASKS, _fed())
silent("CHK-FEED-4", "field that need not be there", _OPTIONAL, _fed())
silent("CHK-FEED-4", "raw delivery", _FIELD, _fed(subscription=_RAW))
silent("CHK-FEED-4", "filter on a field of the envelope", _WORK, _fed(mapping=_FILTERED % '{"Type": ["Notification"]}'))
silent("CHK-FEED-4", "queue without a topic", _FIELD)

finds("CHK-FEED-5", "raw delivery and a handler that takes an envelope off", _UNWRAPS, _fed(subscription=_RAW))
_UNWRAPS_ELSEWHERE = """
import json
def inner(record):
    envelope = json.loads(record["body"])
    return json.loads(envelope["Message"])
def handle(event, context):
    for record in event["Records"]:
        charge(inner(record))
"""
finds("CHK-FEED-5", "envelope that another function takes off", _UNWRAPS_ELSEWHERE, _fed(subscription=_RAW))
finds("CHK-FEED-5", "`decoded_nested_sns_event`", _NESTED, _fed(subscription=_RAW))
finds("CHK-FEED-5", "parser with `SnsSqsEnvelope`", _PARSER, _fed(subscription=_RAW))
silent("CHK-FEED-5", "`json_body` of Powertools", _JSON_BODY, _fed(subscription=_RAW))
silent("CHK-FEED-5", "handler that asks whether there is one", _ASKS, _fed(subscription=_RAW))
silent("CHK-FEED-5", "no raw delivery", _UNWRAPS, _fed())
silent("CHK-FEED-5", "handler that reads its own fields", _FIELD, _fed(subscription=_RAW))

finds("CHK-FEED-6", "FIFO topic and standard queue", _WORK, _fed(topic=", fifo_topic=True"))
silent("CHK-FEED-6", "standard topic", _WORK, _fed())
silent(
    "CHK-FEED-6",
    "FIFO queue",
    _WORK,
    _fed(topic=", fifo_topic=True", queue="fifo_queue=True, redrive_policy=None"),
)

_BUCKET = """
jobs, worker = queue_with_dlq(), function()
uploads = aws.s3.Bucket("uploads")
aws.s3.BucketNotification("tell", bucket=uploads.id, queues=[{"queue_arn": jobs.arn, "events": ["s3:ObjectCreated:*"]}])
mapping(jobs, worker)
"""
_RECORDS = handle(
    'for record in event["Records"]:\n    for change in json.loads(record["body"])["Records"]:\n        work(change)'
)
_NAMED_RECORDS = handle(
    'for record in event["Records"]:\n    body = json.loads(record["body"])\n    for change in body["Records"]:\n'
    "        work(change)"
)
_OPTIONAL_RECORDS = handle(
    'for record in event["Records"]:\n    for change in json.loads(record["body"]).get("Records", []):\n'
    "        work(change)"
)
_PASSES_OVER = handle(
    'for record in event["Records"]:\n    body = json.loads(record["body"])\n'
    '    if body.get("Event") == "s3:TestEvent":\n        continue\n    for change in body["Records"]:\n'
    "        work(change)"
)
_CATCHES = handle(
    'for record in event["Records"]:\n    body = json.loads(record["body"])\n    try:\n        work(body["Records"])\n'
    "    except KeyError:\n        pass"
)

finds("CHK-FEED-7", "records of a body, at once", _RECORDS, _BUCKET)
finds("CHK-FEED-7", "records of a body that has a name", _NAMED_RECORDS, _BUCKET)
silent("CHK-FEED-7", "records that need not be there", _OPTIONAL_RECORDS, _BUCKET)
silent("CHK-FEED-7", "test event passed over", _PASSES_OVER, _BUCKET)
silent("CHK-FEED-7", "exception that is caught", _CATCHES, _BUCKET)
_OVER_TOPIC = """
jobs, worker, topic = queue_with_dlq(), function(), aws.sns.Topic("news")
uploads = aws.s3.Bucket("uploads")
aws.s3.BucketNotification("tell", bucket=uploads.id,
    topics=[{"topic_arn": topic.arn, "events": ["s3:ObjectCreated:*"]}])
aws.sns.TopicSubscription("sub", topic=topic.arn, protocol="sqs", endpoint=jobs.arn, raw_message_delivery=%s)
mapping(jobs, worker)
"""
_NESTED_RECORDS = _POWERTOOLS % "charge(list(record.decoded_nested_s3_event.records))"
_RECORDS_ELSEWHERE = """
import json
def changes(record):
    body = json.loads(record["body"])
    return body["Records"]
def handle(event, context):
    for record in event["Records"]:
        charge(changes(record))
"""
_BUCKET_FILTERED = _BUCKET.replace(
    "mapping(jobs, worker)", _FILTERED % '{"Records": {"eventName": [{"prefix": "ObjectCreated"}]}}'
)
finds("CHK-FEED-7", "`decoded_nested_s3_event` of Powertools", _NESTED_RECORDS, _BUCKET)
finds("CHK-FEED-7", "records that another function takes out", _RECORDS_ELSEWHERE, _BUCKET)
finds("CHK-FEED-7", "topic with raw delivery in between", _RECORDS, _OVER_TOPIC % "True")
silent("CHK-FEED-7", "topic that puts the test event into an envelope", _RECORDS, _OVER_TOPIC % "False")
silent("CHK-FEED-7", "filter that asks for records", _RECORDS, _BUCKET_FILTERED)
silent("CHK-FEED-7", "no bucket", _RECORDS)

_KEYS = """
import json
from urllib.parse import unquote_plus
import boto3
s3 = boto3.client("s3")
def read(change):
    %s
    return s3.get_object(Bucket=change["s3"]["bucket"]["name"], Key=key)
def handle(event, context):
    for record in event["Records"]:
        for change in json.loads(record["body"]).get("Records", []):
            read(change)
"""
_AS_IT_COMES = _KEYS % 'key = change["s3"]["object"]["key"]'
_DECODED = _KEYS % 'key = unquote_plus(change["s3"]["object"]["key"])'
_ONLY_TOLD = """
def handle(event, context):
    for record in event["Records"]:
        print(record["s3"]["object"]["key"])
"""
_DIRECT = """
import boto3
s3 = boto3.resource("s3")
def handle(event, context):
    for record in event["Records"]:
        s3.Object(record["s3"]["bucket"]["name"], record["s3"]["object"].get("key")).get()
"""
_DATA_CLASS = """
import boto3
from aws_lambda_powertools.utilities.data_classes import S3Event, event_source
@event_source(data_class=S3Event)
def handle(event, context):
    for record in event.records:
        boto3.client("s3").head_object(Bucket=event.bucket_name, Key=%s)
"""
_TO_WORKER = """
worker, uploads = function(), aws.s3.Bucket("uploads")
aws.s3.BucketNotification("tell", bucket=uploads.id, lambda_functions=[
    {"lambda_function_arn": worker.arn, "events": ["s3:ObjectCreated:*"]}])
"""
finds("CHK-FEED-9", "key of a message of a queue", _AS_IT_COMES, _BUCKET)
finds("CHK-FEED-9", "`get` and a resource of boto3", _DIRECT, _TO_WORKER)
finds("CHK-FEED-9", "`get_object.key` of Powertools", _DATA_CLASS % "record.s3.get_object.key", _TO_WORKER)
silent("CHK-FEED-9", "`unquote_plus`", _DECODED, _BUCKET)
silent("CHK-FEED-9", "`object_key` of Powertools, which is decoded", _DATA_CLASS % "event.object_key", _TO_WORKER)
silent("CHK-FEED-9", "key that is only logged", _ONLY_TOLD, _TO_WORKER)
silent("CHK-FEED-9", "no bucket", _AS_IT_COMES)

_API = """
jobs, worker = queue_with_dlq(), function()
mapping(jobs, worker)
described = {"openapi": "3.0.1", "paths": {"/jobs": {"post": {"x-amazon-apigateway-integration": {
    "type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/123456789012/jobs",
    "credentials": role.arn, "requestParameters": {"integration.request.header.Content-Type": "'%s'"},
    "requestTemplates": {"application/json": "%s"}, "responses": %s}}}}}
aws.apigateway.RestApi("api", body=pulumi.Output.json_dumps(described))
"""
_FORM_TYPE = "application/x-www-form-urlencoded"
_MAPPED = '{"2[0-9]{2}": {"statusCode": "200"}, "default": {"statusCode": "502"}}'
_SEND = "Action=SendMessage&MessageBody=%s"
_RESOURCES = """
jobs = queue_with_dlq()
api = aws.apigateway.RestApi("api")
path = aws.apigateway.Resource("jobs", rest_api=api.id, parent_id=api.root_resource_id, path_part="jobs")
at = {"rest_api": api.id, "resource_id": path.id, "http_method": "POST"}
aws.apigateway.Method("post", authorization="NONE", **at)
aws.apigateway.Integration("send", type="AWS", integration_http_method="POST", credentials=role.arn,
    uri="arn:aws:apigateway:us-east-1:sqs:path/123456789012/jobs", **at,
    request_parameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
    request_templates={"application/json": "Action=SendMessage&MessageBody=%s"})
for status, pattern in %s:
    aws.apigateway.IntegrationResponse("of-" + status, status_code=status, selection_pattern=pattern, **at)
"""
_BOTH = '[("200", "200"), ("500", None)]'


def _api(value: str, answers: str = _MAPPED, kind: str = _FORM_TYPE, template: str = _SEND) -> str:
    return _API % (kind, template.replace("%s", value), answers)


finds("CHK-FEED-10", "`$input.body`", QUIET, _api("$input.body"))
finds("CHK-FEED-10", "`$input.json` before another field", QUIET, _api("$input.json('$')&DelaySeconds=5"))
finds("CHK-FEED-10", "template of an Integration resource", QUIET, _RESOURCES % ("$input.body", _BOTH))
silent("CHK-FEED-10", "`$util.urlEncode($input.body)`", QUIET, _api("$util.urlEncode($input.body)"))
silent("CHK-FEED-10", "variable that may be encoded", QUIET, _api("$body"))
silent("CHK-FEED-10", "body that is the same for all requests", QUIET, _api("ping"))
silent("CHK-FEED-10", "JSON for SQS, which is no form", QUIET, _api("$input.body", kind="application/x-amz-json-1.0"))

finds("CHK-FEED-11", "default response alone", QUIET, _api("$body", '{"default": {"statusCode": "200"}}'))
finds("CHK-FEED-11", "response for what the client did wrong", QUIET, _api("$body", '{".*": {"statusCode": "202"}}'))
finds("CHK-FEED-11", "IntegrationResponse without a pattern", QUIET, _RESOURCES % ("$body", '[("200", None)]'))
silent("CHK-FEED-11", "default response that is an error", QUIET, _api("$body"))
silent("CHK-FEED-11", "pattern for what SQS accepts", QUIET, _RESOURCES % ("$body", _BOTH))
silent("CHK-FEED-11", "no response for errors, which is 500", QUIET, _api("$body", '{"200": {"statusCode": "200"}}'))
# CHK-FEED-12 -----------------------------------------------------------------------------------------------------

HANDED_ON = """
late = aws.sqs.Queue("late", message_retention_seconds=14 * DAY)
later = aws.sqs.Queue("later", visibility_timeout_seconds=60, redrive_policy=redrive(late))
first = function("first", environment={"variables": {"TO": %s}})
mapping(later, function("last"), "later", function_response_types=[])
%s
"""
_BY_TOPIC = """
topic = aws.sns.Topic("orders")
aws.sns.TopicSubscription("orders", topic=topic.arn, protocol="lambda", endpoint=first.arn)
"""
_BY_QUEUE = "mapping(queue_with_dlq(), first, function_response_types=[])"
_NEVER_AGAIN = (
    _BY_TOPIC
    + """
aws.lambda_.FunctionEventInvokeConfig("config", function_name=first.name, maximum_retry_attempts=0)
"""
)
finds("CHK-FEED-12", "topic, function, queue, function", SENDS, HANDED_ON % ("later.url", _BY_TOPIC))
finds("CHK-FEED-12", "queue, function, queue, function", SENDS, HANDED_ON % ("later.url", _BY_QUEUE))
silent("CHK-FEED-12", "function that is not retried", SENDS, HANDED_ON % ("later.url", _NEVER_AGAIN))
silent("CHK-FEED-12", "queue that nobody reads", SENDS, HANDED_ON % ('aws.sqs.Queue("archive").url', _BY_QUEUE))

# CHK-FILTER-2 ----------------------------------------------------------------------------------------------------

FILTERED = """
mapping(queue_with_dlq(), function(), function_response_types=[],
        filter_criteria={"filters": [{"pattern": json.dumps(each)} for each in %s]})
"""
TABLE_FILTERED = """
table = aws.dynamodb.Table("orders", hash_key="id", attributes=[{"name": "id", "type": "S"}], stream_enabled=True,
                           stream_view_type="NEW_IMAGE", billing_mode="PAY_PER_REQUEST")
aws.lambda_.EventSourceMapping("mapping", event_source_arn=table.stream_arn, function_name=function().arn,
    starting_position="LATEST", filter_criteria={"filters": [{"pattern": json.dumps({"eventName": %s})}]})
"""
IMAGE_FILTERED = TABLE_FILTERED.replace('{"eventName": %s}', "%s")
_AFTER = '{"dynamodb": {"NewImage": {"status": {"S": ["PAID"]}}}}'
_BEFORE = '{"dynamodb": {"OldImage": {"status": {"S": ["PAID"]}}}}'
finds("CHK-FILTER-2", "`data` of a message of a queue", QUIET, FILTERED % '[{"data": {"kind": ["order"]}}]')
finds("CHK-FILTER-2", "a field of the body at the top", QUIET, FILTERED % '[{"kind": ["order"]}]')
finds("CHK-FILTER-2", "`Body` with a capital letter", QUIET, FILTERED % '[{"Body": {"a": [1]}}, {"Body": {"b": [1]}}]')
finds("CHK-FILTER-2", "`insert` in small letters", QUIET, TABLE_FILTERED % '["insert", "modify"]')
finds("CHK-FILTER-2", "an image that the stream does not carry", QUIET, IMAGE_FILTERED % _BEFORE)
finds(
    "CHK-FILTER-2",
    "the new image of a removal",
    QUIET,
    IMAGE_FILTERED % _AFTER.replace("{", '{"eventName": ["REMOVE"], ', 1),
)
finds(
    "CHK-FILTER-2",
    "an image's value without its type",
    QUIET,
    IMAGE_FILTERED % _AFTER.replace('{"S": ["PAID"]}', '["PAID"]'),
)
finds(
    "CHK-FILTER-2",
    "a number of an image compared as one",
    QUIET,
    IMAGE_FILTERED % _AFTER.replace('{"S": ["PAID"]}', '{"N": [{"numeric": [">", 5]}, 7]}'),
)
silent(
    "CHK-FILTER-2",
    "a number of an image as a text",
    QUIET,
    IMAGE_FILTERED % _AFTER.replace('{"S": ["PAID"]}', '{"N": ["5"]}'),
)
silent("CHK-FILTER-2", "the image that the stream carries", QUIET, IMAGE_FILTERED % _AFTER)
silent(
    "CHK-FILTER-2",
    "an image that must not be there",
    QUIET,
    IMAGE_FILTERED % _BEFORE.replace('"PAID"', '{"exists": False}'),
)
silent("CHK-FILTER-2", "`body` of a message", QUIET, FILTERED % '[{"body": {"kind": ["order"]}}]')
silent("CHK-FILTER-2", "one of two patterns that can match", QUIET, FILTERED % '[{"kind": ["a"]}, {"body": ["a"]}]')
silent(
    "CHK-FILTER-2", "what must not be there", QUIET, FILTERED % '[{"kind": [{"exists": False}], "body": {"a": [1]}}]'
)
silent("CHK-FILTER-2", "`INSERT`", QUIET, TABLE_FILTERED % '["INSERT"]')


# CHK-PIPE-1 to CHK-PIPE-4, and what other checks say of pipes ----------------------------------------------------

_PIPE = """
late = aws.sqs.Queue("late", message_retention_seconds=14 * DAY)
orders = aws.sqs.Queue("orders", visibility_timeout_seconds=60, redrive_policy=redrive(late))
jobs, worker, unread = queue_with_dlq(), function(), aws.sqs.Queue("undelivered")
clicks = aws.kinesis.Stream("clicks", shard_count=1)
role = aws.iam.Role("pipe", assume_role_policy="{{}}")
aws.iam.RolePolicy("pipe", role=role.name, policy=json.dumps({{"Statement": [{{
    "Effect": "Allow", "Action": {allowed}, "Resource": "*"}}]}}))
aws.pipes.Pipe("pipe", source={source}, target={target}, role_arn=role.arn{more})
mapping(jobs, worker)
"""
_READING = '["sqs:*Message", "sqs:GetQueueAttributes", "kinesis:*"]'


def _piped(source: str = "orders.arn", target: str = "jobs.arn", allowed: str = _READING, more: str = "") -> str:
    return _PIPE.format(source=source, target=target, allowed=allowed, more=more)


def _of_clicks(settings: str = "", **more: str) -> str:
    block = f'{{"kinesis_stream_parameters": {{"starting_position": "LATEST"{settings}}}}}'
    return _piped("clicks.arn", more=f", source_parameters={block}", **more)


def _of_orders(template: str, **more: str) -> str:
    return _piped(more=f', target_parameters={{"input_template": {template!r}}}', **more)


def _filtered_pipe(pattern: str) -> str:
    return _piped(more=f', source_parameters={{"filter_criteria": {{"filters": [{{"pattern": {pattern!r}}}]}}}}')


_BOUNDED = ', "maximum_retry_attempts": 3'
_PIPED_DLQ = ', "dead_letter_config": {"arn": unread.arn}'

finds("CHK-PIPE-1", "Kinesis stream, endless retries", QUIET, _of_clicks())
silent("CHK-PIPE-1", "retries that end", QUIET, _of_clicks(_BOUNDED))
silent("CHK-PIPE-1", "dead-letter queue", QUIET, _of_clicks(_PIPED_DLQ))
silent("CHK-PIPE-1", "queue, whose own dead-letter queue counts", QUIET, _piped())
finds("CHK-PIPE-2", "retries that end and no dead-letter queue", QUIET, _of_clicks(_BOUNDED))
silent("CHK-PIPE-2", "retries that end and a dead-letter queue", QUIET, _of_clicks(_BOUNDED + _PIPED_DLQ))
silent("CHK-PIPE-2", "endless retries, which another check is about", QUIET, _of_clicks())
finds("CHK-PIPE-3", "role that may not read the queue", QUIET, _piped(allowed='"sqs:SendMessage"'))
finds("CHK-PIPE-3", "role that may not send", QUIET, _of_clicks(allowed='"kinesis:*"'))
finds("CHK-PIPE-3", "role that may not invoke", QUIET, _piped(target="worker.arn"))
silent("CHK-PIPE-3", "role that may do both", QUIET, _piped())
silent(
    "CHK-PIPE-3",
    "role that may put several records at once",
    QUIET,
    _piped(
        target="clicks.arn",
        allowed='["sqs:*", "kinesis:PutRecords"]',
        more=', target_parameters={"kinesis_stream_parameters": {"partition_key": "any"}}',
    ),
)
silent("CHK-PIPE-3", "pipe that is stopped", QUIET, _piped(allowed='"s3:*"', more=', desired_state="STOPPED"'))
finds("CHK-PIPE-4", "`<$.body>` alone", QUIET, _of_orders("<$.body>"))
finds("CHK-PIPE-4", "a comma too many", QUIET, _of_orders('{"order": <$.body>,}'))
silent("CHK-PIPE-4", "an object around the body", QUIET, _of_orders('{"order": <$.body>}'))
silent("CHK-PIPE-4", "free text", QUIET, _of_orders("Order <$.body.id>"))
silent("CHK-PIPE-4", "one text", QUIET, _of_orders('"<$.body.id>"'))
silent("CHK-PIPE-4", "no template", QUIET, _piped())
finds("CHK-FILTER-2", "pipe with a field of the body at the top", QUIET, _filtered_pipe('{"kind": ["order"]}'))
silent("CHK-FILTER-2", "pipe with `body` of a message", QUIET, _filtered_pipe('{"body": {"kind": ["order"]}}'))
finds("CHK-DLQ-1", "queue of a pipe without a dead-letter queue", QUIET, _piped("unread.arn"))
silent("CHK-DLQ-1", "queue of a pipe with a dead-letter queue", QUIET, _piped())
_BY_PIPE = """
source = queue_with_dlq()
aws.pipes.Pipe("pipe", source=source.arn, target=first.arn, role_arn="arn")
"""
finds("CHK-FEED-12", "queue, pipe, function, queue, function", SENDS, HANDED_ON % ("later.url", _BY_PIPE))

# CHK-EVENT-1 to CHK-EVENT-5 --------------------------------------------------------------------------------------

_RULE = """
bus = aws.cloudwatch.EventBus("shop")
jobs, worker = queue_with_dlq(), function()
clicks = aws.kinesis.Stream("clicks", shard_count=1)
dead = aws.sqs.Queue("undelivered")
rule = aws.cloudwatch.EventRule("orders", event_bus_name={bus}, event_pattern=json.dumps({pattern}){rule})
{policy}
aws.cloudwatch.EventTarget("target", rule=rule.name, event_bus_name={bus}, arn={to}{target})
mapping(jobs, worker)
"""
_RULE_POLICY = """aws.sqs.QueuePolicy("open", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": jobs.arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}}}]}))"""
_RULE_PERMISSION = """aws.lambda_.Permission("events", function=worker.name, action="lambda:InvokeFunction",
    principal="events.amazonaws.com", source_arn=rule.arn)"""
_RULE_ROLE = """
trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                                   "Action": "sts:AssumeRole"}]})
role = aws.iam.Role("put", assume_role_policy=trust)
aws.iam.RolePolicy("put", role=role.name, policy=clicks.arn.apply(lambda arn: json.dumps({"Statement": [{
    "Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": arn}]})))
"""
_DEAD_LETTERS = ', dead_letter_config={"arn": dead.arn}'


def _ruled(**given: str) -> str:
    usual = {"bus": "bus.name", "pattern": '{"source": ["shop"]}', "rule": "", "policy": _RULE_POLICY, "to": "jobs.arn"}
    program = _RULE
    for name, text in {**usual, "target": "", **given}.items():
        program = program.replace("{" + name + "}", text)
    return program


def _templated(template: str) -> str:
    paths = '{"a": "$.detail.a"}'
    return _ruled(target=f', input_transformer={{"input_paths": {paths}, "input_template": {template!r}}}')


_OTHER_RULE = _RULE_POLICY.replace("rule.arn}", '"arn:aws:events:us-east-1:123456789012:rule/other"}')

finds("CHK-EVENT-1", "queue without a policy", _WORK, _ruled(policy=""))
finds("CHK-EVENT-1", "policy for another rule", _WORK, _ruled(policy=_OTHER_RULE))
finds("CHK-EVENT-1", "function without a permission", _WORK, _ruled(policy="", to="worker.arn"))
finds("CHK-EVENT-1", "stream without a role", _WORK, _ruled(to="clicks.arn"))
silent("CHK-EVENT-1", "policy with aws:SourceArn of the rule", _WORK, _ruled())
silent("CHK-EVENT-1", "permission of the function", _WORK, _ruled(policy=_RULE_PERMISSION, to="worker.arn"))
silent("CHK-EVENT-1", "role of a stream's target", _WORK, _ruled(policy=_RULE_ROLE, to="clicks.arn, role_arn=role.arn"))
silent("CHK-EVENT-1", "rule that is disabled", _WORK, _ruled(policy="", rule=', state="DISABLED"'))

finds("CHK-EVENT-2", "no dead-letter queue", _WORK, _ruled())
silent("CHK-EVENT-2", "dead-letter queue", _WORK, _ruled(target=_DEAD_LETTERS))

_SCHEDULE = """
jobs, worker = queue_with_dlq(), function()
dead = aws.sqs.Queue("undelivered")
role = aws.iam.Role("scheduler", assume_role_policy="{{}}")
aws.scheduler.Schedule("nightly", schedule_expression="rate(1 day)", flexible_time_window={{"mode": "OFF"}}{more},
    target={{"arn": jobs.arn, "role_arn": role.arn{target}}})
mapping(jobs, worker)
"""


def _scheduled(target: str = "", more: str = "") -> str:
    return _SCHEDULE.format(target=target, more=more)


_KEPT = ', "dead_letter_config": {"arn": dead.arn}'
finds("CHK-EVENT-2", "schedule without a dead-letter queue", _WORK, _scheduled())
silent("CHK-EVENT-2", "schedule with a dead-letter queue", _WORK, _scheduled(_KEPT))
silent("CHK-EVENT-2", "schedule that is disabled", _WORK, _scheduled(more=', state="DISABLED"'))

_TWICE = ', retry_policy={"maximum_retry_attempts": 2, "maximum_event_age_in_seconds": 86400}'
_AN_HOUR = ', "retry_policy": {"maximum_retry_attempts": 185, "maximum_event_age_in_seconds": 3600}'
finds("CHK-EVENT-5", "two retries", _WORK, _ruled(target=_TWICE))
finds("CHK-EVENT-5", "schedule that is tried for an hour", _WORK, _scheduled(_AN_HOUR))
silent("CHK-EVENT-5", "two retries and a dead-letter queue", _WORK, _ruled(target=_TWICE + _DEAD_LETTERS))
silent("CHK-EVENT-5", "retry policy left alone", _WORK, _ruled())
silent("CHK-EVENT-5", "schedule with a dead-letter queue", _WORK, _scheduled(_AN_HOUR + _KEPT))

finds("CHK-EVENT-3", "text without quotes", _WORK, _templated("<a> has happened"))
finds("CHK-EVENT-3", "object that lacks a comma", _WORK, _templated('{"a": <a> "b": 1}'))
finds("CHK-EVENT-3", "variable as a key", _WORK, _templated("{<a>: 1}"))
silent("CHK-EVENT-3", "object", _WORK, _templated('{"a": <a>, "b": "<a>"}'))
silent("CHK-EVENT-3", "texts in quotes", _WORK, _templated('"<a> has happened"'))
silent("CHK-EVENT-3", "whole event", _WORK, _ruled())

finds("CHK-EVENT-4", "field of the detail at the top", _WORK, _ruled(pattern='{"orderId": ["a"]}'))
finds("CHK-EVENT-4", "name in another spelling", _WORK, _ruled(pattern='{"source": ["shop"], "detailType": ["order"]}'))
finds("CHK-EVENT-4", "events of AWS on a custom bus", _WORK, _ruled(pattern='{"source": ["aws.s3"]}'))
silent("CHK-EVENT-4", "field under detail", _WORK, _ruled(pattern='{"detail": {"orderId": ["a"]}}'))
silent(
    "CHK-EVENT-4", "field that must not be there", _WORK, _ruled(pattern='{"source": ["a"], "x": [{"exists": False}]}')
)
silent(
    "CHK-EVENT-4", "events of AWS on the default bus", _WORK, _ruled(pattern='{"source": ["aws.s3"]}', bus='"default"')
)

# CHK-HANDLER-1 ---------------------------------------------------------------------------------------------------

finds("CHK-HANDLER-1", "`async def`", "async def handle(event, context):\n    charge(event)\n")
finds("CHK-HANDLER-1", "a handler that yields", handle('for record in event["Records"]:\n    yield work(record)'))
finds("CHK-HANDLER-1", "an async generator", "async def handle(event, context):\n    yield charge(event)\n")
silent(
    "CHK-HANDLER-1",
    "a plain handler that runs a coroutine",
    """
    import asyncio
    async def main(event): charge(event)
    def handle(event, context): return asyncio.run(main(event))
    """,
)
silent("CHK-HANDLER-1", "a generator inside", handle("def each():\n    yield 1\nreturn list(each())"))
silent(
    "CHK-HANDLER-1",
    "a decorator that may run it",
    "from shop import run\n\n@run\nasync def handle(event, context):\n    charge(event)\n",
)
silent(
    "CHK-HANDLER-1",
    "a name that is given to what runs it",
    """
    from shop import run
    async def handle(event, context): charge(event)
    handle = run(handle)
    """,
)
