"""A worker in a network that a remote component makes."""

import made
import pulumi
import pulumi_aws as aws

vpc = made.Vpc("vpc", zones=2)
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.vpc_id)
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
role = aws.iam.Role("role", assume_role_policy="{}")
worker = aws.lambda_.Function(
    "worker",
    role=role.arn,
    runtime="python3.11",
    handler="app.handler",
    timeout=10,
    code=pulumi.FileArchive("./worker"),
    vpc_config={"subnet_ids": vpc.private_subnet_ids, "security_group_ids": [group.id]},
    environment={"variables": {"VPC": vpc.vpc_id, "FIRST": vpc.private_subnet_ids.apply(lambda subnets: subnets[0])}},
)
aws.lambda_.EventSourceMapping("jobs-to-worker", event_source_arn=jobs.arn, function_name=worker.name)
pulumi.export("vpc", vpc.vpc_id)
