"""MSK clusters and their configurations."""

from __future__ import annotations

import uuid
from typing import Any

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine, refusal
from delivery_lab.live.provider.names import raised_name
from delivery_lab.live.provider.records import EmulatedRecords
from delivery_lab.live.provider.resource_type import NeverUpdated, Properties, ProvidedType

_CONFIGURATIONS = EmulatedRecords("msk-configurations")
"""The emulator creates configurations and neither changes nor deletes them."""

_BROKERS = {
    "bootstrapBrokers": "BootstrapBrokerString",
    "bootstrapBrokersTls": "BootstrapBrokerStringTls",
    "bootstrapBrokersSaslScram": "BootstrapBrokerStringSaslScram",
    "bootstrapBrokersSaslIam": "BootstrapBrokerStringSaslIam",
}


_RENAMED = {"cloudwatchLogs": "CloudWatchLogs"}
"""Fields that the API writes otherwise than with a capital first letter."""


class ClusterType(NeverUpdated):
    """`aws.msk.Cluster`. Its id is its ARN.

    The emulator cannot change a cluster. So each change is refused by name, though AWS makes most of them in place.
    """

    pulumi_type = resource_types.MSK_CLUSTER
    settings = frozenset(
        {
            "brokerNodeGroupInfo",
            "clientAuthentication",
            "clusterName",
            "configurationInfo",
            "encryptionInfo",
            "kafkaVersion",
            "loggingInfo",
            "numberOfBrokerNodes",
        }
    )
    required = frozenset({"brokerNodeGroupInfo", "kafkaVersion", "numberOfBrokerNodes"})
    computed = ("arn", "clusterUuid", "currentVersion", *_BROKERS)
    # The emulator keeps these as they were given: it has nothing of its own to tell.
    unread = frozenset(settings - {"clusterName", "numberOfBrokerNodes", "kafkaVersion"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the cluster."""
        arguments = {raised_name(name): inputs[name] for name in self.settings if inputs.get(name) is not None}
        arguments = {name: value if isinstance(value, str | int) else _sent(value) for name, value in arguments.items()}
        return str(cloud.client("kafka").create_cluster(**arguments)["ClusterArn"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The cluster and where its brokers are."""
        client = cloud.client("kafka")
        answer = found(lambda: client.describe_cluster(ClusterArn=id_))
        if answer is None:
            return None
        info = answer["ClusterInfo"]
        brokers = client.get_bootstrap_brokers(ClusterArn=id_)
        return {
            "clusterName": info["ClusterName"],
            "numberOfBrokerNodes": info["NumberOfBrokerNodes"],
            "kafkaVersion": info["CurrentBrokerSoftwareInfo"]["KafkaVersion"],
            "arn": id_,
            "clusterUuid": id_.rpartition("/")[2],
            "currentVersion": info["CurrentVersion"],
            **{name: brokers.get(wire, "") for name, wire in _BROKERS.items()},
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Refuse."""
        names = ", ".join(sorted(changed))
        message = f"the emulator cannot change {names} of an MSK cluster: destroy the stack and deploy it again"
        raise refusal("NotImplemented", message, "UpdateCluster")

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the cluster."""
        with gone_is_fine():
            cloud.client("kafka").delete_cluster(ClusterArn=id_)


def _sent(value: Any) -> Any:
    """Settings of a cluster as the API wants them, which names two of them otherwise."""
    if isinstance(value, list):
        return [_sent(item) for item in value]
    if not isinstance(value, dict):
        return value
    sent = {_RENAMED.get(name) or raised_name(name): _sent(item) for name, item in value.items()}
    # Pulumi says `iam: true` and `unauthenticated: true`, the API `{Enabled: true}`.
    for name in ("Iam", "Scram", "Unauthenticated"):
        if isinstance(sent.get(name), bool):
            sent[name] = {"Enabled": sent[name]}
    return sent


class ConfigurationType(ProvidedType):
    """`aws.msk.Configuration`. Its id is its ARN."""

    pulumi_type = resource_types.MSK_CONFIGURATION
    settings = frozenset({"description", "kafkaVersions", "name", "serverProperties"})
    required = frozenset({"serverProperties"})
    computed = ("arn", "latestRevision")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the first revision."""
        id_ = f"{uuid.uuid4()}-2"
        _CONFIGURATIONS.put(cloud, id_, {**_recorded(inputs, self.settings), "latestRevision": 1})
        return cloud.arn("kafka", f"configuration/{inputs['name']}/{id_}")

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The configuration as of its latest revision."""
        kept = _CONFIGURATIONS.get(cloud, id_.rpartition("/")[2])
        return None if kept is None else {**kept, "arn": id_}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Add a revision."""
        key = id_.rpartition("/")[2]
        revision = (_CONFIGURATIONS.get(cloud, key) or {})["latestRevision"] + 1
        _CONFIGURATIONS.put(cloud, key, {**_recorded(new, self.settings), "latestRevision": revision})

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the configuration."""
        _CONFIGURATIONS.delete(cloud, id_.rpartition("/")[2])


def _recorded(inputs: Properties, names: frozenset[str]) -> dict[str, Any]:
    return {name: inputs[name] for name in names if inputs.get(name) is not None}


TYPES = (ClusterType(), ConfigurationType())
