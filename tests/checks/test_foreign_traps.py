"""Traps of public tutorials (semantics.md, section K) in what a program declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.foreign import Program, assert_found, found

BAD = (
    Program(
        "policy-doc-and-json-dumps",
        """
        doc = aws.iam.get_policy_document(
            statements=[
                {
                    "effect": "Allow",
                    "actions": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                    "resources": ["*"],
                }
            ]
        )
        dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
        jobs = aws.sqs.Queue(
            "jobs",
            visibility_timeout_seconds=60,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": "4"}),
        )
        aws.iam.RolePolicy("p", role=role.name, policy=doc.json)
        mapping(jobs, function())
        """,
        found("CHK-SEC-1 warning"),
    ),
    Program(
        "alias-vt-short",
        """
        jobs = queue_with_dlq()
        worker = function(publish=True, timeout=120)
        live = aws.lambda_.Alias("live", function_name=worker.arn, function_version=worker.version)
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn=jobs.arn,
            function_name=live.arn,
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
        found("CHK-VT-1 error"),
    ),
    Program(
        "ready-for-nobody",
        """
        worker = function(publish=True)
        live = aws.lambda_.Alias("live", name="live", function_name=worker.arn, function_version=worker.version)
        aws.lambda_.ProvisionedConcurrencyConfig("ready", function_name=worker.name, qualifier=live.name,
                                                 provisioned_concurrent_executions=2)
        mapping(queue_with_dlq(), worker)
        """,
        found("CHK-CONC-6 warning"),
    ),
    Program(
        "ready-for-its-alias",
        """
        worker = function(publish=True)
        live = aws.lambda_.Alias("live", name="live", function_name=worker.arn, function_version=worker.version)
        aws.lambda_.ProvisionedConcurrencyConfig("ready", function_name=worker.name, qualifier=worker.version,
                                                 provisioned_concurrent_executions=2)
        aws.lambda_.EventSourceMapping("m", event_source_arn=queue_with_dlq().arn, function_name=live.arn,
                                       function_response_types=["ReportBatchItemFailures"])
        """,
        found(),
    ),
    Program(
        "one-statement-for-two-topics",
        """
        worker = function()
        aws.lambda_.FunctionEventInvokeConfig("parked", function_name=worker.name, destination_config={
            "on_failure": {"destination": aws.sqs.Queue("failed").arn}})
        for name in ("orders", "refunds"):
            aws.lambda_.Permission(name, action="lambda:InvokeFunction", function=worker.name, statement_id="AllowSns",
                                   principal="sns.amazonaws.com", source_arn=aws.sns.Topic(f"{name}-topic").arn)
        """,
        found("CHK-ONE-3 error"),
    ),
    Program(
        "role-of-another-service",
        """
        jobs = queue_with_dlq()
        mapping(jobs, function())
        aws.iam.RolePolicy("sends-jobs", role=role.id, policy=pulumi.Output.json_dumps({"Statement": [
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": jobs.arn}]}))
        aws.scheduler.Schedule("hourly", schedule_expression="rate(1 hour)", flexible_time_window={"mode": "OFF"},
                               target={"arn": jobs.arn, "role_arn": role.arn,
                                       "dead_letter_config": {"arn": aws.sqs.Queue("missed").arn}})
        """,
        found("CHK-ROLE-2 error"),
    ),
    Program(
        "target-without-its-bus",
        """
        jobs = queue_with_dlq()
        mapping(jobs, function())
        bus = aws.cloudwatch.EventBus("shop")
        rule = aws.cloudwatch.EventRule("ordered", event_bus_name=bus.name, event_pattern='{"source": ["shop"]}')
        aws.cloudwatch.EventTarget("to-jobs", rule=rule.name, arn=jobs.arn)
        """,
        found("CHK-EVENT-6 error"),
    ),
    Program(
        "policy-for-each-topic",
        """
        jobs = queue_with_dlq()
        mapping(jobs, function())
        for name in ("orders", "refunds"):
            topic = aws.sns.Topic(name)
            aws.sqs.QueuePolicy(f"{name}-may-send", queue_url=jobs.url, policy=pulumi.Output.json_dumps({
                "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                               "Action": "sqs:SendMessage", "Resource": jobs.arn,
                               "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}}]}))
        """,
        found("CHK-ONE-2 error"),
    ),
    Program(
        "notification-for-each-prefix",
        """
        uploads = aws.s3.Bucket("uploads")
        worker = function()
        may = aws.lambda_.Permission("may", action="lambda:InvokeFunction", function=worker.name,
                                     principal="s3.amazonaws.com", source_account="123456789012",
                                     source_arn=uploads.arn)
        aws.lambda_.FunctionEventInvokeConfig("parked", function_name=worker.name, destination_config={
            "on_failure": {"destination": aws.sqs.Queue("failed").arn}})
        for prefix in ("in/", "out/"):
            aws.s3.BucketNotification(prefix.strip("/"), bucket=uploads.id, lambda_functions=[{
                "lambda_function_arn": worker.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": prefix}],
                opts=pulumi.ResourceOptions(depends_on=[may]))
        """,
        found("CHK-ONE-2 error"),
    ),
    Program(
        "qualified-arn",
        """
        jobs = queue_with_dlq()
        worker = function(publish=True, timeout=120)
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn=jobs.arn,
            function_name=worker.qualified_arn,
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
        found("CHK-VT-1 error"),
    ),
    Program(
        "source-by-string",
        """
        dead = aws.sqs.Queue("dead", name="dead", message_retention_seconds=14 * DAY)
        jobs = aws.sqs.Queue(
            "jobs",
            name="jobs",
            visibility_timeout_seconds=30,
            redrive_policy=json.dumps(
                {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead", "maxReceiveCount": 5}
            ),
        )
        worker = aws.lambda_.Function(
            "worker",
            name="worker",
            runtime="python3.12",
            handler="app.handle",
            role=role.arn,
            timeout=60,
            code=pulumi.FileArchive("./worker"),
        )
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn="arn:aws:sqs:eu-west-1:123456789012:jobs",
            function_name="worker",
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
        found("CHK-VT-1 error"),
        cfn_lint_alone=found("CFN-E3505"),
    ),
    Program(
        "esm-by-name-arn-partial",
        """
        jobs = queue_with_dlq(visibility_timeout_seconds=20)
        worker = function(name="orders-worker", timeout=30)
        aws.lambda_.EventSourceMapping(
            "m",
            event_source_arn=jobs.arn,
            function_name=worker.arn.apply(lambda a: a + ":live"),
            function_response_types=["ReportBatchItemFailures"],
        )
        """,
        found("CHK-VT-1 error"),
    ),
    Program(
        "admin-attachment",
        """
        aws.iam.PolicyAttachment(
            "a", roles=[role.name], policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        )
        mapping(queue_with_dlq(), function())
        """,
        found("CHK-SEC-1 warning"),
    ),
    Program(
        "admin-exclusive",
        """
        aws.iam.RolePolicyAttachmentsExclusive(
            "a", role_name=role.name, policy_arns=["arn:aws:iam::aws:policy/AdministratorAccess"]
        )
        mapping(queue_with_dlq(), function())
        """,
        found("CHK-SEC-1 warning"),
    ),
    Program(
        "eventbridge-with-dlq",
        """
        w = function()
        dlq = aws.sqs.Queue("d", message_retention_seconds=14 * DAY)
        rule = aws.cloudwatch.EventRule("r", schedule_expression="rate(5 minutes)")
        aws.cloudwatch.EventTarget("t", rule=rule.name, arn=w.arn, dead_letter_config={"arn": dlq.arn})
        aws.lambda_.Permission(
            "p",
            action="lambda:InvokeFunction",
            function=w.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
        )
        """,
        found("CHK-ASYNC-1 warning"),
    ),
    Program(
        "dict-policies",
        """
        topic = aws.sns.Topic("orders")
        role2 = aws.iam.Role(
            "role2",
            assume_role_policy={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                    }
                ],
            },
        )
        jobs = queue_with_dlq()
        aws.sqs.QueuePolicy(
            "qp",
            queue_url=jobs.id,
            policy={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": jobs.arn}
                ],
            },
        )
        aws.iam.RolePolicy(
            "p",
            role=role2.id,
            policy={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["sqs:*"], "Resource": jobs.arn}],
            },
        )
        mapping(jobs, function(role=role2.arn))
        pulumi.export("p", role2.assume_role_policy.apply(json.loads))
        """,
        found("CHK-SEC-1 warning", "CHK-SEC-3 error"),
    ),
    Program(
        "iterator-age-kafka",
        """
        cluster = aws.msk.ServerlessCluster(
            "c",
            client_authentication={"sasl": {"iam": {"enabled": True}}},
            vpc_configs=[{"subnet_ids": ["subnet-1", "subnet-2"]}],
        )
        w = function()
        dlq = aws.sqs.Queue("kdlq", message_retention_seconds=14 * DAY)
        m = aws.lambda_.EventSourceMapping(
            "k",
            event_source_arn=cluster.arn,
            function_name=w.arn,
            topics=["orders"],
            starting_position="LATEST",
            destination_config={"on_failure": {"destination_arn": dlq.arn}},
            provisioned_poller_config={"minimum_pollers": 1},
            batch_size=1,
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
        found("CHK-METRIC-1 warning", "CHK-KAFKA-3 note"),
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
        "sqs-stream-controls",
        """
        dlq = aws.sqs.Queue("onf", message_retention_seconds=14 * DAY)
        mapping(
            queue_with_dlq(),
            function(),
            maximum_retry_attempts=3,
            destination_config={"on_failure": {"destination_arn": dlq.arn}},
        )
        """,
        found("CHK-KIND-1 error"),
    ),
    Program(
        "two-filtered-mappings-one-queue",
        """
        jobs = queue_with_dlq()
        a = function("a")
        b = function("b")
        mapping(
            jobs, a, "ma", filter_criteria={"filters": [{"pattern": json.dumps({"body": {"type": ["a"]}})}]}
        )
        mapping(
            jobs, b, "mb", filter_criteria={"filters": [{"pattern": json.dumps({"body": {"type": ["b"]}})}]}
        )
        """,
        found("CHK-FILTER-1 error"),
    ),
)


@pytest.mark.parametrize("program", BAD, ids=lambda program: program.name)
def test_everything_is_found_and_nothing_else(program: Program, tmp_path: Path) -> None:
    assert_found(program, tmp_path)
