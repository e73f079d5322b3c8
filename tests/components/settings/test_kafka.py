from __future__ import annotations

from typing import Any

import pytest

from tests.components.settings.support import load, problems

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-abc123"
OWN: dict[str, Any] = {"bootstrapServers": ["one.example:9096", "two.example:9096"]}


def test_an_empty_section_bounds_retries_with_provisioned_pollers() -> None:
    kafka = load("kafka", {}).kafka
    assert kafka is not None
    effective = kafka.effective()
    assert effective["cluster"] == {
        "mode": "provisioned",
        "zones": 2,
        "instanceType": "kafka.t3.small",
        "brokersPerZone": 1,
        "storageGb": 10,
        "kafkaVersion": "3.8.x",
    }
    assert effective["topic"] == {"name": "streamtopic", "partitions": 1, "retentionHours": 168}
    assert effective["consumer"] == {
        "timeoutSeconds": 30,
        "memoryMb": 256,
        "logRetentionDays": 30,
        "filters": [],
        "enabled": True,
        "batchSize": 100,
        "startingPosition": "TRIM_HORIZON",
        "maximumRetryAttempts": 5,
        "maximumRecordAgeSeconds": -1,
        "bisectBatchOnFunctionError": True,
        "reportBatchItemFailures": True,
        "onRecordError": "report",
        "pollers": {"mode": "provisioned", "minimum": 1, "maximum": 200},
        "onFailure": "sqs",
        "failureTopic": "streamtopic-failures",
    }
    assert "selfManaged" not in effective


ON_DEMAND = {
    "pollers": {"mode": "on-demand"},
    "maximumRetryAttempts": -1,
    "bisectBatchOnFunctionError": False,
    "reportBatchItemFailures": False,
}


@pytest.mark.parametrize(
    "parts",
    [
        {"consumer": {"timeoutSeconds": 840}},
        {"consumer": {**ON_DEMAND, "onFailure": "none"}},
        {"consumer": {**ON_DEMAND, "onFailure": "sqs"}},
        {"consumer": {"onFailure": "kafka", "failureTopic": "streamtopic.dead"}},
        {"consumer": {"consumerGroupId": "g" * 200}},
        {"consumer": {"pollers": {"minimum": 200, "maximum": 2000}}},
        {"cluster": {"mode": "serverless", "zones": 3}},
        {"cluster": {"vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"]}}},
        {"selfManaged": OWN},
        {"selfManaged": {**OWN, "authentication": "SASL_SCRAM_512_AUTH", "secretArn": SECRET}},
        {"selfManaged": {**OWN, "subnetIds": ["subnet-0a"], "securityGroupIds": ["sg-0a"]}},
    ],
)
def test_what_is_taken(parts: dict[str, Any]) -> None:
    assert load("kafka", parts).kafka is not None


@pytest.mark.parametrize(
    ("cluster", "brokers", "copies"),
    [
        ({}, 2, 2),
        ({"zones": 3}, 3, 3),
        ({"brokersPerZone": 2}, 4, 3),
        ({"vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"]}}, 3, 3),
        ({"mode": "serverless"}, 2, 3),
    ],
)
def test_brokers_and_copies(cluster: dict[str, Any], brokers: int, copies: int) -> None:
    kafka = load("kafka", {"cluster": cluster}).kafka
    assert kafka is not None
    assert (kafka.cluster.brokers, kafka.cluster.replication_factor) == (brokers, copies)


CONTROL = "AWS offers this for Kafka with provisioned pollers only (pollers.mode is on-demand)"


def test_the_retry_controls_need_provisioned_pollers() -> None:
    consumer = {"pollers": {"mode": "on-demand"}, "maximumRecordAgeSeconds": 60}
    assert problems("kafka", {"consumer": consumer}) == [
        ("consumer.maximumRetryAttempts", CONTROL, "set it to -1, or pollers.mode to provisioned"),
        ("consumer.maximumRecordAgeSeconds", CONTROL, "set it to -1, or pollers.mode to provisioned"),
        ("consumer.bisectBatchOnFunctionError", CONTROL, "set it to false, or pollers.mode to provisioned"),
        ("consumer.reportBatchItemFailures", CONTROL, "set it to false, or pollers.mode to provisioned"),
    ]


def test_a_kafka_of_one_s_own_has_no_cluster_producer_or_api() -> None:
    because = "has no meaning together with selfManaged"
    parts = {"selfManaged": OWN, "cluster": {}, "producer": {}, "api": {}, "topic": {"partitions": 3}}
    assert problems("kafka", parts) == [
        ("cluster", because, "remove cluster, or selfManaged"),
        ("producer", because, "remove producer, or selfManaged"),
        ("api", because, "remove api, or selfManaged"),
        ("topic.partitions", f"{because}: the topic is as its owner made it", "remove partitions"),
    ]


@pytest.mark.parametrize(
    ("parts", "key", "message", "fix"),
    [
        (
            {"consumer": {"timeoutSeconds": 841}},
            "consumer.timeoutSeconds",
            "must be a whole number from 1 to 840 (Timeout of a Lambda function behind Kafka, 14 minutes at most)",
            "set it to 840 or less",
        ),
        (
            {"consumer": {"pollers": {"minimum": 5, "maximum": 4}}},
            "consumer.pollers.maximum",
            "must not be below minimum (5)",
            "set it to 5 or more",
        ),
        (
            {"consumer": {**ON_DEMAND, "onFailure": "kafka"}},
            "consumer.onFailure",
            "a Kafka topic takes failures with provisioned pollers only (pollers.mode is on-demand)",
            "set it to sqs, sns, s3 or none, or pollers.mode to provisioned",
        ),
        (
            {"consumer": {**ON_DEMAND, "pollers": {"mode": "on-demand", "maximum": 4}}},
            "consumer.pollers.maximum",
            "has no meaning when mode is on-demand",
            "remove maximum, or mode",
        ),
        (
            {"consumer": {"onFailure": "kafka", "failureTopic": "streamtopic"}},
            "consumer.failureTopic",
            "must not be the topic that is read (AWS refuses such an event source mapping)",
            "name another one, such as streamtopic-failures",
        ),
        (
            {"consumer": {"failureTopic": "dead"}},
            "consumer.failureTopic",
            "has no meaning when onFailure is sqs",
            "remove it, or set onFailure to kafka",
        ),
        (
            {"consumer": {"onFailure": "none"}, "deadLetterQueue": {}},
            "deadLetterQueue",
            "there is no dead-letter queue when consumer.onFailure is none",
            "remove deadLetterQueue, or set consumer.onFailure to sqs",
        ),
        (
            {"topic": {"name": "with space"}},
            "topic.name",
            "must be a text matching ^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$ (name of a Kafka topic)",
            "write such a text, in quotes",
        ),
        (
            {"cluster": {"mode": "serverless", "instanceType": "kafka.m7g.large"}},
            "cluster.instanceType",
            "has no meaning when mode is serverless: MSK chooses brokers, storage and version itself",
            "remove instanceType, or set mode to provisioned",
        ),
        (
            {"cluster": {"zones": 3, "vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "subnet-0b"]}}},
            "cluster.zones",
            "the subnets of vpc say which zones there are",
            "remove zones, or vpc",
        ),
        (
            {"cluster": {"instanceType": "express.m7g.large"}},
            "cluster.zones",
            "Express brokers (express.m7g.large) stand in 3 zones",
            "set zones to 3, or take another instanceType",
        ),
        (
            {
                "cluster": {
                    "instanceType": "express.m7g.large",
                    "vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "subnet-0b"]},
                }
            },
            "cluster.vpc.subnetIds",
            "Express brokers (express.m7g.large) stand in 3 zones",
            "name 3 subnets, or take another instanceType",
        ),
        (
            {"cluster": {"instanceType": "express.m7g.large", "zones": 3, "storageGb": 100}},
            "cluster.storageGb",
            "has no meaning for Express brokers (express.m7g.large), which store as much as there is",
            "remove storageGb, or take another instanceType",
        ),
        (
            {"cluster": {"vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a"]}}},
            "cluster.vpc.subnetIds",
            "must be a list of texts with 2 entries at least and 3 at most (ids of two or three private subnets)",
            "write a YAML list of such texts",
        ),
        (
            {"cluster": {"vpc": {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "mine"]}}},
            "cluster.vpc.subnetIds[1]",
            "must be a text (ids of two or three private subnets)",
            "write such a text",
        ),
        (
            {"cluster": {"vpc": {"vpcId": "vpc-0a"}}},
            "cluster.vpc.subnetIds",
            "must be a list of texts with 2 entries at least and 3 at most (ids of two or three private subnets)",
            "write a YAML list of such texts",
        ),
        (
            {"cluster": {"vpc": "vpc-0a"}},
            "cluster.vpc",
            "must be an object",
            "give it keys of: subnetIds, vpcId",
        ),
        (
            {"selfManaged": {**OWN, "authentication": "BASIC_AUTH"}},
            "selfManaged.secretArn",
            "authentication BASIC_AUTH needs a secret",
            "set it to the ARN of a secret, or authentication to none",
        ),
        (
            {"selfManaged": {**OWN, "secretArn": SECRET}},
            "selfManaged.secretArn",
            "has no meaning when authentication is none",
            "remove it, or say which kind authentication is",
        ),
        (
            {"selfManaged": {**OWN, "subnetIds": ["subnet-0a"]}},
            "selfManaged.securityGroupIds",
            "brokers in a VPC need subnetIds and securityGroupIds",
            "set both, or neither",
        ),
        (
            {"selfManaged": {"bootstrapServers": ["one.example"]}},
            "selfManaged.bootstrapServers[0]",
            "must be a text (host:port of brokers)",
            "write such a text",
        ),
    ],
)
def test_what_is_refused_and_how_it_is_put_right(parts: dict[str, Any], key: str, message: str, fix: str) -> None:
    assert problems("kafka", parts) == [(key, message, fix)]
