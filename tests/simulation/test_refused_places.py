"""Queues with names that SQS refuses, mappings across regions, and keys that let no service in."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab import resource_types
from delivery_lab.checks.registry import CHECKS
from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.queue_attributes import check_addresses
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of
from tests.stack.world import arn_of, resource, stack_of

HANDLER = """
def handle(event, context):
    return {"batchItemFailures": []}
"""
LETTERS = "which has letters, digits, hyphens and underscores, 80 at most"
TO_QUEUE = "send: [{queue: jobs, body: {id: a}}]\n"
TO_FIFO = "send: [{queue: jobs, key: g, dedup: d, body: {id: a}}]\n"


def _stack(folder: Path, program: str) -> Stack:
    return Stack.of(graph_of(folder / "shop", program, {"worker/app.py": HANDLER}))


def _run(folder: Path, stack: Stack, sends: str) -> Outcome:
    (folder / "sends.yaml").write_text(sends, encoding="utf-8")
    return outcome_of(simulate(stack, folder / "shop", read_workload(folder / "sends.yaml"), seed=1))


def _found(stack: Stack, check: str) -> list[str]:
    return [finding.why for finding in CHECKS[check].findings(stack)]


@pytest.mark.parametrize(
    ("queue", "sends", "problem"),
    [
        (
            'name="orders", fifo_queue=True',
            TO_FIFO,
            f"orders is no name of a FIFO queue, {LETTERS}, and ends in .fifo",
        ),
        (
            'name="orders.fifo"',
            TO_QUEUE,
            f"orders.fifo is no name of a standard queue, {LETTERS}",
        ),
        (
            f'name="{"o" * 81}"',
            TO_QUEUE,
            f"{'o' * 81} is no name of a standard queue, {LETTERS}",
        ),
    ],
    ids=["FIFO without the suffix", "suffix without FIFO", "too long"],
)
def test_sqs_name_1_a_name_that_does_not_fit_is_refused_and_found(
    tmp_path: Path, queue: str, sends: str, problem: str
) -> None:
    stack = _stack(tmp_path, f'mapping(aws.sqs.Queue("jobs", visibility_timeout_seconds=60, {queue}), function())')

    with pytest.raises(DeploymentRefusedError) as refused:
        _run(tmp_path, stack, sends)

    assert str(refused.value) == (
        f"AWS would refuse jobs: InvalidParameterValue: {problem} (SQS-NAME-1)\n"
        "  fix: change the name of jobs, or leave it out: Pulumi makes one that fits"
    )
    assert _found(stack, "CHK-FIFO-2") == [f"SQS refuses the name: {problem}."]


def test_sqs_name_1_a_name_that_fits_is_taken(tmp_path: Path) -> None:
    name = "o" * 75 + ".fifo"
    stack = _stack(
        tmp_path,
        f'mapping(aws.sqs.Queue("jobs", name="{name}", fifo_queue=True, visibility_timeout_seconds=60), function())',
    )
    assert _run(tmp_path, stack, TO_FIFO).messages.processed == 1
    assert _found(stack, "CHK-FIFO-2") == []


ELSEWHERE = {
    "provider": "there = aws.Provider('us', region='us-east-1')\n"
    "jobs = queue_with_dlq(redrive_policy=None, opts=pulumi.ResourceOptions(provider=there))",
    "input": 'jobs = queue_with_dlq(region="us-east-1", redrive_policy=None)',
    "text": "class jobs: arn = 'arn:aws:sqs:us-east-1:123456789012:jobs'",
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_esm_region_1_a_source_in_another_region_is_refused_and_found(tmp_path: Path, how: str) -> None:
    stack = _stack(tmp_path, f"{ELSEWHERE[how]}\nworker = function()\nmapping(jobs, worker)")

    with pytest.raises(DeploymentRefusedError) as refused:
        _run(tmp_path, stack, "send: [{invoke: worker, body: {Records: []}}]\n")

    assert str(refused.value) == (
        "AWS would refuse mapping: InvalidParameterValueException: Event source region must match Lambda region "
        "eu-west-1: it is us-east-1 (ESM-REGION-1)\n"
        "  fix: create the function and mapping in us-east-1"
    )
    assert _found(stack, "CHK-REGION-1") == [
        "The source is in us-east-1 and worker in eu-west-1: AWS refuses the mapping."
    ]


def test_esm_region_1_both_ends_in_another_region_are_fine(tmp_path: Path) -> None:
    stack = _stack(
        tmp_path,
        """
        there = pulumi.ResourceOptions(provider=aws.Provider("us", region="us-east-1"))
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, opts=there)
        mapping(jobs, function(opts=there), opts=there)
        """,
    )
    assert _run(tmp_path, stack, TO_QUEUE).messages.processed == 1
    assert _found(stack, "CHK-REGION-1") == []


LETS_IN = """
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"}, "Resource": "*",
                    "Action": ["kms:GenerateDataKey*", "kms:Decrypt"]}]}
"""
TOPIC = """
key = aws.kms.Key("key"%s)
%s
source = aws.sns.Topic("source")
jobs = queue_with_dlq(kms_master_key_id=%s)
mapping(jobs, function())
aws.sqs.QueuePolicy("policy", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sqs:SendMessage", "Resource": jobs.arn}]}))
aws.sns.TopicSubscription("feed", topic=source.arn, protocol="sqs", endpoint=jobs.arn, raw_message_delivery=True)
"""
BUS = """
key = aws.kms.Key("key"%s)
%s
bus = aws.cloudwatch.EventBus("bus")
source = aws.cloudwatch.EventRule("source", event_bus_name=bus.name, event_pattern='{"source": ["shop"]}')
jobs = queue_with_dlq(kms_master_key_id=%s)
mapping(jobs, function())
aws.sqs.QueuePolicy("policy", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sqs:SendMessage", "Resource": jobs.arn}]}))
aws.cloudwatch.EventTarget("feed", event_bus_name=bus.name, rule=source.name, arn=jobs.arn)
"""
PUBLISHED = "send: [{sns: source, body: {id: a}}]\n"
PUT = "send: [{event: bus, source: shop, detailType: order, body: {id: a}}]\n"
NAMES = {
    "arn": ("", "key.arn"),
    "id": ("", "key.key_id"),
    "alias": ('alias = aws.kms.Alias("alias", name="alias/jobs", target_key_id=key.key_id)', "alias.name"),
}


@pytest.mark.parametrize(
    ("program", "sends", "check", "why"),
    [
        (TOPIC, PUBLISHED, "CHK-FEED-1", "The key of jobs does not let source send: nothing of feed arrives."),
        (BUS, PUT, "CHK-EVENT-1", "The key of jobs does not let source send: nothing arrives."),
    ],
    ids=["topic", "bus"],
)
@pytest.mark.parametrize("name", NAMES)
def test_sns_kms_2_a_key_that_lets_no_service_in_keeps_everything_away(
    tmp_path: Path, program: str, sends: str, check: str, why: str, name: str
) -> None:
    stack = _stack(tmp_path, program % ("", *NAMES[name]))

    outcome = _run(tmp_path, stack, sends)

    assert (outcome.messages.lost, outcome.messages.processed) == (1, 0)
    assert _found(stack, check) == [why]


@pytest.mark.parametrize(
    ("program", "sends", "service"),
    [(TOPIC, PUBLISHED, "sns.amazonaws.com"), (BUS, PUT, "events.amazonaws.com")],
    ids=["topic", "bus"],
)
@pytest.mark.parametrize("holder", ["its own policy", "a KeyPolicy"])
def test_sns_kms_2_a_key_whose_policy_lets_the_service_in(
    tmp_path: Path, program: str, sends: str, service: str, holder: str
) -> None:
    policy = f"json.dumps({LETS_IN.strip() % service})"
    own, other = (
        (f", policy={policy}", "")
        if holder == "its own policy"
        else ("", f'aws.kms.KeyPolicy("lets", key_id=key.id, policy={policy})')
    )
    stack = _stack(tmp_path, program % (own, other, "key.arn"))

    assert _run(tmp_path, stack, sends).messages.processed == 1
    assert _found(stack, "CHK-FEED-1") == _found(stack, "CHK-EVENT-1") == []


def test_sns_kms_2_a_key_of_another_stack_is_taken_to_let_it(tmp_path: Path) -> None:
    stack = _stack(tmp_path, TOPIC % ("", "", '"arn:aws:kms:eu-west-1:123456789012:key/other"'))
    assert _run(tmp_path, stack, PUBLISHED).messages.processed == 1


FAR_DEAD_LETTERS = """
dead = aws.sqs.Queue("dead", region="us-east-1", message_retention_seconds=14 * DAY)
%s
mapping(jobs, function())
"""


@pytest.mark.parametrize(
    "queue",
    [
        'jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, redrive_policy=redrive(dead))',
        'jobs = aws.sqs.Queue("jobs")\naws.sqs.RedrivePolicy("p", queue_url=jobs.url, redrive_policy=redrive(dead))',
    ],
    ids=["its own policy", "a RedrivePolicy"],
)
def test_sqs_dlq_3_a_dead_letter_queue_in_another_region_is_refused_and_found(tmp_path: Path, queue: str) -> None:
    stack = _stack(tmp_path, FAR_DEAD_LETTERS % queue)

    with pytest.raises(DeploymentRefusedError) as refused:
        _run(tmp_path, stack, TO_QUEUE)

    assert str(refused.value) == (
        "AWS would refuse jobs: InvalidParameterValue: Value for parameter RedrivePolicy is invalid. Reason: the "
        "dead-letter queue is in us-east-1, jobs in eu-west-1 (SQS-DLQ-3)\n"
        "  fix: create the dead-letter queue of jobs in eu-west-1"
    )
    assert _found(stack, "CHK-REGION-1") == [
        "The dead-letter queue is in us-east-1 and jobs in eu-west-1: SQS refuses the policy."
    ]


FAR_TARGET = """
worker = function(region="us-east-1")
source = aws.cloudwatch.EventRule("source", schedule_expression="rate(5 minutes)")
aws.lambda_.Permission("lets", action="lambda:InvokeFunction", function=worker.name, principal="events.amazonaws.com",
                       source_arn=source.arn)
aws.cloudwatch.EventTarget("feed", rule=source.name, arn=worker.arn)
"""


def test_eb_region_1_a_function_in_another_region_is_no_target(tmp_path: Path) -> None:
    stack = _stack(tmp_path, FAR_TARGET)

    with pytest.raises(DeploymentRefusedError) as refused:
        _run(tmp_path, stack, "send: [{schedule: source}]\n")

    assert str(refused.value) == (
        "AWS would refuse feed: ValidationException: Cross-region API call is not allowed. The target is in us-east-1, "
        "the rule in eu-west-1. (EB-REGION-1)\n"
        "  fix: hand on to a bus in us-east-1, and from there to worker"
    )
    assert _found(stack, "CHK-REGION-1") == [
        "The target is in us-east-1 and source in eu-west-1: EventBridge refuses it."
    ]


FAR_DESTINATIONS = {
    "queue": """
far = aws.sqs.Queue("far", region="us-east-1")
source = aws.s3.Bucket("source")
aws.s3.BucketNotification("told", bucket=source.id, queues=[{"queueArn": far.arn, "events": ["s3:ObjectCreated:*"]}])
""",
    "function": """
far = function("far", region="us-east-1")
source = aws.s3.Bucket("source")
aws.s3.BucketNotification("told", bucket=source.id, lambda_functions=[
    {"lambdaFunctionArn": far.arn, "events": ["s3:ObjectCreated:*"]}])
""",
    "topic": """
far = "arn:aws:sns:us-east-1:123456789012:of-others"
source = aws.s3.Bucket("source")
aws.s3.BucketNotification("told", bucket=source.id, topics=[{"topicArn": far, "events": ["s3:ObjectCreated:*"]}])
""",
}


@pytest.mark.parametrize("kind", list(FAR_DESTINATIONS))
def test_s3_region_1_a_bucket_notifies_nobody_in_another_region(tmp_path: Path, kind: str) -> None:
    stack = _stack(tmp_path, FAR_DESTINATIONS[kind])

    with pytest.raises(DeploymentRefusedError) as refused:
        _run(tmp_path, stack, "send: [{s3: source, key: a.txt}]\n")

    assert str(refused.value) == (
        "AWS would refuse told: InvalidArgument: The notification destination service region is not valid for the "
        "bucket location constraint. The destination is in us-east-1, the bucket in eu-west-1. (S3-REGION-1)\n"
        "  fix: create both in one region; eventbridge of told reaches other regions over buses"
    )
    assert _found(stack, "CHK-REGION-1") == [f"The {kind} is in us-east-1 and source in eu-west-1: S3 refuses it."]


def test_s3_region_1_a_bucket_in_the_region_of_its_queue_is_taken(tmp_path: Path) -> None:
    stack = _stack(
        tmp_path,
        """
        far = aws.sqs.Queue("far", region="us-east-1")
        source = aws.s3.Bucket("source", region="us-east-1")
        aws.sqs.QueuePolicy("lets", queue_url=far.url, policy=pulumi.Output.json_dumps({"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": far.arn}]}))
        aws.s3.BucketNotification("told", bucket=source.id, queues=[
            {"queueArn": far.arn, "events": ["s3:ObjectCreated:*"]}])
        """,
    )

    assert _run(tmp_path, stack, "send: [{s3: source, key: a.txt}]\n").messages.remaining == 1
    assert _found(stack, "CHK-REGION-1") == []


def test_eb_region_1_a_bus_in_another_region_is_a_target(tmp_path: Path) -> None:
    stack = _stack(
        tmp_path,
        """
        far = aws.cloudwatch.EventBus("far", region="us-east-1")
        sender = aws.iam.Role("sender", assume_role_policy=TRUST)
        aws.iam.RolePolicy("puts", role=sender.id, policy=json.dumps({"Statement": [
            {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}]}))
        source = aws.cloudwatch.EventRule("source", event_pattern='{"source": ["shop"]}')
        aws.cloudwatch.EventTarget("feed", rule=source.name, arn=far.arn, role_arn=sender.arn)
        function()
        """,
    )
    _run(tmp_path, stack, "send: [{invoke: worker, body: {Records: []}}]\n")
    assert _found(stack, "CHK-REGION-1") == []


@pytest.mark.parametrize("token", ["QUEUE_POLICY", "REDRIVE_POLICY", "REDRIVE_ALLOW_POLICY"])
def test_sqs_address_1_a_queue_is_named_by_its_url_not_by_its_arn(token: str) -> None:
    jobs = resource(resource_types.QUEUE, "jobs")
    held = resource(getattr(resource_types, token), "held", {"queueUrl": arn_of(jobs), "policy": "{}"})

    with pytest.raises(DeploymentRefusedError) as refused:
        check_addresses(stack_of(jobs, held))

    assert str(refused.value) == (
        f"AWS would refuse held: InvalidAddress: The address {arn_of(jobs)} is not valid for this endpoint. "
        "(SQS-ADDRESS-1)\n  fix: set queueUrl of held to the url of the queue"
    )


def test_a_queue_that_is_named_by_its_url_is_taken() -> None:
    jobs = resource(resource_types.QUEUE, "jobs")

    check_addresses(stack_of(jobs, resource(resource_types.QUEUE_POLICY, "held", {"queueUrl": jobs.outputs["url"]})))
