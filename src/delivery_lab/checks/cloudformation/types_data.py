"""DynamoDB and MSK in CloudFormation's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.checks.cloudformation.shapes import (
    PLACEHOLDER,
    Shape,
    Spot,
    an_object,
    fields,
    objects,
    plain,
    tag_list,
    to,
)


def _key(key_type: str) -> Shape:
    def shape(name: Any, spot: Spot) -> Any:
        return [{"AttributeName": plain(name, spot), "KeyType": key_type}]

    return shape


def _local_range_key(name: Any, spot: Spot) -> Any:
    """A local index shares the table's hash key, which CloudFormation wants to see again."""
    return [{"AttributeName": PLACEHOLDER, "KeyType": "HASH"}, *_key("RANGE")(name, spot)]


def _encryption(value: Any, spot: Spot) -> Any:
    """Encryption at rest, which the provider always asks for with KMS; CloudFormation wants to be told so for a key."""
    written = an_object(fields(other={"enabled": "SSEEnabled", "kmsKeyArn": "KMSMasterKeyId"}))(value, spot)
    return {**written, "SSEType": "KMS"} if isinstance(value, Mapping) and value.get("enabled") is True else written


def _meaningless(inputs: Mapping[str, Any]) -> frozenset[str]:
    """What the provider does not send in this combination."""
    unused: set[str] = set()
    if inputs.get("billingMode") == "PAY_PER_REQUEST":
        unused.update(("readCapacity", "writeCapacity"))
    if inputs.get("streamEnabled", False) is False:
        unused.add("streamViewType")
    return frozenset(unused)


_ON_DEMAND = fields(same="maxReadRequestUnits maxWriteRequestUnits")
_WARM = fields(same="readUnitsPerSecond writeUnitsPerSecond")
_PROJECTION = {
    "name": "IndexName",
    "nonKeyAttributes": "Projection.NonKeyAttributes",
    "projectionType": "Projection.ProjectionType",
}

_TABLE = ResourceType(
    "AWS::DynamoDB::Table",
    fields(
        same="billingMode deletionProtectionEnabled tableClass",
        other={
            "attributes": to(
                "AttributeDefinitions", objects(fields(other={"name": "AttributeName", "type": "AttributeType"}))
            ),
            "globalSecondaryIndexes": to(
                "GlobalSecondaryIndexes",
                objects(
                    fields(
                        other={
                            **_PROJECTION,
                            "hashKey": to("KeySchema", _key("HASH")),
                            "keySchemas": to("KeySchema", objects(fields(same="attributeName keyType"))),
                            "onDemandThroughput": to("OnDemandThroughput", an_object(_ON_DEMAND)),
                            "rangeKey": to("KeySchema", _key("RANGE"), unset=("",)),
                            "warmThroughput": to("WarmThroughput", an_object(_WARM)),
                        },
                        left_out="readCapacity writeCapacity",
                    )
                ),
            ),
            "hashKey": to("KeySchema", _key("HASH")),
            "localSecondaryIndexes": to(
                "LocalSecondaryIndexes",
                objects(fields(other={**_PROJECTION, "rangeKey": to("KeySchema", _local_range_key)})),
            ),
            "name": "TableName",
            "onDemandThroughput": to("OnDemandThroughput", an_object(_ON_DEMAND)),
            "pointInTimeRecovery": to(
                "PointInTimeRecoverySpecification",
                an_object(fields(same="recoveryPeriodInDays", other={"enabled": "PointInTimeRecoveryEnabled"})),
            ),
            "rangeKey": to("KeySchema", _key("RANGE"), unset=("",)),
            "readCapacity": "ProvisionedThroughput.ReadCapacityUnits",
            "serverSideEncryption": to("SSESpecification", _encryption),
            "streamViewType": to("StreamSpecification.StreamViewType", unset=("",)),
            "tags": to("Tags", tag_list),
            "ttl": to(
                "TimeToLiveSpecification",
                an_object(fields(same="enabled", other={"attributeName": to("AttributeName", unset=("",))})),
            ),
            "warmThroughput": to("WarmThroughput", an_object(_WARM)),
            "writeCapacity": "ProvisionedThroughput.WriteCapacityUnits",
        },
        left_out="globalTableWitness importTable region replicas restoreBackupArn restoreDateTime restoreSourceName"
        " restoreSourceTableArn restoreToLatestTime streamEnabled",
    ),
    # A restored table takes its keys from its source.
    defaults={"KeySchema": PLACEHOLDER},
    left_out=_meaningless,
)

_SASL = to("Sasl", an_object(fields(other={"iam": "Iam.Enabled", "scram": "Scram.Enabled"})))

_CONNECTIVITY = an_object(
    fields(
        same="networkType",
        other={
            "publicAccess": to("PublicAccess", an_object(fields(same="type"))),
            "vpcConnectivity": to(
                "VpcConnectivity",
                an_object(
                    fields(
                        other={
                            "clientAuthentication": to(
                                "ClientAuthentication", an_object(fields(other={"sasl": _SASL, "tls": "Tls.Enabled"}))
                            )
                        }
                    )
                ),
            ),
        },
    )
)

_STORAGE = an_object(
    fields(
        other={
            "ebsStorageInfo": to(
                "EBSStorageInfo",
                an_object(
                    fields(
                        same="volumeSize",
                        other={
                            "provisionedThroughput": to(
                                "ProvisionedThroughput", an_object(fields(same="enabled volumeThroughput"))
                            )
                        },
                    )
                ),
            )
        }
    )
)

_BROKER_LOGS = an_object(
    fields(
        other={
            "cloudwatchLogs": to("CloudWatchLogs", an_object(fields(same="enabled logGroup"))),
            "firehose": to("Firehose", an_object(fields(same="deliveryStream enabled"))),
            "s3": to("S3", an_object(fields(same="bucket enabled prefix"))),
        }
    )
)

_EXPORTER = an_object(fields(same="enabledInBroker"))
_PROMETHEUS = an_object(
    fields(other={"jmxExporter": to("JmxExporter", _EXPORTER), "nodeExporter": to("NodeExporter", _EXPORTER)})
)

_CLUSTER = ResourceType(
    "AWS::MSK::Cluster",
    fields(
        same="clusterName enhancedMonitoring kafkaVersion numberOfBrokerNodes storageMode tags",
        other={
            "brokerNodeGroupInfo": to(
                "BrokerNodeGroupInfo",
                an_object(
                    fields(
                        same="clientSubnets instanceType securityGroups",
                        other={
                            "azDistribution": "BrokerAZDistribution",
                            "connectivityInfo": to("ConnectivityInfo", _CONNECTIVITY),
                            "storageInfo": to("StorageInfo", _STORAGE),
                        },
                    )
                ),
            ),
            "clientAuthentication": to(
                "ClientAuthentication",
                an_object(
                    fields(
                        other={
                            "sasl": _SASL,
                            "tls": to(
                                "Tls",
                                an_object(fields(other={"certificateAuthorityArns": "CertificateAuthorityArnList"})),
                            ),
                            "unauthenticated": "Unauthenticated.Enabled",
                        }
                    )
                ),
            ),
            "configurationInfo": to("ConfigurationInfo", an_object(fields(same="arn revision"))),
            "encryptionInfo": to(
                "EncryptionInfo",
                an_object(
                    fields(
                        other={
                            "encryptionAtRestKmsKeyArn": "EncryptionAtRest.DataVolumeKMSKeyId",
                            "encryptionInTransit": to(
                                "EncryptionInTransit", an_object(fields(same="clientBroker inCluster"))
                            ),
                        }
                    )
                ),
            ),
            "loggingInfo": to("LoggingInfo", an_object(fields(other={"brokerLogs": to("BrokerLogs", _BROKER_LOGS)}))),
            "openMonitoring": to(
                "OpenMonitoring", an_object(fields(other={"prometheus": to("Prometheus", _PROMETHEUS)}))
            ),
            "rebalancing": to("Rebalancing", an_object(fields(same="status"))),
        },
        left_out="region",
    ),
    defaults={"ClusterName": PLACEHOLDER},
)

TYPES: Mapping[str, ResourceType] = {
    resource_types.TABLE: _TABLE,
    resource_types.MSK_CLUSTER: _CLUSTER,
}
