"""The batch size stands in a parameter, the queues in a table, and the network is looked up."""

import boto3
import pulumi
import pulumi_aws as aws

account = boto3.client("sts").get_caller_identity()["Account"]
size = boto3.client("ssm").get_parameter(Name="/catalog/batch-size")["Parameter"]["Value"]
network = aws.ec2.get_vpc(tags={"Name": "main"})

changes = aws.sqs.Queue("changes", name=f"changes-{account}", visibility_timeout_seconds=60)
role = aws.iam.Role("role", assume_role_policy="{}", description=f"in {network.id} of {network.cidr_block}")
index = aws.lambda_.Function(
    "index",
    runtime="python3.13",
    handler="index.handle",
    role=role.arn,
    timeout=10,
    code=pulumi.FileArchive("./index"),
    environment={"variables": {"NETWORK": network.cidr_block}},
)
aws.lambda_.EventSourceMapping("changes", event_source_arn=changes.arn, function_name=index.arn, batch_size=int(size))
