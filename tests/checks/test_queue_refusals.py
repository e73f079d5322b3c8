"""What AWS refuses of queues and their mappings: settings of other sources, rivals, redrive policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.world import findings_in, graph_of, ids

DEAD = "arn:aws:sqs:eu-west-1:123456789012:dead"


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("maximum_retry_attempts=2", ["maximumRetryAttempts"]),
        ("bisect_batch_on_function_error=True", ["bisectBatchOnFunctionError"]),
        ("bisect_batch_on_function_error=False", []),
        ("starting_position='LATEST'", ["startingPosition"]),
        ("parallelization_factor=2, topics=['t']", ["parallelizationFactor", "topics"]),
        ("maximum_retry_attempts=jobs.arn.apply(len)", ["maximumRetryAttempts"]),
        ("maximum_retry_attempts=aws.ssm.Parameter('p', type='String', value='1').version", []),
        ("scaling_config={'maximum_concurrency': 2}", []),
    ],
)
def test_settings_of_other_sources_on_a_queue(tmp_path: Path, mapping: str, expected: list[str]) -> None:
    program = f"jobs = queue_with_dlq()\nmapping(jobs, function(), {mapping})"
    findings = findings_in(graph_of(tmp_path / "shop", program))
    assert [each.check for each in findings] == (["CHK-KIND-1"] if expected else [])
    assert [edit.path[0] for each in findings for edit in each.edits] == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # What one deletes, the other would delete as well.
        ("**FILTER", "**FILTER", {"CHK-SHARE-1 warning"}),
        ("**FILTER", "", {"CHK-FILTER-1 error"}),
        ("", "", {"CHK-SHARE-1 warning"}),
        ("**FILTER", "enabled=False", set()),
        ("**FILTER", "**OTHER", {"CHK-FILTER-1 error"}),
    ],
)
def test_filters_of_readers_that_share_a_queue(tmp_path: Path, first: str, second: str, expected: set[str]) -> None:
    program = f"""
FILTER = {{"filter_criteria": {{"filters": [{{"pattern": json.dumps({{"body": {{"kind": ["a"]}}}})}}]}}}}
OTHER = {{"filter_criteria": {{"filters": [{{"pattern": json.dumps({{"body": {{"kind": ["b"]}}}})}}]}}}}
jobs = queue_with_dlq()
mapping(jobs, function("one"), "first", {first})
mapping(jobs, function("two"), "second", {second})
"""
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


def test_two_functions_on_one_queue_are_told_by_name(tmp_path: Path) -> None:
    program = """
jobs = queue_with_dlq()
mapping(jobs, function("billing"), "first")
mapping(jobs, function("audit"), "second")
"""
    [finding] = findings_in(graph_of(tmp_path / "shop", program))
    assert (finding.resources, finding.source) == (("jobs", "first", "second"), "SQS-SHARE-1")
    assert finding.why == (
        "billing and audit read the same queue, jobs. Messages are not copied: each goes to the function whose poller "
        "happens to receive it, so every function misses a part of them."
    )


PIPE = """
jobs = queue_with_dlq()
mapping(jobs, function("billing"))
aws.pipes.Pipe("pipe", role_arn=role.arn, source=jobs.arn, target=function("audit").arn{more})
"""


def test_a_pipe_and_a_function_on_one_queue_compete(tmp_path: Path) -> None:
    stack = Stack.of(graph_of(tmp_path / "shop", PIPE.format(more="")))
    [finding] = CHECKS["CHK-SHARE-1"].findings(stack)

    assert finding.resources == ("jobs", "mapping", "pipe")
    assert list(finding.values) == ["mapping.functionName", "pipe.source"]
    assert finding.why == (
        "billing and pipe read the same queue, jobs. Messages are not copied: each goes to the reader that happens to "
        "receive it, so every reader misses a part of them."
    )


def test_a_pipe_that_is_stopped_reads_nothing(tmp_path: Path) -> None:
    stack = Stack.of(graph_of(tmp_path / "shop", PIPE.format(more=", desired_state='STOPPED'")))

    assert list(CHECKS["CHK-SHARE-1"].findings(stack)) == []


@pytest.mark.parametrize(
    "second",
    [
        'mapping(queue_with_dlq("more", "more-dead"), function("two"), "second")',
        'mapping(jobs, function("two"), "second", enabled=False)',
        'mapping(jobs, aws.lambda_.Alias("live", function_name=one.name, function_version="1"), "second")',
    ],
    ids=["a queue each", "one switched off", "an alias of the same function"],
)
def test_what_is_no_pair_of_functions_on_one_queue(tmp_path: Path, second: str) -> None:
    program = f"""
def queue_with_dlq(name="jobs", dead="dead"):
    target = aws.sqs.Queue(dead, message_retention_seconds=14 * DAY)
    return aws.sqs.Queue(name, visibility_timeout_seconds=60, redrive_policy=redrive(target))

jobs = queue_with_dlq()
one = function("one")
mapping(jobs, one, "first")
{second}
"""
    assert "CHK-SHARE-1 warning" not in ids(findings_in(graph_of(tmp_path / "shop", program)))


def test_one_reader_may_filter(tmp_path: Path) -> None:
    program = """
mapping(queue_with_dlq(), function(), filter_criteria={"filters": [{"pattern": '{"body": {"kind": ["a"]}}'}]})
"""
    assert findings_in(graph_of(tmp_path / "shop", program)) == []


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ('mapping(jobs, worker, "second")', {"CHK-ONE-1 error"}),
        ('mapping(jobs, function("other"), "second")', {"CHK-SHARE-1 warning"}),
        ('mapping(queue("other"), worker, "second")', set()),
    ],
)
def test_a_queue_and_a_function_have_one_mapping(tmp_path: Path, second: str, expected: set[str]) -> None:
    program = f"""
def queue(name):
    return aws.sqs.Queue(name, visibility_timeout_seconds=60, redrive_policy=redrive(dead))

dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
jobs, worker = queue("jobs"), function()
mapping(jobs, worker, "first")
{second}
"""
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


@pytest.mark.parametrize(
    ("own", "more", "found"),
    [
        ('json.dumps({"redrivePermission": "denyAll"})', "", [("error", ["dead", "jobs"])]),
        ('json.dumps({"redrivePermission": "allowAll"})', "", []),
        ('other.arn.apply(lambda a: by_queue([a]))', "", [("error", ["dead", "jobs"])]),
        (f'by_queue(["{DEAD[:-4]}jobs"])', "", []),
        ("None", 'aws.sqs.RedriveAllowPolicy("allow", queue_url=dead.id, redrive_allow_policy=by_queue([]))',
         [("warning", ["allow", "dead", "jobs"])]),
    ],
)  # fmt: skip
def test_sqs_dlq_4_a_dead_letter_queue_that_does_not_allow_its_source(
    tmp_path: Path, own: str, more: str, found: list[tuple[str, list[str]]]
) -> None:
    program = f"""
def by_queue(arns):
    return json.dumps({{"redrivePermission": "byQueue", "sourceQueueArns": arns}})

other = aws.sqs.Queue("other")
dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY, redrive_allow_policy={own})
jobs = aws.sqs.Queue("jobs", name="jobs", visibility_timeout_seconds=60, redrive_policy=redrive(dead))
{more}
"""
    findings = findings_in(graph_of(tmp_path / "shop", program))

    assert [(each.severity.value, list(each.resources)) for each in findings if each.check == "CHK-DLQ-6"] == found


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1000}), ""),
        (json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": "5"}), ""),
        (json.dumps({"deadLetterTargetArn": DEAD}), "it has no maxReceiveCount"),
        (json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1001}), "maxReceiveCount is 1001"),
        (json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 0}), "maxReceiveCount is 0"),
        (json.dumps({"maxReceiveCount": 5}), "it has no deadLetterTargetArn"),
        ("{deadLetterTargetArn}", "it is no JSON object"),
        ("[]", "it is no JSON object"),
    ],
)
@pytest.mark.parametrize("separate", [False, True])
def test_redrive_policies(tmp_path: Path, policy: str, problem: str, separate: bool) -> None:
    program = f"""
given = {{}} if {separate} else {{"redrive_policy": {policy!r}}}
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, **given)
if {separate}:
    aws.sqs.RedrivePolicy("policy", queue_url=jobs.url, redrive_policy={policy!r})
"""
    findings = findings_in(graph_of(tmp_path / "shop", program))
    assert [each.check for each in findings] == (["CHK-DLQ-6"] if problem else [])
    assert all(each.why == f"AWS refuses the redrive policy: {problem}." for each in findings)
    assert all(each.resources[0] == ("policy" if separate else "jobs") for each in findings)


@pytest.mark.parametrize(
    ("statement", "wide"),
    [
        ({"Action": "SQS:SendMessage", "Resource": "*"}, "SQS:SendMessage on every resource"),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:*"}, "sqs:SendMessage on every resource"),
        ({"Action": "s3:PutObject", "Resource": ["arn:aws:s3:::*"]}, "s3:PutObject on every resource"),
        ({"NotAction": "iam:*", "Resource": "*"}, "every action but iam:*"),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:jobs"}, ""),
        ({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}, ""),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:*"}, ""),
    ],
)
def test_permissions(tmp_path: Path, statement: dict[str, object], wide: str) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})
    program = f"function()\naws.iam.RolePolicy('policy', role=role.id, policy={policy!r})\n"
    findings = findings_in(graph_of(tmp_path / "shop", program))
    assert [finding.values for finding in findings] == ([{"policy.policy": [wide]}] if wide else [])
