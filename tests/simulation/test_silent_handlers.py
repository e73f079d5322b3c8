"""Handlers in other people's style: what is said of messages that they work on, skip, drop or forget."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import outcome_of
from tests.simulation.test_simulate import Folder

_MORE = """
key = {"name": "id", "type": "S"}
aws.dynamodb.Table("done", name="done", hash_key="id", billing_mode="PAY_PER_REQUEST", attributes=[key])
aws.sqs.Queue("out", name="out")
"""
_HEAD = """
import asyncio, copy, json, logging, os, uuid
import boto3
from concurrent.futures import ThreadPoolExecutor, wait
table = boto3.resource("dynamodb").Table("done")
sqs = boto3.client("sqs")
def url(name): return sqs.get_queue_url(QueueName=name)["QueueUrl"]

def put(record):
    table.put_item(Item={"id": json.loads(record["body"])["id"]})

def put_anything(record):
    json.loads(record["body"])
    table.put_item(Item={"id": str(uuid.uuid4())})

def fail(record):
    raise ValueError(record["body"])

def handle(event, context):
    records = event["Records"]
"""
_SIX = "send: [{times: 6, queue: jobs, body: {id: 'job-{n}'}}]\npoison: bad\n"


class Comes(NamedTuple):
    """What a handler comes to with six messages in one batch."""

    processed: int
    lost: int
    effects: int | None
    looked: int
    evidence: str | None
    says: str = ""


HANDLERS: dict[str, tuple[str, Comes]] = {
    "each is put": ("[put(r) for r in records]", Comes(6, 0, 6, 6, "effect", "Every message is processed once.")),
    "each is put under another id": ("[put_anything(r) for r in records]", Comes(6, 0, 6, 6, "effect")),
    "the first": ("put(records[0])", Comes(1, 5, 1, 1, "effect", "5 messages are never looked at by worker; ")),
    "the last, popped": ("put(records.pop())", Comes(1, 5, 1, 1, "effect")),
    "a slice": ("[put(r) for r in records[:4]]", Comes(4, 2, 4, 4, "effect")),
    "a generator that nothing runs": (
        "(put(r) for r in records)",
        Comes(6, 0, None, 0, "invoke", "6 messages are never"),
    ),
    "an early return": ("for r in records:\n        return put(r)", Comes(1, 5, 1, 1, "effect")),
    "the first, the event in the log": ("print(json.dumps(event)); put(records[0])", Comes(1, 5, 1, 1, "effect")),
    "a copy": ("[put(r) for r in copy.deepcopy(event)['Records']]", Comes(6, 0, 6, 6, "effect")),
    "a round trip": ("[put(r) for r in json.loads(json.dumps(event))['Records']]", Comes(6, 0, 6, 6, "effect")),
    "nothing but reading": (
        "[r['body'] for r in records]",
        Comes(6, 0, None, 6, "invoke", "Every message is handed to"),
    ),
    "threads": ("with ThreadPoolExecutor(3) as p: list(p.map(put_anything, records))", Comes(6, 0, 6, 6, "effect")),
    "all at once": (
        "with table.batch_writer() as b: [b.put_item(Item={'id': json.loads(r['body'])['id']}) for r in records]",
        Comes(6, 0, 6, 6, "effect"),
    ),
    "the whole batch handed on": (
        "sqs.send_message(QueueUrl=url('out'), MessageBody=json.dumps([r['body'] for r in records]))",
        Comes(6, 0, 6, 6, "effect"),
    ),
    "an item about the batch": (
        "[r['body'] for r in records]; table.put_item(Item={'id': 'last', 'count': len(records)})",
        Comes(6, 0, None, 6, "invoke"),
    ),
    "errors in the log": (
        "for r in records:\n        try: fail(r)\n        except ValueError: logging.exception('no')",
        Comes(0, 6, None, 6, None, "6 errors in the log, calls, futures or answers of worker, whose invokes succeed; "),
    ),
    "the first error ends it, silently": (
        "try:\n        put(records[0]); fail(records[1])\n    except ValueError: pass",
        Comes(2, 4, 1, 2, "invoke"),
    ),
    "an answer of 500 around the batch": (
        "try:\n        put(records[0]); fail(records[1])\n    except ValueError: return {'statusCode': 500}",
        Comes(1, 5, 1, 2, "effect", "4 messages are never looked at by worker; 1 error in the log, calls, futures or "),
    ),
    "an answer of 502 after each was put": (
        "[put(r) for r in records]; return {'statusCode': '502', 'body': 'no mail'}",
        Comes(6, 0, 6, 6, "effect", "1 error in the log, calls, futures or answers of worker, whose invokes succeed; "),
    ),
    "an answer of 200": ("[put(r) for r in records]; return {'statusCode': 200}", Comes(6, 0, 6, 6, "effect", "Every")),
    "an error before the batch is looked at": (
        "try: {}['url']\n    except KeyError: logging.exception('no'); return {'statusCode': 500}",
        Comes(0, 6, None, 0, None, "6 messages are never looked at by worker; 1 error in the log, calls, futures or "),
    ),
    "futures that nobody asks": (
        "with ThreadPoolExecutor(3) as p: wait([p.submit(fail, r) for r in records])",
        Comes(0, 6, None, 6, None, "6 errors"),
    ),
    "gather that nobody reads": (
        (
            "async def one(r): fail(r)\n"
            "    async def every(): await asyncio.gather(*map(one, records), return_exceptions=True)\n"
            "    asyncio.run(every())"
        ),
        Comes(0, 6, None, 6, None, "6 errors"),
    ),
    "lines that look like the contract's, with an id of their own": (
        """for r in records:
        put(r); print(json.dumps({"event": "processed", "message_id": json.loads(r["body"])["id"]}))""",
        Comes(6, 0, 6, 6, "effect", "Every message is processed once."),
    ),
    "such lines before the contract's own": (
        """for r in records:
        print(json.dumps({"event": "started", "message_id": "a"}))
        print(json.dumps({"event": "processed", "id": r["body"], "message_id": r["messageId"]}))""",
        Comes(6, 0, 6, 6, "contract", "Every message is processed once."),
    ),
    "deleted in a batch": (
        (
            "[r['body'] for r in records]; sqs.delete_message_batch(QueueUrl=url('jobs'), Entries=[{'Id': str(n), "
            "'ReceiptHandle': r['receiptHandle']} for n, r in enumerate(records)]); raise ValueError"
        ),
        Comes(6, 0, None, 6, "effect"),
    ),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_what_is_said_of_the_messages_of_a_handler(name: str, tmp_path: Path) -> None:
    code, comes = HANDLERS[name]

    outcome = outcome_of(
        Folder(tmp_path).run(
            handler=textwrap.dedent(_HEAD) + f"    {code}\n",
            workload=_SIX,
            mapping="batch_size=10, maximum_batching_window_in_seconds=5",
            queue='name="jobs",',
            more=_MORE,
        )
    )

    messages, evidence = outcome.messages, outcome.evidence
    found = Comes(messages.processed, messages.lost, outcome.effects.total, evidence.looked or 0, evidence.processed)
    assert found == comes._replace(says="")
    assert conclusion(outcome).startswith(comes.says)
