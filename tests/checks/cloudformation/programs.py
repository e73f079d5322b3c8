"""Small Pulumi programs, evaluated without a cloud."""

from __future__ import annotations

from pathlib import Path

from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import read_project

HEAD = """\
import json

import pulumi
import pulumi_aws as aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)
ON_DEMAND = "PAY_PER_REQUEST"
CODE = pulumi.AssetArchive({"app.py": pulumi.StringAsset("def handle(event, context): pass")})


def redrive(dead, count=3):
    return dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count}))


def function(name, **settings):
    role = aws.iam.Role(f"{name}-role", assume_role_policy=TRUST)
    settings = {"runtime": "python3.13", "handler": "app.handle", "role": role.arn, "code": CODE, **settings}
    return aws.lambda_.Function(name, **settings)


"""

PIPELINE = """\
dead = aws.sqs.Queue("dead", **DEAD)
jobs = aws.sqs.Queue("jobs", redrive_policy=redrive(dead), **QUEUE)
worker = function("worker", **FUNCTION)
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, function_name=worker.arn, **MAPPING)
"""


def graph_of(folder: Path, body: str, config: str = "{}") -> Graph:
    """The graph of a program made of `HEAD` and a body."""
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config: {config}\n")
    (folder / "__main__.py").write_text(HEAD + body)
    return evaluate(read_project(folder), "dev")


def pipeline(folder: Path, **settings: dict[str, object]) -> Graph:
    """A queue with a dead-letter queue, a function and a mapping; settings by queue, function, mapping, dead."""
    lines = [f"{name} = {settings.get(name.lower(), {})!r}\n" for name in ("QUEUE", "FUNCTION", "MAPPING", "DEAD")]
    return graph_of(folder, "".join(lines) + PIPELINE)
