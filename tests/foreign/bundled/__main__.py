"""One function's bundle is made by a process of the program, the other's by a command of the deployment."""

import os
import subprocess
import sys

import pulumi
import pulumi_aws as aws

subprocess.run([sys.executable, "build.py", "bundle"], check=True)
os.system("true")


class Command(pulumi.CustomResource):
    """A command as pulumi-command has it."""

    def __init__(self, name, create):
        super().__init__("command:local:Command", name, {"create": create, "stdout": None})


command = Command("pack", f"{sys.executable} build.py packed")
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
role = aws.iam.Role("role", assume_role_policy="{}")
worker = aws.lambda_.Function(
    "worker",
    role=role.arn,
    runtime="python3.11",
    handler="app.handler",
    timeout=10,
    code=pulumi.FileArchive("./bundle"),
)
aws.lambda_.EventSourceMapping("jobs-to-worker", event_source_arn=jobs.arn, function_name=worker.name)
aws.lambda_.Function(
    "later",
    role=role.arn,
    runtime="python3.11",
    handler="app.handler",
    timeout=10,
    code=pulumi.FileArchive("./packed"),
    opts=pulumi.ResourceOptions(depends_on=[command]),
)
