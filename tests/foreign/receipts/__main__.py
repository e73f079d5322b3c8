import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
attempts = config.get_int("attempts") or 2
sender = config.require("sender")

dead = aws.sqs.Queue("receipts-dead")
receipts = aws.sqs.Queue(
    "receipts",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": attempts})),
)
role = aws.iam.Role(
    "mailer-role",
    assume_role_policy=aws.iam.get_policy_document(
        statements=[
            {
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
            }
        ]
    ).json,
)
mailer = aws.lambda_.Function(
    "mailer",
    runtime="python3.12",
    handler="mail.send",
    role=role.arn,
    timeout=10,
    code=pulumi.FileArchive("./mailer"),
    environment={"variables": {"SENDER": sender, "HOME_REGION": aws.config.region}},
)
aws.lambda_.EventSourceMapping("receipts", event_source_arn=receipts.arn, function_name=mailer.name, batch_size=1)
