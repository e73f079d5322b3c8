"""Small Pulumi programs, written to a folder and run by the embedded engine."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from delivery_lab.checks.code.program import Code, UnreadableCode
from delivery_lab.checks.code.reading import read_code
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import CHECKS
from delivery_lab.program.assets import AssetArchive, StringAsset
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.program.project import read_project
from delivery_lab.stack.stack import Stack
from tests.lab_support import moved

PRELUDE = """
import json
import pulumi
import pulumi_aws as aws

DAY = 86_400
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})
READS = ["AWSLambdaSQSQueueExecutionRole", "AWSLambdaKinesisExecutionRole", "AWSLambdaDynamoDBExecutionRole"]
role = aws.iam.Role("role", assume_role_policy=TRUST,
                    managed_policy_arns=[f"arn:aws:iam::aws:policy/service-role/{name}" for name in READS])
SENDS = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:*:*"}]
aws.iam.RolePolicy("sends", role=role.id, policy=json.dumps({"Version": "2012-10-17", "Statement": SENDS}))


def redrive(target, count=5):
    return target.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count}))


def function(name="worker", **given):
    given = {"runtime": "python3.13", "handler": "app.handle", "role": role.arn, "timeout": 10,
             "code": pulumi.FileArchive("./worker"), **given}
    return aws.lambda_.Function(name, **given)


def queue_with_dlq(count=5, **given):
    dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
    return aws.sqs.Queue("jobs", **{"visibility_timeout_seconds": 60, "redrive_policy": redrive(dead, count), **given})


def mapping(source, target, name="mapping", **given):
    given = {"function_response_types": ["ReportBatchItemFailures"], **given}
    return aws.lambda_.EventSourceMapping(name, event_source_arn=source.arn, function_name=target.arn, **given)

"""

REPORTING = """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        try:
            print(record["body"])
        except ValueError:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
"""

KINESIS_REPORTING = REPORTING.replace('record["messageId"]', 'record["kinesis"]["sequenceNumber"]')

SILENT = """
def handle(event, context):
    for record in event["Records"]:
        print(record["body"])
"""

ORDINARY = """
jobs = queue_with_dlq()
worker = function()
mapping(jobs, worker)
"""
"""Nothing is wrong with this one."""


def write_project(
    folder: Path, program: str, files: Mapping[str, str] | None = None, *, config: str = "", name: str = "shop"
) -> Path:
    """Write a project with one stack, `prod`."""
    (folder / "worker").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n" + textwrap.indent(config, "  "))
    (folder / "__main__.py").write_text(PRELUDE + textwrap.dedent(program))
    for path, text in {"worker/app.py": REPORTING, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(textwrap.dedent(text))
    return folder


def graph_of(folder: Path, program: str, files: Mapping[str, str] | None = None, *, config: str = "") -> Graph:
    """The graph of a program."""
    return evaluate(read_project(write_project(folder, program, files, config=config)), "prod")


_EVALUATED: dict[str, tuple[Path, Graph]] = {}


def graph_with_code(folder: Path, program: str, files: Mapping[str, str]) -> Graph:
    """The graph of a program that reads no file, which many tests deploy with other code: it is evaluated once."""
    write_project(folder, program, files)
    if program not in _EVALUATED:
        _EVALUATED[program] = folder, evaluate(read_project(folder), "prod")
    of, graph = _EVALUATED[program]
    return moved(graph, of, folder)


def findings_in(graph: Graph) -> list[Finding]:
    """What our own checks find, without the schemas."""
    stack = Stack.of(graph)
    return [finding for check in CHECKS.values() for finding in check.findings(stack)]


def ids(findings: Sequence[Finding]) -> set[str]:
    """What was found, without the details."""
    return {f"{finding.check} {finding.severity}" for finding in findings}


def code_of(files: Mapping[str, str], *, handler: str = "app.handle", **environment: object) -> Code:
    """The code of a function with these files."""
    found = try_code_of(files, handler=handler, **environment)
    assert isinstance(found, Code), found
    return found


def try_code_of(
    files: Mapping[str, str], *, handler: str = "app.handle", **environment: object
) -> Code | UnreadableCode:
    archive = AssetArchive({path: StringAsset(textwrap.dedent(text)) for path, text in files.items()})
    variables = {"environment": {"variables": environment}}
    inputs = {"runtime": "python3.13", "handler": handler, "code": archive, **variables}
    resource = Resource("urn:f", "aws:lambda/function:Function", "f", True, "f", "", inputs, inputs)
    stack = Stack.of(Graph("p", "s", {"urn:f": resource}, {}, {}))
    return read_code(stack, stack.functions[0])
