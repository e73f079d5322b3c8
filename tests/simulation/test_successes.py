"""Records of successes that somebody reads: messages of their own, as what a handler sends is."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.results.outcome import outcome_of
from tests.simulation.test_simulate import Folder

_HANDLER = """\
def handle(event, context):
    return {}
def second(event, context):
    raise ValueError("second")
"""
_WORKLOAD = "send: [{invoke: worker, type: async, body: {id: 7}}]\n"
_SECOND = """\
second = aws.lambda_.Function("second", runtime="python3.13", handler="app.second", role=worker.role, timeout=3,
    code=pulumi.FileArchive("app"))
"""
_CONFIG = """
aws.lambda_.FunctionEventInvokeConfig("config", function_name=worker.name,
    destination_config={{"on_success": {{"destination": {target}}}}})
"""
_QUEUE = (
    _SECOND
    + """
failed = aws.sqs.Queue("failed")
done = aws.sqs.Queue("done", visibility_timeout_seconds=20, redrive_policy=pulumi.Output.json_dumps(
    {"deadLetterTargetArn": failed.arn, "maxReceiveCount": 2}))
"""
)
_MAPPED = 'aws.lambda_.EventSourceMapping("second", event_source_arn=done.arn, function_name=second.arn)\n'
_BUS = (
    _SECOND
    + """
bus = aws.cloudwatch.EventBus("bus")
rule = aws.cloudwatch.EventRule("rule", event_bus_name=bus.name, event_pattern='{"source": ["lambda"]}')
aws.cloudwatch.EventTarget("target", rule=rule.name, event_bus_name=bus.name, arn=second.arn)
aws.lambda_.Permission("let", action="lambda:InvokeFunction", function=second.name, principal="events.amazonaws.com",
    source_arn=rule.arn)
"""
)
_TOPIC = (
    _SECOND
    + """
topic = aws.sns.Topic("topic")
aws.sns.TopicSubscription("target", topic=topic.arn, protocol="lambda", endpoint=second.arn)
aws.lambda_.Permission("let", action="lambda:InvokeFunction", function=second.name, principal="sns.amazonaws.com",
    source_arn=topic.arn)
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_dst_success_1_the_record_of_a_success_is_a_message_of_the_queue_that_a_mapping_reads(folder: Folder) -> None:
    run = folder.run(_HANDLER, _WORKLOAD, more=_QUEUE + _MAPPED + _CONFIG.format(target="done.arn"))

    messages = outcome_of(run).messages
    assert (messages.sent, messages.processed, messages.dead_lettered) == (2, 1, 1)


@pytest.mark.parametrize(
    ("more", "target"),
    [(_SECOND, "second.arn"), (_BUS, "bus.arn"), (_TOPIC, "topic.arn")],
    ids=["function", "bus", "topic"],
)
def test_dst_success_1_a_success_whose_record_a_function_fails_with_is_not_all_that_is_told(
    folder: Folder, more: str, target: str
) -> None:
    outcome = outcome_of(folder.run(_HANDLER, _WORKLOAD, more=more + _CONFIG.format(target=target)))

    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.lost) == (2, 1, 1)


def test_the_record_of_a_success_ends_in_a_queue_that_nothing_reads(folder: Folder) -> None:
    run = folder.run(_HANDLER, _WORKLOAD, more=_QUEUE + _CONFIG.format(target="done.arn"))

    messages = outcome_of(run).messages
    assert (messages.sent, messages.processed) == (1, 1)


def test_dst_failure_1_the_record_of_a_failure_stays_the_end_of_its_event(folder: Folder) -> None:
    failing = _HANDLER.replace("    return {}", '    raise ValueError("first")').replace(
        'raise ValueError("second")', "pass"
    )
    config = _CONFIG.format(target="second.arn").replace("on_success", "on_failure")

    messages = outcome_of(folder.run(failing, _WORKLOAD, more=_SECOND + config)).messages
    assert (messages.sent, messages.dead_lettered, messages.lost) == (1, 1, 0)


def test_dst_failure_1_an_event_whose_record_a_function_fails_with_for_good_is_lost(folder: Folder) -> None:
    failing = _HANDLER.replace("    return {}", '    raise ValueError("first")')
    config = _CONFIG.format(target="second.arn").replace("on_success", "on_failure")

    messages = outcome_of(folder.run(failing, _WORKLOAD, more=_SECOND + config)).messages
    assert (messages.sent, messages.dead_lettered, messages.lost) == (1, 0, 1)


def test_dst_failure_1_the_record_of_a_failure_is_a_message_where_a_mapping_reads_both_records(folder: Folder) -> None:
    """The queue is where work goes on: what became of the record is told beside the failure that it tells of."""
    failing = _HANDLER.replace("    return {}", '    raise ValueError("first")')
    failure = '{"on_failure": {"destination": done.arn}, "on_success"'
    both = _CONFIG.format(target="done.arn").replace('{"on_success"', failure)

    run = folder.run(failing, _WORKLOAD, more=_QUEUE + _MAPPED + both)

    messages = outcome_of(run).messages
    assert (messages.sent, messages.processed, messages.dead_lettered) == (2, 0, 2)


@pytest.mark.parametrize(
    ("more", "target"),
    [(_SECOND, "second.arn"), (_BUS, "bus.arn"), (_TOPIC, "topic.arn")],
    ids=["function", "bus", "topic"],
)
def test_dst_failure_1_the_record_of_a_failure_is_a_message_where_the_records_of_successes_go(
    folder: Folder, more: str, target: str
) -> None:
    failing = _HANDLER.replace("    return {}", '    raise ValueError("first")')
    failure = f'{{"on_failure": {{"destination": {target}}}, "on_success"'
    both = _CONFIG.format(target=target).replace('{"on_success"', failure)

    messages = outcome_of(folder.run(failing, _WORKLOAD, more=more + both)).messages

    assert (messages.sent, messages.processed, messages.dead_lettered, messages.lost) == (2, 0, 1, 1)
