from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.msk_cluster import MskCluster
from components.settings import MskSettings, TopicSettings
from tests.components.world import World, deploy

CLUSTER = "aws:msk/cluster:Cluster"
SERVERLESS = "aws:msk/serverlessCluster:ServerlessCluster"
CONFIGURATION = "aws:msk/configuration:Configuration"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPC: dict[str, Any] = {"vpcId": "vpc-0a", "subnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"]}


def _world(services: Sequence[str] = (), topic: dict[str, Any] | None = None, **settings: Any) -> World:
    def program() -> None:
        cluster = MskCluster(
            "events", MskSettings.model_validate(settings), TopicSettings.model_validate(topic or {}), services
        )
        pulumi.export("topic", cluster.brokers.topic_arn("orders"))
        pulumi.export("group", cluster.brokers.group_arn("readers"))
        pulumi.export("groups", cluster.brokers.group_arn(None))

    return deploy(program)


def test_a_small_encrypted_cluster_that_takes_iam_alone() -> None:
    assert _world().one(CLUSTER, "events-cluster").inputs == {
        "kafkaVersion": "3.8.x",
        "numberOfBrokerNodes": 2,
        "brokerNodeGroupInfo": {
            "instanceType": "kafka.t3.small",
            "clientSubnets": ["events-subnet-1-id", "events-subnet-2-id"],
            "securityGroups": ["events-brokers-id"],
            "storageInfo": {"ebsStorageInfo": {"volumeSize": 10}},
        },
        "clientAuthentication": {"sasl": {"iam": True}, "unauthenticated": False},
        "encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
        "configurationInfo": {"arn": "arn:aws:msk:eu-west-1:123456789012:events-cluster-config", "revision": "1"},
        "loggingInfo": {"brokerLogs": {"cloudwatchLogs": {"enabled": True, "logGroup": "events-cluster-logs"}}},
    }


def test_size_and_version_are_settings() -> None:
    inputs = (
        _world(zones=3, brokersPerZone=2, instanceType="kafka.m7g.large", storageGb=500, kafkaVersion="3.9.x")
        .one(CLUSTER, "events-cluster")
        .inputs
    )
    assert inputs["numberOfBrokerNodes"] == 6
    assert inputs["kafkaVersion"] == "3.9.x"
    group = inputs["brokerNodeGroupInfo"]
    assert group["instanceType"] == "kafka.m7g.large"
    assert group["storageInfo"] == {"ebsStorageInfo": {"volumeSize": 500}}
    assert len(group["clientSubnets"]) == 3


def test_express_brokers_take_no_size_of_storage() -> None:
    world = _world(instanceType="express.m7g.large", zones=3)
    assert "storageInfo" not in world.one(CLUSTER, "events-cluster").inputs["brokerNodeGroupInfo"]


def test_express_brokers_choose_the_number_of_copies_themselves() -> None:
    world = _world(instanceType="express.m7g.large", zones=3)
    properties = world.one(CONFIGURATION, "events-cluster-config").inputs["serverProperties"].splitlines()
    assert properties == ["auto.create.topics.enable=false", "num.partitions=1", "log.retention.hours=168"]


@pytest.mark.parametrize(
    ("settings", "topic", "lines"),
    [
        ({}, {}, ["default.replication.factor=2", "min.insync.replicas=1", "num.partitions=1"]),
        (
            {"zones": 3},
            {"partitions": 4, "retentionHours": 24},
            ["default.replication.factor=3", "min.insync.replicas=2", "num.partitions=4", "log.retention.hours=24"],
        ),
    ],
)
def test_topics_are_made_on_purpose_and_survive_a_broker(
    settings: dict[str, Any], topic: dict[str, Any], lines: list[str]
) -> None:
    inputs = _world(topic=topic, **settings).one(CONFIGURATION, "events-cluster-config").inputs
    properties = inputs["serverProperties"].splitlines()
    assert {"auto.create.topics.enable=false", *lines} <= set(properties)
    assert inputs["kafkaVersions"] == ["3.8.x"]


def test_brokers_take_clients_and_themselves_at_one_port() -> None:
    world = _world()
    pairs = {
        (rule.type, rule.inputs["securityGroupId"], rule.inputs["referencedSecurityGroupId"])
        for rule in (*world.of_type(EGRESS), *world.of_type(INGRESS))
    }
    assert pairs == {
        (EGRESS, "events-brokers-id", "events-brokers-id"),
        (INGRESS, "events-brokers-id", "events-brokers-id"),
        (EGRESS, "events-clients-id", "events-brokers-id"),
        (INGRESS, "events-brokers-id", "events-clients-id"),
    }
    for rule in (*world.of_type(EGRESS), *world.of_type(INGRESS)):
        assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("tcp", 9098, 9098)


def test_pollers_get_endpoints_of_what_they_need() -> None:
    world = _world(("lambda", "sts"))
    names = {resource.name for resource in world.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    assert names == {"events-endpoint-lambda", "events-endpoint-sts"}


def test_a_network_that_is_there_is_used_and_not_changed() -> None:
    world = _world(("lambda", "sts"), vpc=VPC)
    assert not [resource.name for resource in world.resources if resource.type.startswith("aws:ec2/vpc")]
    inputs = world.one(CLUSTER, "events-cluster").inputs
    assert inputs["brokerNodeGroupInfo"]["clientSubnets"] == VPC["subnetIds"]
    assert inputs["numberOfBrokerNodes"] == 3
    assert world.one("aws:ec2/securityGroup:SecurityGroup", "events-brokers").inputs["vpcId"] == "vpc-0a"


def test_pollers_may_leave_a_network_that_is_there_over_https() -> None:
    rule = _world(("sqs",), vpc=VPC).one(EGRESS, "events-pollers-to-services").inputs
    assert rule["securityGroupId"] == "events-brokers-id"
    assert (rule["cidrIpv4"], rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("0.0.0.0/0", "tcp", 443, 443)


def test_pollers_that_need_no_services_leave_no_network() -> None:
    world = _world(vpc=VPC)
    assert "events-pollers-to-services" not in {resource.name for resource in world.resources}


def test_a_serverless_cluster_takes_iam_and_nothing_else() -> None:
    world = _world(mode="serverless")
    assert world.one(SERVERLESS, "events-cluster").inputs == {
        "vpcConfigs": [
            {
                "subnetIds": ["events-subnet-1-id", "events-subnet-2-id"],
                "securityGroupIds": ["events-brokers-id"],
            }
        ],
        "clientAuthentication": {"sasl": {"iam": {"enabled": True}}},
    }
    assert world.of_type(CLUSTER) == world.of_type(CONFIGURATION) == []


def test_topics_and_groups_have_arns_below_their_cluster_s() -> None:
    root = "arn:aws:kafka:eu-west-1:123456789012"
    assert _world().outputs == {
        "topic": f"{root}:topic/events-cluster/1234-1/orders",
        "group": f"{root}:group/events-cluster/1234-1/readers",
        "groups": f"{root}:group/events-cluster/1234-1/*",
    }
