"""Traps of public tutorials (semantics.md, section K) in the code of handlers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.foreign import Program, assert_found, found

SENDING = """
import os
import boto3

sqs = boto3.client("sqs")
QUEUE_URL = os.environ["QUEUE_URL"]


def handle(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=QUEUE_URL, MessageBody=record["body"], DelaySeconds=60)
"""

BAD = (
    Program(
        "kinesis-with-event-id",
        """
        parking = aws.sqs.Queue("parking", message_retention_seconds=14 * DAY)
        stream = aws.kinesis.Stream("clicks", shard_count=2)
        mapping(
            stream,
            function(),
            starting_position="LATEST",
            maximum_retry_attempts=5,
            bisect_batch_on_function_error=True,
            destination_config={"on_failure": {"destination_arn": parking.arn}},
        )
        """,
        found("CHK-REPORT-4 error"),
        files={
            "worker/app.py": """
            def handle(event, context):
                failures = []
                for record in event["Records"]:
                    try:
                        work(record)
                    except Exception:
                        ident = record["eventID"]
                        failures.append({"itemIdentifier": ident})
                return {"batchItemFailures": failures}

            def work(r):
                pass
            """,
        },
    ),
    Program(
        "status-code-instead-of-failures",
        "mapping(queue_with_dlq(), function(), batch_size=1)",
        found("CHK-REPORT-5 warning"),
        files={
            "worker/app.py": """
            def handle(event, context):
                for record in event["Records"]:
                    print(record["body"])
                return {"statusCode": 200}
            """,
        },
    ),
    Program(
        "receipt-handle",
        "mapping(queue_with_dlq(), function())",
        found("CHK-REPORT-4 error"),
        files={
            "worker/app.py": """
            def handle(event, context):
                failures = []
                for record in event["Records"]:
                    try:
                        work(record)
                    except Exception:
                        failures.append({"itemIdentifier": record["receiptHandle"]})
                return {"batchItemFailures": failures}

            def work(r):
                pass
            """,
        },
    ),
    Program(
        "kafka-plain-offset",
        """
        w = function()
        dlq = aws.sqs.Queue("kdlq", message_retention_seconds=14 * DAY)
        aws.lambda_.EventSourceMapping(
            "k",
            function_name=w.arn,
            topics=["orders"],
            starting_position="TRIM_HORIZON",
            self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "a:9092,b:9092"}},
            function_response_types=["ReportBatchItemFailures"],
            provisioned_poller_config={"minimum_pollers": 1},
            maximum_retry_attempts=3,
            bisect_batch_on_function_error=True,
            destination_config={"on_failure": {"destination_arn": dlq.arn}},
        )
        """,
        found("CHK-REPORT-4 warning"),
        files={
            "worker/app.py": """
            def work(r):
                pass

            def handle(event, context):
                failures = []
                for records in event["records"].values():
                    for record in records:
                        try:
                            work(record)
                        except Exception:
                            failures.append({"itemIdentifier": record["offset"]})
                return {"batchItemFailures": failures}
            """,
        },
    ),
    Program(
        "swallow",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        found("CHK-SWALLOW-1 warning"),
        files={
            "worker/app.py": """
            import logging

            def process(r):
                pass

            def handle(event, context):
                for r in event["Records"]:
                    try:
                        process(r)
                    except Exception:
                        logging.exception("failed")
            """,
        },
    ),
    Program(
        "whole-batch-swallowed",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        found("CHK-SWALLOW-1 warning"),
        files={
            "worker/app.py": """
            import json, boto3

            table = boto3.resource("dynamodb").Table("x")

            def handle(event, context):
                try:
                    for record in event["Records"]:
                        table.put_item(Item=json.loads(record["body"]))
                except Exception as e:
                    print(f"error {e}")
                    return {"statusCode": 500, "body": "error"}
                return {"statusCode": 200}
            """,
        },
    ),
    Program(
        "powertools-swallow",
        "mapping(queue_with_dlq(), function())",
        found("CHK-SWALLOW-1 warning"),
        files={
            "worker/app.py": """
            from aws_lambda_powertools import Logger
            from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

            processor = BatchProcessor(event_type=EventType.SQS)
            logger = Logger()

            def save(x):
                pass

            def work(record):
                try:
                    save(record.json_body)
                except Exception:
                    logger.exception("could not save")

            def handle(event, context):
                return process_partial_response(event, work, processor, context)
            """,
        },
    ),
    Program(
        "swallow-via-helper",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        found("CHK-SWALLOW-1 warning"),
        files={
            "worker/app.py": """
            import logging
            from orders.work import process

            log = logging.getLogger()

            def handle(event, context):
                log.info("got %s", len(event["Records"]))
                for record in event["Records"]:
                    process(record)
            """,
            "worker/orders/__init__.py": "",
            "worker/orders/work.py": """
            import json, logging

            logger = logging.getLogger(__name__)

            def store(x):
                pass

            def process(record):
                body = json.loads(record["body"])
                try:
                    store(body)
                except Exception:
                    logger.error("failed", exc_info=True)
            """,
        },
    ),
    Program(
        "fifo-goes-on",
        """
        dead = aws.sqs.Queue("dead", fifo_queue=True)
        jobs = aws.sqs.Queue(
            "jobs", fifo_queue=True, visibility_timeout_seconds=60, redrive_policy=redrive(dead)
        )
        mapping(jobs, function())
        """,
        found("CHK-FIFO-1 warning"),
        files={
            "worker/app.py": """
            import json

            def work(b):
                pass

            def handle(event, context):
                failures = []
                for record in event["Records"]:
                    try:
                        work(json.loads(record["body"]))
                    except Exception:
                        failures.append({"itemIdentifier": record["messageId"]})
                return {"batchItemFailures": failures}
            """,
        },
    ),
    Program(
        "deletes",
        "mapping(queue_with_dlq(), function(), batch_size=1, function_response_types=[])",
        found("CHK-DELETE-1 note"),
        files={
            "worker/app.py": """
            import boto3, os

            sqs = boto3.client("sqs")

            def work(b):
                pass

            def handle(event, context):
                for record in event["Records"]:
                    work(record)
                    sqs.delete_message(QueueUrl=os.environ["Q"], ReceiptHandle=record["receiptHandle"])
            """,
        },
    ),
    Program(
        "sends-to-itself",
        """
        jobs = queue_with_dlq()
        worker = function(environment={"variables": {"QUEUE_URL": jobs.url}})
        mapping(jobs, worker, function_response_types=[], batch_size=1)
        """,
        found("CHK-LOOP-1 note"),
        files={"worker/app.py": SENDING},
    ),
    Program(
        "sends-to-itself-as-it-may",
        """
        jobs = queue_with_dlq()
        worker = function(environment={"variables": {"QUEUE_URL": jobs.url}})
        mapping(jobs, worker, function_response_types=[], batch_size=1)
        aws.lambda_.FunctionRecursionConfig("again", function_name=worker.name, recursive_loop="Allow")
        """,
        files={"worker/app.py": SENDING},
    ),
    Program(
        "sends-to-the-next",
        """
        jobs = queue_with_dlq()
        following = aws.sqs.Queue("following")
        worker = function(environment={"variables": {"QUEUE_URL": following.url}})
        mapping(jobs, worker, function_response_types=[], batch_size=1)
        """,
        files={"worker/app.py": SENDING},
    ),
    Program(
        "sync-long",
        """
        report = function("report", timeout=300)
        caller = function(
            "caller", environment={"variables": {"REPORT": report.name}}, code=pulumi.FileArchive("./caller")
        )
        """,
        found("CHK-SYNC-1 warning", "CHK-SYNC-2 warning"),
        files={
            "caller/app.py": """
            import boto3, os, json

            client = boto3.client("lambda")

            def handle(event, context):
                answer = client.invoke(FunctionName=os.environ["REPORT"], Payload=json.dumps(event))
                return json.loads(answer["Payload"].read())
            """,
        },
    ),
    Program(
        "idem-by-message-id",
        "mapping(queue_with_dlq(), function())",
        found("CHK-IDEM-3 note"),
        files={
            "worker/app.py": """
            from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
            from aws_lambda_powertools.utilities.idempotency import (
                DynamoDBPersistenceLayer,
                IdempotencyConfig,
                idempotent_function,
            )

            processor = BatchProcessor(event_type=EventType.SQS)
            store = DynamoDBPersistenceLayer(table_name="records")
            config = IdempotencyConfig(event_key_jmespath="messageId", expires_after_seconds=15 * 24 * 3600)

            @idempotent_function(data_keyword_argument="record", persistence_store=store, config=config)
            def work(record):
                return None

            def handle(event, context):
                config.register_lambda_context(context)
                return process_partial_response(
                    event=event, record_handler=work, processor=processor, context=context
                )
            """,
        },
    ),
    Program(
        "report-raises-all",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=5)",
        found("CHK-REPORT-1 warning"),
        files={
            "worker/app.py": """
            def handle(event, context):
                errors = []
                for r in event["Records"]:
                    try:
                        print(r)
                    except Exception as e:
                        errors.append(e)
                if errors:
                    raise RuntimeError(errors)
                return {"statusCode": 200}
            """,
        },
    ),
)


@pytest.mark.parametrize("program", BAD, ids=lambda program: program.name)
def test_everything_is_found_and_nothing_else(program: Program, tmp_path: Path) -> None:
    assert_found(program, tmp_path)
