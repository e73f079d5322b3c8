"""Where each check begins and ends to find something, one value at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import find_all
from delivery_lab.stack.stack import Stack
from tests.checks.world import SILENT, findings_in, graph_of, ids

PIPELINE = "mapping(queue_with_dlq({queue}), function({function}), {mapping})"
LAYOUT = {"queue": "", "function": "", "mapping": ""}


def found(tmp_path: Path, files: dict[str, str] | None = None, **given: str) -> list[Finding]:
    return findings_in(graph_of(tmp_path / "shop", PIPELINE.format(**{**LAYOUT, **given}), files))


@pytest.mark.parametrize(
    ("visibility", "timeout", "window", "waiting", "work", "raised_to"),
    [
        (20, 15, 5, "20 s", "whatever its work takes", 95),
        (50, 25, 30, "30 s", "if its work takes longer than 20 s", 180),
        (10, 1, 1, "20 s", "whatever its work takes", 21),
    ],
)
def test_what_a_window_takes_of_the_visibility_timeout_is_said_with_figures(
    tmp_path: Path, visibility: int, timeout: int, window: int, waiting: str, work: str, raised_to: int
) -> None:
    [finding] = found(
        tmp_path,
        queue=f"visibility_timeout_seconds={visibility}",
        function=f"timeout={timeout}",
        mapping=f"maximum_batching_window_in_seconds={window}",
    )
    quiet = ", and with little traffic Lambda may wait for 20 s nevertheless" if window < 20 else ""
    assert (finding.check, finding.source) == ("CHK-VT-3", "ESM-VT-2")
    assert finding.why == (
        f"A message is hidden for {visibility} s from its receive on. Up to {waiting} of them are over when its batch "
        f"is invoked (the batching window is {window} s{quiet}), and the function may run for {timeout} s: {work}, the "
        "message is delivered again while it is being processed, which makes duplicates."
    )
    assert [edit.value for edit in finding.edits] == [raised_to]


def test_too_little_room_for_throttles_is_said_with_the_duplicates_that_come_of_it(tmp_path: Path) -> None:
    [finding] = found(tmp_path, queue="visibility_timeout_seconds=20", function="timeout=15")
    assert finding.why == (
        "20 s leave too little room, next to a timeout of 15 s, for throttled invokes to be tried again: messages use "
        "up receives without being processed. An invoke that begins more than 5 s after the receive may outlast the "
        "visibility timeout: duplicates. Six times is room for retries and no promise that one finds the function free "
        "(ESM-THROTTLE-3)."
    )


@pytest.mark.parametrize(
    ("queue", "function", "mapping", "expected"),
    [
        ("visibility_timeout_seconds=59", "", "", {"CHK-VT-2 warning"}),
        ("visibility_timeout_seconds=60", "", "", set()),
        ("visibility_timeout_seconds=64", "", "maximum_batching_window_in_seconds=5", {"CHK-VT-2 warning"}),
        ("visibility_timeout_seconds=65", "", "maximum_batching_window_in_seconds=5", set()),
        ("visibility_timeout_seconds=10", "", "", {"CHK-VT-2 warning"}),
        ("visibility_timeout_seconds=9", "", "", {"CHK-VT-1 error"}),
        # A batch may be complete 20 s after its first message, whatever the window, and a window's length after it.
        ("visibility_timeout_seconds=29", "timeout=3", "maximum_batching_window_in_seconds=1", set()),
        ("visibility_timeout_seconds=22", "timeout=3", "maximum_batching_window_in_seconds=1", {"CHK-VT-3 warning"}),
        ("visibility_timeout_seconds=23", "timeout=3", "maximum_batching_window_in_seconds=1", set()),
        ("visibility_timeout_seconds=64", "", "maximum_batching_window_in_seconds=55", {"CHK-VT-3 warning"}),
        ("visibility_timeout_seconds=65", "", "maximum_batching_window_in_seconds=55", {"CHK-VT-2 warning"}),
        ("visibility_timeout_seconds=20", "timeout=15", "maximum_batching_window_in_seconds=5", {"CHK-VT-3 warning"}),
        # A number given as text is a number; a timeout left out is 3 s.
        ("visibility_timeout_seconds='17'", "timeout=None", "", {"CHK-VT-2 warning"}),
        ("visibility_timeout_seconds=18", "timeout=None", "", set()),
    ],
)
def test_visibility_timeout(tmp_path: Path, queue: str, function: str, mapping: str, expected: set[str]) -> None:
    assert ids(found(tmp_path, queue=queue, function=function, mapping=mapping)) == expected


@pytest.mark.parametrize(
    ("reserved", "count", "visibility", "expected"),
    [
        (1, 2, 10, {"CHK-CONC-1 error", "CHK-VT-2 warning"}),
        (4, 4, 19, {"CHK-CONC-1 error", "CHK-VT-2 warning"}),
        (4, 4, 20, {"CHK-CONC-1 warning", "CHK-VT-2 warning"}),
        (4, 4, 60, {"CHK-CONC-1 warning"}),
        (4, 5, 60, set()),
        (5, 4, 60, set()),
        (5, 4, 59, {"CHK-CONC-1 warning", "CHK-VT-2 warning"}),
        (700, 4, 59, {"CHK-CONC-1 warning", "CHK-VT-2 warning"}),
        (0, 5, 60, {"CHK-CONC-3 error"}),
        (900, 5, 60, set()),
        (901, 5, 60, {"CHK-CONC-5 warning"}),
    ],
)
def test_reserved_concurrency(tmp_path: Path, reserved: int, count: int, visibility: int, expected: set[str]) -> None:
    queue = f"{count}, visibility_timeout_seconds={visibility}"
    assert ids(found(tmp_path, queue=queue, function=f"reserved_concurrent_executions={reserved}")) == expected


@pytest.mark.parametrize(
    ("account", "reserved", "said"),
    [
        (10, 1, "of its account's 10 AWS keeps 100 unreserved and refuses more than 0."),
        (500, 400, None),
        (500, 401, "of its account's 500 AWS keeps 100 unreserved and refuses more than 400."),
        (5_000, 901, None),
    ],
)
def test_reserved_concurrency_against_the_quota_of_the_account(
    tmp_path: Path, account: int, reserved: int, said: str | None
) -> None:
    program = f'function("worker", reserved_concurrent_executions={reserved})\n'
    stack = Stack.of(graph_of(tmp_path / "shop", program), account)

    findings = [finding for finding in find_all(stack, values=False) if finding.check == "CHK-CONC-5"]

    assert [finding.why.partition("; ")[2] for finding in findings] == ([said] if said else [])


@pytest.mark.parametrize(("second", "expected"), [("us-west-2", set()), ("eu-west-1", {"CHK-CONC-5 warning"})])
@pytest.mark.parametrize("how", ["region", "provider"])
def test_reservations_are_summed_for_each_region_by_itself(
    tmp_path: Path, how: str, second: str, expected: set[str]
) -> None:
    where = f'region="{second}"' if how == "region" else "opts=pulumi.ResourceOptions(provider=west)"
    program = (
        f'west = aws.Provider("west", region="{second}")\n'
        'function("first", reserved_concurrent_executions=600)\n'
        f'function("second", reserved_concurrent_executions=600, {where})\n'
    )

    findings = findings_in(graph_of(tmp_path / "shop", program))

    assert ids(findings) == expected
    assert [finding.resources for finding in findings] == [("first", "second")] * len(expected)
    assert all(
        finding.why.startswith("The stack reserves 1200 concurrent executions in eu-west-1; of the default 1000")
        for finding in findings
    )


def test_the_fix_of_a_small_reservation_fits_the_smallest_maximum_concurrency(tmp_path: Path) -> None:
    [finding] = found(tmp_path, queue="2", function="reserved_concurrent_executions=1")

    assert finding.fix == (
        "set scalingConfig.maximumConcurrency of mapping to 2, and reservedConcurrentExecutions of worker to 2"
    )
    assert [(edit.path, edit.value) for edit in finding.edits] == [
        (("scalingConfig", "maximumConcurrency"), 2),
        (("reservedConcurrentExecutions",), 2),
    ]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("function_response_types=[], batch_size=1", set()),
        ("function_response_types=[], batch_size=2", {"CHK-REPORT-1 warning"}),
        ("batch_size=1", set()),
        ("batch_size=2", {"CHK-REPORT-2 warning"}),
        ("batch_size=10", {"CHK-REPORT-2 warning"}),
        ("batch_size=11", {"CHK-REPORT-2 warning", "CHK-BATCH-1 error"}),
        ("batch_size=11, maximum_batching_window_in_seconds=1", {"CHK-REPORT-2 warning", "CHK-VT-2 warning"}),
    ],
)
def test_batches_of_a_handler_that_reports_nothing(tmp_path: Path, mapping: str, expected: set[str]) -> None:
    assert ids(found(tmp_path, {"worker/app.py": SILENT}, mapping=mapping)) == expected


@pytest.mark.parametrize(
    ("source", "dead", "expected"),
    [
        (345_600, 345_599, {"CHK-DLQ-3 warning"}),
        (345_600, 345_600, {"CHK-DLQ-3 warning"}),
        (345_600, 345_601, set()),
        # Nothing is above 14 days, so there is only something to think about.
        (1_209_600, 1_209_600, {"CHK-DLQ-3 note"}),
    ],
)
def test_retention_of_a_dead_letter_queue(tmp_path: Path, source: int, dead: int, expected: set[str]) -> None:
    program = f"""
        dead = aws.sqs.Queue("dead", message_retention_seconds={dead})
        aws.sqs.Queue("jobs", message_retention_seconds={source}, redrive_policy=redrive(dead))
    """
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


ENVIRONMENT = """
worker = function(environment={"variables": {"IDEMPOTENCY_MODE": "%s", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "%s",
    "HEARTBEAT_ENABLED": "%s", "HEARTBEAT_EVERY_SECONDS": "%s", "HEARTBEAT_EXTEND_TO_SECONDS": "%s"}}, timeout=100)
mapping(queue_with_dlq(visibility_timeout_seconds=600), worker, batch_size=1)
"""
LONGEST_LIFE_SECONDS = 14 * 86_400


@pytest.mark.parametrize(
    ("mode", "expires", "expected"),
    [
        ("conditional", LONGEST_LIFE_SECONDS - 1, {"CHK-IDEM-1 warning"}),
        ("conditional", LONGEST_LIFE_SECONDS, set()),
        ("none", 1, set()),
        ("unconditional", LONGEST_LIFE_SECONDS, {"CHK-IDEM-2 warning"}),
        # Deliveries do not overlap here.
        ("check-then-put", LONGEST_LIFE_SECONDS, set()),
    ],
)
def test_records_of_work_done(tmp_path: Path, mode: str, expires: int, expected: set[str]) -> None:
    program = ENVIRONMENT % (mode, expires, "false", 1, 2)
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


@pytest.mark.parametrize(
    ("every", "extend", "expected"),
    [
        (30, 31, set()),
        (30, 30, {"CHK-HB-1 error"}),
        # The invoke is over before the message is visible again, or before the first beat.
        (60, 40, set()),
        (100, 1, set()),
    ],
)
def test_heartbeats(tmp_path: Path, every: int, extend: int, expected: set[str]) -> None:
    program = ENVIRONMENT % ("none", 1, "true", every, extend)
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "*", "Resource": "arn:aws:sqs:::q"}, {"CHK-SEC-1 warning"}),
        ({"Action": ["sqs:*"], "Resource": "arn:aws:sqs:::q"}, {"CHK-SEC-1 warning"}),
        ({"Action": "sqs:SendMessage", "Resource": "*"}, {"CHK-SEC-1 warning"}),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:::q"}, set()),
        ({"Action": ["sqs:ListQueues", "ec2:DescribeVpcs"], "Resource": "*"}, set()),
        ({"Action": "sqs:SendMessage", "Resource": "*", "Condition": {"Bool": {"x": "y"}}}, set()),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, set()),
    ],
)
def test_permissions(tmp_path: Path, statement: dict[str, object], expected: set[str]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    program = f"function()\naws.iam.RolePolicy('policy', role=role.id, policy=json.dumps({document!r}))"
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


@pytest.mark.parametrize("end", ["worker.name", "worker.arn", "worker.qualified_arn", "alias.arn"])
def test_a_mapping_finds_its_function_by_any_reference(tmp_path: Path, end: str) -> None:
    program = f"""
        worker = function(timeout=90)
        alias = aws.lambda_.Alias("live", function_name=worker.name, function_version="1")
        aws.lambda_.EventSourceMapping("mapping", event_source_arn=queue_with_dlq().arn, function_name={end},
                                       function_response_types=["ReportBatchItemFailures"])
    """
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == {"CHK-VT-1 error"}


SOURCES = {
    "sqs": "source, settings = queue_with_dlq(), {}",
    "kinesis": "source, settings = aws.kinesis.Stream('clicks', shard_count=1), {'starting_position': 'LATEST'}",
    "kafka": "source, settings = aws.msk.ServerlessCluster('cluster', vpc_configs=[], client_authentication={'sasl': "
    "{'iam': {'enabled': True}}}), {'starting_position': 'LATEST', 'topics': ['clicks']}",
}


@pytest.mark.parametrize("source", SOURCES)
def test_esm_zero_1_a_batch_size_of_zero_is_the_default_for_every_source(tmp_path: Path, source: str) -> None:
    def findings(folder: str, given: str) -> tuple[Finding, ...]:
        program = f"{SOURCES[source]}\nmapping(source, function(), **settings{given})"
        return find_all(Stack.of(graph_of(tmp_path / folder, program, {"worker/app.py": SILENT})))

    left_out = findings("left-out", "")

    assert findings("zero", ", batch_size=0") == left_out
    assert findings("one", ", batch_size=1") != left_out
