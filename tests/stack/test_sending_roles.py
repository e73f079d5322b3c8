"""Whether the roles of functions let Lambda send to destinations and dead-letter queues."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.sending_roles import missing_sends
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

HANDLER = "def handle(event, context):\n    return None\n"
MANAGED = "arn:aws:iam::aws:policy/"

OWN = "own = aws.iam.Role('own', assume_role_policy=TRUST, managed_policy_arns=[{managed}])\n"
DEFAULT = "worker = function(role=own.arn)\n"
QUEUE = "target = aws.sqs.Queue('failed')\n"
CONFIG = """
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name,
                                      destination_config={"on_failure": {"destination": target.arn}})
"""
SUCCESS = CONFIG.replace("on_failure", "on_success")
CLICKS = """
clicks = aws.kinesis.Stream("clicks", shard_count=1)
mapping(clicks, worker, starting_position="LATEST", maximum_retry_attempts=2,
        destination_config={"on_failure": {"destination_arn": target.arn}})
"""
OTHER = "target = function('other')\n"
GRANT = """
aws.iam.RolePolicy("grant", role=own.id, policy=pulumi.Output.json_dumps(
    {{"Statement": [{{"Effect": "Allow", "Action": "{action}", "Resource": {resource}}}]}}))
"""


def _missing(folder: Path, program: str, managed: str = "") -> list[tuple[str, str, str]]:
    """Who names the destination, the action, and the destination."""
    graph = graph_of(folder / "shop", OWN.format(managed=managed) + program, {"worker/app.py": HANDLER})
    stack = Stack.of(graph)
    found = list(missing_sends(stack))
    assert len(list(CHECKS["CHK-ROLE-4"].findings(stack))) == len(found)
    return [(each.holder.name, each.action, each.target.name) for each in found]


@pytest.mark.parametrize(
    ("program", "missing"),
    [
        (QUEUE + DEFAULT + CONFIG, ("config", "sqs:SendMessage", "failed")),
        (QUEUE + DEFAULT + SUCCESS, ("config", "sqs:SendMessage", "failed")),
        ("target = aws.sns.Topic('failed')\n" + DEFAULT + CONFIG, ("config", "sns:Publish", "failed")),
        (OTHER + DEFAULT + CONFIG, ("config", "lambda:InvokeFunction", "other")),
        ("target = aws.cloudwatch.EventBus('failed')\n" + DEFAULT + CONFIG, ("config", "events:PutEvents", "failed")),
        ("target = aws.s3.Bucket('failed')\n" + DEFAULT + CONFIG, ("config", "s3:PutObject", "failed")),
        (
            QUEUE + "worker = function(role=own.arn, dead_letter_config={'target_arn': target.arn})\n",
            ("worker", "sqs:SendMessage", "failed"),
        ),
        (QUEUE + DEFAULT + CLICKS, ("mapping", "sqs:SendMessage", "failed")),
    ],
    ids=["queue", "success", "topic", "function", "bus", "bucket", "dead-letter queue", "mapping"],
)
def test_dst_role_1_a_role_without_a_policy_sends_nothing(
    tmp_path: Path, program: str, missing: tuple[str, str, str]
) -> None:
    assert _missing(tmp_path, program, f"'{MANAGED}service-role/AWSLambdaBasicExecutionRole'") == [missing]


@pytest.mark.parametrize(
    "program",
    [
        QUEUE + DEFAULT + CONFIG + GRANT.format(action="sqs:SendMessage", resource="target.arn"),
        QUEUE + DEFAULT + CONFIG + GRANT.format(action="sqs:*", resource="'*'"),
        OTHER + DEFAULT + CONFIG + GRANT.format(action="lambda:InvokeFunction", resource="target.arn"),
        "target = aws.s3.Bucket('failed')\n"
        + DEFAULT
        + CONFIG
        + GRANT.format(action="s3:PutObject", resource="pulumi.Output.concat(target.arn, '/*')"),
        OTHER
        + DEFAULT
        + CONFIG
        + "aws.lambda_.Permission('lets', function=target.name, action='lambda:InvokeFunction', principal=own.arn)\n",
        "target = aws.s3.Bucket('failed')\n"
        + DEFAULT
        + CONFIG
        + "aws.s3.BucketPolicy('lets', bucket=target.id, policy=json.dumps({'Statement': []}))\n",
        QUEUE
        + DEFAULT
        + CONFIG
        + "aws.sqs.QueuePolicy('lets', queue_url=target.url, policy=pulumi.Output.json_dumps({'Statement': [\n"
        + "    {'Effect': 'Allow', 'Principal': {'AWS': own.arn}, 'Action': 'sqs:*', 'Resource': target.arn}]}))\n",
        DEFAULT + "target = pulumi.StackReference('org/other/prod').get_output('queue')\n"
        "aws.lambda_.FunctionEventInvokeConfig('config', function_name=worker.name,\n"
        "    destination_config={'on_failure': {'destination': target}})\n",
        QUEUE + "worker = function(role='arn:aws:iam::123456789012:role/theirs')\n" + CONFIG,
    ],
    ids=[
        "one of the role",
        "a wide one",
        "a function",
        "a bucket",
        "a permission",
        "one of the bucket",
        "one of the queue",
        "a destination that is not known",
        "a role of somebody else",
    ],
)
def test_what_lets_it_send_or_may_do_so(tmp_path: Path, program: str) -> None:
    assert _missing(tmp_path, program) == []


@pytest.mark.parametrize("name", ["AmazonSQSFullAccess", "AdministratorAccess", "AWSLambdaExecute"])
def test_a_policy_of_aws_may_let_it_send(tmp_path: Path, name: str) -> None:
    assert _missing(tmp_path, QUEUE + DEFAULT + CONFIG, f"'{MANAGED}{name}'") == []


def test_the_finding_says_which_role_lacks_what(tmp_path: Path) -> None:
    program = OWN.format(managed="") + QUEUE + DEFAULT + CONFIG
    stack = Stack.of(graph_of(tmp_path / "shop", program, {"worker/app.py": HANDLER}))

    (found,) = CHECKS["CHK-ROLE-4"].findings(stack)

    assert found.resources == ("config", "own", "failed")
    assert list(found.values) == ["config.destinationConfig.onFailure.destination"]
    assert found.why == (
        "own does not let worker do sqs:SendMessage to failed: AWS refuses config, or drops what is to get to failed."
    )
    assert found.fix == "give own a policy with sqs:SendMessage of failed"
