"""A worker that reads a queue of another stack, and writes to a stream, a table and a queue of others."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
orders = pulumi.StackReference("acme/orders/prod")
labels_arn = config.require("labelsArn")

worker = aws.lambda_.Function(
    "worker",
    runtime="python3.13",
    handler="ship.handle",
    role=orders.require_output("workerRole"),
    timeout=20,
    code=pulumi.FileArchive("./worker"),
    environment={
        "variables": {
            "LABELS": labels_arn,
            "PARCELS": config.get("parcels") or "parcels",
            "RETURNS": "https://sqs.eu-west-1.amazonaws.com/210987654321/returns",
        }
    },
)
aws.lambda_.EventSourceMapping(
    "orders", event_source_arn=orders.get_output("queueArn"), function_name=worker.arn, batch_size=1
)
