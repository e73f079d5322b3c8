"""A consumer whose surroundings belong to other stacks, and to a database that is yet to be created."""

import pulumi
import pulumi_aws as aws

shared = pulumi.StackReference("acme/network/prod")
orders = pulumi.StackReference("acme/orders/prod")

database = aws.rds.Instance(
    "ledger",
    engine="postgres",
    instance_class="db.t4g.micro",
    allocated_storage=20,
    vpc_security_group_ids=[shared.get_output("databaseGroup")],
)
entries = aws.sqs.Queue("entries", visibility_timeout_seconds=60, kms_master_key_id=shared.get_output("key"))
book = aws.lambda_.Function(
    "book",
    runtime="python3.12",
    handler="entry.write",
    role=shared.get_output("lambdaRole"),
    timeout=10,
    code=pulumi.FileArchive("book"),
    vpc_config={"subnet_ids": shared.get_output("subnets"), "security_group_ids": []},
    environment={"variables": {"DATABASE": database.address, "DRY_RUN": "yes"}},
)
aws.lambda_.EventSourceMapping("entries", event_source_arn=entries.arn, function_name=book.arn)
aws.lambda_.EventSourceMapping("orders", event_source_arn=orders.get_output("queueArn"), function_name=book.arn)
aws.lambda_.EventSourceMapping(
    "refunds", event_source_arn="arn:aws:sqs:eu-west-1:210987654321:refunds", function_name=book.arn
)
