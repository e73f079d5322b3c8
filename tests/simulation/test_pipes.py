"""From pipes of a stack to the model, and runs of them."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import PipeHandedOn, PipeRefused, RecordAppended
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.pipes.records import piped
from delivery_lab.model.pipes.templates import PipeTemplate
from delivery_lab.model.runtime import AwsError
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.stack.permissions import READING
from delivery_lab.stack.queues import Queue
from tests.model.support import Behaviour, Call, Script, report
from tests.simulation.event_world import BUS, DEAD, JOBS, STREAM, WORKER, a_queue, a_rule, a_target
from tests.simulation.pipe_world import DeployedPipes, a_pipe
from tests.stack.world import arn_of, resource

ORDERS = a_queue("orders", visibilityTimeoutSeconds=60)
FIFO = a_queue("line.fifo", fifoQueue=True, contentBasedDeduplication=True)
TOPIC = resource(resource_types.TOPIC, "news")
STARTS = {"startingPosition": "TRIM_HORIZON"}
TOGETHER = {**STARTS, "batchSize": 100}
ORDER = '{"id": "1", "kind": "order"}'


def _world(*resources: Resource, behave: Behaviour | None = None) -> DeployedPipes:
    world = DeployedPipes(*resources)
    if behave is not None:
        world.runtime.behave = behave
    return world


def _sent(world: DeployedPipes, *bodies: str, until_seconds: float | None = None) -> DeployedPipes:
    for body in bodies:
        world.account.queues["orders"].send(body)
    world.run(until_seconds)
    return world


def test_pipe_target_1_a_message_for_each_record_and_none_is_left() -> None:
    world = _sent(_world(ORDERS, JOBS, a_pipe(ORDERS, JOBS)), "a", "b")

    assert [json.loads(body)["body"] for body in world.bodies("jobs")] == ["a", "b"]
    assert world.bodies("orders") == []
    assert [event.target for event in world.events(PipeHandedOn)] == ["jobs", "jobs"]


def test_pipe_event_1_a_function_gets_an_array_also_of_one() -> None:
    world = _sent(_world(ORDERS, WORKER, a_pipe(ORDERS, WORKER)), "a")

    (call,) = world.runtime.calls
    (record,) = call.event
    assert (record["body"], record["eventSource"]) == ("a", "aws:sqs")


@pytest.mark.parametrize(
    ("assumed", "to", "sizes"),
    [(1, WORKER, [1, 1, 1]), (100, WORKER, [3]), (100, JOBS, [])],
    ids=["one by one", "all at once", "as many as a queue takes"],
)
def test_pipe_batch_2_a_stream_without_a_batch_size_is_handed_on_one_by_one(
    assumed: int, to: Resource, sizes: list[int]
) -> None:
    """No batch size that nobody gave is refused, whatever is assumed of it."""
    assumptions = Assumptions(pipe_stream_batch=assumed)
    world = DeployedPipes(STREAM, JOBS, WORKER, a_pipe(STREAM, to, kinesis=STARTS), assumptions=assumptions)
    for data in (b"one", b"two", b"three"):
        world.account.streams_by_name["clicks"].put(data, "key")
    world.run(until_seconds=60)

    assert [len(call.event) for call in world.runtime.calls] == sizes
    assert len(world.bodies("jobs")) == 3 - sum(sizes)
    assert "PIPE-BATCH-2" in world.account.journal.rules


def test_pipe_event_1_a_record_of_kinesis_has_no_block_of_its_own() -> None:
    pipe = a_pipe(STREAM, WORKER, kinesis=STARTS)
    world = _world(STREAM, WORKER, pipe)
    world.account.streams_by_name["clicks"].put(b"one", "key")
    world.run(until_seconds=60)

    ((record,),) = [call.event for call in world.runtime.calls]
    assert "kinesis" not in record
    assert (record["partitionKey"], record["eventSource"]) == ("key", "aws:kinesis")
    assert base64.b64decode(record["data"]) == b"one"
    assert record["eventID"] == f"shardId-000000000000:{record['sequenceNumber']}"


def test_what_is_handed_on_of_a_stream_has_the_id_that_its_record_had() -> None:
    world = _world(STREAM, JOBS, a_pipe(STREAM, JOBS, kinesis={**STARTS, "batchSize": 10}))
    world.account.streams_by_name["clicks"].put(b"one", "key")
    world.run(until_seconds=60)

    ((appended,), (handed,)) = world.events(RecordAppended), world.events(PipeHandedOn)
    assert handed.message == appended.record


def test_pipe_poll_1_a_filter_takes_out_what_it_does_not_match() -> None:
    filters = {"filters": [{"pattern": '{"body": {"kind": ["order"]}}'}]}
    world = _sent(_world(ORDERS, JOBS, a_pipe(ORDERS, JOBS, filters=filters)), ORDER, '{"kind": "refund"}')

    assert [json.loads(body)["body"] for body in world.bodies("jobs")] == [ORDER]
    assert world.bodies("orders") == []


def test_pipe_batch_1_a_batch_that_the_target_does_not_take() -> None:
    with pytest.raises(DeploymentRefusedError, match=r"larger than the 10 that the target takes"):
        _world(STREAM, JOBS, a_pipe(STREAM, JOBS, kinesis={**STARTS, "batchSize": 100}))


def _names_odd(call: Call) -> Script:
    return Script(payload=report(*(each["messageId"] for each in call.event if each["body"] == "odd")))


def test_pipe_report_1_what_a_function_names_is_retried_alone() -> None:
    world = _world(ORDERS, WORKER, a_pipe(ORDERS, WORKER), behave=_names_odd)
    _sent(world, "odd", "even", until_seconds=3600)  # what is named comes back for as long as it is kept

    seen = [[record["body"] for record in call.event] for call in world.runtime.calls[:2]]
    assert seen[0] == ["odd", "even"] or seen[0] == ["odd"]
    assert all(bodies == ["odd"] for bodies in seen[1:])


def test_pipe_report_1_records_of_a_stream_are_named_by_their_event_id() -> None:
    def names_last(call: Call) -> Script:
        first = len(world.runtime.calls) == 1
        return Script(payload=report(*([call.event[-1]["eventID"]] if first else [])))

    world = _world(STREAM, WORKER, a_pipe(STREAM, WORKER, kinesis=TOGETHER), behave=names_last)
    for data in (b"one", b"two"):
        world.account.streams_by_name["clicks"].put(data, "key")
    world.run(until_seconds=600)

    assert [len(call.event) for call in world.runtime.calls] == [2, 1]


def test_pipe_report_2_of_a_stream_what_is_named_is_retried_alone() -> None:
    def names_first(call: Call) -> Script:
        first = len(world.runtime.calls) == 1
        return Script(payload=report(*([call.event[0]["eventID"]] if first else [])))

    world = _world(STREAM, WORKER, a_pipe(STREAM, WORKER, kinesis=TOGETHER), behave=names_first)
    for data in (b"one", b"two"):
        world.account.streams_by_name["clicks"].put(data, "key")
    world.run(until_seconds=600)

    assert [len(call.event) for call in world.runtime.calls] == [2, 1]
    assert world.runtime.calls[1].event[0] == world.runtime.calls[0].event[0]


def test_pipe_report_2_with_bisect_everything_from_the_lowest_on_is_retried() -> None:
    def names_first(call: Call) -> Script:
        first = len(world.runtime.calls) == 1
        return Script(payload=report(*([call.event[0]["eventID"]] if first else [])))

    settings = {**TOGETHER, "onPartialBatchItemFailure": "AUTOMATIC_BISECT"}
    world = _world(STREAM, WORKER, a_pipe(STREAM, WORKER, kinesis=settings), behave=names_first)
    for data in (b"one", b"two"):
        world.account.streams_by_name["clicks"].put(data, "key")
    world.run(until_seconds=600)

    assert sum(len(call.event) for call in world.runtime.calls[1:]) == 2


def _down(world: DeployedPipes) -> None:
    """SQS answers with errors for ten seconds."""
    occasion = Occasion(0, 10_000_000)
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, occasion, service="sqs", operation="SendMessage")])


def test_pipe_retry_2_a_target_that_is_down_is_tried_again() -> None:
    world = _world(ORDERS, JOBS, a_pipe(ORDERS, JOBS))
    _down(world)

    _sent(world, "a")

    assert len(world.bodies("jobs")) == 1
    assert world.events(PipeRefused) == []


def test_pipe_report_3_nothing_is_sent_past_a_record_that_was_refused() -> None:
    to = {"sqsQueueParameters": {"messageGroupId": "$.data.group"}}
    world = _world(
        STREAM, FIFO, a_pipe(STREAM, FIFO, kinesis={**STARTS, "batchSize": 10, "maximumRetryAttempts": 0}, to=to)
    )
    for data in (b'{"group": "a"}', b"{}", b'{"group": "b"}'):
        world.account.streams_by_name["clicks"].put(data, "key")
    world.run(until_seconds=60)

    assert next(len(event.messages) for event in world.events(PipeRefused)) == 2
    assert len(world.bodies("line.fifo")) == 1


def test_pipe_retry_1_a_permission_is_asked_until_the_queue_has_enough() -> None:
    allowed = json.dumps({"Statement": [{"Effect": "Allow", "Action": list(READING[Queue]), "Resource": "*"}]})
    role = resource(resource_types.ROLE, "none", {"inlinePolicies": [{"policy": allowed}]})
    pipe = a_pipe(ORDERS, JOBS, roleArn=arn_of(role))
    world = _world(ORDERS, JOBS, role, pipe)
    world.account.queues["orders"].send("a")
    world.run(until_seconds=200)

    refused = world.events(PipeRefused)
    assert {event.code for event in refused} == {"AccessDenied"}
    assert len(refused) == 200 // 30 + 1  # the visibility timeout of the queues of this world
    assert world.bodies("jobs") == []


@pytest.mark.parametrize(
    ("source", "action"), [(ORDERS, "sqs:ReceiveMessage"), (STREAM, "kinesis:GetRecords")], ids=["queue", "stream"]
)
def test_pipe_role_2_a_pipe_that_may_not_read_is_not_created(source: Resource, action: str) -> None:
    allowed = '{"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}'
    role = resource(resource_types.ROLE, "none", {"inlinePolicies": [{"policy": allowed}]})
    with pytest.raises(DeploymentRefusedError, match=rf"CREATE_FAILED.*permissions to read .*{action}"):
        _world(source, JOBS, role, a_pipe(source, JOBS, roleArn=arn_of(role), kinesis=STARTS))


@pytest.mark.parametrize("name", ["service-role/AWSLambdaSQSQueueExecutionRole", "ReadOnlyAccess"])
def test_pipe_role_2_a_policy_of_aws_lets_a_pipe_read(name: str) -> None:
    sends = '{"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}'
    given = {"inlinePolicies": [{"policy": sends}], "managedPolicyArns": [f"arn:aws:iam::aws:policy/{name}"]}
    role = resource(resource_types.ROLE, "reads", given)

    assert len(_sent(_world(ORDERS, JOBS, role, a_pipe(ORDERS, JOBS, roleArn=arn_of(role))), "a").bodies("jobs")) == 1


def test_pipe_role_1_the_policy_of_the_queue_need_not_name_the_pipe() -> None:
    jobs = a_queue("jobs", allows=False)

    assert len(_sent(_world(ORDERS, jobs, a_pipe(ORDERS, jobs)), "a").bodies("jobs")) == 1


def test_pipe_dlq_1_what_a_pipe_discards_of_a_stream() -> None:
    settings = {**STARTS, "maximumRetryAttempts": 1, "deadLetterConfig": {"arn": arn_of(DEAD)}}
    pipe = a_pipe(STREAM, WORKER, kinesis=settings)
    world = _world(STREAM, WORKER, DEAD, pipe, behave=lambda _: Script(error="Oops", payload="{}"))
    world.account.streams_by_name["clicks"].put(b"one", "key")
    world.run(until_seconds=600)

    assert len(world.runtime.calls) == 2
    (letter,) = map(json.loads, world.bodies("dead"))
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["KinesisBatchInfo"]["batchSize"] == 1


def test_a_bus_gets_events_with_the_content_as_their_detail() -> None:
    to = {
        "inputTemplate": '{"order": <$.body>}',
        "eventbridgeEventBusParameters": {"source": "shop", "detailType": "$.body.kind"},
    }
    world = _sent(_world(BUS, ORDERS, JOBS, a_rule(), a_target(JOBS), a_pipe(ORDERS, BUS, to=to)), ORDER)

    (event,) = map(json.loads, world.bodies("jobs"))
    assert (event["source"], event["detail-type"], event["detail"]) == (
        "shop",
        "order",
        {"order": json.loads(ORDER)},
    )


RECORD = piped({"messageId": "m", "body": ORDER, "attributes": {"SenderId": "me"}})


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ('"Hello, <$.attributes.SenderId>"', '"Hello, me"'),
        ('{"data": <$.body>}', '{"data": {"id":"1","kind":"order"}}'),
        ('{"order": <$.body.id>, "by": "<aws.pipes.pipe-name>"}', '{"order": "1", "by": "pipe"}'),
        ('{"whole": <aws.pipes.event.json>}', None),
        ('"is <$.body>"', '"is {id:1,kind:order}"'),
    ],
)
def test_pipe_input_2_templates(template: str, made: str | None) -> None:
    filled = PipeTemplate(template, {"aws.pipes.pipe-name": "pipe"}).fill(RECORD, "now")

    assert filled == made if made is not None else json.loads(filled)["whole"]["body"] == json.loads(ORDER)


def test_pipe_input_2_what_is_no_json_has_no_variable_for_all_of_it() -> None:
    plain = piped({"messageId": "m", "body": "plain"})
    with pytest.raises(NotModelledError, match=r"has <aws\.pipes\.event\.json>"):
        PipeTemplate('{"whole": <aws.pipes.event.json>}', {}).fill(plain, "now")


def test_pipe_input_2_data_that_is_no_json_stays_in_base64() -> None:
    data = base64.b64encode(b"plain").decode()
    record = piped({"eventID": "shard:1", "kinesis": {"data": data, "sequenceNumber": "1"}})

    assert PipeTemplate('{"data": <$.data>}', {}).fill(record, "now") == json.dumps({"data": data})


@pytest.mark.parametrize("name", ["$.body", "aws.pipes.event.json", "$.attributes"])
def test_pipe_input_3_a_variable_for_json_alone_is_refused(name: str) -> None:
    with pytest.raises(NotModelledError, match=f"is <{re.escape(name)}> alone, which is JSON of a record"):
        PipeTemplate(f" <{name}> ", {}).fill(RECORD, "now")


def test_pipe_input_4_a_queue_gets_a_text_without_quotes() -> None:
    world = _sent(_world(ORDERS, JOBS, a_pipe(ORDERS, JOBS, to={"inputTemplate": "<$.body>"})), "plain")

    assert world.bodies("jobs") == ["plain"]


@pytest.mark.parametrize("to", [TOPIC, STREAM], ids=["topic", "stream"])
def test_whether_others_get_a_text_with_quotes_is_not_known(to: Resource) -> None:
    block = {"inputTemplate": "<$.body>", "kinesisStreamParameters": {"partitionKey": "any"}}
    with pytest.raises(NotModelledError, match="makes one text"):
        _sent(_world(ORDERS, to, a_pipe(ORDERS, to, to=block)), "plain")


def test_pipe_time_1_a_function_that_takes_longer_than_a_pipe_lasts() -> None:
    long = resource(resource_types.FUNCTION, "worker", {"timeout": 600})
    world = _world(ORDERS, long, a_pipe(ORDERS, long), behave=lambda _: Script(takes_seconds=301))
    with pytest.raises(NotModelledError, match=r"has waited 30[12] s for worker; a pipe lasts at most 300 s"):
        _sent(world, "a")


def test_pipe_input_1_a_template_that_makes_no_json() -> None:
    with pytest.raises(AwsError, match="the input template makes no JSON"):
        PipeTemplate('{"a": <$.body>', {}).fill(RECORD, "now")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("<$.body.nothing>", "nothing at \\$.body.nothing"),
        ('{"whole": <aws.pipes.event>}', "has <aws.pipes.event>"),
        ("Order <$.body.id>", "a text without quotes"),
        ("<aws.pipes.enrichment-arn>", "has <aws.pipes.enrichment-arn>"),
        ('"<$.quoted>"', "within quotes what has quotes itself"),
    ],
)
def test_what_is_not_known_of_templates_is_refused(template: str, message: str) -> None:
    record = piped({"messageId": "m", "body": ORDER, "quoted": 'a "b"'})
    with pytest.raises(NotModelledError, match=message):
        PipeTemplate(template, {}).fill(record, "now")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"enrichment": arn_of(WORKER)}, "enrichment"),
        ({"to": {"httpParameters": {"headerParameters": {"a": "b"}}}}, "httpParameters"),
        ({"to": {"inputTemplate": UNKNOWN}}, "is known only after deployment"),
    ],
)
def test_only_a_run_that_touches_it_is_refused(more: dict[str, Any], message: str) -> None:
    untouched = _world(ORDERS, JOBS, a_pipe(ORDERS, JOBS, **dict(more)))
    untouched.run()

    with pytest.raises(NotModelledError, match=message):
        _sent(_world(ORDERS, JOBS, a_pipe(ORDERS, JOBS, **dict(more))), "plain")


CLUSTER_ARN = "arn:aws:kafka:us-east-1:123456789012:cluster/cluster/1"
CLUSTER = resource(resource_types.MSK_CLUSTER, "cluster", outputs={"arn": CLUSTER_ARN})


@pytest.mark.parametrize(("reads", "arrives_at"), [("clicks", "clicks"), (None, "any")])
def test_a_pipe_from_kafka_refuses_only_runs_that_touch_its_topic(reads: str | None, arrives_at: str) -> None:
    topic = {} if reads is None else {"topicName": reads}
    parameters = {"managedStreamingKafkaParameters": topic}
    world = _world(CLUSTER, JOBS, a_pipe(CLUSTER, JOBS, sourceParameters=parameters))
    cluster = world.account.clusters["cluster"]
    if reads is not None:
        cluster.create_topic("others").produce(b"x")
    world.run()

    assert world.notes == ["pipe reads cluster: a run in which a record arrives there is refused"]
    with pytest.raises(NotModelledError, match=f"arrives at {reads or 'a topic'} of cluster, which pipe reads"):
        cluster.create_topic(arrives_at).produce(b"x")


def test_pipe_bus_1_what_eventbridge_fills_in_where_the_pipe_says_nothing() -> None:
    rule = a_rule(eventPattern='{"source": ["Pipe pipe"], "detail-type": ["Event from aws:sqs"]}')
    world = _sent(_world(BUS, ORDERS, JOBS, rule, a_target(JOBS), a_pipe(ORDERS, BUS)), "a")

    (event,) = map(json.loads, world.bodies("jobs"))
    assert (event["source"], event["detail-type"]) == ("Pipe pipe", "Event from aws:sqs")
    assert event["detail"]["body"] == "a"


def test_a_function_that_is_not_waited_for_is_refused() -> None:
    to = {"lambdaFunctionParameters": {"invocationType": "FIRE_AND_FORGET"}}
    with pytest.raises(NotModelledError, match="does not wait for worker"):
        _sent(_world(ORDERS, WORKER, a_pipe(ORDERS, WORKER, to=to)), "a")


def test_what_is_no_source_or_stopped_reads_nothing() -> None:
    elsewhere = _world(JOBS, a_pipe("arn:aws:sqs:us-east-1:123456789012:elsewhere", JOBS))
    stopped = _world(ORDERS, JOBS, a_pipe(ORDERS, JOBS, desiredState="STOPPED"))

    assert [note.partition(",")[0] for note in elsewhere.notes] == [
        "pipe reads arn:aws:sqs:us-east-1:123456789012:elsewhere"
    ]
    assert stopped.notes == ["pipe is stopped: it reads nothing"]
    assert _sent(stopped, "a").bodies("orders") == ["a"]
