from __future__ import annotations

from typing import Any

import pytest

from components.kafka_consumer import KafkaConsumer, poller_services
from components.msk_cluster import MskCluster
from components.self_managed_kafka import SelfManagedKafka
from components.settings import KafkaConsumerSettings, KafkaSettings
from tests.components.world import World, deploy

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
ROOT = "arn:aws:kafka:eu-west-1:123456789012"
CLUSTER_ARN = f"{ROOT}:cluster/events-cluster/1234-1"
DLQ_ARN = "arn:aws:sqs:eu-west-1:123456789012:events-dlq"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
OWN: dict[str, Any] = {
    "bootstrapServers": ["one.example:9096", "two.example:9096"],
    "authentication": "SASL_SCRAM_512_AUTH",
    "secretArn": f"{SECRET}kafka-abc123",
    "rootCaSecretArn": f"{SECRET}ca-abc123",
    "subnetIds": ["subnet-0a", "subnet-0b"],
    "securityGroupIds": ["sg-0a"],
}
ON_DEMAND: dict[str, Any] = {
    "pollers": {"mode": "on-demand"},
    "maximumRetryAttempts": -1,
    "bisectBatchOnFunctionError": False,
    "reportBatchItemFailures": False,
    "onFailure": "none",
}


def _world(own: dict[str, Any] | None = None, **consumer: Any) -> World:
    def program() -> None:
        settings = KafkaSettings.model_validate({"consumer": consumer, **({} if own is None else {"selfManaged": own})})
        if settings.self_managed is not None:
            KafkaConsumer("events", SelfManagedKafka.of(settings.self_managed), settings, "layer-arn")
        else:
            cluster = MskCluster("events", settings.cluster, settings.topic)
            KafkaConsumer("events", cluster.brokers, settings, "layer-arn")

    return deploy(program)


def _statements(world: World) -> dict[str, dict[str, Any]]:
    document = world.one("aws:iam/rolePolicy:RolePolicy", "events-consumer-policy").document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_every_setting_of_the_mapping_reaches_it() -> None:
    world = _world(
        batchSize=50,
        maximumBatchingWindowSeconds=5,
        startingPosition="LATEST",
        consumerGroupId="readers",
        pollers={"minimum": 2, "maximum": 8},
        maximumRetryAttempts=3,
        maximumRecordAgeSeconds=600,
        bisectBatchOnFunctionError=True,
        filters=[{"value": {"kind": ["order"]}}],
        enabled=False,
    )
    assert world.one(MAPPING, "events-mapping").inputs == {
        "eventSourceArn": CLUSTER_ARN,
        "topics": ["streamtopic"],
        "amazonManagedKafkaEventSourceConfig": {"consumerGroupId": "readers"},
        "functionName": "arn:aws:lambda:eu-west-1:123456789012:events-consumer",
        "batchSize": 50,
        "maximumBatchingWindowInSeconds": 5,
        "startingPosition": "LATEST",
        "provisionedPollerConfig": {"minimumPollers": 2, "maximumPollers": 8},
        "maximumRetryAttempts": 3,
        "maximumRecordAgeInSeconds": 600,
        "bisectBatchOnFunctionError": True,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "destinationConfig": {"onFailure": {"destinationArn": DLQ_ARN}},
        "filterCriteria": {"filters": [{"pattern": '{"value":{"kind":["order"]}}'}]},
        "enabled": False,
    }


def test_on_demand_pollers_are_sent_no_retry_controls() -> None:
    inputs = _world(**ON_DEMAND).one(MAPPING, "events-mapping").inputs
    assert set(inputs) == {
        "eventSourceArn",
        "topics",
        "functionName",
        "batchSize",
        "startingPosition",
        "functionResponseTypes",
        "enabled",
    }
    assert inputs["functionResponseTypes"] == []


def test_the_function_may_do_what_the_poller_does_and_nothing_else() -> None:
    statements = _statements(_world(consumerGroupId="readers"))
    assert {sid: statement["Resource"] for sid, statement in statements.items() if sid != "WriteOwnLogs"} == {
        "ManageNetworkInterfaces": "*",
        "FindBrokers": CLUSTER_ARN,
        "Connect": CLUSTER_ARN,
        "ReadTopic": f"{ROOT}:topic/events-cluster/1234-1/streamtopic",
        "KeepOffsets": f"{ROOT}:group/events-cluster/1234-1/readers",
        "ReportFailures": DLQ_ARN,
    }
    assert statements["ReadTopic"]["Action"] == ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
    assert statements["KeepOffsets"]["Action"] == ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"]


def test_a_group_that_lambda_chooses_may_be_any_of_the_cluster() -> None:
    resource = _statements(_world())["KeepOffsets"]["Resource"]
    assert resource == f"{ROOT}:group/events-cluster/1234-1/*"


def test_the_function_itself_stands_outside_the_vpc() -> None:
    function = _world().one("aws:lambda/function:Function", "events-consumer")
    assert "vpcConfig" not in function.inputs
    assert function.inputs["code"].path == "functions/kafka_consumer"


def test_failures_may_go_to_a_topic_of_the_same_cluster() -> None:
    world = _world(onFailure="kafka", failureTopic="dead")
    config = world.one(MAPPING, "events-mapping").inputs["destinationConfig"]
    assert config == {"onFailure": {"destinationArn": "kafka://dead"}}
    assert _statements(world)["ReportFailures"] == {
        "Sid": "ReportFailures",
        "Effect": "Allow",
        "Action": ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:WriteData"],
        "Resource": f"{ROOT}:topic/events-cluster/1234-1/dead",
    }
    assert _statements(world)["FindFailureTopic"]["Action"] == ["kafka-cluster:DescribeCluster"]
    assert world.of_type("aws:sqs/queue:Queue") == []


def test_a_kafka_of_one_s_own() -> None:
    world = _world(OWN, consumerGroupId="readers")
    inputs = world.one(MAPPING, "events-mapping").inputs
    assert inputs["selfManagedEventSource"] == {
        "endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "one.example:9096,two.example:9096"}
    }
    assert inputs["sourceAccessConfigurations"] == [
        {"type": "VPC_SUBNET", "uri": "subnet:subnet-0a"},
        {"type": "VPC_SUBNET", "uri": "subnet:subnet-0b"},
        {"type": "VPC_SECURITY_GROUP", "uri": "security_group:sg-0a"},
        {"type": "SASL_SCRAM_512_AUTH", "uri": f"{SECRET}kafka-abc123"},
        {"type": "SERVER_ROOT_CA_CERTIFICATE", "uri": f"{SECRET}ca-abc123"},
    ]
    assert inputs["selfManagedKafkaEventSourceConfig"] == {"consumerGroupId": "readers"}
    assert {"eventSourceArn", "amazonManagedKafkaEventSourceConfig"}.isdisjoint(inputs)
    statements = _statements(world)
    assert set(statements) == {
        "WriteOwnLogs",
        "ManageNetworkInterfaces",
        "ReadCredentials",
        "ReadCertificate",
        "ReportFailures",
    }
    assert statements["ReadCredentials"]["Resource"] == f"{SECRET}kafka-abc123"


def test_a_kafka_on_the_internet_without_credentials_needs_no_rights() -> None:
    world = _world({"bootstrapServers": ["one.example:9092"]})
    assert "sourceAccessConfigurations" not in world.one(MAPPING, "events-mapping").inputs
    assert set(_statements(world)) == {"WriteOwnLogs", "ReportFailures"}


@pytest.mark.parametrize(
    ("consumer", "services"),
    [
        ({}, ("sqs",)),
        ({"onFailure": "s3"}, ("s3",)),
        ({"onFailure": "none"}, ()),
        ({"onFailure": "kafka"}, ()),
        (ON_DEMAND, ("lambda", "sts")),
        ({**ON_DEMAND, "onFailure": "sns"}, ("lambda", "sts", "sns")),
    ],
)
def test_services_that_the_poller_has_to_reach(consumer: dict[str, Any], services: tuple[str, ...]) -> None:
    assert poller_services(KafkaConsumerSettings.model_validate(consumer)) == services


def test_the_mapping_waits_for_the_policy_and_is_deleted_before_it_is_replaced() -> None:
    mapping = _world().one(MAPPING, "events-mapping")
    assert "aws:iam/rolePolicy:RolePolicy::events-consumer-policy" in mapping.dependencies
    assert mapping.delete_before_replace
