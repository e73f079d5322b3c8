# ruff: noqa: E501  # whole messages

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi
import pytest
from pulumi.output import UNKNOWN

from components.package.args import BatchWorkerOnRecordError, FunctionLogRetentionDays
from components.package.arguments import (
    BatchWorkerArguments,
    IdempotentWorkerArguments,
    KafkaConsumerArguments,
    MskClusterArguments,
    QueueWithDlqArguments,
    StreamWorkerArguments,
)
from components.package.reading import Arguments, ArgumentsError, Model, read
from components.settings.base import Section

QUEUE = {"queueArn": "arn:aws:sqs:eu-west-1:123456789012:jobs", "queueUrl": "https://sqs.test/jobs"}
CLUSTER_ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster/events/1234-1"
CONSUMER = {"clusterArn": CLUSTER_ARN, "topicName": "orders"}


def _read(model: type[Model], **given: Any) -> Arguments[Model]:
    return read("Component", "orders", model, given)


def _problems(model: type[Section], given: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(ArgumentsError) as caught:
        read("Component", "orders", model, given)
    return [(problem.place, problem.message, problem.fix) for problem in caught.value.problems]


@pytest.fixture(autouse=True)
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Outputs are made of futures, which belong to a loop."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    while tasks := asyncio.all_tasks(loop):
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
    asyncio.set_event_loop(None)


def _known(output: pulumi.Output[Any]) -> Any:
    async def value() -> Any:
        return await output.future()

    return asyncio.get_event_loop().run_until_complete(value())


def test_names_of_both_languages_are_the_same_argument() -> None:
    camel = _read(BatchWorkerArguments, **QUEUE, worker={"batchSize": 5, "provisionedPollers": {"minimum": 3}})
    snake = _read(
        BatchWorkerArguments,
        queue_arn=QUEUE["queueArn"],
        queue_url=QUEUE["queueUrl"],
        worker={"batch_size": 5, "provisioned_pollers": {"minimum": 3}},
    )
    assert camel.model == snake.model
    assert camel.model.worker.batch_size == 5


def test_numbers_and_enums_arrive_as_the_wire_or_a_program_has_them() -> None:
    arguments = _read(
        BatchWorkerArguments,
        **QUEUE,
        worker={
            "timeoutSeconds": 30.0,
            "onRecordError": BatchWorkerOnRecordError.RAISE,
            "logRetentionDays": FunctionLogRetentionDays.VALUE_7,
        },
    )
    worker = arguments.model.worker
    assert (worker.timeout_seconds, worker.on_record_error, worker.log_retention_days) == (30, "raise", 7)
    assert isinstance(worker.timeout_seconds, int)


def test_what_is_none_is_left_out() -> None:
    assert _read(BatchWorkerArguments, **QUEUE, worker=None, alarms={"topicArn": None}).model.alarms.topic_arn is None


def test_an_error_names_every_argument_with_value_bound_and_fix() -> None:
    with pytest.raises(ArgumentsError) as caught:
        _read(BatchWorkerArguments, **QUEUE, worker={"batchSize": 0, "timeout": 9}, size=1)
    assert str(caught.value) == (
        "3 arguments of Component 'orders' cannot be used\n"
        "  orders.worker.batchSize = 0: must be a whole number from 1 to 10000 (BatchSize of an SQS event source "
        "mapping)\n"
        "    fix: set it to 1 or more\n"
        "  orders.worker.timeout = 9: unknown key\n"
        "    fix: did you mean timeoutSeconds? known keys here: batchSize, enabled, filters, idempotency, "
        "keepGroupOrder, logRetentionDays, maximumBatchingWindowSeconds, maximumConcurrency, memoryMb, onRecordError, "
        "provisionedPollers, reportBatchItemFailures, reservedConcurrency, retry, timeoutSeconds\n"
        "  orders.size = 1: unknown key\n"
        "    fix: remove it; known keys here: alarms, architecture, code, environment, fifo, handler, layers, queueArn, "
        "queueUrl, queueVisibilityTimeoutSeconds, runtime, statements, worker"
    )


@pytest.mark.parametrize(
    ("model", "given", "place", "message", "fix"),
    [
        (
            QueueWithDlqArguments,
            {"functionTimeoutSeconds": 60, "queue": {"visibilityTimeoutSeconds": 45}},
            "queue.visibilityTimeoutSeconds",
            (
                "Queue visibility timeout: 45 seconds is less than Function timeout: 60 seconds (AWS refuses such an event "
                "source mapping)"
            ),
            (
                "set it to 60 or more; 360 (6 x timeout + batching window) is what AWS advises and the default when the "
                "key is left out"
            ),
        ),
        (
            QueueWithDlqArguments,
            {"deadLetterQueue": {"retentionSeconds": 3600}},
            "deadLetterQueue.retentionSeconds",
            (
                "must be above the retention of the source queue (345600 s): a message keeps its age when it moves to the "
                "dead-letter queue, and would expire there early"
            ),
            "leave it out (1209600, 14 days), or set it above 345600",
        ),
        (
            BatchWorkerArguments,
            {"queueUrl": "https://sqs.test/jobs"},
            "queueArn",
            (
                r"must be a text matching ^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$ (ARN of the "
                "queue to read)"
            ),
            "write such a text, in quotes",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "handler": "app.handler"},
            "handler",
            "goes with code, and there is none: the function is this package's own",
            "give code as well, or remove handler",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "code": pulumi.AssetArchive({}), "worker": {"retry": {"backoff": True}}},
            "worker.retry",
            "tells this package's own function what to do, and code is another one",
            "remove retry, or code",
        ),
        (
            BatchWorkerArguments,
            {
                **QUEUE,
                "code": pulumi.AssetArchive({}),
                "statements": [{"sid": "All", "actions": ["s3:*"], "resource": "*"}],
            },
            "statements[0].actions[0]",
            "must be a text (IAM actions, none with a wildcard)",
            "write such a text",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "code": "app.zip"},
            "code",
            "must be an archive (the function's code, as an archive)",
            "give a FileArchive or an AssetArchive",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "code": pulumi.AssetArchive({}), "environment": {"SIZE": 3}},
            "environment.SIZE",
            "must be a text (Environment.Variables of a Lambda function besides the component's own)",
            "write such a text",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "fifo": True, "worker": {"maximumBatchingWindowSeconds": 5}},
            "worker.maximumBatchingWindowSeconds",
            "Batching window is not supported for FIFO queues (AWS refuses such an event source mapping)",
            "set it to 0, or leave it out",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "worker": {"keepGroupOrder": True}},
            "worker.keepGroupOrder",
            "a standard queue has no message groups whose order could be kept",
            "set fifo to true, or remove it",
        ),
        (
            BatchWorkerArguments,
            {**QUEUE, "queueVisibilityTimeoutSeconds": 20},
            "queueVisibilityTimeoutSeconds",
            (
                "Queue visibility timeout: 20 seconds is less than Function timeout: 30 seconds (AWS refuses such an event "
                "source mapping)"
            ),
            "set the visibility timeout of the queue to 30 or more, or worker.timeoutSeconds lower",
        ),
        (
            IdempotentWorkerArguments,
            {"queue": {"visibilityTimeoutSeconds": 5}},
            "queue.visibilityTimeoutSeconds",
            (
                "Queue visibility timeout: 5 seconds is less than Function timeout: 30 seconds (AWS refuses such an event "
                "source mapping)"
            ),
            (
                "set it to 30 or more; 180 (6 x timeout + batching window) is what AWS advises and the default when the "
                "key is left out"
            ),
        ),
        (
            IdempotentWorkerArguments,
            {"allowShortVisibility": True},
            "allowShortVisibility",
            "unknown key",
            (
                "remove it; known keys here: alarms, architecture, code, deadLetterQueue, environment, handler, layers, "
                "queue, runtime, statements, worker"
            ),
        ),
        (
            StreamWorkerArguments,
            {
                "source": "dynamodb",
                "worker": {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00Z"},
            },
            "worker.startingPosition",
            "a DynamoDB stream is read from TRIM_HORIZON or LATEST (AWS refuses such an event source mapping)",
            "set it to TRIM_HORIZON or LATEST",
        ),
        (
            StreamWorkerArguments,
            {"table": {}},
            "table",
            "has no meaning when source is kinesis",
            "remove table, or change source",
        ),
        (
            StreamWorkerArguments,
            {"code": pulumi.AssetArchive({}), "worker": {"onRecordError": "raise"}},
            "worker.onRecordError",
            "tells this package's own function what to do, and code is another one",
            "remove onRecordError, or code",
        ),
        (
            KafkaConsumerArguments,
            {"topicName": "orders"},
            "clusterArn",
            "a consumer reads from one of the two: an MSK cluster, or a Kafka of one's own",
            "give clusterArn or selfManaged",
        ),
        (
            KafkaConsumerArguments,
            {**CONSUMER, "selfManaged": {"bootstrapServers": ["kafka:9092"]}},
            "clusterArn",
            "a consumer reads from one of the two: an MSK cluster, or a Kafka of one's own",
            "remove clusterArn, or selfManaged",
        ),
        (
            KafkaConsumerArguments,
            {**CONSUMER, "consumer": {"onFailure": "kafka", "failureTopic": "orders"}},
            "consumer.failureTopic",
            "must not be the topic that is read (AWS refuses such an event source mapping)",
            "name another one, such as orders-failures",
        ),
        (
            KafkaConsumerArguments,
            {**CONSUMER, "code": pulumi.AssetArchive({}), "consumer": {"onRecordError": "raise"}},
            "consumer.onRecordError",
            "tells this package's own function what to do, and code is another one",
            "remove onRecordError, or code",
        ),
        (
            MskClusterArguments,
            {"services": ["ec2"]},
            "services[0]",
            "must be one out of lambda, sts, sqs, sns, s3 (AWS services that pollers reach from inside the network)",
            "write such a text",
        ),
        (
            MskClusterArguments,
            {"mode": "serverless", "storageGb": 100},
            "storageGb",
            "has no meaning when mode is serverless: MSK chooses brokers, storage and version itself",
            "remove storageGb, or set mode to provisioned",
        ),
    ],
)
def test_what_is_refused_and_how_it_is_put_right(
    model: type[Section], given: Mapping[str, Any], place: str, message: str, fix: str
) -> None:
    assert _problems(model, given) == [(place, message, fix)]


def test_the_visibility_timeout_follows_from_the_function() -> None:
    assert _read(QueueWithDlqArguments).model.queue.visibility_timeout_seconds == 180
    given = {"functionTimeoutSeconds": 100, "maximumBatchingWindowSeconds": 5, "queue": {"fifo": False}}
    assert _read(QueueWithDlqArguments, **given).model.queue.visibility_timeout_seconds == 605
    worker = _read(IdempotentWorkerArguments, worker={"timeoutSeconds": 20})
    assert worker.model.queue.visibility_timeout_seconds == 120


LATE: tuple[tuple[type[Section], dict[str, Any], tuple[str, ...], tuple[str, ...]], ...] = (
    (BatchWorkerArguments, QUEUE, ("queueArn",), ("queue_arn",)),
    (BatchWorkerArguments, QUEUE, ("queueUrl",), ("queue_url",)),
    (BatchWorkerArguments, QUEUE, ("queueVisibilityTimeoutSeconds",), ("queue_visibility_timeout_seconds",)),
    (BatchWorkerArguments, QUEUE, ("alarms", "topicArn"), ("alarms", "topic_arn")),
    (KafkaConsumerArguments, CONSUMER, ("clusterArn",), ("cluster_arn",)),
    (MskClusterArguments, {}, ("vpc", "vpcId"), ("vpc", "vpc_id")),
)


@pytest.mark.parametrize(("model", "given", "keys", "names"), LATE)
def test_what_another_resource_decides_may_be_an_output(
    model: type[Section], given: dict[str, Any], keys: tuple[str, ...], names: tuple[str, ...]
) -> None:
    output = pulumi.Output.from_input(UNKNOWN)
    raw: dict[str, Any] = {**given, **({"vpc": {"subnetIds": ["subnet-1", "subnet-2"]}} if keys[0] == "vpc" else {})}
    inside = raw
    for key in keys[:-1]:
        inside = inside.setdefault(key, {})
    inside[keys[-1]] = output
    arguments = read("Component", "orders", model, raw)
    assert list(arguments.late) == [names]
    assert arguments.value(*names) is arguments.late[names]
    told: Any = arguments.properties()
    for key in keys:
        told = told[key]
    assert told is arguments.late[names]


def test_entries_of_lists_and_maps_may_be_outputs() -> None:
    vpc = {"vpcId": "vpc-1", "subnetIds": ["subnet-1", pulumi.Output.from_input("subnet-2")]}
    cluster = _read(MskClusterArguments, vpc=vpc)
    first, second = cluster.values("vpc", "subnet_ids")
    assert first == "subnet-1"
    assert _known(second) == "subnet-2"
    assert cluster.model.brokers == 2
    assert cluster.properties()["vpc"]["subnetIds"] == ["subnet-1", second]

    environment = {"PLAIN": "a", "LATE": pulumi.Output.from_input("b")}
    worker = _read(BatchWorkerArguments, **QUEUE, code=pulumi.AssetArchive({}), environment=environment)
    variables = worker.texts("environment")
    assert variables["PLAIN"] == "a"
    assert _known(variables["LATE"]) == "b"


def test_all_variables_may_be_one_output() -> None:
    whole = pulumi.Output.from_input({"A": "a"})
    worker = _read(BatchWorkerArguments, **QUEUE, code=pulumi.AssetArchive({}), environment=whole)
    assert _known(worker.texts("environment")) == {"A": "a"}


def test_a_statement_may_name_a_resource_of_the_same_program() -> None:
    statement = {"sid": "Read", "actions": ["s3:GetObject"], "resource": pulumi.Output.from_input("arn:aws:s3:::b/*")}
    worker = _read(BatchWorkerArguments, **QUEUE, code=pulumi.AssetArchive({}), statements=[statement])
    assert _known(worker.value("statements", "0", "resource")) == "arn:aws:s3:::b/*"
    assert worker.properties()["statements"][0]["resource"] is worker.late["statements", "0", "resource"]


def test_the_code_is_no_property_of_the_component() -> None:
    worker = _read(BatchWorkerArguments, **QUEUE, code=pulumi.AssetArchive({}))
    assert "code" not in worker.properties()
    late = _read(BatchWorkerArguments, **QUEUE, code=pulumi.Output.from_input(pulumi.AssetArchive({})))
    assert "code" not in late.properties()


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (lambda: {"worker": pulumi.Output.from_input({"batchSize": 5})}, "worker"),
        (lambda: {"worker": {"batchSize": pulumi.Output.from_input(5)}}, "worker.batchSize"),
        (lambda: {"worker": {"batchSize": pulumi.Output.secret(5)}}, "worker.batchSize"),
        (lambda: {"worker": {"filters": [{"body": {"kind": [UNKNOWN]}}]}}, "worker.filters[0].body.kind[0]"),
        (lambda: {"layers": UNKNOWN}, "layers"),
    ],
)
def test_what_decides_which_resources_there_are_has_to_be_plain(
    given: Callable[[], dict[str, Any]], place: str
) -> None:
    because = "is secret or known only after the deployment, and decides which resources there are, and how"
    assert _problems(BatchWorkerArguments, {**QUEUE, **given()}) == [(place, because, "give a plain value")]


def test_a_late_value_is_checked_once_it_is_known() -> None:
    arguments = _read(BatchWorkerArguments, **{**QUEUE, "queueArn": pulumi.Output.from_input("arn:aws:sns:::topic")})
    with pytest.raises(ArgumentsError) as caught:
        _known(arguments.value("queue_arn"))
    (problem,) = caught.value.problems
    assert (problem.place, problem.value) == ("queueArn", "arn:aws:sns:::topic")
    assert problem.message.startswith("must be a text matching ^arn:aws[a-z-]*:sqs:")

    bounded = _read(BatchWorkerArguments, **QUEUE, queueVisibilityTimeoutSeconds=pulumi.Output.from_input(50_000.0))
    with pytest.raises(ArgumentsError, match="must be a whole number from 0 to 43200"):
        _known(bounded.value("queue_visibility_timeout_seconds"))
