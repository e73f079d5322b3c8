"""Visits are counted in a table with provisioned capacity; one index of it has less than the table."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
dead = aws.sqs.Queue("dead")
visits = aws.sqs.Queue(
    "visits",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})),
)
table = aws.dynamodb.Table(
    "pages",
    name="pages",
    hash_key="page",
    attributes=[{"name": "page", "type": "S"}],
    read_capacity=1,
    write_capacity=config.get_int("writes") or 1,
)
aws.appautoscaling.Target(
    "scaling",
    min_capacity=1,
    max_capacity=10,
    resource_id=table.name.apply("table/{}".format),
    scalable_dimension="dynamodb:table:WriteCapacityUnits",
    service_namespace="dynamodb",
)
role = aws.iam.Role("role", assume_role_policy="{}")
count = aws.lambda_.Function(
    "count",
    role=role.arn,
    runtime="python3.11",
    handler="count.handler",
    timeout=10,
    code=pulumi.FileArchive("./count"),
    environment={"variables": {"TABLE": table.name}},
)
aws.lambda_.EventSourceMapping("visits-to-count", event_source_arn=visits.arn, function_name=count.name)
