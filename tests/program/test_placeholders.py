"""What only a cloud can answer: programs get placeholders, and what they make of them is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.program.placeholders import has_placeholder, placeholder, readable
from tests.program.conftest import MakeProject

HEADER = "import json, pulumi, pulumi_aws as aws\n"


def outputs(make_project: MakeProject, program: str) -> Any:
    return evaluate(make_project(HEADER + program), "dev").outputs


def resources(graph: Graph) -> dict[str, Any]:
    return {found.name: found for found in graph.resources.values()}


@pytest.mark.parametrize("change", [str.upper, json.dumps, lambda text: text[5:6], "https://{}/x".format, repr])
def test_whatever_is_made_of_a_placeholder_is_known_for_it(change: Any) -> None:
    assert has_placeholder(change(placeholder("getVpc.id")))


def test_a_placeholder_can_be_read() -> None:
    assert readable(f"host-{placeholder('getVpc.id')}") == "host-getVpc.id"
    assert not has_placeholder("host-getVpc.id \\u00e9 é")


@pytest.mark.parametrize(
    "expression",
    [
        "aws.ec2.get_vpc(default=True).id",
        "aws.ec2.get_vpc(default=True).arn.split(':')[5]",
        "f'{aws.ec2.get_ami(owners=[\"amazon\"], most_recent=True).id}-x'",
        "json.dumps({'a': aws.ssm.get_parameter(name='x').value})",
        "aws.ec2.get_subnets().ids[2]",
        "aws.ec2.get_vpc(default=True).cidr_block_associations[0].cidr_block",
        "aws.ec2.get_vpc_output(default=True).id",
        "aws.ssm.get_parameter_output(name='x').value.apply(json.loads)",
        "aws.sns.get_topic(name='theirs').arn",
        "aws.iam.get_policy_document(statements=[{'resources': [aws.sns.get_topic(name='theirs').arn]}]).json",
        "aws.iam.get_role(name='theirs').arn",
    ],
)
def test_what_only_the_cloud_can_answer_is_unknown(make_project: MakeProject, expression: str) -> None:
    assert outputs(make_project, f"pulumi.export('x', {expression})\n") == {"x": UNKNOWN}


@pytest.mark.parametrize("asked", ["get_credentials(registry_id='210987654321')", "get_authorization_token()"])
def test_a_login_to_ecr_can_be_taken_apart_and_its_password_is_unknown(make_project: MakeProject, asked: str) -> None:
    program = f"""\
login = aws.ecr.{asked}
user, password = base64.b64decode(login.authorization_token).decode().split(":")
pulumi.export("user", user)
pulumi.export("password", password)
pulumi.export("token", login.authorization_token)
pulumi.export("server", login.proxy_endpoint)
"""
    account = "210987654321" if "registry_id" in asked else "123456789012"
    assert outputs(make_project, "import base64\n" + program) == {
        "user": "AWS",
        "password": UNKNOWN,
        "token": UNKNOWN,
        "server": f"https://{account}.dkr.ecr.us-east-1.amazonaws.com",
    }


def test_what_the_program_says_itself_stays_known(make_project: MakeProject) -> None:
    program = "topic = aws.sns.get_topic(name='theirs')\npulumi.export('x', [topic.name, topic.region])\n"
    assert outputs(make_project, program) == {"x": ["theirs", "us-east-1"]}


def test_questions_are_noted_with_their_lines(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(HEADER + "aws.ec2.get_vpc(default=True)\naws.ec2.get_vpc_output(default=True)\n"), "dev"
    )
    assert graph.warnings == (
        "aws:ec2/getVpc:getVpc (__main__.py:2) is answered by the cloud only: what the program makes of it is unknown",
    )


def test_a_resource_that_is_named_after_a_placeholder_has_a_readable_name(make_project: MakeProject) -> None:
    program = "for i in aws.ec2.get_subnets().ids:\n    aws.sqs.Queue(f'of-{i}', tags={'subnet': i})\n"
    found = resources(evaluate(make_project(HEADER + program), "dev"))
    assert found["of-getSubnets.ids.1"].inputs == {"tags": {"subnet": UNKNOWN}}


@pytest.mark.parametrize(
    ("creating", "asking", "answer"),
    [
        (
            "aws.sqs.Queue('q', name='jobs')",
            "aws.sqs.get_queue(name='jobs').arn",
            "arn:aws:sqs:us-east-1:123456789012:jobs",
        ),
        (
            "aws.sqs.Queue('q', name='jobs')",
            "aws.sqs.get_queue_output(name='jobs').url",
            "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
        ),
        (
            "aws.sns.Topic('t', name='news')",
            "aws.sns.get_topic(name='news').arn",
            "arn:aws:sns:us-east-1:123456789012:news",
        ),
        (
            "aws.lambda_.Function('f', name='work', role='r')",
            "aws.lambda_.get_function(function_name='work').arn",
            "arn:aws:lambda:us-east-1:123456789012:function:work",
        ),
        (
            "aws.dynamodb.Table('t', name='items', hash_key='a')",
            "aws.dynamodb.get_table(name='items').arn",
            "arn:aws:dynamodb:us-east-1:123456789012:table/items",
        ),
        (
            "aws.kinesis.Stream('s', name='clicks', shard_count=1)",
            "aws.kinesis.get_stream(name='clicks').arn",
            "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
        ),
        ("aws.s3.Bucket('b', bucket='files')", "aws.s3.get_bucket(bucket='files').arn", "arn:aws:s3:::files"),
        ("aws.iam.Role('r', name='worker', assume_role_policy='{}')", "aws.iam.get_role(name='worker').id", "worker"),
    ],
)
def test_what_the_same_program_creates_is_answered(
    make_project: MakeProject, creating: str, asking: str, answer: str
) -> None:
    assert outputs(make_project, f"{creating}\npulumi.export('x', {asking})\n") == {"x": answer}


def test_a_function_that_no_sdk_describes_is_unknown(make_project: MakeProject) -> None:
    program = "pulumi.export('x', pulumi.runtime.invoke_output('made:up/get:get', {}))\n"
    assert outputs(make_project, program) == {"x": UNKNOWN}
