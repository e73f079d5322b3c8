"""`MskCluster` of the package."""

from collections.abc import Sequence

import pulumi

from components.msk_cluster import ClusterPlace
from components.msk_cluster import MskCluster as Cluster
from components.package.args import MskClusterArgs
from components.package.arguments import MskClusterArguments
from components.package.parts import register_outputs
from components.package.reading import Arguments, read


class MskCluster(pulumi.ComponentResource):
    """The MSK cluster `<name>-cluster` in a private network, reached with IAM authentication over TLS only.

    Brokers take connections from pollers of mappings and from members of the group `<name>-clients`. Nobody creates a
    topic by mistyping its name: create topics with a client, as described in docs/streams-and-kafka.md.
    """

    cluster_arn: pulumi.Output[str]
    """ARN of the cluster."""
    bootstrap_servers: pulumi.Output[str]
    """Brokers to begin with, for IAM authentication."""
    replication_factor: pulumi.Output[int]
    """Copies of each record of a new topic."""
    vpc_id: pulumi.Output[str]
    """The VPC that the brokers stand in."""
    subnet_ids: pulumi.Output[Sequence[str]]
    """The private subnets that the brokers stand in."""
    client_security_group_id: pulumi.Output[str]
    """The security group whose members may connect to the brokers."""

    def __init__(self, name: str, args: MskClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("MskCluster", name, MskClusterArguments, args)
        super().__init__("delivery-lab:index:MskCluster", name, arguments.properties(), opts)
        child, model = pulumi.ResourceOptions(parent=self), arguments.model
        cluster = Cluster(name, model, model.topic_defaults, model.services, child, place=_place(arguments))
        self.cluster_arn, self.bootstrap_servers = cluster.arn, cluster.bootstrap_servers
        self.replication_factor = pulumi.Output.from_input(cluster.replication_factor)
        self.vpc_id = pulumi.Output.from_input(cluster.place.vpc_id)
        self.subnet_ids = pulumi.Output.all(*cluster.place.subnet_ids)
        self.client_security_group_id = pulumi.Output.from_input(cluster.client_network.security_group_ids[0])
        register_outputs(self)


def _place(arguments: Arguments[MskClusterArguments]) -> ClusterPlace | None:
    if arguments.model.vpc is None:
        return None
    return ClusterPlace(arguments.value("vpc", "vpc_id"), arguments.values("vpc", "subnet_ids"))
