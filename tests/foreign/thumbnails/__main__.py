"""Two functions that are container images: one is built from a folder with a Dockerfile, one comes from elsewhere."""

import json

import pulumi
import pulumi_aws as aws

dead = aws.sqs.Queue("dead")
uploads = aws.sqs.Queue(
    "uploads",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})),
)
repository = aws.ecr.Repository("images")
role = aws.iam.Role("role", assume_role_policy="{}")

resize = aws.lambda_.Function(
    "resize",
    role=role.arn,
    package_type="Image",
    image_uri=pulumi.Output.concat(repository.repository_url, ":latest"),
    timeout=10,
    environment={"variables": {"SIZES": "64,128"}},
)
aws.lambda_.EventSourceMapping("uploads-to-resize", event_source_arn=uploads.arn, function_name=resize.name)

aws.lambda_.Function(
    "report",
    role=role.arn,
    package_type="Image",
    image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/report:7",
    timeout=10,
)
