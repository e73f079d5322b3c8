"""The same dangers, and the same innocence, in other styles of code than `tests.checks.handler_cases` has them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.checks.handler_cases import BATCH_OF_TEN, NOT_REPORTING


@dataclass(frozen=True)
class StyleCase:
    """One program.

    Attributes:
        check: id of the check.
        name: its style, in a few words.
        finds: whether the check has to find something in it.
        handler: the file `worker/app.py`.
        program: the Pulumi program, behind the prelude of `tests.checks.world`.
        files: other modules of `worker`, by name.
    """

    check: str
    name: str
    finds: bool
    handler: str
    program: str = BATCH_OF_TEN
    files: Mapping[str, str] = field(default_factory=dict)


STYLES: list[StyleCase] = []


def _enter(check: str, name: str, finds: bool, handler: str, program: str, files: Mapping[str, str]) -> None:
    modules = {name: textwrap.dedent(text) for name, text in files.items()}
    STYLES.append(StyleCase(check, name, finds, textwrap.dedent(handler), program, modules))


def finds(check: str, name: str, handler: str, program: str = BATCH_OF_TEN, **files: str) -> None:
    """Enter a program in which the check has to find something."""
    _enter(check, name, True, handler, program, files)


def silent(check: str, name: str, handler: str, program: str = BATCH_OF_TEN, **files: str) -> None:
    """Enter a program on which the check has to keep silent."""
    _enter(check, name, False, handler, program, files)


KINESIS = """
stream = aws.kinesis.Stream("clicks", shard_count=1)
dest = aws.sqs.Queue("dest", message_retention_seconds=14 * DAY)
mapping(
    stream,
    function(),
    starting_position="LATEST",
    maximum_retry_attempts=3,
    destination_config={"on_failure": {"destination_arn": dest.arn}},
)
"""
KAFKA = """
iam = {"sasl": {"iam": {"enabled": True}}}
cluster = aws.msk.ServerlessCluster("cluster", vpc_configs=[], client_authentication=iam)
mapping(
    cluster, function(), "m", starting_position="LATEST", topics=["t"], function_response_types=[]
)
"""
WINDOW = """
stream = aws.kinesis.Stream("clicks", shard_count=1)
mapping(
    stream,
    function(),
    starting_position="LATEST",
    tumbling_window_in_seconds=30,
    function_response_types=[],
)
"""

# CHK-FIRST-1 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-FIRST-1",
    "walrus",
    """
import json


def work(b):
    charge(b)


def handle(event, context):
    if record := event["Records"][0]:
        work(json.loads(record["body"]))
""",
)
finds(
    "CHK-FIRST-1",
    "destructuring",
    """
def handle(event, context):
    first, *_ = event["Records"]
    work(first["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "a batch of exactly one is unpacked",
    """
def handle(event, context):
    [record] = event["Records"]
    work(record["body"])
""",
)
finds(
    "CHK-FIRST-1",
    "class handler",
    """
import json


class Worker:
    def handle(self, event, context):
        body = json.loads(event["Records"][0]["body"])
        self.work(body)

    def work(self, body):
        charge(body)


handle = Worker().handle
""",
)
finds(
    "CHK-FIRST-1",
    "helper module",
    """
from helper import first_body


def handle(event, context):
    work(first_body(event))
""",
    helper="""
import json


def first_body(event):
    return json.loads(event["Records"][0]["body"])
""",
)
finds(
    "CHK-FIRST-1",
    "match",
    """
def handle(event, context):
    match event:
        case {"Records": [first, *_]}:
            work(first["body"])
""",
)
finds(
    "CHK-FIRST-1",
    "decorated by powertools logger",
    """
from aws_lambda_powertools import Logger, Tracer

logger = Logger()
tracer = Tracer()


@logger.inject_lambda_context(log_event=True)
@tracer.capture_lambda_handler
def handle(event, context):
    record = event["Records"][0]
    logger.info("got", extra={"record": record})
    work(record["body"])
""",
)
finds(
    "CHK-FIRST-1",
    "try around",
    """
import logging


def handle(event, context):
    try:
        body = event["Records"][0]["body"]
    except KeyError:
        logging.error("no records")
        return
    work(body)
""",
)
finds(
    "CHK-FIRST-1",
    "len check then first",
    """
def handle(event, context):
    if len(event["Records"]) > 0:
        work(event["Records"][0]["body"])
    return {"statusCode": 200}
""",
)
finds(
    "CHK-FIRST-1",
    "async run",
    """
import asyncio


async def main(event):
    record = event["Records"][0]
    await work(record["body"])


def handle(event, context):
    asyncio.run(main(event))
""",
)
finds(
    "CHK-FIRST-1",
    "loop break",
    """
def handle(event, context):
    for record in event["Records"]:
        work(record["body"])
        break
""",
)
silent(
    "CHK-FIRST-1",
    "bucket name of first but loop over all",
    """
def handle(event, context):
    arn = event["Records"][0]["eventSourceARN"]
    for record in event["Records"]:
        work(arn, record["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "recursion over rest",
    """
def handle(event, context):
    go(event["Records"])


def go(records):
    if not records:
        return
    work(records[0])
    go(records[1:])
""",
)
silent(
    "CHK-FIRST-1",
    "index loop",
    """
def handle(event, context):
    for i in range(len(event["Records"])):
        work(event["Records"][i])
""",
)
silent(
    "CHK-FIRST-1",
    "map",
    """
def handle(event, context):
    list(map(charge, event["Records"]))
""",
)
silent(
    "CHK-FIRST-1",
    "refuses larger batches",
    """
def handle(event, context):
    if len(event["Records"]) != 1:
        raise ValueError("batch size must be 1")
    work(event["Records"][0]["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "assert one",
    """
def handle(event, context):
    assert len(event["Records"]) == 1
    work(event["Records"][0]["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "match on the batch with rest",
    """
def handle(event, context):
    match event:
        case {"Records": records}:
            for r in records:
                work(r["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "first then rest",
    """
def handle(event, context):
    first, *rest = event["Records"]
    work(first["body"])
    for r in rest:
        work(r["body"])
""",
)
silent(
    "CHK-FIRST-1",
    "class with loop",
    """
class Worker:
    def __init__(self):
        self.n = 0

    def handle(self, event, context):
        self.head = event["Records"][0]
        self.records = event["Records"]
        self.go()

    def go(self):
        for r in self.records:
            work(r)


handle = Worker().handle
""",
)

# CHK-SWALLOW-2 -----------------------------------------------------------------------------------------------------
finds(
    "CHK-SWALLOW-2",
    "class attribute",
    """
class Worker:
    def __init__(self):
        self.failures = []

    def run(self, event):
        for record in event["Records"]:
            try:
                work(record["body"])
            except Exception:
                self.failures.append({"itemIdentifier": record["messageId"]})


def handle(event, context):
    worker = Worker()
    worker.run(event)
    return {"statusCode": 200}
""",
)
finds(
    "CHK-SWALLOW-2",
    "set add",
    """
def handle(event, context):
    failed = set()
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failed.add(record["messageId"])
    print("failed", failed)
""",
)
finds(
    "CHK-SWALLOW-2",
    "dict built but returned empty",
    """
def handle(event, context):
    response = {"batchItemFailures": []}
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception as e:
            failures.append({"itemIdentifier": record["messageId"]})
    return response
""",
)
finds(
    "CHK-SWALLOW-2",
    "+= list",
    """
import logging


def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failures += [record["messageId"]]
    if failures:
        logging.error("%d failed", len(failures))
    return {"statusCode": 200}
""",
)
finds(
    "CHK-SWALLOW-2",
    "helper module returns failed",
    """
from helper import run


def handle(event, context):
    run(event["Records"])
    return "ok"
""",
    helper="""
def run(records):
    failed = []
    for record in records:
        try:
            work(record["body"])
        except Exception:
            failed.append(record["messageId"])
    return failed
""",
)
finds(
    "CHK-SWALLOW-2",
    "walrus & continue",
    """
import logging

logger = logging.getLogger()


def handle(event, context):
    failed_ids: list[str] = []
    for record in event["Records"]:
        try:
            if body := record["body"]:
                work(body)
        except Exception:
            logger.exception("failed")
            failed_ids.append(record["messageId"])
            continue
    logger.info(f"{len(failed_ids)} failed", extra={"failed": failed_ids})
""",
)
finds(
    "CHK-SWALLOW-2",
    "results tuple list",
    """
def handle(event, context):
    ok, errors = [], []
    for record in event["Records"]:
        try:
            work(record["body"])
            ok.append(record["messageId"])
        except Exception as e:
            errors.append((record["messageId"], str(e)))
    return {"processed": len(ok), "failed": len(errors)}
""",
)
silent(
    "CHK-SWALLOW-2",
    "failures or []",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures or []}
""",
)
silent(
    "CHK-SWALLOW-2",
    "comprehension at return",
    """
def handle(event, context):
    failed = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failed]}
""",
)
silent(
    "CHK-SWALLOW-2",
    "raise ExceptionGroup at end",
    """
def handle(event, context):
    errors = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception as e:
            errors.append(e)
    if errors:
        raise ExceptionGroup("failed", errors)
""",
)
silent(
    "CHK-SWALLOW-2",
    "class that builds the answer",
    """
class Worker:
    def __init__(self):
        self.failures = []

    def run(self, event):
        for record in event["Records"]:
            try:
                work(record["body"])
            except Exception:
                self.failures.append({"itemIdentifier": record["messageId"]})
        return self

    def answer(self):
        return {"batchItemFailures": self.failures}


def handle(event, context):
    return Worker().run(event).answer()
""",
)
silent(
    "CHK-SWALLOW-2",
    "response dict updated",
    """
def handle(event, context):
    response = {"batchItemFailures": []}
    failures = response["batchItemFailures"]
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return response
""",
)
silent(
    "CHK-SWALLOW-2",
    "sent to dlq at the end",
    """
import boto3, json

sqs = boto3.client("sqs")


def handle(event, context):
    failed = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failed.append(record)
    if failed:
        sqs.send_message_batch(
            QueueUrl="x", Entries=[{"Id": r["messageId"], "MessageBody": r["body"]} for r in failed]
        )
""",
)
silent(
    "CHK-SWALLOW-2",
    "partial",
    """
import functools


def one(failures, record):
    try:
        work(record["body"])
    except Exception:
        failures.append({"itemIdentifier": record["messageId"]})


def handle(event, context):
    failures = []
    run = functools.partial(one, failures)
    for record in event["Records"]:
        run(record)
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-2",
    "assert not",
    """
def handle(event, context):
    errors = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except ValueError as e:
            errors.append(e)
    assert not errors, errors
""",
)
silent(
    "CHK-SWALLOW-2",
    "early return raise",
    """
def handle(event, context):
    errors = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except ValueError as e:
            errors.append(e)
    if not errors:
        return
    raise RuntimeError(f"{len(errors)} failed")
""",
)
silent(
    "CHK-SWALLOW-2",
    "retry the failed in the same invoke",
    """
def handle(event, context):
    todo = list(event["Records"])
    for _ in range(3):
        failed = []
        for record in todo:
            try:
                work(record["body"])
            except ValueError as e:
                failed.append(record)
        todo = failed
    if todo:
        raise RuntimeError(todo)
""",
)
silent(
    "CHK-SWALLOW-2",
    "names that are just skipped not failures",
    """
def handle(event, context):
    bad = []
    for record in event["Records"]:
        try:
            n = int(record["body"])
        except ValueError:
            n = 0
            bad.append(n)
        work(n)
    put(bad)
""",
)

# CHK-SWALLOW-3 -----------------------------------------------------------------------------------------------------
finds(
    "CHK-SWALLOW-3",
    "module-level executor",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading

pool = ThreadPoolExecutor(4)


def handle(event, context):
    futures = []
    for r in event["Records"]:
        futures.append(pool.submit(charge, r))
    concurrent.futures.wait(futures)
""",
)
finds(
    "CHK-SWALLOW-3",
    "as_completed without result",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    with ThreadPoolExecutor() as pool:
        futures = {pool.submit(charge, r): r for r in event["Records"]}
        for f in as_completed(futures):
            print("done", futures[f]["messageId"])
""",
)
finds(
    "CHK-SWALLOW-3",
    "gather in method",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


class W:
    async def run(self, records):
        tasks = [asyncio.create_task(self.one(r)) for r in records]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self, r):
        await work(r)


def handle(event, context):
    asyncio.run(W().run(event["Records"]))
""",
)
finds(
    "CHK-SWALLOW-3",
    "results variable unused",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


async def main(records):
    results = await asyncio.gather(*(work(r) for r in records), return_exceptions=True)
    return {"statusCode": 200}


def handle(event, context):
    return asyncio.get_event_loop().run_until_complete(main(event["Records"]))
""",
)
finds(
    "CHK-SWALLOW-3",
    "asyncio.wait",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


async def main(records):
    await asyncio.wait([asyncio.create_task(work(r)) for r in records])


def handle(event, context):
    asyncio.run(main(event["Records"]))
""",
)
finds(
    "CHK-SWALLOW-3",
    "helper module pool",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading

from helper import run_all


def handle(event, context):
    run_all(event["Records"])
""",
    helper="""
from concurrent.futures import ThreadPoolExecutor


def run_all(records):
    with ThreadPoolExecutor(max_workers=4) as ex:
        for r in records:
            ex.submit(charge, r)
""",
)
silent(
    "CHK-SWALLOW-3",
    "try result",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading

import logging


def handle(event, context):
    failures = []
    with ThreadPoolExecutor() as pool:
        futures = {pool.submit(charge, r): r for r in event["Records"]}
        for f in as_completed(futures):
            try:
                f.result()
            except Exception:
                failures.append({"itemIdentifier": futures[f]["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-3",
    "wait then raise",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    with ThreadPoolExecutor() as pool:
        done, _ = wait([pool.submit(charge, r) for r in event["Records"]])
    for f in done:
        f.result()
""",
)
silent(
    "CHK-SWALLOW-3",
    "results any isinstance",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


async def main(records):
    results = await asyncio.gather(*(work(r) for r in records), return_exceptions=True)
    if any(isinstance(r, Exception) for r in results):
        raise RuntimeError("failed")


def handle(event, context):
    asyncio.run(main(event["Records"]))
""",
)
silent(
    "CHK-SWALLOW-3",
    "for results raise",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


async def main(records):
    results = await asyncio.gather(*(work(r) for r in records), return_exceptions=True)
    for r in results:
        if isinstance(r, Exception):
            raise r


def handle(event, context):
    asyncio.run(main(event["Records"]))
""",
)
silent(
    "CHK-SWALLOW-3",
    "asyncio.wait with result",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


async def main(records):
    done, pending = await asyncio.wait([asyncio.create_task(work(r)) for r in records])
    for t in done:
        t.result()


def handle(event, context):
    asyncio.run(main(event["Records"]))
""",
)
silent(
    "CHK-SWALLOW-3",
    "thread whose target catches and notes",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    failures = []

    def one(r):
        try:
            work(r)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})

    threads = [threading.Thread(target=one, args=(r,)) for r in event["Records"]]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-3",
    "pool whose function catches and notes",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    failures = []

    def one(r):
        try:
            work(r)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})

    with ThreadPoolExecutor() as pool:
        pool.map(one, event["Records"])
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-3",
    "wait FIRST_EXCEPTION then result",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    with ThreadPoolExecutor() as pool:
        fs = [pool.submit(charge, r) for r in event["Records"]]
        results = [f.result() for f in fs]
    return results
""",
)
silent(
    "CHK-SWALLOW-3",
    "zip results",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    with ThreadPoolExecutor() as pool:
        results = pool.map(charge, event["Records"])
    return {
        "batchItemFailures": [
            {"itemIdentifier": r["messageId"]} for r, ok in zip(event["Records"], results) if not ok
        ]
    }
""",
)
silent(
    "CHK-SWALLOW-3",
    "callback notes errors",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    errors = []
    with ThreadPoolExecutor() as pool:
        for r in event["Records"]:
            pool.submit(charge, r).add_done_callback(lambda f: errors.append(f.exception()))
    if any(errors):
        raise RuntimeError(errors)
""",
)
silent(
    "CHK-SWALLOW-3",
    "wait with timeouts and done loops",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
import concurrent.futures
import asyncio, threading


def handle(event, context):
    with ThreadPoolExecutor() as pool:
        futures = []
        for r in event["Records"]:
            futures.append((r, pool.submit(charge, r)))
        for r, f in futures:
            f.result(timeout=5)
""",
)

# CHK-SWALLOW-4 -----------------------------------------------------------------------------------------------------
finds(
    "CHK-SWALLOW-4",
    "logger.exception; continue",
    """
import logging

logger = logging.getLogger()


def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except ConnectionError:
            failures.append({"itemIdentifier": record["messageId"]})
        except Exception as e:
            logger.exception("unexpected %s", e)
            continue
    return {"batchItemFailures": failures or []}
""",
)
finds(
    "CHK-SWALLOW-4",
    "tuple and bare except",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except (KeyError, ValueError):
            failures.append({"itemIdentifier": record["messageId"]})
        except:
            print("oops")
    return {"batchItemFailures": failures}
""",
)
finds(
    "CHK-SWALLOW-4",
    "helper module swallows",
    """
from helper import one


def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            one(record)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
    helper="""
import logging


def one(record):
    try:
        work(record["body"])
    except Exception as error:
        logging.error("failed: %s", error)
""",
)
finds(
    "CHK-SWALLOW-4",
    "method swallows",
    """
import logging


class Worker:
    def one(self, record):
        try:
            work(record["body"])
        except Exception:
            logging.exception("failed")
            return None

    def run(self, records):
        failures = []
        for record in records:
            try:
                self.one(record)
            except Exception:
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}


worker = Worker()


def handle(event, context):
    return worker.run(event["Records"])
""",
)
finds(
    "CHK-SWALLOW-4",
    "contextlib.suppress inside",
    """
import contextlib


def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            with contextlib.suppress(Exception):
                work(record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-4",
    "cleanup swallowed only",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
        try:
            metrics()
        except Exception:
            pass
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-4",
    "returns False and asked",
    """
import logging


def one(record):
    try:
        work(record["body"])
        return True
    except Exception:
        logging.exception("failed")
        return False


def handle(event, context):
    failures = []
    for record in event["Records"]:
        if not one(record):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-4",
    "broad sets flag",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        ok = False
        try:
            work(record["body"])
            ok = True
        except ValueError:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        except Exception as e:
            print(e)
        if not ok:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-4",
    "finally reports",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        done = False
        try:
            work(record["body"])
            done = True
        except ValueError:
            print("bad")
        except Exception as e:
            print(e)
        finally:
            if not done:
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-SWALLOW-4",
    "inner optional work",
    """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
            try:
                notify(record)
            except Exception:
                print("not notified")
        except Exception as e:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
""",
)

# CHK-IDEM-4 --------------------------------------------------------------------------------------------------------
finds(
    "CHK-IDEM-4",
    "class based store",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


class Store:
    def __init__(self):
        self.table = table

    def seen(self, key):
        return "Item" in self.table.get_item(Key={"id": key})

    def mark(self, key):
        self.table.put_item(Item={"id": key})


store = Store()


def handle(event, context):
    for record in event["Records"]:
        if store.seen(record["messageId"]):
            continue
        work(record["body"])
        store.mark(record["messageId"])
""",
)
finds(
    "CHK-IDEM-4",
    "walrus get",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        if (item := table.get_item(Key={"id": record["messageId"]}).get("Item")) is not None:
            continue
        work(record["body"])
        table.put_item(Item={"id": record["messageId"]})
""",
)
finds(
    "CHK-IDEM-4",
    "helper module",
    """
from helper import already_done, mark_done


def handle(event, context):
    for record in event["Records"]:
        if not already_done(record["messageId"]):
            work(record["body"])
            mark_done(record["messageId"])
""",
    helper="""
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def already_done(key):
    response = table.get_item(Key={"id": key})
    return bool(response.get("Item"))


def mark_done(key):
    table.put_item(Item={"id": key})
""",
)
finds(
    "CHK-IDEM-4",
    "status via update_item",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        item = table.get_item(Key={"id": record["messageId"]}).get("Item", {})
        if item.get("status") == "done":
            continue
        work(record["body"])
        table.update_item(
            Key={"id": record["messageId"]},
            UpdateExpression="SET #s = :d",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":d": "done"},
        )
""",
)
finds(
    "CHK-IDEM-4",
    "redis get / set",
    """
import redis

r = redis.Redis()


def handle(event, context):
    for record in event["Records"]:
        if r.get(record["messageId"]):
            continue
        work(record["body"])
        r.set(record["messageId"], 1)
""",
)
finds(
    "CHK-IDEM-4",
    "early return helper",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def process(record):
    key = {"id": record["messageId"]}
    response = table.get_item(Key=key)
    if "Item" in response:
        print("duplicate")
        return
    work(record["body"])
    table.put_item(Item=key)


def handle(event, context):
    for record in event["Records"]:
        process(record)
""",
)
finds(
    "CHK-IDEM-4",
    "try KeyError",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        key = {"id": record["messageId"]}
        try:
            table.get_item(Key=key)["Item"]
            continue
        except KeyError:
            pass
        work(record["body"])
        table.put_item(Item=key)
""",
)
finds(
    "CHK-IDEM-4",
    "resource.Table inline",
    """
import boto3

db = boto3.resource("dynamodb")


def handle(event, context):
    for record in event["Records"]:
        key = {"id": record["messageId"]}
        if db.Table("done").get_item(Key=key).get("Item"):
            continue
        work(record["body"])
        db.Table("done").put_item(Item=key)
""",
)
silent(
    "CHK-IDEM-4",
    "cond in helper",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def claim(key):
    try:
        table.put_item(Item={"id": key}, ConditionExpression="attribute_not_exists(id)")
        return True
    except ClientError as e:
        if e.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise


def handle(event, context):
    for record in event["Records"]:
        if claim(record["messageId"]):
            work(record["body"])
""",
)
silent(
    "CHK-IDEM-4",
    "get for update of counter",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        item = table.get_item(Key={"id": "c"}).get("Item") or {"n": 0}
        item["n"] += 1
        table.put_item(Item=item)
""",
)
silent(
    "CHK-IDEM-4",
    "dict cache get/set",
    """
cache = {}


class C:
    def get(self, k):
        return cache.get(k)

    def set(self, k, v):
        cache[k] = v


c = C()


def handle(event, context):
    for record in event["Records"]:
        if c.get(record["body"]):
            continue
        c.set(record["body"], 1)
""",
)
silent(
    "CHK-IDEM-4",
    "update with condition in kwargs var",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

COND = {"ConditionExpression": "attribute_not_exists(id)"}


def handle(event, context):
    for record in event["Records"]:
        if "Item" in table.get_item(Key={"id": 1}):
            continue
        table.put_item(Item={"id": 1}, **COND)
        work(record)
""",
)
silent(
    "CHK-IDEM-4",
    "transact write with condition",
    """
import boto3

db = boto3.client("dynamodb")


def handle(event, context):
    for record in event["Records"]:
        if "Item" in db.get_item(TableName="t", Key={"id": {"S": "1"}}):
            continue
        db.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "t",
                        "Item": {},
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                }
            ]
        )
""",
)
silent(
    "CHK-IDEM-4",
    "config read then writes elsewhere via table variable",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        config = table.get_item(Key={"id": "config"})["Item"]
        work(config["price"], record["body"])
        table.put_item(Item={"id": record["messageId"], "price": config["price"]})
""",
)

# CHK-IDEM-5 --------------------------------------------------------------------------------------------------------
finds(
    "CHK-IDEM-5",
    "tuple + log",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

import logging


def seen(key):
    try:
        return "Item" in table.get_item(Key={"id": key})
    except (ClientError, TimeoutError) as error:
        logging.warning("cannot look up: %s", error)
        return False


def handle(event, context):
    for record in event["Records"]:
        if not seen(record["messageId"]):
            work(record["body"])
""",
)
finds(
    "CHK-IDEM-5",
    "assigned None in except",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event, context):
    for record in event["Records"]:
        try:
            item = table.get_item(Key={"id": record["messageId"]}).get("Item")
        except ClientError:
            item = None
        if item:
            continue
        work(record["body"])
""",
)
finds(
    "CHK-IDEM-5",
    "method",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


class Store:
    def seen(self, key):
        try:
            response = table.get_item(Key={"id": key})
        except Exception:
            return False
        return "Item" in response


store = Store()


def handle(event, context):
    for record in event["Records"]:
        if store.seen(record["messageId"]):
            continue
        work(record["body"])
""",
)
finds(
    "CHK-IDEM-5",
    "suppress",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

import contextlib


def seen(key):
    with contextlib.suppress(ClientError):
        return "Item" in table.get_item(Key={"id": key})
    return False


def handle(event, context):
    for record in event["Records"]:
        if not seen(record["messageId"]):
            work(record["body"])
""",
)
silent(
    "CHK-IDEM-5",
    "raises wrapped",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def seen(key):
    try:
        return "Item" in table.get_item(Key={"id": key})
    except ClientError as error:
        raise RuntimeError("store") from error


def handle(event, context):
    for record in event["Records"]:
        if not seen(record["messageId"]):
            work(record["body"])
""",
)
silent(
    "CHK-IDEM-5",
    "only not found",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def seen(key):
    try:
        return "Item" in table.get_item(Key={"id": key})
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return False


def handle(event, context):
    for record in event["Records"]:
        if not seen(record["messageId"]):
            work(record["body"])
""",
)
silent(
    "CHK-IDEM-5",
    "optional feature flag read",
    """
import os, boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def price(key):
    try:
        return table.get_item(Key={"id": key})["Item"]["price"]
    except ClientError:
        return None


def handle(event, context):
    for record in event["Records"]:
        work(record["body"], price("x"))
""",
)

# CHK-IDEM-6 --------------------------------------------------------------------------------------------------------
finds(
    "CHK-IDEM-6",
    "method of class",
    """
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

store = DynamoDBPersistenceLayer(table_name="done")

config = IdempotencyConfig(expires_after_seconds=1296000)


class W:
    @idempotent_function(data_keyword_argument="body", persistence_store=store, config=config)
    def one(self, body):
        work(body)


w = W()


def handle(event, context):
    for r in event["Records"]:
        w.one(body=r["body"])
""",
)
finds(
    "CHK-IDEM-6",
    "without a config",
    """
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

store = DynamoDBPersistenceLayer(table_name="done")


@idempotent_function(data_keyword_argument="body", persistence_store=store)
def one(body):
    work(body)


def handle(event, context):
    for r in event["Records"]:
        one(body=r["body"])
""",
)
silent(
    "CHK-IDEM-6",
    "registered in helper",
    """
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

store = DynamoDBPersistenceLayer(table_name="done")

config = IdempotencyConfig(expires_after_seconds=1296000)


@idempotent_function(data_keyword_argument="body", persistence_store=store, config=config)
def one(body):
    work(body)


def setup(context):
    config.register_lambda_context(context)


def handle(event, context):
    setup(context)
    for r in event["Records"]:
        one(body=r["body"])
""",
)
silent(
    "CHK-IDEM-6",
    "config with context",
    """
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

store = DynamoDBPersistenceLayer(table_name="done")


@idempotent_function(
    data_keyword_argument="body",
    persistence_store=store,
    config=IdempotencyConfig(lambda_context=None),
)
def one(body):
    work(body)


def handle(event, context):
    global c
    c = IdempotencyConfig(lambda_context=context)
    for r in event["Records"]:
        one(body=r["body"])
""",
)

# CHK-WARM-1 --------------------------------------------------------------------------------------------------------
finds(
    "CHK-WARM-1",
    "list in helper module",
    """
from helper import failures, note


def handle(event, context):
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            note(r)
    return {"batchItemFailures": failures}
""",
    helper="""
failures = []


def note(r):
    failures.append({"itemIdentifier": r["messageId"]})
""",
)
finds(
    "CHK-WARM-1",
    "class attribute list",
    """
class Worker:
    failures = []

    def run(self, event):
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                self.failures.append({"itemIdentifier": r["messageId"]})
        return {"batchItemFailures": self.failures}


def handle(event, context):
    return Worker().run(event)
""",
)
finds(
    "CHK-WARM-1",
    "instance at module level",
    """
class Worker:
    def __init__(self):
        self.failures = []

    def run(self, event):
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                self.failures.append({"itemIdentifier": r["messageId"]})
        return {"batchItemFailures": self.failures}


worker = Worker()


def handle(event, context):
    return worker.run(event)
""",
)
finds(
    "CHK-WARM-1",
    "response dict at module level",
    """
RESPONSE = {"batchItemFailures": []}


def handle(event, context):
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            RESPONSE["batchItemFailures"].append({"itemIdentifier": r["messageId"]})
    return RESPONSE
""",
)
finds(
    "CHK-WARM-1",
    "annotated, +=",
    """
rows: list[dict] = []


def handle(event, context):
    global_rows = rows
    for r in event["Records"]:
        rows.append({"body": r["body"]})
    write(rows)
""",
)
finds(
    "CHK-WARM-1",
    "set of ids",
    """
failed = set()


def handle(event, context):
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            failed.add(r["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failed]}
""",
)
silent(
    "CHK-WARM-1",
    "bound by global",
    """
failures = []


def handle(event, context):
    global failures
    failures = []
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
""",
)
silent(
    "CHK-WARM-1",
    "instance inside handler",
    """
class Worker:
    def __init__(self):
        self.failures = []

    def run(self, event):
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                self.failures.append({"itemIdentifier": r["messageId"]})
        return {"batchItemFailures": self.failures}


def handle(event, context):
    return Worker().run(event)
""",
)
silent(
    "CHK-WARM-1",
    "instance reset at start",
    """
class Worker:
    def __init__(self):
        self.failures = []

    def run(self, event):
        self.failures = []
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                self.failures.append({"itemIdentifier": r["messageId"]})
        return {"batchItemFailures": self.failures}


worker = Worker()


def handle(event, context):
    return worker.run(event)
""",
)
silent(
    "CHK-WARM-1",
    "flush",
    """
rows = []


def flush():
    write(rows)
    del rows[:]


def handle(event, context):
    for r in event["Records"]:
        rows.append(r)
    flush()
""",
)
silent(
    "CHK-WARM-1",
    "filled at import",
    """
names = []
for n in ("a", "b"):
    names.append(n)


def handle(event, context):
    for r in event["Records"]:
        work(r, names)
""",
)

# CHK-REPORT-5 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-REPORT-5",
    "method returns status",
    """
class W:
    def run(self, event):
        for r in event["Records"]:
            work(r)
        return {"statusCode": 200}


def handle(event, context):
    return W().run(event)
""",
)
finds(
    "CHK-REPORT-5",
    "True",
    """
def handle(event, context):
    for r in event["Records"]:
        work(r)
    return True
""",
)
finds(
    "CHK-REPORT-5",
    "list of failures bare",
    """
def handle(event, context):
    failures = []
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})
    return failures
""",
)
finds(
    "CHK-REPORT-5",
    "early return other",
    """
def handle(event, context):
    if not event.get("Records"):
        return {"message": "nothing"}
    for r in event["Records"]:
        work(r)
    return {"statusCode": 200, "body": "done"}
""",
)
silent(
    "CHK-REPORT-5",
    "early return for warmers",
    """
def handle(event, context):
    if event.get("source") == "warmer":
        return {"statusCode": 200}
    for r in event["Records"]:
        work(r)
""",
)
silent(
    "CHK-REPORT-5",
    "failures or []",
    """
def handle(event, context):
    f = []
    return {"batchItemFailures": f or []}
""",
)
silent(
    "CHK-REPORT-5",
    "dict(**)",
    """
def handle(event, context):
    return dict(batchItemFailures=[])
""",
)
silent(
    "CHK-REPORT-5",
    "TypedDict",
    """
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse


def handle(event, context):
    return PartialItemFailureResponse(batchItemFailures=[])
""",
)
finds(
    "CHK-REPORT-5",
    "no Records early status then failures",
    """
def handle(event, context):
    failures = []
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})
    if failures:
        return {"batchItemFailures": failures}
    return {"statusCode": 200}
""",
)

# CHK-STREAM-5 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-STREAM-5",
    "method",
    """
class W:
    def run(self, event):
        return {"count": len(event["Records"])}


def handle(event, context):
    return W().run(event)
""",
    WINDOW,
)
silent(
    "CHK-STREAM-5",
    "TumblingWindow via dict()",
    """
def handle(event, context):
    state = event.get("state") or {}
    return dict(state=state)
""",
    WINDOW,
)
silent(
    "CHK-STREAM-5",
    "final returns nothing and others state ??? final",
    """
def handle(event, context):
    state = event.get("state", {})
    response = {"batchItemFailures": []}
    response.update(state=state)
    return response
""",
    WINDOW,
)

# CHK-LOOP-1 --------------------------------------------------------------------------------------------------------
finds(
    "CHK-LOOP-1",
    "resource api queue",
    """
import boto3, os

queue = boto3.resource("sqs").Queue(os.environ["QUEUE_URL"])


def handle(event, context):
    for r in event["Records"]:
        queue.send_message(MessageBody=r["body"])
""",
    """
jobs = queue_with_dlq()
mapping(jobs, function(environment={"variables": {"QUEUE_URL": jobs.url}}))
""",
)
finds(
    "CHK-LOOP-1",
    "get_queue_by_name",
    """
import boto3, os

sqs = boto3.resource("sqs")
queue = sqs.get_queue_by_name(QueueName=os.environ["QUEUE"])


def handle(event, context):
    for r in event["Records"]:
        queue.send_message(MessageBody=r["body"])
""",
    """
jobs = queue_with_dlq()
mapping(jobs, function(environment={"variables": {"QUEUE": jobs.name}}))
""",
)
finds(
    "CHK-LOOP-1",
    "class client send batch",
    """
import boto3, os


class Out:
    def __init__(self):
        self.sqs = boto3.client("sqs")
        self.url = os.environ["QUEUE_URL"]

    def put(self, body):
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=[{"Id": "1", "MessageBody": body}])


out = Out()


def handle(event, context):
    for r in event["Records"]:
        out.put(r["body"])
""",
    """
jobs = queue_with_dlq()
mapping(jobs, function(environment={"variables": {"QUEUE_URL": jobs.url}}))
""",
)
silent(
    "CHK-LOOP-1",
    "other queue",
    """
import boto3, os

sqs = boto3.client("sqs")
URL = os.getenv("OUT")


def handle(event, context):
    for r in event["Records"]:
        sqs.send_message(QueueUrl=URL, MessageBody=r["body"])
""",
    """
jobs = queue_with_dlq()
mapping(jobs, function(environment={"variables": {"OUT": aws.sqs.Queue("out").url}}))
""",
)
finds(
    "CHK-LOOP-1",
    "get_queue_url",
    """
import boto3, os

sqs = boto3.client("sqs")
URL = sqs.get_queue_url(QueueName=os.environ["QUEUE"])["QueueUrl"]


def handle(event, context):
    for r in event["Records"]:
        sqs.send_message(QueueUrl=URL, MessageBody=r["body"])
""",
    """
jobs = queue_with_dlq()
mapping(jobs, function(environment={"variables": {"QUEUE": jobs.name}}))
""",
)

# CHK-ASYNC-2 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-ASYNC-2",
    "config with alias qualifier",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
worker = function(publish=True)
alias = aws.lambda_.Alias("live", function_name=worker.name, function_version=worker.version)
jobs = queue_with_dlq()
aws.lambda_.EventSourceMapping("m", event_source_arn=jobs.arn, function_name=alias.arn)
failed = aws.sqs.Queue("failed", message_retention_seconds=14 * DAY)
aws.lambda_.FunctionEventInvokeConfig(
    "config",
    function_name=worker.name,
    qualifier=alias.name,
    destination_config={"on_failure": {"destination": failed.arn}},
)
""",
)
finds(
    "CHK-ASYNC-2",
    "only max age",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
worker = function()
mapping(queue_with_dlq(), worker)
aws.lambda_.FunctionEventInvokeConfig(
    "config", function_name=worker.name, maximum_event_age_in_seconds=60
)
""",
)
finds(
    "CHK-ASYNC-2",
    "mapping by name, disabled sibling",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
worker = function()
jobs = queue_with_dlq()
aws.lambda_.EventSourceMapping("m", event_source_arn=jobs.arn, function_name=worker.name)
aws.lambda_.FunctionEventInvokeConfig(
    "config", function_name=worker.arn, destination_config={"on_success": {"destination": jobs.arn}}
)
""",
)
silent(
    "CHK-ASYNC-2",
    "scheduled rule targets it",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
worker = function()
mapping(queue_with_dlq(), worker)
rule = aws.cloudwatch.EventRule("tick", schedule_expression="rate(5 minutes)")
aws.cloudwatch.EventTarget("t", rule=rule.name, arn=worker.arn)
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name, maximum_retry_attempts=0)
""",
)
silent(
    "CHK-ASYNC-2",
    "bucket notification",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
worker = function()
mapping(queue_with_dlq(), worker)
bucket = aws.s3.Bucket("b")
aws.s3.BucketNotification(
    "n",
    bucket=bucket.id,
    lambda_functions=[{"lambda_function_arn": worker.arn, "events": ["s3:ObjectCreated:*"]}],
)
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name, maximum_retry_attempts=0)
""",
)

# CHK-SHARE-1 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-SHARE-1",
    "name and arn",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
jobs = queue_with_dlq()
a, b = function("a"), function("b")
mapping(jobs, a, "am")
mapping(jobs, b, "bm")
""",
)
silent(
    "CHK-SHARE-1",
    "one disabled",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
jobs = queue_with_dlq()
a, b = function("a"), function("b")
mapping(jobs, a, "am")
mapping(jobs, b, "bm", enabled=False)
""",
)
silent(
    "CHK-SHARE-1",
    "two queues",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
a, b = function("a"), function("b")
mapping(queue_with_dlq(), a, "am")
mapping(aws.sqs.Queue("other", visibility_timeout_seconds=60), b, "bm")
""",
)
silent(
    "CHK-SHARE-1",
    "stream",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
stream = aws.kinesis.Stream("s", shard_count=1)
a, b = function("a"), function("b")
mapping(stream, a, "am", starting_position="LATEST")
mapping(stream, b, "bm", starting_position="LATEST")
""",
)

# CHK-FILTER-1 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-FILTER-1",
    "rivals",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
jobs = queue_with_dlq()
a, b = function("a"), function("b")
fc = lambda k: {"filters": [{"pattern": json.dumps({"body": {"kind": [k]}})}]}
mapping(jobs, a, "am", filter_criteria=fc("a"))
mapping(jobs, b, "bm", filter_criteria=fc("b"))
""",
)

# CHK-KAFKA-4 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-KAFKA-4",
    "self managed",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
for name in ("a", "b"):
    aws.lambda_.EventSourceMapping(
        "of-" + name,
        function_name=function(name).arn,
        topics=["t"],
        starting_position="LATEST",
        self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "b1:9092"}},
        self_managed_kafka_event_source_config={"consumer_group_id": "g"},
    )
""",
)
silent(
    "CHK-KAFKA-4",
    "self managed none given",
    """
def handle(event, context):
    for r in event["Records"]:
        print(r["body"])
""",
    """
for name in ("a", "b"):
    aws.lambda_.EventSourceMapping(
        "of-" + name,
        function_name=function(name).arn,
        topics=["t"],
        starting_position="LATEST",
        self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "b1:9092"}},
    )
""",
)

# CHK-FIRST-1 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-FIRST-1",
    "kinesis first",
    """
import base64


def handle(event, context):
    data = base64.b64decode(event["Records"][0]["kinesis"]["data"])
    work(data)
""",
    KINESIS,
)
finds(
    "CHK-FIRST-1",
    "kafka first of each partition",
    """
import base64


def handle(event, context):
    for partition, records in event["records"].items():
        work(base64.b64decode(records[0]["value"]))
""",
    KAFKA,
)
silent(
    "CHK-FIRST-1",
    "kafka loop",
    """
def handle(event, context):
    for partition, records in event["records"].items():
        for r in records:
            work(r["value"])
""",
    KAFKA,
)
silent(
    "CHK-FIRST-1",
    "kafka flatten",
    """
import itertools


def handle(event, context):
    for r in itertools.chain.from_iterable(event["records"].values()):
        work(r["value"])
""",
    KAFKA,
)
silent(
    "CHK-FIRST-1",
    "kinesis loop helper",
    """
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent, event_source


@event_source(data_class=KinesisStreamEvent)
def handle(event, context):
    for r in event.records:
        work(r.kinesis.data_as_json())
""",
    KINESIS,
)

# CHK-SWALLOW-1 -----------------------------------------------------------------------------------------------------
finds(
    "CHK-SWALLOW-1",
    "stream logs and continues",
    """
import base64, json, logging


def handle(event, context):
    for record in event["Records"]:
        try:
            work(json.loads(base64.b64decode(record["kinesis"]["data"])))
        except Exception:
            logging.exception("bad")
            continue
""",
    KINESIS,
)
finds(
    "CHK-SWALLOW-1",
    "method",
    """
import logging


class W:
    def __init__(self):
        self.log = logging.getLogger()

    def __call__(self, event, context):
        for record in event["Records"]:
            try:
                self.work(record)
            except Exception as e:
                self.log.error("failed %s", e)

    def work(self, record):
        charge(record)


handle = W()
""",
)
finds(
    "CHK-SWALLOW-1",
    "helper with try returning None",
    """
from helper import process


def handle(event, context):
    for record in event["Records"]:
        process(record)
""",
    helper="""
import logging


def process(record):
    try:
        work(record["body"])
    except Exception:
        logging.exception("failed")
""",
)
finds(
    "CHK-SWALLOW-1",
    "whole batch in asyncio",
    """
import asyncio, logging


async def main(records):
    for r in records:
        try:
            await work(r)
        except Exception:
            logging.exception("x")


def handle(event, context):
    asyncio.run(main(event["Records"]))
""",
)
finds(
    "CHK-SWALLOW-1",
    "suppress",
    """
import contextlib


def handle(event, context):
    for record in event["Records"]:
        with contextlib.suppress(Exception):
            work(record["body"])
""",
)
finds(
    "CHK-SWALLOW-1",
    "comprehension over helper",
    """
import logging


def one(r):
    try:
        return work(r["body"])
    except Exception:
        logging.exception("x")


def handle(event, context):
    [one(r) for r in event["Records"]]
""",
)
finds(
    "CHK-SWALLOW-1",
    "kafka",
    """
import logging


def handle(event, context):
    for tp, records in event["records"].items():
        for record in records:
            try:
                work(record["value"])
            except Exception as e:
                logging.error(e)
""",
    KAFKA,
)
silent(
    "CHK-SWALLOW-1",
    "counter then raise",
    """
def handle(event, context):
    bad = 0
    for record in event["Records"]:
        try:
            work(record)
        except Exception as e:
            print(e)
            bad += 1
    if bad:
        raise RuntimeError(bad)
""",
)
silent(
    "CHK-SWALLOW-1",
    "only json error skipped",
    """
import json, logging


def handle(event, context):
    for record in event["Records"]:
        try:
            body = json.loads(record["body"])
        except ValueError:
            logging.error("bad json")
            continue
        work(body)
""",
)
silent(
    "CHK-SWALLOW-1",
    "parks",
    """
import boto3

sqs = boto3.client("sqs")


def handle(event, context):
    for record in event["Records"]:
        try:
            work(record)
        except Exception:
            sqs.send_message(QueueUrl="https://x/parking", MessageBody=record["body"])
""",
)
silent(
    "CHK-SWALLOW-1",
    "raises after log",
    """
import logging


def handle(event, context):
    try:
        for record in event["Records"]:
            work(record)
    except Exception:
        logging.exception("failed")
        raise
""",
)

# CHK-FIRST-2 -------------------------------------------------------------------------------------------------------
finds(
    "CHK-FIRST-2",
    "class handler with a list",
    """
    class Worker:
        def __call__(self, event, context):
            failures = []
            for r in event["Records"]:
                try:
                    work(r)
                except Exception:
                    failures.append({"itemIdentifier": r["messageId"]})
                    return {"batchItemFailures": failures}
            return {"batchItemFailures": failures}


    handle = Worker()
    """,
)
finds(
    "CHK-FIRST-2",
    "match",
    """
    def handle(event, context):
        for r in event["Records"]:
            match kind(r):
                case "order":
                    work(r)
                case _:
                    if strict():
                        return {"statusCode": 422}
    """,
    NOT_REPORTING,
)
silent(
    "CHK-FIRST-2",
    "the rest is put into the list",
    """
    def handle(event, context):
        failures = []
        records = event["Records"]
        for at, r in enumerate(records):
            try:
                work(r)
            except Exception:
                failures.extend({"itemIdentifier": each["messageId"]} for each in records[at:])
                break
        return {"batchItemFailures": failures}
    """,
)
silent(
    "CHK-FIRST-2",
    "generator of failures",
    """
    def failed(records):
        for r in records:
            if not work(r):
                yield {"itemIdentifier": r["messageId"]}


    def handle(event, context):
        return {"batchItemFailures": list(failed(event["Records"]))}
    """,
)
silent(
    "CHK-FIRST-2",
    "a decorator of one's own around a function of one record",
    """
    from functools import wraps


    def each(function):
        @wraps(function)
        def handle(event, context):
            for r in event["Records"]:
                function(r)

        return handle


    @each
    def handle(record):
        if not record["body"]:
            return
        work(record)
    """,
    NOT_REPORTING,
)
finds(
    "CHK-FIRST-1",
    "pydantic model of the event",
    """
    from pydantic import BaseModel


    class Event(BaseModel):
        Records: list[dict]


    def handle(event, context):
        parsed = Event.model_validate(event)
        work(parsed.Records[0])
    """,
    NOT_REPORTING,
)
silent(
    "CHK-FIRST-1",
    "pydantic model of the event, all records",
    """
    from pydantic import BaseModel


    class Event(BaseModel):
        Records: list[dict]


    def handle(event, context):
        for record in Event.model_validate(event).Records:
            work(record)
    """,
    NOT_REPORTING,
)
finds(
    "CHK-SWALLOW-1",
    "an answer of 500 around what was read before",
    """
    import json


    def handle(event, context):
        order = json.loads(event["Records"][0]["body"])
        try:
            charge(order)
            return {"statusCode": 200}
        except Exception as error:
            return {"statusCode": 500, "body": str(error)}
    """,
    NOT_REPORTING,
)
silent(
    "CHK-SWALLOW-1",
    "a try around what has nothing to do with the event",
    """
    import json


    def handle(event, context):
        order = json.loads(event["Records"][0]["body"])
        try:
            warm_up()
        except Exception as error:
            print(error)
        charge(order)
    """,
    NOT_REPORTING,
)

# CHK-REPORT-4 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-REPORT-4",
    "receipt handles in a list first",
    """
    def handle(event, context):
        failed = []
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                name = r.get("receiptHandle")
                failed.append(name)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    """,
)
silent(
    "CHK-REPORT-4",
    "message ids in a list first",
    """
    def handle(event, context):
        failed = []
        for r in event["Records"]:
            try:
                work(r)
            except Exception:
                failed.append(r["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    """,
)
finds(
    "CHK-REPORT-4",
    "kinesis eventID",
    """
def handle(event, context):
    f = []
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            f.append({"itemIdentifier": r["eventID"]})
    return {"batchItemFailures": f}
""",
    KINESIS,
)
finds(
    "CHK-REPORT-4",
    "sqs receiptHandle via get",
    """
def handle(event, context):
    return {
        "batchItemFailures": [
            {"itemIdentifier": r.get("receiptHandle")} for r in event["Records"] if not ok(r)
        ]
    }
""",
)
silent(
    "CHK-REPORT-4",
    "powertools record.message_id",
    """
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source


@event_source(data_class=SQSEvent)
def handle(event, context):
    f = []
    for r in event.records:
        try:
            work(r.body)
        except Exception:
            f.append({"itemIdentifier": r.message_id})
    return {"batchItemFailures": f}
""",
)
silent(
    "CHK-REPORT-4",
    "kinesis sequence number attr",
    """
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent


def handle(event, context):
    f = []
    for r in KinesisStreamEvent(event).records:
        try:
            work(r.kinesis.data)
        except Exception:
            f.append({"itemIdentifier": r.kinesis.sequence_number})
    return {"batchItemFailures": f}
""",
    KINESIS,
)

# CHK-REPORT-2 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-REPORT-2",
    "reporting on and never returns",
    """
def handle(event, context):
    for r in event["Records"]:
        work(r)
""",
)

# CHK-REPORT-3 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-REPORT-3",
    "returns but off",
    """
class W:
    def run(self, event):
        return {
            "batchItemFailures": [
                {"itemIdentifier": r["messageId"]} for r in event["Records"] if bad(r)
            ]
        }


def handle(event, context):
    return W().run(event)
""",
    NOT_REPORTING,
)

# CHK-REPORT-2 ------------------------------------------------------------------------------------------------------
silent(
    "CHK-REPORT-2",
    "method returns",
    """
class W:
    def run(self, event):
        return {
            "batchItemFailures": [
                {"itemIdentifier": r["messageId"]} for r in event["Records"] if bad(r)
            ]
        }


def handle(event, context):
    return W().run(event)
""",
)
silent(
    "CHK-REPORT-2",
    "decorated by own decorator with wraps",
    """
import functools


def log(f):
    @functools.wraps(f)
    def inner(event, context):
        print(event)
        return f(event, context)

    return inner


@log
def handle(event, context):
    return {
        "batchItemFailures": [
            {"itemIdentifier": r["messageId"]} for r in event["Records"] if bad(r)
        ]
    }
""",
)

# CHK-DELETE-1 ------------------------------------------------------------------------------------------------------
finds(
    "CHK-DELETE-1",
    "resource message delete",
    """
import boto3

sqs = boto3.resource("sqs")


def handle(event, context):
    for r in event["Records"]:
        work(r)
        sqs.Message("https://q", r["receiptHandle"]).delete()
""",
)
finds(
    "CHK-DELETE-1",
    "method delete batch",
    """
import boto3


class Q:
    def __init__(self):
        self.c = boto3.client("sqs")

    def ack(self, records):
        self.c.delete_message_batch(
            QueueUrl="https://q",
            Entries=[
                {"Id": str(i), "ReceiptHandle": r["receiptHandle"]} for i, r in enumerate(records)
            ],
        )


q = Q()


def handle(event, context):
    for r in event["Records"]:
        work(r)
    q.ack(event["Records"])
""",
)
finds(
    "CHK-DELETE-1",
    "handle in variable",
    """
import boto3

c = boto3.client("sqs")


def handle(event, context):
    for r in event["Records"]:
        receipt_handle = r["receiptHandle"]
        work(r)
        c.delete_message(QueueUrl="https://q", ReceiptHandle=receipt_handle)
""",
)
silent(
    "CHK-DELETE-1",
    "deletes from another queue it polled",
    """
import boto3

c = boto3.client("sqs")


def handle(event, context):
    for r in event["Records"]:
        work(r)
    for m in c.receive_message(QueueUrl="https://other").get("Messages", []):
        c.delete_message(QueueUrl="https://other", ReceiptHandle=m["ReceiptHandle"])
""",
)

INNOCENT: dict[str, str] = {
    "class-based with base": """
import abc, json, logging


class Base(abc.ABC):
    def __init__(self):
        self.logger = logging.getLogger()

    def __call__(self, event, context):
        failures = []
        for record in event["Records"]:
            try:
                self.process(json.loads(record["body"]))
            except Exception:
                self.logger.exception("failed")
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    @abc.abstractmethod
    def process(self, body): ...


class Orders(Base):
    def process(self, body):
        work(body)


handle = Orders()
""",
    "powertools batch with pydantic": """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from pydantic import BaseModel

logger, tracer, metrics = Logger(), Tracer(), Metrics(namespace="x")
processor = BatchProcessor(event_type=EventType.SQS)


class Order(BaseModel):
    id: str


@tracer.capture_method
def record_handler(record):
    order = Order.model_validate_json(record.body)
    work(order)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handle(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
""",
    "threads with results": """
from concurrent.futures import ThreadPoolExecutor


def one(record):
    try:
        work(record["body"])
        return None
    except Exception as e:
        return {"itemIdentifier": record["messageId"]}


def handle(event, context):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, event["Records"]))
    return {"batchItemFailures": [r for r in results if r]}
""",
    "processed ids": """
import logging


def handle(event, context):
    done = set()
    errors = []
    for record in event["Records"]:
        try:
            work(record["body"])
            done.add(record["messageId"])
        except Exception as e:
            logging.exception("x")
            errors.append(str(e))
    if errors:
        logging.error("errors: %s", errors)
    return {
        "batchItemFailures": [
            {"itemIdentifier": r["messageId"]}
            for r in event["Records"]
            if r["messageId"] not in done
        ]
    }
""",
    "success flag return": """
import logging


def process(record):
    try:
        work(record["body"])
    except Exception:
        logging.exception("failed")
        return False
    return True


def handle(event, context):
    failed = [r for r in event["Records"] if not process(r)]
    if failed:
        raise RuntimeError(f"{len(failed)} failed")
""",
    "async gather with failures": """
import asyncio


async def one(record):
    await work(record)


async def main(records):
    results = await asyncio.gather(*map(one, records), return_exceptions=True)
    return {
        "batchItemFailures": [
            {"itemIdentifier": r["messageId"]}
            for r, e in zip(records, results)
            if isinstance(e, BaseException)
        ]
    }


def handle(event, context):
    return asyncio.run(main(event["Records"]))
""",
    "dataclass accumulator": """
from dataclasses import dataclass, field


@dataclass
class Result:
    failures: list = field(default_factory=list)

    def fail(self, record):
        self.failures.append({"itemIdentifier": record["messageId"]})

    def answer(self):
        return {"batchItemFailures": self.failures}


def handle(event, context):
    result = Result()
    for r in event["Records"]:
        try:
            work(r)
        except Exception:
            result.fail(r)
    return result.answer()
""",
    "generator of failures": """
def failures(records):
    for r in records:
        try:
            work(r)
        except Exception:
            yield {"itemIdentifier": r["messageId"]}


def handle(event, context):
    return {"batchItemFailures": list(failures(event["Records"]))}
""",
    "context manager collects": """
import contextlib


class Collector(contextlib.AbstractContextManager):
    def __init__(self):
        self.failed = []

    def __exit__(self, *a):
        if self.failed:
            raise RuntimeError(self.failed)


def handle(event, context):
    with Collector() as c:
        for r in event["Records"]:
            try:
                work(r)
            except Exception as e:
                c.failed.append(e)
""",
    "self.errors raised": """
class W:
    def __init__(self):
        self.errors = []

    def run(self, event):
        for r in event["Records"]:
            try:
                work(r)
            except Exception as e:
                self.errors.append(e)
        if self.errors:
            raise self.errors[0]


def handle(event, context):
    W().run(event)
""",
    "sentry around": """
import sentry_sdk


def handle(event, context):
    for r in event["Records"]:
        try:
            work(r)
        except Exception as e:
            sentry_sdk.capture_exception(e)
            raise
""",
}
"""Handlers that lose nothing, by their style: no check of code has anything to say of them."""
