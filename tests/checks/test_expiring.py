"""Messages that expire before they were received often enough to be dead-lettered (CHK-DLQ-7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.finding import Finding, Severity
from tests.checks.world import findings_in, graph_of

DAY_SECONDS = 86_400


def found(
    folder: Path, queue: str, function: str = "", files: dict[str, str] | None = None, **dead: int
) -> list[Finding]:
    program = f"""
        dead = aws.sqs.Queue("dead", message_retention_seconds={dead.get("kept", 14 * DAY_SECONDS)})
        jobs = aws.sqs.Queue("jobs", **{{"redrive_policy": redrive(dead), {queue}}})
        mapping(jobs, function({function}))
    """
    findings = findings_in(graph_of(folder / "shop", program, files))
    return [finding for finding in findings if finding.check == "CHK-DLQ-7"]


def test_the_receives_that_a_message_has_until_it_expires_are_said(tmp_path: Path) -> None:
    [finding] = found(tmp_path, '"visibility_timeout_seconds": 180, "message_retention_seconds": 600')
    assert finding.why == (
        "A message of jobs that fails is visible again 3 min after each receive: after 5 times it would be moved to "
        "the dead-letter queue, 15 min after it was sent. It expires after 10 min, received 4 times at most, and is "
        "lost."
    )
    assert finding.values == {
        "jobs.messageRetentionSeconds": 600,
        "jobs.visibilityTimeoutSeconds": 180,
        "jobs.redrivePolicy.maxReceiveCount": 5,
    }
    assert finding.fix == "set messageRetentionSeconds of jobs to 345600 (4 d)"
    assert [(edit.path, edit.value) for edit in finding.edits] == [(("messageRetentionSeconds",), 345_600)]


@pytest.mark.parametrize(("retention", "is_found"), [(899, True), (900, True), (901, False)])
def test_a_retention_as_long_as_all_receives_is_too_short(tmp_path: Path, retention: int, is_found: bool) -> None:
    queue = f'"visibility_timeout_seconds": 180, "message_retention_seconds": {retention}'
    assert bool(found(tmp_path, queue)) is is_found


def test_the_delay_of_a_queue_takes_its_part(tmp_path: Path) -> None:
    queue = '"visibility_timeout_seconds": 60, "message_retention_seconds": 310, "delay_seconds": 10'
    [finding] = found(tmp_path, queue)
    assert "each receive, the first of which its delay puts off by 10 s: after 5 times" in finding.why
    assert found(tmp_path / "longer", queue.replace("310", "311")) == []


def test_a_retention_that_nothing_exceeds_leaves_the_receives_to_be_lowered(tmp_path: Path) -> None:
    retention = '"visibility_timeout_seconds": 43_200, "message_retention_seconds": 1_209_600'
    [finding] = found(tmp_path, f'{retention}, "redrive_policy": redrive(dead, 50)')
    assert finding.fix == "set messageRetentionSeconds of jobs to 1209600 (14 d) and maxReceiveCount to 27 or less"
    assert [edit.value for edit in finding.edits] == [1_209_600, 27]


def test_a_dead_letter_queue_that_would_keep_its_messages_no_longer_is_changed_too(tmp_path: Path) -> None:
    [finding] = found(tmp_path, '"message_retention_seconds": 60', "timeout=5", kept=345_600)
    assert finding.fix == "set messageRetentionSeconds of jobs to 345600 (4 d), and that of dead to 1209600"
    assert [edit.value for edit in finding.edits] == [345_600, 1_209_600]


HANDS_BACK = """
import boto3

sqs = boto3.client("sqs")


def handle(event, context):
    for record in event["Records"]:
        sqs.change_message_visibility(QueueUrl="q", ReceiptHandle=record["receiptHandle"], VisibilityTimeout=1)
    raise RuntimeError("later")
"""


def test_a_handler_that_decides_when_its_messages_are_visible_again_is_not_judged(tmp_path: Path) -> None:
    queue = '"visibility_timeout_seconds": 180, "message_retention_seconds": 600'
    assert found(tmp_path, queue, files={"worker/app.py": HANDS_BACK}) == []


def test_code_that_cannot_be_read_makes_it_a_note(tmp_path: Path) -> None:
    queue = '"visibility_timeout_seconds": 180, "message_retention_seconds": 600'
    [finding] = found(tmp_path, queue, 'runtime="nodejs22.x"')
    assert finding.severity is Severity.NOTE
    assert finding.why.endswith("Whether its function changes the visibility of messages cannot be told.")


@pytest.mark.parametrize(
    "queue",
    [
        '"visibility_timeout_seconds": 180, "message_retention_seconds": 600, "redrive_policy": None',
        '"visibility_timeout_seconds": 0, "message_retention_seconds": 600',
        '"message_retention_seconds": 60, "redrive_policy": pulumi.StackReference("other").get_output("policy")',
    ],
    ids=["no dead-letter queue", "visible at once", "unknown"],
)
def test_what_needs_no_time_or_cannot_be_told_is_not_found(tmp_path: Path, queue: str) -> None:
    assert found(tmp_path, queue) == []
