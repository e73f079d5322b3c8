"""Topics and buses that get what has failed, and whether anybody of the stack reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.unread import unread_destinations
from tests.checks.world import graph_of

HANDLER = "def handle(event, context):\n    return None\n"
TOPIC = "target = aws.sns.Topic('failures')\n"
BUS = "target = aws.cloudwatch.EventBus('failures')\n"
CONFIG = """
aws.lambda_.FunctionEventInvokeConfig("config", function_name=function().name,
                                      destination_config={"on_failure": {"destination": target.arn}})
"""
DEAD_LETTERS = "function(dead_letter_config={'target_arn': target.arn})\n"
MAPPING = """
mapping(aws.kinesis.Stream("clicks", shard_count=1), function(), starting_position="LATEST", maximum_retry_attempts=2,
        destination_config={"on_failure": {"destination_arn": target.arn}})
"""
MAIL = "aws.sns.TopicSubscription('mail', topic=target.arn, protocol='email', endpoint='a@example.com')\n"
RULE = "aws.cloudwatch.EventRule('all', event_bus_name=target.name, event_pattern=json.dumps({'source': ['lambda']}))\n"
ARCHIVE = "aws.cloudwatch.EventArchive('archive', event_source_arn=target.arn)\n"
ELSEWHERE = "other = pulumi.StackReference('org/other/prod').get_output('topic')\n"


def _stack(folder: Path, program: str) -> Stack:
    return Stack.of(graph_of(folder / "shop", program, {"worker/app.py": HANDLER}))


@pytest.mark.parametrize(
    ("program", "holders"),
    [
        (TOPIC + CONFIG, ["config"]),
        (TOPIC + DEAD_LETTERS, ["worker"]),
        (TOPIC + MAPPING, ["mapping"]),
        (BUS + CONFIG, ["config"]),
        (TOPIC + CONFIG.replace("on_failure", "on_success"), []),
        (TOPIC + CONFIG + MAIL, []),
        (TOPIC + CONFIG + ELSEWHERE + MAIL.replace("target.arn", "other"), []),
        (BUS + CONFIG + RULE, []),
        (BUS + CONFIG + ARCHIVE, []),
        ("target = aws.sqs.Queue('failures')\n" + CONFIG, []),
    ],
    ids=[
        "a topic",
        "a dead-letter topic",
        "a topic of a mapping",
        "a bus",
        "successes",
        "with a subscription by mail",
        "with a subscription of a topic that is not known",
        "a bus with a rule",
        "a bus with an archive",
        "a queue",
    ],
)
def test_what_nobody_of_the_stack_reads(tmp_path: Path, program: str, holders: list[str]) -> None:
    stack = _stack(tmp_path, program)

    assert [each.holder.name for each in unread_destinations(stack)] == holders
    assert [each.resources[0] for each in CHECKS["CHK-DEST-2"].findings(stack)] == holders


def test_the_finding_says_what_the_topic_lacks(tmp_path: Path) -> None:
    (found,) = CHECKS["CHK-DEST-2"].findings(_stack(tmp_path, TOPIC + CONFIG))

    assert found.why == (
        "What fails goes to failures, a topic without a subscription in this stack: unless somebody reads it from "
        "elsewhere, it is lost."
    )
    assert found.fix == "give failures a subscription, or set config.destinationConfig.onFailure.destination to a queue"
