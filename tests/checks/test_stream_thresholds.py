"""Where the checks of streams, Kafka and destinations begin and end to find something."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.finding import Finding
from tests.checks.world import SILENT, findings_in, graph_of, ids

STREAM = """
parking = aws.sqs.Queue("parking", message_retention_seconds=14 * DAY)
stream = aws.kinesis.Stream("clicks", shard_count=2)
worker = function()
mapping(stream, worker, **{{"starting_position": "LATEST", "function_response_types": [],
        "destination_config": {{"on_failure": {{"destination_arn": parking.arn}}}}, {mapping}}})
{more}
"""
KAFKA = STREAM.replace(
    'aws.kinesis.Stream("clicks", shard_count=2)',
    """aws.msk.ServerlessCluster("clicks",
    client_authentication={{"sasl": {{"iam": {{"enabled": True}}}}}},
    vpc_configs=[{{"subnet_ids": ["subnet-1", "subnet-2"]}}])""",
).replace('"LATEST", ', '"LATEST", "topics": ["t"], ')
ALARM = """
aws.cloudwatch.MetricAlarm("lag", comparison_operator="GreaterThanThreshold", evaluation_periods=1, threshold=1,
    {metric})
"""
QUERY = """metric_queries=[{"id": "m", "return_data": True, "metric": {"metric_name": "IteratorAge",
    "stat": "Maximum", "period": 60, "namespace": "AWS/Lambda", "dimensions": {"FunctionName": worker.name}}}]"""
BOUNDED = '"maximum_retry_attempts": 3'
PROVISIONED = '"provisioned_poller_config": {"minimum_pollers": 1}'


SILENT_ON_KAFKA = """
def handle(event, context):
    for records in event["records"].values():
        for record in records:
            print(record["value"])
"""


def found(tmp_path: Path, program: str, mapping: str, more: str = "") -> list[Finding]:
    handler = SILENT_ON_KAFKA if "aws.msk." in program else SILENT
    return findings_in(
        graph_of(tmp_path / "shop", program.format(mapping=mapping, more=more), {"worker/app.py": handler})
    )


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (BOUNDED, {"CHK-STREAM-3 warning"}),
        ('"maximum_record_age_in_seconds": 60', {"CHK-STREAM-3 warning"}),
        ("", set()),  # endless, and a destination: nothing is given up before it expires
        (f'{BOUNDED}, "batch_size": 1', set()),
        (f'{BOUNDED}, "batch_size": 2', {"CHK-STREAM-3 warning"}),
        (f'{BOUNDED}, "bisect_batch_on_function_error": True', set()),
        (f'{BOUNDED}, "bisect_batch_on_function_error": False', {"CHK-STREAM-3 warning"}),
        (f'{BOUNDED}, "bisect_batch_on_function_error": stream.arn.apply(bool)', set()),
        (f'{BOUNDED}, "destination_config": None', {"CHK-STREAM-2 warning", "CHK-STREAM-3 warning"}),
    ],
)
def test_what_is_given_up_with_a_bad_record(tmp_path: Path, mapping: str, expected: set[str]) -> None:
    assert ids(found(tmp_path, STREAM, mapping)) == expected


def test_a_partial_response_does_not_step_over_a_bad_record(tmp_path: Path) -> None:
    reporting = f'{BOUNDED}, "function_response_types": ["ReportBatchItemFailures"]'
    [finding] = [each for each in found(tmp_path, STREAM, reporting) if each.check == "CHK-STREAM-3"]
    assert "the records behind it in its batch" in finding.why
    assert finding.source == "STR-REPORT-11"
    [edit] = finding.edits
    assert (edit.path, edit.value) == (("bisectBatchOnFunctionError",), True)


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        # With a destination, AWS ends endless retries after 10: then the batch is given up.
        (PROVISIONED, {"CHK-KAFKA-3 note", "CHK-STREAM-3 warning"}),
        (f'{PROVISIONED}, "bisect_batch_on_function_error": True', {"CHK-KAFKA-3 note"}),
        (f'{PROVISIONED}, {BOUNDED}, "bisect_batch_on_function_error": True', set()),
        (f"{PROVISIONED}, {BOUNDED}", {"CHK-STREAM-3 warning"}),
        ('"destination_config": None', {"CHK-STREAM-1 warning"}),
    ],
)
def test_kafka(tmp_path: Path, mapping: str, expected: set[str]) -> None:
    assert ids(found(tmp_path, KAFKA, mapping)) == expected


def test_the_fix_for_kafka_on_demand_brings_the_pollers_that_it_needs(tmp_path: Path) -> None:
    [finding] = found(tmp_path, KAFKA, '"destination_config": None')
    assert {edit.path[0]: edit.value for edit in finding.edits} == {
        "maximumRetryAttempts": 5,
        "bisectBatchOnFunctionError": True,
        "provisionedPollerConfig": 1,
    }


@pytest.mark.parametrize(
    ("program", "metric", "expected"),
    [
        (
            KAFKA,
            'metric_name="IteratorAge", namespace="AWS/Lambda", dimensions={"FunctionName": worker.name}',
            "OffsetLag",
        ),
        (KAFKA, 'metric_name="OffsetLag", namespace="AWS/Lambda", dimensions={"FunctionName": worker.name}', ""),
        (STREAM, 'metric_name="IteratorAge", namespace="AWS/Lambda", dimensions={"FunctionName": worker.name}', ""),
        (
            STREAM,
            'metric_name="OffsetLag", namespace="AWS/Lambda", dimensions={"FunctionName": worker.name}',
            "IteratorAge",
        ),
        (KAFKA, 'metric_name="IteratorAge", namespace="Ours", dimensions={"FunctionName": worker.name}', ""),
        (KAFKA, 'metric_name="IteratorAge", namespace="AWS/Lambda", dimensions={"FunctionName": "theirs"}', ""),
        (KAFKA, 'metric_name="Errors", namespace="AWS/Lambda", dimensions={"FunctionName": worker.name}', ""),
        (
            KAFKA,
            QUERY,
            "OffsetLag",
        ),
    ],
)
def test_alarms(tmp_path: Path, program: str, metric: str, expected: str) -> None:
    mapping = f'{PROVISIONED}, {BOUNDED}, "batch_size": 1' if program is KAFKA else f'{BOUNDED}, "batch_size": 1'
    findings = found(tmp_path, program, mapping, ALARM.format(metric=metric))
    assert [each.check for each in findings] == (["CHK-METRIC-1"] if expected else [])
    assert all(f"let lag watch {expected}" == each.fix for each in findings)


@pytest.mark.parametrize(("age", "refused"), [(-1, False), (0, True), (59, True), (60, False), (604_800, False)])
def test_ages_that_aws_refuses(tmp_path: Path, age: int, refused: bool) -> None:
    mapping = f'{BOUNDED}, "batch_size": 1, "maximum_record_age_in_seconds": {age}'
    assert [each.check for each in found(tmp_path, STREAM, mapping)] == (["CHK-STREAM-4"] if refused else [])


@pytest.mark.parametrize(("fifo", "expected"), [(True, {"CHK-DEST-1 error"}), (False, set())])
def test_destinations_are_standard_queues(tmp_path: Path, fifo: bool, expected: set[str]) -> None:
    late = f'aws.sqs.Queue("late", fifo_queue={fifo}).arn'
    given = f'"destination_config": {{"on_failure": {{"destination_arn": {late}}}}}'
    assert ids(found(tmp_path, STREAM, f'{BOUNDED}, "batch_size": 1, {given}')) == expected


@pytest.mark.parametrize(("name", "expected"), [("late.fifo", {"CHK-DEST-1 error"}), ("late", set())])
@pytest.mark.parametrize("event", ["on_success", "on_failure"])
def test_destinations_of_asynchronous_invokes_are_standard_queues(
    tmp_path: Path, name: str, expected: set[str], event: str
) -> None:
    program = f"""
given = {{"on_failure": {{"destination": "arn:aws:sqs:eu-west-1:123456789012:failed"}}}}
given["{event}"] = {{"destination": "arn:aws:sns:eu-west-1:123456789012:{name}"}}
aws.lambda_.FunctionEventInvokeConfig("events", function_name=function().name, destination_config=given)
"""
    assert ids(findings_in(graph_of(tmp_path / "shop", program))) == expected


@pytest.mark.parametrize(
    ("function", "expected"), [("worker", {"CHK-ONE-1 error"}), ('function("other")', set())], ids=["same", "other"]
)
def test_a_stream_and_a_function_have_one_mapping(tmp_path: Path, function: str, expected: set[str]) -> None:
    settings = f'**{{"starting_position": "LATEST", {BOUNDED}, "batch_size": 1, "destination_config": given}}'
    more = f"""
given = {{"on_failure": {{"destination_arn": parking.arn}}}}
mapping(stream, {function}, "second", {settings})
"""
    assert ids(found(tmp_path, STREAM, f'{BOUNDED}, "batch_size": 1', more)) == expected


@pytest.mark.parametrize(("group", "expected"), [("shop", {"CHK-KAFKA-4 error"}), ("mail", set())])
def test_a_consumer_group_has_one_mapping(tmp_path: Path, group: str, expected: set[str]) -> None:
    def grouped(name: str) -> str:
        config = f'{{"consumer_group_id": "{name}"}}'
        return f'{PROVISIONED}, {BOUNDED}, "batch_size": 1, "amazon_managed_kafka_event_source_config": {config}'

    more = f"""
given = {{"on_failure": {{"destination_arn": parking.arn}}}}
mapping(stream, function("other"), "second",
        **{{"starting_position": "LATEST", "topics": ["u"], "destination_config": given, {grouped(group)}}})
"""
    assert ids(found(tmp_path, KAFKA, grouped("shop"), more)) == expected


@pytest.mark.parametrize(
    ("source", "count", "expected"),
    [
        ('aws.kinesis.Stream("clicks", shard_count=1).arn', 5, set()),
        ('aws.kinesis.Stream("clicks", shard_count=1).arn', 6, {"CHK-STREAM-6 warning"}),
        ("table.stream_arn", 2, set()),
        ("table.stream_arn", 3, {"CHK-STREAM-6 warning"}),
        ("consumer", 6, set()),
    ],
)
def test_more_mappings_than_a_stream_can_be_read_by(
    tmp_path: Path, source: str, count: int, expected: set[str]
) -> None:
    program = f"""
parking = aws.sqs.Queue("parking", message_retention_seconds=14 * DAY)
table = aws.dynamodb.Table("orders", hash_key="id", billing_mode="PAY_PER_REQUEST", stream_enabled=True,
    stream_view_type="NEW_IMAGE", attributes=[{{"name": "id", "type": "S"}}],
    server_side_encryption={{"enabled": True}}, point_in_time_recovery={{"enabled": True}})
fanned = aws.kinesis.Stream("fanned", shard_count=1)
shared = {'"fan-out"' if source == "consumer" else source}
for number in range({count}):
    name = f"reader-{{number}}"
    if shared == "fan-out":
        arn = aws.kinesis.StreamConsumer(name, name=name, stream_arn=fanned.arn).arn
    else:
        arn = shared
    aws.lambda_.EventSourceMapping(f"{{name}}-mapping", event_source_arn=arn, function_name=function(name).name,
        starting_position="LATEST", maximum_retry_attempts=3, batch_size=1,
        destination_config={{"on_failure": {{"destination_arn": parking.arn}}}})
"""
    assert ids(findings_in(graph_of(tmp_path / "shop", program, {"worker/app.py": SILENT}))) == expected
