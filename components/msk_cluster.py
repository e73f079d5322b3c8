"""An MSK cluster in a private network, reached with IAM authentication over TLS and in no other way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ec2, msk

from components.function import FunctionNetwork
from components.msk_brokers import MskBrokers
from components.network import PrivateNetwork, ServiceEndpoints, allow, allow_https_out
from components.settings import MskSettings, TopicDefaultsSettings

IAM_PORT = 9098
"""Where brokers take clients that sign in with IAM (semantics.md G4)."""

_LOG_RETENTION_DAYS = 30


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """Where brokers stand.

    Attributes:
        vpc_id: the VPC.
        subnet_ids: the private subnets, each in another zone.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]


class MskCluster(pulumi.ComponentResource):
    """The cluster `<name>-cluster`, its network, its security groups and its broker logs.

    Brokers take connections from members of their own group (pollers of mappings join it) and from the group of the
    clients, to the port of IAM authentication and to no other. They open connections to each other, and to the AWS
    services that pollers need.

    Args:
        name: prefix of the children's names.
        settings: kind and size of the cluster, and the network if there is one already.
        topic: what the cluster's defaults for topics are taken from.
        services: AWS services that pollers have to reach from inside the network, such as `sts`. They get endpoints
            in a network that is made here. In one that is there already the ways out are its owner's affair; the
            brokers' group, which pollers join, lets them take any at the port of HTTPS.
        opts: resource options.
        place: the network that is there already, if some of it is known after the deployment only; left out, it is
            what the settings say.

    Attributes:
        arn: ARN of the cluster.
        brokers: what policies say about it.
        place: where the brokers stand.
        bootstrap_servers: brokers to begin with, for IAM authentication.
        replication_factor: copies of each record of a new topic.
        client_network: where functions that are clients stand.
    """

    def __init__(
        self,
        name: str,
        settings: MskSettings,
        topic: TopicDefaultsSettings,
        services: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
        *,
        place: ClusterPlace | None = None,
    ) -> None:
        super().__init__("delivery-lab:msk:MskCluster", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        network = None if settings.vpc else PrivateNetwork(name, settings.zones, child)
        self.place = _place(settings, network) if place is None else place
        vpc_id, subnet_ids = self.place.vpc_id, self.place.subnet_ids
        brokers = ec2.SecurityGroup(f"{name}-brokers", vpc_id=vpc_id, description="Kafka brokers", opts=child)
        clients = ec2.SecurityGroup(f"{name}-clients", vpc_id=vpc_id, description="Kafka clients", opts=child)
        allow(f"{name}-brokers-to-brokers", brokers, brokers, IAM_PORT, child)
        allow(f"{name}-clients-to-brokers", clients, brokers, IAM_PORT, child)
        if services and network is not None:
            ServiceEndpoints(name, network, services, brokers, child)
        elif services:
            allow_https_out(f"{name}-pollers-to-services", brokers, child)
        if settings.mode == "serverless":
            serverless = _serverless(name, subnet_ids, brokers, child)
            self.arn, self.bootstrap_servers = serverless.arn, serverless.bootstrap_brokers_sasl_iam
        else:
            provisioned = _provisioned(name, settings, topic, subnet_ids, brokers, child)
            self.arn, self.bootstrap_servers = provisioned.arn, provisioned.bootstrap_brokers_sasl_iam
        self.brokers = MskBrokers(self.arn)
        self.replication_factor = settings.replication_factor
        self.client_network = FunctionNetwork(subnet_ids, (clients.id,))
        self.register_outputs({"arn": self.arn, "bootstrapServers": self.bootstrap_servers})


def _place(settings: MskSettings, network: PrivateNetwork | None) -> ClusterPlace:
    if network is not None:
        return ClusterPlace(network.vpc.id, [subnet.id for subnet in network.subnets])
    assert settings.vpc is not None
    return ClusterPlace(settings.vpc.vpc_id, settings.vpc.subnet_ids)


def _serverless(
    name: str,
    subnet_ids: Sequence[pulumi.Input[str]],
    brokers: ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> msk.ServerlessCluster:
    return msk.ServerlessCluster(
        f"{name}-cluster",
        vpc_configs=[{"subnet_ids": list(subnet_ids), "security_group_ids": [brokers.id]}],
        client_authentication={"sasl": {"iam": {"enabled": True}}},
        opts=opts,
    )


def _provisioned(
    name: str,
    settings: MskSettings,
    topic: TopicDefaultsSettings,
    subnet_ids: Sequence[pulumi.Input[str]],
    brokers: ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> msk.Cluster:
    logs = cloudwatch.LogGroup(f"{name}-cluster-logs", retention_in_days=_LOG_RETENTION_DAYS, opts=opts)
    configuration = msk.Configuration(
        f"{name}-cluster-config",
        kafka_versions=[settings.kafka_version],
        server_properties=_lines(_server_properties(settings, topic)),
        opts=opts,
    )
    return msk.Cluster(
        f"{name}-cluster",
        kafka_version=settings.kafka_version,
        number_of_broker_nodes=settings.brokers,
        broker_node_group_info={
            "instance_type": settings.instance_type,
            "client_subnets": list(subnet_ids),
            "security_groups": [brokers.id],
            # Express brokers store as much as there is, and take no size.
            "storage_info": None if settings.express else {"ebs_storage_info": {"volume_size": settings.storage_gb}},
        },
        client_authentication={"sasl": {"iam": True}, "unauthenticated": False},
        encryption_info={"encryption_in_transit": {"client_broker": "TLS", "in_cluster": True}},
        configuration_info={"arn": configuration.arn, "revision": configuration.latest_revision},
        logging_info={"broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": logs.name}}},
        opts=opts,
    )


def _server_properties(settings: MskSettings, topic: TopicDefaultsSettings) -> Mapping[str, str]:
    """Defaults of the cluster. A topic exists because somebody created it, not because a name was mistyped."""
    copies = settings.replication_factor
    # Express brokers have three copies of which two have to be there, and let nobody change that
    # (https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-only.html).
    of_copies = {
        "default.replication.factor": str(copies),
        # One copy may be missing, as while MSK patches brokers one after the other.
        "min.insync.replicas": str(max(1, copies - 1)),
    }
    return {
        "auto.create.topics.enable": "false",
        **({} if settings.express else of_copies),
        "num.partitions": str(topic.partitions),
        "log.retention.hours": str(topic.retention_hours),
    }


def _lines(properties: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in properties.items())
