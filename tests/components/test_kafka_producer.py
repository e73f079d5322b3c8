from __future__ import annotations

from typing import Any

from components.kafka_producer import KafkaProducer
from components.msk_cluster import MskCluster
from components.settings import KafkaSettings
from tests.components.world import World, deploy

FUNCTION = "aws:lambda/function:Function"
ROOT = "arn:aws:kafka:eu-west-1:123456789012"


def _world(**parts: Any) -> World:
    def program() -> None:
        settings = KafkaSettings.model_validate(parts)
        cluster = MskCluster("events", settings.cluster, settings.topic)
        KafkaProducer("events", cluster, settings, "layer-arn")

    return deploy(program)


def _statements(world: World) -> dict[str, dict[str, Any]]:
    document = world.one("aws:iam/rolePolicy:RolePolicy", "events-producer-policy").document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_the_function_stands_where_the_brokers_can_be_reached() -> None:
    function = _world().one(FUNCTION, "events-producer").inputs
    assert function["vpcConfig"] == {
        "subnetIds": ["events-subnet-1-id", "events-subnet-2-id"],
        "securityGroupIds": ["events-clients-id"],
    }
    assert function["code"].path == "functions/kafka_producer"


def test_the_function_knows_brokers_and_topic() -> None:
    world = _world(topic={"name": "orders", "partitions": 3, "retentionHours": 24}, cluster={"zones": 3})
    assert world.one(FUNCTION, "events-producer").inputs["environment"]["variables"] == {
        "POWERTOOLS_SERVICE_NAME": "events-producer",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "BOOTSTRAP_SERVERS": "b-1.events-cluster.test:9098",
        "TOPIC": "orders",
        "TOPIC_PARTITIONS": "3",
        "TOPIC_REPLICATION_FACTOR": "3",
        "TOPIC_RETENTION_HOURS": "24",
    }


def test_the_function_may_make_and_write_its_topic_and_nothing_else() -> None:
    statements = _statements(_world())
    assert set(statements) == {"WriteOwnLogs", "ManageNetworkInterfaces", "Connect", "WriteTopic"}
    assert statements["Connect"]["Action"] == ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"]
    assert statements["Connect"]["Resource"] == f"{ROOT}:cluster/events-cluster/1234-1"
    assert statements["WriteTopic"]["Action"] == [
        "kafka-cluster:CreateTopic",
        "kafka-cluster:DescribeTopic",
        "kafka-cluster:WriteData",
    ]
    assert statements["WriteTopic"]["Resource"] == f"{ROOT}:topic/events-cluster/1234-1/streamtopic"


def test_a_topic_for_failures_is_made_as_well_and_not_written() -> None:
    world = _world(consumer={"onFailure": "kafka", "failureTopic": "dead"})
    assert world.one(FUNCTION, "events-producer").inputs["environment"]["variables"]["FAILURE_TOPIC"] == "dead"
    assert _statements(world)["MakeFailureTopic"]["Action"] == [
        "kafka-cluster:CreateTopic",
        "kafka-cluster:DescribeTopic",
    ]


def test_requests_come_by_post_produce() -> None:
    world = _world(api={"authorization": "iam"})
    route = world.one("aws:apigatewayv2/route:Route", "events-api-route").inputs
    assert (route["routeKey"], route["authorizationType"]) == ("POST /produce", "AWS_IAM")
    assert world.component_outputs["delivery-lab:producer:KafkaProducer"] == {
        "functionName": "events-producer",
        "endpoint": "https://events-api.test",
    }
