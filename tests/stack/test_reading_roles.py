"""Whether the roles of functions let their mappings read."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.reading_roles import missing_reads
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

HANDLER = "def handle(event, context):\n    return None\n"
QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM = ("kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator")
TABLE = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")

JOBS = 'source = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)\nstart = {}\n'
CLICKS = 'source = aws.kinesis.Stream("clicks", shard_count=1)\nstart = {"starting_position": "LATEST"}\n'
ITEMS = """
class Source:
    arn = aws.dynamodb.Table("items", hash_key="id", attributes=[{"name": "id", "type": "S"}], stream_enabled=True,
                             billing_mode="PAY_PER_REQUEST", stream_view_type="NEW_IMAGE").stream_arn
source = Source
start = {"starting_position": "LATEST"}
"""
ROLE = """
own = aws.iam.Role("own", assume_role_policy=TRUST, managed_policy_arns=[{managed}])
{more}
mapping(source, function(role=own.arn), function_response_types=[], **start)
"""
MANAGED = "arn:aws:iam::aws:policy/"
BASIC = f'"{MANAGED}service-role/AWSLambdaBasicExecutionRole"'


def _missing(folder: Path, source: str, managed: str = "", more: str = "") -> tuple[str, ...]:
    graph = graph_of(folder / "shop", source + ROLE.format(managed=managed, more=more), {"worker/app.py": HANDLER})
    stack = Stack.of(graph)
    found = missing_reads(stack, stack.mappings[0])
    assert len(list(CHECKS["CHK-ROLE-1"].findings(stack))) == (found is not None)
    return () if found is None else found.actions


def _inline(actions: str, resource: str = "source.arn") -> str:
    statement = f'{{"Effect": "Allow", "Action": {actions}, "Resource": {resource}}}'
    return f'aws.iam.RolePolicy("inline", role=own.id, policy=pulumi.Output.json_dumps({{"Statement": [{statement}]}}))'


@pytest.mark.parametrize(("source", "actions"), [(JOBS, QUEUE), (CLICKS, STREAM), (ITEMS, TABLE)])
@pytest.mark.parametrize("managed", ["", BASIC], ids=["no policy", "logs alone"])
def test_esm_role_1_a_role_without_a_policy_for_its_source_lets_nothing(
    tmp_path: Path, source: str, actions: tuple[str, ...], managed: str
) -> None:
    assert _missing(tmp_path, source, managed) == actions


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (JOBS, "service-role/AWSLambdaSQSQueueExecutionRole"),
        (CLICKS, "service-role/AWSLambdaKinesisExecutionRole"),
        (ITEMS, "service-role/AWSLambdaDynamoDBExecutionRole"),
        (JOBS, "AmazonSQSFullAccess"),
        (CLICKS, "ReadOnlyAccess"),
    ],
)
def test_a_policy_of_aws_lets_read(tmp_path: Path, source: str, name: str) -> None:
    assert _missing(tmp_path, source, f'"{MANAGED}{name}"') == ()


def test_a_policy_of_aws_for_another_source_does_not(tmp_path: Path) -> None:
    assert _missing(tmp_path, CLICKS, f'"{MANAGED}service-role/AWSLambdaSQSQueueExecutionRole"') == STREAM


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        (_inline('"sqs:*"'), ()),
        (_inline('["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]'), ("sqs:DeleteMessage",)),
        (_inline('"sqs:*"', '"arn:aws:sqs:eu-west-1:123456789012:others"'), QUEUE),
        (
            (
                'policy = aws.iam.Policy("policy", policy=json.dumps({"Statement": [\n'
                '    {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}))\n'
                'aws.iam.RolePolicyAttachment("attached", role=own.name, policy_arn=policy.arn)'
            ),
            ("sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        ),
        (
            'aws.iam.RolePolicyAttachment("attached", role=own.name, policy_arn="arn:aws:iam::123456789012:policy/x")',
            (),
        ),
        (
            (
                'elsewhere = pulumi.StackReference("org/other/prod")\n'
                'aws.iam.RolePolicyAttachment("attached", role=own.name, policy_arn=elsewhere.get_output("policy"))'
            ),
            (),
        ),
        (
            (
                'elsewhere = pulumi.StackReference("org/other/prod")\n'
                'aws.iam.RolePolicy("inline", role=own.name, policy=elsewhere.get_output("policy"))'
            ),
            (),
        ),
        (
            (
                'aws.sqs.QueuePolicy("lets", queue_url=source.url, policy=pulumi.Output.json_dumps({"Statement": [\n'
                '    {"Effect": "Allow", "Principal": {"AWS": own.arn}, "Action": "sqs:*", "Resource": source.arn}]}))'
            ),
            (),
        ),
    ],
    ids=[
        "an own one",
        "an own one without the deletes",
        "an own one of another queue",
        "an attached one of the stack",
        "one of somebody else",
        "one that is not known",
        "one with unknown content",
        "one of the queue",
    ],
)
def test_what_the_policies_of_a_role_let_it_do(tmp_path: Path, more: str, missing: tuple[str, ...]) -> None:
    assert _missing(tmp_path, JOBS, more=more) == missing


def test_inline_policies_that_are_not_known_may_let_everything(tmp_path: Path) -> None:
    given = """
elsewhere = pulumi.StackReference("org/other/prod")
own = aws.iam.Role("own", assume_role_policy=TRUST, inline_policies=elsewhere.get_output("policies"))
mapping(source, function(role=own.arn))
"""
    stack = Stack.of(graph_of(tmp_path / "shop", JOBS + given, {"worker/app.py": HANDLER}))

    assert missing_reads(stack, stack.mappings[0]) is None


@pytest.mark.parametrize(
    "role",
    ['"arn:aws:iam::123456789012:role/theirs"', 'aws.iam.Role.get("theirs", "theirs").arn'],
    ids=["by its ARN", "read"],
)
def test_a_role_that_is_not_of_the_stack_may_do_anything(tmp_path: Path, role: str) -> None:
    program = JOBS + f"mapping(source, function(role={role}))"
    stack = Stack.of(graph_of(tmp_path / "shop", program, {"worker/app.py": HANDLER}))

    assert missing_reads(stack, stack.mappings[0]) is None
