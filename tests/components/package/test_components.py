# ruff: noqa: E501  # whole messages

"""Each component of the package, constructed as the engine has it constructed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.package.args import BatchWorkerArgs
from components.package.batch_worker import BatchWorker
from components.package.functions import PROJECT
from components.package.reading import ArgumentsError
from delivery_lab.program.graph import UNKNOWN, Resource
from tests.components.package.construct import Constructed, RefusedError, archive, construct, output, secret
from tests.components.world import World, deploy

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
POLICY = "aws:iam/rolePolicy:RolePolicy"
LAYER = "aws:lambda/layerVersion:LayerVersion"

ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
JOBS: dict[str, Any] = {"queueArn": ARN, "queueUrl": URL}
CLUSTER_ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster/events/1234-1"


def _variables(constructed: Constructed, name: str) -> dict[str, Any]:
    variables = constructed.one(FUNCTION, name).inputs["environment"]["variables"]
    assert isinstance(variables, dict)
    return variables


def _statements(constructed: Constructed, name: str) -> dict[str, Any]:
    policy = json.loads(constructed.one(POLICY, f"{name}-policy").inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def _component(constructed: Constructed) -> Resource:
    return next(each for each in constructed.resources if each.urn == constructed.urn)


# -- QueueWithDlq -----------------------------------------------------------------------------------------------------


def test_a_queue_has_the_visibility_timeout_of_its_function_and_tells_it() -> None:
    made = construct("QueueWithDlq", functionTimeoutSeconds=60.0, queue={"maxReceiveCount": 3.0})
    queue, dlq = made.one(QUEUE, "orders-queue"), made.one(QUEUE, "orders-dlq")
    assert queue.inputs["visibilityTimeoutSeconds"] == 360
    assert json.loads(queue.inputs["redrivePolicy"])["maxReceiveCount"] == 3
    assert dlq.inputs["messageRetentionSeconds"] == 1_209_600
    assert made.urn == "urn:pulumi:test::shop::delivery-lab:index:QueueWithDlq::orders"
    assert made.state == {
        "queueArn": queue.outputs["arn"],
        "queueName": queue.outputs["name"],
        "queueUrl": queue.outputs["url"],
        "visibilityTimeoutSeconds": 360,
        "dlqArn": dlq.outputs["arn"],
        "dlqName": dlq.outputs["name"],
        "dlqUrl": dlq.outputs["url"],
    }
    assert made.dependencies["queueArn"] == {queue.urn}
    assert made.names(ALARM) == ["orders-alarm-age", "orders-alarm-dlq"]


def test_a_component_is_registered_with_its_arguments_and_outputs() -> None:
    made = construct("QueueWithDlq", alarms={"enabled": False})
    component = _component(made)
    assert component.inputs["queue"]["visibilityTimeoutSeconds"] == 180
    assert component.inputs["functionTimeoutSeconds"] == 30
    assert component.outputs["queueArn"] == made.state["queueArn"]
    assert made.names(ALARM) == []


def test_a_fifo_queue_has_a_fifo_dead_letter_queue() -> None:
    made = construct("QueueWithDlq", queue={"fifo": True, "deduplicationScope": "messageGroup"})
    assert made.one(QUEUE, "orders-dlq").inputs["fifoQueue"] is True
    assert made.one(QUEUE, "orders-queue").inputs["deduplicationScope"] == "messageGroup"


def test_alarms_notify_a_topic_of_the_same_program() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:on-call"
    made = construct("QueueWithDlq", alarms={"topicArn": output(topic, "urn:topic")})
    assert made.one(ALARM, "orders-alarm-dlq").inputs["alarmActions"] == [topic]
    assert made.one(ALARM, "orders-alarm-dlq").property_dependencies["alarmActions"] == ("urn:topic",)


# -- BatchWorker ------------------------------------------------------------------------------------------------------


def test_a_worker_without_code_is_ours_with_its_layer_from_the_package_s_folder() -> None:
    made = construct("BatchWorker", **JOBS)
    function, layer = made.one(FUNCTION, "orders-worker"), made.one(LAYER, "orders-layer")
    assert Path(function.inputs["code"].path) == PROJECT / "functions" / "batch_worker"
    assert function.inputs["layers"] == [layer.outputs["arn"]]
    assert layer.inputs["layerName"] == "shop-orders"
    assert _variables(made, "orders-worker")["ON_RECORD_ERROR"] == "report"
    assert made.one(MAPPING, "orders-mapping").inputs["eventSourceArn"] == ARN
    assert set(made.state) == {"functionName", "functionArn", "roleName", "mappingUuid"}
    assert made.names(ALARM) == ["orders-alarm-errors", "orders-alarm-throttles"]


def test_a_worker_with_code_has_that_and_what_goes_with_it() -> None:
    layer = "arn:aws:lambda:eu-west-1:123456789012:layer:tools:7"
    made = construct(
        "BatchWorker",
        **JOBS,
        code=archive("app"),
        handler="orders.handler",
        runtime="nodejs22.x",
        architecture="x86_64",
        layers=[layer],
        environment={"TABLE": "orders", "KEY": output("k", secret=True)},
        statements=[{"sid": "Write", "actions": ["dynamodb:PutItem"], "resource": output(UNKNOWN, "urn:table")}],
    )
    function = made.one(FUNCTION, "orders-worker")
    assert (function.inputs["handler"], function.inputs["runtime"]) == ("orders.handler", "nodejs22.x")
    assert (function.inputs["architectures"], function.inputs["layers"]) == (["x86_64"], [layer])
    assert function.inputs["code"].path.endswith("app")
    assert made.names(LAYER) == []
    variables = _variables(made, "orders-worker")
    assert (variables["TABLE"], variables["KEY"]) == ("orders", "k")
    assert "POWERTOOLS_SERVICE_NAME" not in variables
    assert made.one(POLICY, "orders-worker-policy").inputs["policy"] is UNKNOWN


def test_a_secret_variable_stays_secret() -> None:
    made = construct("BatchWorker", **JOBS, code=archive("app"), environment={"KEY": output("k", secret=True)})
    assert made.one(FUNCTION, "orders-worker").secret_inputs == {"environment"}
    assert _component(made).secret_inputs == {"environment"}


def test_variables_that_are_a_secret_all_together_stay_one() -> None:
    made = construct("BatchWorker", **JOBS, code=archive("app"), environment=secret({"KEY": "k"}))
    assert _variables(made, "orders-worker") == {"KEY": "k", "ON_RECORD_ERROR": "report"}
    assert made.one(FUNCTION, "orders-worker").secret_inputs == {"environment"}


def test_a_queue_that_is_not_known_yet_leaves_everything_else_known() -> None:
    made = construct("BatchWorker", queueArn=output(UNKNOWN, "urn:q"), queueUrl=output(UNKNOWN, "urn:q"))
    mapping = made.one(MAPPING, "orders-mapping")
    assert mapping.inputs["eventSourceArn"] is UNKNOWN
    assert mapping.inputs["batchSize"] == 10
    assert "urn:q" in mapping.property_dependencies["eventSourceArn"]


def test_dependencies_of_an_argument_reach_the_mapping() -> None:
    made = construct("BatchWorker", **JOBS, depends={"queueArn": ["urn:q"]})
    assert "urn:q" in made.one(MAPPING, "orders-mapping").property_dependencies["eventSourceArn"]


@pytest.mark.parametrize(
    ("late", "message"),
    [
        (
            {"queueVisibilityTimeoutSeconds": 29},
            (
                "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds (AWS refuses such an event "
                "source mapping)"
            ),
        ),
        ({"queueArn": f"{ARN}.fifo"}, f"{ARN}.fifo is a FIFO queue"),
        ({"fifo": True}, f"{ARN} is a standard queue"),
        (
            {"queueVisibilityTimeoutSeconds": 29, "queueArn": UNKNOWN},
            "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds (AWS refuses such an event source mapping)",
        ),
    ],
)
def test_what_the_queue_turns_out_to_be_is_checked_when_it_is_known(late: dict[str, Any], message: str) -> None:
    given = {**JOBS, **late}
    arguments: dict[str, Any] = {
        key: value if key == "fifo" else output(value, "urn:q") for key, value in given.items()
    }
    with pytest.raises(RefusedError) as refused:
        construct("BatchWorker", **arguments)
    (reason,) = refused.value.problems.values()
    assert message in reason


def test_a_worker_of_a_fifo_queue_keeps_its_order() -> None:
    made = construct("BatchWorker", queueArn=f"{ARN}.fifo", queueUrl=f"{URL}.fifo", fifo=True)
    assert _variables(made, "orders-worker")["KEEP_GROUP_ORDER"] == "true"


def test_a_worker_that_parks_has_the_queue_for_it_as_an_output() -> None:
    made = construct("BatchWorker", **JOBS, worker={"retry": {"nonRetryable": "park"}})
    assert made.state["parkingQueueUrl"] == made.one(QUEUE, "orders-parking").outputs["url"]


def test_a_worker_that_keeps_records_has_the_name_of_their_table_as_an_output() -> None:
    made = construct("BatchWorker", **JOBS, worker={"idempotency": {"mode": "powertools"}})
    assert made.state["tableName"] == made.one("aws:dynamodb/table:Table", "orders-table").outputs["name"]
    assert "tableName" not in construct("BatchWorker", **JOBS).state


def test_an_update_builds_the_layer_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bool] = []

    def build() -> None:
        built.append(True)
        raise pulumi.RunError("the layer of the functions cannot be built\nno network")

    monkeypatch.setattr("components.package.functions.PROJECT", Path("/nowhere"))
    monkeypatch.setattr("components.package.functions.build_layer", build)
    monkeypatch.setattr("components.layer.requirements_digest", lambda _project: "0")
    with pytest.raises(pulumi.RunError, match="the layer of the functions cannot be built"):
        construct("BatchWorker", **JOBS, dry_run=False)
    assert built == [True]


# -- the others -------------------------------------------------------------------------------------------------------


def test_an_idempotent_worker_has_queue_table_function_and_mapping() -> None:
    made = construct("IdempotentWorker", worker={"timeoutSeconds": 20, "heartbeat": {"enabled": True}})
    assert made.one(QUEUE, "orders-queue").inputs["visibilityTimeoutSeconds"] == 120
    assert made.state["tableName"] == made.one("aws:dynamodb/table:Table", "orders-table").outputs["name"]
    assert "ExtendVisibility" in _statements(made, "orders-worker")
    assert made.names(ALARM) == [f"orders-alarm-{key}" for key in ("age", "dlq", "errors", "throttles")]


def test_code_of_one_s_own_finds_the_table_and_may_write_it() -> None:
    made = construct("IdempotentWorker", code=archive("app"))
    assert _variables(made, "orders-worker")["TABLE_NAME"] == made.state["tableName"]
    assert "KeepRecords" in _statements(made, "orders-worker")


def test_without_idempotency_there_is_no_table() -> None:
    made = construct("IdempotentWorker", worker={"idempotency": {"mode": "none"}})
    assert made.names("aws:dynamodb/table:Table") == []
    assert "tableName" not in made.state


@pytest.mark.parametrize(
    ("given", "present", "absent"),
    [
        ({}, {"streamName", "failureDestinationArn"}, {"tableName"}),
        ({"source": "dynamodb"}, {"tableName", "failureDestinationArn"}, {"streamName"}),
        ({"worker": {"onFailure": "none"}}, {"streamName"}, {"failureDestinationArn", "tableName"}),
        ({"worker": {"onFailure": "s3"}}, {"streamName", "failureDestinationArn"}, {"tableName"}),
    ],
)
def test_a_stream_worker_has_the_outputs_of_what_there_is(
    given: dict[str, Any], present: set[str], absent: set[str]
) -> None:
    made = construct("StreamWorker", **given)
    assert present | {"sourceArn", "functionName", "functionArn", "roleName", "mappingUuid"} == set(made.state)
    assert absent.isdisjoint(made.state)
    assert made.one(MAPPING, "orders-mapping").inputs["eventSourceArn"] == made.state["sourceArn"]


def test_a_kafka_consumer_reads_a_cluster_that_is_there_already() -> None:
    made = construct("KafkaConsumer", clusterArn=output(CLUSTER_ARN, "urn:cluster"), topicName="orders")
    mapping = made.one(MAPPING, "orders-mapping")
    assert (mapping.inputs["eventSourceArn"], mapping.inputs["topics"]) == (CLUSTER_ARN, ["orders"])
    reading = _statements(made, "orders-consumer")["ReadTopic"]
    assert reading["Resource"] == "arn:aws:kafka:eu-west-1:123456789012:topic/events/1234-1/orders"
    assert made.state["failureDestinationArn"] == made.one(QUEUE, "orders-dlq").outputs["arn"]


def test_a_kafka_consumer_reads_a_kafka_of_one_s_own_whose_secret_the_program_makes() -> None:
    made = construct(
        "KafkaConsumer",
        topicName="orders",
        selfManaged={
            "bootstrapServers": ["one:9092", output("two:9092", "urn:brokers")],
            "authentication": "BASIC_AUTH",
            "secretArn": output(UNKNOWN, "urn:secret"),
            "subnetIds": [output("subnet-1", "urn:subnet")],
            "securityGroupIds": ["sg-1"],
        },
        consumer={"onFailure": "none"},
    )
    mapping = made.one(MAPPING, "orders-mapping")
    endpoints = mapping.inputs["selfManagedEventSource"]["endpoints"]
    assert endpoints == {"KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092"}
    assert mapping.inputs["sourceAccessConfigurations"] == [
        {"type": "VPC_SUBNET", "uri": "subnet:subnet-1"},
        {"type": "VPC_SECURITY_GROUP", "uri": "security_group:sg-1"},
        {"type": "BASIC_AUTH", "uri": UNKNOWN},
    ]
    assert "failureDestinationArn" not in made.state


def test_a_cluster_stands_in_a_network_that_the_program_makes() -> None:
    vpc = {"vpcId": output(UNKNOWN, "urn:vpc"), "subnetIds": [output(UNKNOWN, "urn:a"), output("subnet-2", "urn:b")]}
    made = construct("MskCluster", vpc=vpc, topicDefaults={"partitions": 6})
    cluster = made.one("aws:msk/cluster:Cluster", "orders-cluster")
    assert cluster.inputs["brokerNodeGroupInfo"]["clientSubnets"] == [UNKNOWN, "subnet-2"]
    assert cluster.inputs["numberOfBrokerNodes"] == 2
    properties = made.one("aws:msk/configuration:Configuration", "orders-cluster-config").inputs["serverProperties"]
    assert "num.partitions=6\n" in properties
    assert made.state["replicationFactor"] == 2
    assert made.names("aws:ec2/vpc:Vpc") == []


def test_a_cluster_makes_its_own_network_with_ways_out_for_pollers() -> None:
    made = construct("MskCluster", services=["sqs", "sts"])
    assert made.names("aws:ec2/vpcEndpoint:VpcEndpoint") == ["orders-endpoint-sqs", "orders-endpoint-sts"]
    assert set(made.state) == {
        "bootstrapServers",
        "clientSecurityGroupId",
        "clusterArn",
        "replicationFactor",
        "subnetIds",
        "vpcId",
    }


# -- in the program's own process -------------------------------------------------------------------------------------


def _local(**given: Any) -> World:
    def program() -> None:
        args: BatchWorkerArgs = {"queue_arn": ARN, "queue_url": URL, **given}  # type: ignore[typeddict-item]
        worker = BatchWorker("orders", args)
        pulumi.export("function", worker.function_name)

    return deploy(program)


def test_a_python_program_can_use_a_component_without_the_engine_s_plugin() -> None:
    world = _local(worker={"batch_size": 5})
    assert world.one(MAPPING, "orders-mapping").inputs["batchSize"] == 5
    assert world.outputs == {"function": "orders-worker"}
    assert world.one(FUNCTION, "orders-worker").parent == "delivery-lab:function:PythonFunction::orders-worker"


def test_a_program_in_the_same_process_ends_with_the_message() -> None:
    with pytest.raises(ArgumentsError, match=r"^1 argument of BatchWorker 'orders' cannot be used\n  orders\.worker\."):
        _local(worker={"batch_size": 0})
