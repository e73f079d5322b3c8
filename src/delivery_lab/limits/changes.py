"""What a change of an input does to a deployed resource, by its type: as Pulumi's AWS provider 7 handles it.

One table for all who tell a user what an update would change, and for the provider of the tests, which does it.

Sources: which inputs replace a resource is in the reference of each type (https://www.pulumi.com/registry/packages/aws/).
An input that is left out stays as it is where the provider calls it computed: there its output is never None in the
types of pulumi-aws, which a test compares. `destinationConfig` of a mapping is not computed, but the provider takes no
notice when it is left out (`SuppressMissingOptionalConfigurationBlock`):
https://github.com/hashicorp/terraform-provider-aws/blob/0603f3b6edfc/internal/service/lambda/event_source_mapping.go.
None of it was run against AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.limits import functions, mappings, queues, streams

_NOT_RESERVED = -1
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_RULE_OF_A_GROUP = frozenset(
    {
        "cidrIpv4",
        "fromPort",
        "ipProtocol",
        "prefixListId",
        "referencedSecurityGroupId",
        "securityGroupId",
        "toPort",
    }
)


@dataclass(frozen=True, slots=True)
class InputChanges:
    """What is known of the inputs of one type.

    Attributes:
        replaces: inputs whose change takes a new resource.
        defaults: what an input is where it is left out.
        kept: inputs that stay as they are in a deployed resource when they are left out.
    """

    replaces: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    kept: frozenset[str] = frozenset()


_OF_TYPES: Mapping[str, InputChanges] = {
    resource_types.HTTP_API: InputChanges(
        frozenset({"protocolType"}), {"disableExecuteApiEndpoint": False, "description": ""}
    ),
    resource_types.INTEGRATION: InputChanges(
        frozenset({"apiId", "integrationType"}), {"payloadFormatVersion": "1.0"}, frozenset({"timeoutMilliseconds"})
    ),
    resource_types.ROUTE: InputChanges(frozenset({"apiId"}), {"authorizationType": "NONE"}),
    resource_types.STAGE: InputChanges(frozenset({"apiId", "name"}), {"autoDeploy": False, "description": ""}),
    resource_types.LOG_GROUP: InputChanges(frozenset({"name"}), {"retentionInDays": 0}),
    resource_types.METRIC_ALARM: InputChanges(
        frozenset({"name"}), {"actionsEnabled": True, "treatMissingData": "missing"}
    ),
    resource_types.TABLE: InputChanges(
        frozenset({"hashKey", "name", "rangeKey"}),
        {"billingMode": "PROVISIONED", "readCapacity": 0, "streamEnabled": False, "writeCapacity": 0},
        frozenset(
            {"pointInTimeRecovery", "readCapacity", "serverSideEncryption", "streamViewType", "ttl", "writeCapacity"}
        ),
    ),
    resource_types.ROUTE_TABLE: InputChanges(frozenset({"vpcId"})),
    resource_types.ROUTE_TABLE_ASSOCIATION: InputChanges(frozenset({"routeTableId", "subnetId"})),
    resource_types.SECURITY_GROUP: InputChanges(
        frozenset({"description", "name", "vpcId"}), kept=frozenset({"description", "vpcId"})
    ),
    resource_types.EGRESS_RULE: InputChanges(_RULE_OF_A_GROUP),
    resource_types.INGRESS_RULE: InputChanges(_RULE_OF_A_GROUP),
    resource_types.SUBNET: InputChanges(
        frozenset({"availabilityZone", "cidrBlock", "vpcId"}), kept=frozenset({"availabilityZone", "cidrBlock"})
    ),
    resource_types.VPC: InputChanges(
        frozenset({"cidrBlock"}),
        {"enableDnsHostnames": False, "enableDnsSupport": True},
        frozenset({"enableDnsHostnames"}),
    ),
    resource_types.VPC_ENDPOINT: InputChanges(
        frozenset({"serviceName", "vpcEndpointType", "vpcId"}),
        {"vpcEndpointType": "Gateway", "privateDnsEnabled": False},
        frozenset({"privateDnsEnabled", "routeTableIds", "securityGroupIds", "subnetIds"}),
    ),
    resource_types.ROLE: InputChanges(
        frozenset({"name", "path"}), {"maxSessionDuration": 3_600, "path": "/", "description": ""}
    ),
    resource_types.ROLE_POLICY: InputChanges(frozenset({"name", "role"})),
    resource_types.STREAM: InputChanges(
        frozenset({"name"}),
        {"encryptionType": "NONE", "retentionPeriod": streams.RETENTION_HOURS.default},
        frozenset({"streamModeDetails"}),
    ),
    resource_types.MAPPING: InputChanges(
        frozenset(
            {
                "amazonManagedKafkaEventSourceConfig",
                "eventSourceArn",
                "queues",
                "selfManagedEventSource",
                "selfManagedKafkaEventSourceConfig",
                "startingPosition",
                "startingPositionTimestamp",
                "topics",
            }
        ),
        {
            "bisectBatchOnFunctionError": False,
            "enabled": True,
            "maximumBatchingWindowInSeconds": 0,
            "maximumRecordAgeInSeconds": mappings.RECORD_AGE.default,
            "maximumRetryAttempts": mappings.RETRY_ATTEMPTS.default,
            "parallelizationFactor": mappings.PARALLELIZATION_FACTOR.default,
            "tumblingWindowInSeconds": mappings.TUMBLING_WINDOW.default,
        },
        frozenset(
            {
                "amazonManagedKafkaEventSourceConfig",
                # Not computed, but unchanged where it was AWS's own default. Otherwise: not known.
                "batchSize",
                "destinationConfig",
                "maximumRecordAgeInSeconds",
                "maximumRetryAttempts",
                "parallelizationFactor",
            }
        ),
    ),
    resource_types.FUNCTION: InputChanges(
        frozenset({"name", "packageType"}),
        {
            "architectures": ["x86_64"],
            "memorySize": functions.MEMORY.default,
            "reservedConcurrentExecutions": _NOT_RESERVED,
            "timeout": functions.TIMEOUT.default,
        },
        frozenset({"architectures", "loggingConfig"}),
    ),
    resource_types.INVOKE_CONFIG: InputChanges(
        frozenset({"functionName"}),
        {
            "maximumEventAgeInSeconds": functions.EVENT_AGE.default,
            "maximumRetryAttempts": functions.RETRY_ATTEMPTS.default,
        },
    ),
    resource_types.LAYER: InputChanges(
        frozenset({"code", "compatibleArchitectures", "compatibleRuntimes", "description", "layerName"})
    ),
    resource_types.PERMISSION: InputChanges(
        frozenset({"action", "function", "principal", "sourceAccount", "sourceArn", "statementId"}),
        kept=frozenset({"statementId"}),
    ),
    resource_types.MSK_CLUSTER: InputChanges(frozenset({"clusterName"}), kept=frozenset({"clusterName"})),
    resource_types.MSK_CONFIGURATION: InputChanges(frozenset({"kafkaVersions", "name"})),
    resource_types.TOPIC: InputChanges(
        frozenset({"fifoTopic", "name", "namePrefix"}),
        {"contentBasedDeduplication": False, "displayName": "", "fifoTopic": False},
    ),
    resource_types.TOPIC_SUBSCRIPTION: InputChanges(
        frozenset({"endpoint", "protocol", "topic"}),
        {"rawMessageDelivery": False},
        frozenset({"filterPolicyScope"}),
    ),
    resource_types.TOPIC_POLICY: InputChanges(frozenset({"arn"})),
    resource_types.EVENT_BUS: InputChanges(frozenset({"eventSourceName", "name"})),
    resource_types.EVENT_RULE: InputChanges(
        frozenset({"eventBusName", "name", "namePrefix"}), {"eventBusName": "default", "state": "ENABLED"}
    ),
    resource_types.EVENT_TARGET: InputChanges(
        frozenset({"eventBusName", "rule", "targetId"}), {"eventBusName": "default"}, frozenset({"targetId"})
    ),
    resource_types.BUCKET: InputChanges(frozenset({"bucket", "bucketPrefix"}), {"forceDestroy": False}),
    resource_types.BUCKET_POLICY: InputChanges(frozenset({"bucket"})),
    resource_types.PUBLIC_ACCESS_BLOCK: InputChanges(frozenset({"bucket"}), dict.fromkeys(_PUBLIC_ACCESS, False)),
    resource_types.BUCKET_NOTIFICATION: InputChanges(frozenset({"bucket"})),
    resource_types.REST_DEPLOYMENT: InputChanges(frozenset({"restApi", "triggers"})),
    resource_types.REST_STAGE: InputChanges(frozenset({"restApi", "stageName"})),
    resource_types.REST_METHOD_SETTINGS: InputChanges(frozenset({"methodPath", "restApi", "stageName"})),
    resource_types.QUEUE: InputChanges(
        frozenset({"fifoQueue", "name", "namePrefix"}),
        {
            "contentBasedDeduplication": False,
            "delaySeconds": queues.DELAY.default,
            "fifoQueue": False,
            "maxMessageSize": queues.MESSAGE_SIZE.default,
            "messageRetentionSeconds": queues.RETENTION.default,
            "receiveWaitTimeSeconds": queues.RECEIVE_WAIT.default,
            "visibilityTimeoutSeconds": queues.VISIBILITY_TIMEOUT.default,
        },
        frozenset({"deduplicationScope", "fifoThroughputLimit", "redrivePolicy", "sqsManagedSseEnabled"}),
    ),
    resource_types.QUEUE_POLICY: InputChanges(frozenset({"queueUrl"})),
    resource_types.REDRIVE_ALLOW_POLICY: InputChanges(frozenset({"queueUrl"})),
}

_UNKNOWN_TYPE = InputChanges()


def changes_of(pulumi_type: str) -> InputChanges:
    """What is known of the inputs of a type; nothing where it is not in the table."""
    return _OF_TYPES.get(pulumi_type, _UNKNOWN_TYPE)
