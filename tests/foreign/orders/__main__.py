import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()

dead = aws.sqs.Queue("dead", message_retention_seconds=1_209_600)
jobs = aws.sqs.Queue(
    "jobs",
    visibility_timeout_seconds=config.require_int("visibilityTimeout"),
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})),
)
role = aws.iam.Role(
    "role",
    assume_role_policy=aws.iam.get_policy_document(
        statements=[
            {
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
            }
        ]
    ).json,
    managed_policy_arns=["arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"],
)
worker = aws.lambda_.Function(
    "worker",
    runtime="python3.13",
    handler="app.handle",
    role=role.arn,
    timeout=10,
    code=pulumi.FileArchive("./worker"),
    environment={"variables": {"QUEUE": jobs.url}},
)
aws.lambda_.EventSourceMapping(
    "mapping",
    event_source_arn=jobs.arn,
    function_name=worker.arn,
    batch_size=5,
    function_response_types=["ReportBatchItemFailures"],
)
pulumi.export("queue", jobs.url)
