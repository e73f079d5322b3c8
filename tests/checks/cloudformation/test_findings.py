from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.stack.stack import Stack
from tests.checks.cloudformation.programs import graph_of, pipeline


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.why, finding.fix) for finding in findings]


def test_a_sound_pipeline_has_no_findings(tmp_path: Path) -> None:
    assert cloudformation_findings(Stack.of(pipeline(tmp_path))) == []


def test_visibility_below_the_timeout_names_queue_function_and_mapping(tmp_path: Path) -> None:
    graph = pipeline(tmp_path, queue={"visibility_timeout_seconds": 5}, function={"timeout": 30})

    assert cloudformation_findings(Stack.of(graph)) == [
        Finding(
            check="CFN-E3505",
            severity=Severity.ERROR,
            resources=("jobs", "worker", "mapping"),
            values={"jobs.visibilityTimeoutSeconds": 5, "worker.timeout": 30},
            why="AWS refuses the mapping mapping: the visibility timeout of jobs, 5 s, is less than the timeout of "
            "worker, 30 s",
            fix="set visibilityTimeoutSeconds of jobs to 30 or more; AWS recommends six times the timeout, 180",
            source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
        )
    ]


def test_the_defaults_of_timeouts_count(tmp_path: Path) -> None:
    [finding] = cloudformation_findings(Stack.of(pipeline(tmp_path, function={"timeout": 31})))

    assert finding.check == "CFN-E3505"
    assert finding.values == {"jobs.visibilityTimeoutSeconds": 30, "worker.timeout": 31}


SINGLE: list[tuple[dict[str, dict[str, Any]], str, str, str]] = [
    (
        {"mapping": {"batch_size": 20000}},
        "CFN-E3034",
        "batchSize of mapping: 20000 is greater than the maximum of 10000",
        "set batchSize of mapping to 10000 or less",
    ),
    (
        {"mapping": {"function_response_types": ["Nope"]}},
        "CFN-E3030",
        "functionResponseTypes[0] of mapping: 'Nope' is not allowed here",
        "set functionResponseTypes[0] of mapping to ReportBatchItemFailures",
    ),
    (
        {"mapping": {"scaling_config": {"maximum_concurrency": 1}}},
        "CFN-E3034",
        "scalingConfig.maximumConcurrency of mapping: 1 is less than the minimum of 2",
        "set scalingConfig.maximumConcurrency of mapping to 2 or more",
    ),
    (
        {"mapping": {"starting_position": "LATEST"}},
        "CFN-E3634",
        "startingPosition of mapping: a mapping of an SQS queue has no starting position",
        "remove startingPosition of mapping",
    ),
    (
        {"mapping": {"destination_config": {"on_failure": {"to": "arn:aws:sqs:us-east-1:123456789012:q"}}}},
        "CFN-E3002",
        "destinationConfig.onFailure.to of mapping: Additional properties are not allowed ('to' was unexpected)",
        "remove destinationConfig.onFailure.to of mapping",
    ),
    (
        {"queue": {"visibility_timeout_seconds": 99999}},
        "CFN-E3034",
        "visibilityTimeoutSeconds of jobs: 99999 is greater than the maximum of 43200",
        "set visibilityTimeoutSeconds of jobs to 43200 or less",
    ),
    (
        {"queue": {"message_retention_seconds": 30}},
        "CFN-E3034",
        "messageRetentionSeconds of jobs: 30 is less than the minimum of 60",
        "set messageRetentionSeconds of jobs to 60 or more",
    ),
    (
        {"function": {"timeout": 5000}, "queue": {"visibility_timeout_seconds": 30000}},
        "CFN-E3717",
        (
            "timeout of worker: 5000 is greater than the maximum of 900 for functions without 'capacityProviderConfig' "
            "(Lambda Managed Instances)"
        ),
        "set timeout of worker to 900 or less",
    ),
    (
        {"function": {"timeout": "soon"}},
        "CFN-E3012",
        "timeout of worker: 'soon' is not of type 'integer'",
        "set timeout of worker to a value of type integer",
    ),
    (
        {"function": {"architectures": ["m68k"]}},
        "CFN-E3030",
        "architectures[0] of worker: 'm68k' is not allowed here",
        "set architectures[0] of worker to one of x86_64, arm64",
    ),
    (
        {"function": {"environment": {"variables": {"AWS_REGION": "x"}}}},
        "CFN-E3663",
        "environment.variables.AWS_REGION of worker: 'AWS_REGION' is a reserved variable name",
        "give the variable another name",
    ),
    (
        {"function": {"handler": None, "runtime": None}},
        "CFN-W2533",
        "code of worker: a function deployed as a .zip needs a handler and a runtime",
        "set handler and runtime of worker",
    ),
    (
        {"queue": {"fifo_queue": True}},
        "CFN-E3502",
        (
            "the dead-letter queue dead is a standard queue and its source jobs is a FIFO queue: SQS moves messages "
            "between queues of one type only"
        ),
        "make dead a FIFO queue too",
    ),
    (
        {"queue": {"fifo_queue": True}, "dead": {"fifo_queue": True}, "mapping": {"batch_size": 100}},
        "CFN-E3705",
        "batchSize of mapping: 100 is greater than the maximum of 10",
        "set batchSize of mapping to 10 or less",
    ),
]


@pytest.mark.parametrize(("settings", "check", "why", "fix"), SINGLE, ids=lambda value: str(value)[:40])
def test_what_is_wrong_and_what_to_do(
    tmp_path: Path, settings: dict[str, dict[str, object]], check: str, why: str, fix: str
) -> None:
    assert told(cloudformation_findings(Stack.of(pipeline(tmp_path, **settings)))) == [(check, why, fix)]


def test_python27_cannot_be_deployed_any_more(tmp_path: Path) -> None:
    [finding] = cloudformation_findings(Stack.of(pipeline(tmp_path, function={"runtime": "python2.7"})))

    assert (finding.check, finding.severity) == ("CFN-E2533", Severity.ERROR)
    assert finding.values == {"worker.runtime": "python2.7"}
    assert "Runtime 'python2.7' was deprecated" in finding.why


OTHERS = [
    (
        (
            's = aws.kinesis.Stream("s", shard_count=1)\n'
            'aws.lambda_.EventSourceMapping("m", event_source_arn=s.arn, function_name=function("f").arn)'
        ),
        [
            (
                "CFN-E3633",
                "m: a mapping of a stream or a Kafka topic needs a starting position",
                "set startingPosition of m to TRIM_HORIZON or LATEST",
            )
        ],
    ),
    (
        'aws.dynamodb.Table("t", hash_key="a", attributes=[{"name": "b", "type": "S"}], billing_mode=ON_DEMAND)',
        [
            (
                "CFN-E3039",
                "t: `attributes` has to define exactly the attributes that are keys of the table or of an index",
                "define in attributes of t the keys, and nothing else",
            )
        ],
    ),
    (
        'aws.dynamodb.Table("t", hash_key="a", attributes=[{"name": "a", "type": "S"}])',
        [
            (
                "CFN-E3639",
                "t: with provisioned billing, which is the default, both capacities are required",
                "set readCapacity and writeCapacity of t to 1 or more, or billingMode to PAY_PER_REQUEST",
            )
        ],
    ),
    (
        'aws.cloudwatch.LogGroup("l", retention_in_days=13)',
        [
            (
                "CFN-E3030",
                "retentionInDays of l: 13 is none of the 22 values that are allowed",
                "set retentionInDays of l to one of them, such as 14, 7",
            )
        ],
    ),
    (
        'aws.lambda_.FunctionEventInvokeConfig("c", function_name="f", maximum_retry_attempts=5)',
        [
            (
                "CFN-E3034",
                "maximumRetryAttempts of c: 5 is greater than the maximum of 2",
                "set maximumRetryAttempts of c to 2 or less",
            )
        ],
    ),
    (
        (
            'aws.iam.RolePolicy("p", role="r", policy=json.dumps({"Version": "2012-10-17", "Statement": '
            '[{"Effect": "Alow", "Action": "sqs:SendMesage", "Resource": "*"}]}))'
        ),
        [
            (
                "CFN-E3510",
                "policy.Statement[0].Effect of p: 'Alow' is not allowed here",
                "set policy.Statement[0].Effect of p to one of Allow, Deny",
            ),
            (
                "CFN-W3037",
                "policy.Statement[0].Action of p: 'sendmesage' is none of the 20 values that are allowed",
                (
                    "set policy.Statement[0].Action of p to one of them, such as sendmessage, deletemessage, "
                    "receivemessage"
                ),
            ),
        ],
    ),
]


@pytest.mark.parametrize(("body", "expected"), OTHERS, ids=lambda value: str(value)[:30])
def test_other_resources(tmp_path: Path, body: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(cloudformation_findings(Stack.of(graph_of(tmp_path, body)))) == expected


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        'aws.sqs.Queue("q", visibility_timeout_seconds=pulumi.Output.secret(70001))\n'
        'function("f", timeout=pulumi.Output.secret(5), environment=pulumi.Output.secret({"variables": {"AWS_REGION": '
        '"hunter2"}}))',
    )
    findings = cloudformation_findings(Stack.of(graph))

    assert [finding.check for finding in findings] == ["CFN-E3663", "CFN-E3034"]
    assert [dict(finding.values) for finding in findings] == [
        {"f.environment.variables.AWS_REGION": "[secret]"},
        {"q.visibilityTimeoutSeconds": "[secret]"},
    ]
    assert not [finding for finding in findings if "70001" in repr(finding) or "hunter2" in repr(finding)]


def test_secret_timeouts_are_not_shown_when_they_do_not_fit_together(tmp_path: Path) -> None:
    graph = pipeline(tmp_path, queue={"visibility_timeout_seconds": 5}, function={"timeout": 30})
    [plain] = cloudformation_findings(Stack.of(graph))
    secret = graph_of(
        tmp_path,
        'jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=pulumi.Output.secret(17))\n'
        'worker = function("worker", timeout=pulumi.Output.secret(29))\n'
        'aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, function_name=worker.arn)',
    )
    [masked] = cloudformation_findings(Stack.of(secret))

    assert masked.check == plain.check
    assert dict(masked.values) == {"jobs.visibilityTimeoutSeconds": "[secret]", "worker.timeout": "[secret]"}
    assert "17" not in masked.why
    assert "29" not in masked.why + masked.fix
