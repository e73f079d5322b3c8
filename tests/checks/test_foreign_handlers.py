"""The styles in which people write handlers: nothing is wrong with any of these."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.foreign import Program, assert_found, found

GOOD = (
    Program(
        "handler-package",
        'mapping(queue_with_dlq(), function(handler="orders.handlers.sqs.handle"))',
        files={
            "worker/orders/__init__.py": "",
            "worker/orders/handlers/__init__.py": "",
            "worker/orders/handlers/sqs.py": """
            from orders.domain.batch import run

            def handle(event, context):
                return run(event["Records"])
            """,
            "worker/orders/domain/__init__.py": "",
            "worker/orders/domain/batch.py": """
            from .partial import failures_of

            def run(records):
                failed = failures_of(records)
                return {"batchItemFailures": failed}
            """,
            "worker/orders/domain/partial.py": """
            def failures_of(records):
                out = []
                for r in records:
                    try:
                        print(r)
                    except Exception:
                        out.append({"itemIdentifier": r["messageId"]})
                return out
            """,
        },
    ),
    Program(
        "powertools-stack",
        "mapping(queue_with_dlq(), function())",
        files={
            "worker/app.py": """
            from aws_lambda_powertools import Logger, Metrics, Tracer
            from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
            from aws_lambda_powertools.utilities.data_classes import event_source, SQSEvent

            logger = Logger()
            tracer = Tracer()
            metrics = Metrics(namespace="x")
            processor = BatchProcessor(event_type=EventType.SQS)

            @tracer.capture_method
            def work(record):
                logger.info(record.body)

            @logger.inject_lambda_context(log_event=True)
            @tracer.capture_lambda_handler
            @metrics.log_metrics(capture_cold_start_metric=True)
            def handle(event, context):
                return process_partial_response(
                    event=event, record_handler=work, processor=processor, context=context
                )
            """,
        },
    ),
    Program(
        "fifo-fanout",
        """
        topic = aws.sns.Topic("t", fifo_topic=True)
        dead = aws.sqs.Queue("dead", name="dead.fifo", fifo_queue=True)
        jobs = aws.sqs.Queue(
            "jobs",
            name="jobs.fifo",
            fifo_queue=True,
            visibility_timeout_seconds=60,
            content_based_deduplication=True,
            redrive_policy=redrive(dead, 3),
        )
        aws.sqs.QueuePolicy(
            "p",
            queue_url=jobs.id,
            policy=pulumi.Output.all(topic.arn, jobs.arn).apply(
                lambda arns: json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "sns.amazonaws.com"},
                                "Action": "sqs:SendMessage",
                                "Resource": arns[1],
                                "Condition": {"ArnEquals": {"aws:SourceArn": arns[0]}},
                            }
                        ],
                    }
                )
            ),
        )
        aws.sns.TopicSubscription("s", topic=topic.arn, protocol="sqs", endpoint=jobs.arn)
        mapping(jobs, function(), batch_size=10, scaling_config={"maximum_concurrency": 2})
        """,
        found("CHK-FEED-3 note"),
        files={
            "worker/app.py": """
            def handle(event, context):
                failures = []
                stop = False
                for r in event["Records"]:
                    if stop:
                        failures.append({"itemIdentifier": r["messageId"]})
                        continue
                    try:
                        print(r)
                    except Exception:
                        stop = True
                        failures.append({"itemIdentifier": r["messageId"]})
                return {"batchItemFailures": failures}
            """,
        },
    ),
    Program(
        "flag-then-raise",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        files={
            "worker/app.py": """
            def work(r):
                pass

            def handle(event, context):
                failed = False
                for record in event["Records"]:
                    try:
                        work(record)
                    except Exception as e:
                        print(e)
                        failed = True
                if failed:
                    raise RuntimeError("failed")
            """,
        },
    ),
    Program(
        "metrics-best-effort",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        files={
            "worker/app.py": """
            def work(r):
                pass

            def emit(r):
                pass

            def handle(event, context):
                for record in event["Records"]:
                    work(record)
                    try:
                        emit(record)
                    except Exception as e:
                        print(e)
            """,
        },
    ),
    Program(
        "duplicate-is-fine",
        "mapping(queue_with_dlq(), function(), function_response_types=[], batch_size=1)",
        files={
            "worker/app.py": """
            import boto3, json

            client = boto3.client("dynamodb")

            def handle(event, context):
                for record in event["Records"]:
                    try:
                        client.put_item(
                            TableName="t",
                            Item={"id": {"S": record["messageId"]}},
                            ConditionExpression="attribute_not_exists(id)",
                        )
                    except client.exceptions.ConditionalCheckFailedException:
                        print("dup")
            """,
        },
    ),
    Program(
        "fifo-by-group",
        """
        dead = aws.sqs.Queue("dead", fifo_queue=True)
        jobs = aws.sqs.Queue(
            "jobs", fifo_queue=True, visibility_timeout_seconds=60, redrive_policy=redrive(dead)
        )
        mapping(jobs, function())
        """,
        files={
            "worker/app.py": """
            def work(b):
                pass

            def handle(event, context):
                failures, groups = [], set()
                for record in event["Records"]:
                    group = record["attributes"]["MessageGroupId"]
                    try:
                        if group in groups:
                            raise RuntimeError("group has failed")
                        work(record)
                    except Exception:
                        groups.add(group)
                        failures.append({"itemIdentifier": record["messageId"]})
                return {"batchItemFailures": failures}
            """,
        },
    ),
    Program(
        "sync-good",
        """
        report = function("report", timeout=300)
        caller = function(
            "caller", environment={"variables": {"REPORT": report.name}}, code=pulumi.FileArchive("./caller")
        )
        """,
        files={
            "caller/app.py": """
            import boto3, os, json
            from botocore.config import Config

            CONFIG = Config(read_timeout=310, retries={"total_max_attempts": 1})
            client = boto3.client("lambda", config=CONFIG)

            def handle(event, context):
                answer = client.invoke(FunctionName=os.environ["REPORT"], Payload=json.dumps(event))
                if "FunctionError" in answer:
                    raise RuntimeError(answer["FunctionError"])
                return json.loads(answer["Payload"].read())
            """,
        },
    ),
    Program(
        "async-invoke",
        """
        report = function("report", timeout=300)
        caller = function(
            "caller", environment={"variables": {"REPORT": report.name}}, code=pulumi.FileArchive("./caller")
        )
        """,
        files={
            "caller/app.py": """
            import boto3, os, json

            client = boto3.client("lambda")

            def handle(event, context):
                client.invoke(FunctionName=os.environ["REPORT"], InvocationType="Event", Payload=json.dumps(event))
            """,
        },
    ),
)


@pytest.mark.parametrize("program", GOOD, ids=lambda program: program.name)
def test_everything_is_found_and_nothing_else(program: Program, tmp_path: Path) -> None:
    assert_found(program, tmp_path)
