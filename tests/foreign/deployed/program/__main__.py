import pulumi
import pulumi_aws as aws

jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=180)
worker = aws.lambda_.Function(
    "worker",
    runtime="nodejs20.x",
    handler="index.handler",
    timeout=30,
    role="arn:aws:iam::210987654321:role/r",
    code=pulumi.FileArchive("./gone"),
    environment={"variables": {"KEY": pulumi.Output.secret("k"), "MODE": "live"}},
)
aws.lambda_.EventSourceMapping("map", event_source_arn=jobs.arn, function_name=worker.arn, batch_size=5)
