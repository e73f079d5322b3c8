"""The styles in which people write queues, policies and references: nothing is wrong with any of these."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.foreign import Program, assert_found, found

GOOD = (
    Program(
        "class-handler",
        "mapping(queue_with_dlq(), function())",
        files={
            "worker/app.py": """
            class Worker:
                def __call__(self, event, context):
                    failures = []
                    for r in event["Records"]:
                        try:
                            print(r)
                        except Exception:
                            failures.append({"itemIdentifier": r["messageId"]})
                    return {"batchItemFailures": failures}

            handle = Worker()
            """,
        },
    ),
    Program(
        "redrive-concat",
        """
        dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
        jobs = aws.sqs.Queue(
            "jobs",
            visibility_timeout_seconds=60,
            redrive_policy=pulumi.Output.concat('{"deadLetterTargetArn":"', dead.arn, '","maxReceiveCount":4}'),
        )
        aws.sqs.RedriveAllowPolicy(
            "allow",
            queue_url=dead.id,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [jobs.arn]}
            ),
        )
        mapping(jobs, function())
        """,
    ),
    Program(
        "output-all",
        """
        dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
        pol = pulumi.Output.all(dead.arn, jobs.url).apply(
            lambda a: json.dumps({"deadLetterTargetArn": a[0], "maxReceiveCount": 5})
        )
        aws.sqs.RedrivePolicy("rp", queue_url=jobs.url, redrive_policy=pol)
        mapping(jobs, function())
        """,
    ),
    Program(
        "queue-policy-dict",
        """
        topic = aws.sns.Topic("orders")
        jobs = queue_with_dlq()
        aws.sqs.QueuePolicy(
            "qp",
            queue_url=jobs.id,
            policy={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "sns.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": jobs.arn,
                        "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}},
                    }
                ],
            },
        )
        aws.sns.TopicSubscription(
            "sub", topic=topic.arn, protocol="sqs", endpoint=jobs.arn, raw_message_delivery=True
        )
        mapping(jobs, function())
        """,
        found("CHK-FEED-3 note"),
    ),
    Program(
        "alias-qualified",
        """
        jobs = queue_with_dlq()
        worker = function(publish=True)
        live = aws.lambda_.Alias("live", function_name=worker.name, function_version=worker.version)
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn=jobs.arn,
            function_name=live.arn,
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
    ),
    Program(
        "source-from-account",
        """
        ident = aws.get_caller_identity()
        region = aws.get_region()
        jobs = aws.sqs.Queue(
            "jobs",
            name="jobs",
            visibility_timeout_seconds=60,
            redrive_policy=json.dumps(
                {
                    "deadLetterTargetArn": f"arn:aws:sqs:{region.region}:{ident.account_id}:dead",
                    "maxReceiveCount": 5,
                }
            ),
        )
        dead = aws.sqs.Queue("dead", name="dead", message_retention_seconds=14 * DAY)
        worker = function()
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn=f"arn:aws:sqs:{region.region}:{ident.account_id}:jobs",
            function_name=worker.name,
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
    ),
    Program(
        "self-managed-kafka",
        """
        worker = function()
        dlq = aws.sqs.Queue("kdlq", message_retention_seconds=14 * DAY)
        secret = aws.secretsmanager.Secret("kafka")
        aws.lambda_.EventSourceMapping(
            "k",
            function_name=worker.arn,
            topics=["orders"],
            starting_position="TRIM_HORIZON",
            self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "a:9092,b:9092"}},
            self_managed_kafka_event_source_config={"consumer_group_id": "orders"},
            source_access_configurations=[{"type": "SASL_SCRAM_512_AUTH", "uri": secret.arn}],
            provisioned_poller_config={"minimum_pollers": 1, "maximum_pollers": 3},
            maximum_retry_attempts=3,
            bisect_batch_on_function_error=True,
            destination_config={"on_failure": {"destination_arn": dlq.arn}},
        )
        """,
        files={
            "worker/app.py": """
            def handle(event, context):
                for records in event["records"].values():
                    for record in records:
                        print(record["value"])
            """,
        },
    ),
    Program(
        "ddb-filters",
        """
        table = aws.dynamodb.Table(
            "t",
            attributes=[{"name": "id", "type": "S"}],
            hash_key="id",
            billing_mode="PAY_PER_REQUEST",
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
        )
        dlq = aws.sqs.Queue("sdlq", message_retention_seconds=14 * DAY)
        w = function()
        aws.lambda_.EventSourceMapping(
            "d",
            event_source_arn=table.stream_arn,
            function_name=w.arn,
            starting_position="LATEST",
            batch_size=100,
            maximum_retry_attempts=5,
            bisect_batch_on_function_error=True,
            maximum_record_age_in_seconds=3600,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria={"filters": [{"pattern": json.dumps({"eventName": ["INSERT"]})}]},
            destination_config={"on_failure": {"destination_arn": dlq.arn}},
        )
        """,
        files={
            "worker/app.py": """
            def handle(event, context):
                failures = []
                for record in event["Records"]:
                    try:
                        print(record["body"])
                    except ValueError:
                        failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
                return {"batchItemFailures": failures}
            """,
        },
    ),
    Program(
        "managed-attachments",
        """
        aws.iam.RolePolicyAttachment(
            "a", role=role.name, policy_arn=aws.iam.ManagedPolicy.AWS_LAMBDA_SQS_QUEUE_EXECUTION_ROLE
        )
        aws.iam.RolePolicyAttachment(
            "b", role=role, policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        )
        mapping(queue_with_dlq(), function())
        """,
    ),
    Program(
        "component",
        """
        class Q(pulumi.ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("my:mod:Q", name, None, opts)
                self.dead = aws.sqs.Queue(
                    f"{name}-dead", message_retention_seconds=14 * DAY, opts=pulumi.ResourceOptions(parent=self)
                )
                self.q = aws.sqs.Queue(
                    f"{name}",
                    visibility_timeout_seconds=60,
                    redrive_policy=self.dead.arn.apply(
                        lambda a: json.dumps({"deadLetterTargetArn": a, "maxReceiveCount": 5})
                    ),
                    opts=pulumi.ResourceOptions(parent=self),
                )
                self.register_outputs({})

        a, b = Q("a"), Q("b")
        w = function()
        mapping(a.q, w, "ma")
        mapping(b.q, w, "mb")
        """,
    ),
    Program(
        "alarms-good",
        """
        stream = aws.kinesis.Stream("clicks", shard_count=2)
        parking = aws.sqs.Queue("parking", message_retention_seconds=14 * DAY)
        w = function()
        mapping(
            stream,
            w,
            starting_position="LATEST",
            function_response_types=[],
            maximum_retry_attempts=5,
            bisect_batch_on_function_error=True,
            destination_config={"on_failure": {"destination_arn": parking.arn}},
        )
        aws.cloudwatch.MetricAlarm(
            "a",
            namespace="AWS/Lambda",
            metric_name="IteratorAge",
            dimensions={"FunctionName": w.name},
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            threshold=60000,
            period=60,
            statistic="Maximum",
        )
        """,
        files={
            "worker/app.py": """
            def handle(event, context):
                for r in event["Records"]:
                    print(r)
            """,
        },
    ),
)


@pytest.mark.parametrize("program", GOOD, ids=lambda program: program.name)
def test_everything_is_found_and_nothing_else(program: Program, tmp_path: Path) -> None:
    assert_found(program, tmp_path)
