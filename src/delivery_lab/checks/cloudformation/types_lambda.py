"""Lambda in CloudFormation's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.checks.cloudformation.shapes import (
    Spot,
    an_object,
    comma_list,
    fields,
    objects,
    one_of_list,
    plain,
    reference,
    somewhere_in_s3,
    tag_list,
    to,
)
from delivery_lab.limits.across import is_left_out

_FUNCTION = ResourceType(
    "AWS::Lambda::Function",
    fields(
        same="architectures codeSigningConfigArn description handler kmsKeyArn layers memorySize packageType role"
        " runtime timeout",
        other={
            "capacityProviderConfig": to(
                "CapacityProviderConfig",
                an_object(
                    fields(
                        other={
                            "lambdaManagedInstancesCapacityProviderConfig": to(
                                "LambdaManagedInstancesCapacityProviderConfig",
                                an_object(
                                    fields(
                                        same="capacityProviderArn perExecutionEnvironmentMaxConcurrency",
                                        other={
                                            "executionEnvironmentMemoryGibPerVcpu": (
                                                "ExecutionEnvironmentMemoryGiBPerVCpu"
                                            )
                                        },
                                    )
                                ),
                            )
                        }
                    )
                ),
            ),
            "code": to("Code", somewhere_in_s3),
            "deadLetterConfig": to("DeadLetterConfig", an_object(fields(same="targetArn"))),
            "durableConfig": to(
                "DurableConfig",
                an_object(fields(same="executionTimeout", other={"retentionPeriod": "RetentionPeriodInDays"})),
            ),
            "environment": to("Environment", an_object(fields(same="variables"))),
            "ephemeralStorage": to("EphemeralStorage", an_object(fields(same="size"))),
            "fileSystemConfig": to("FileSystemConfigs", one_of_list(an_object(fields(same="arn localMountPath")))),
            "imageConfig": to(
                "ImageConfig",
                an_object(fields(same="workingDirectory", other={"commands": "Command", "entryPoints": "EntryPoint"})),
            ),
            "imageUri": "Code.ImageUri",
            "loggingConfig": to(
                "LoggingConfig", an_object(fields(same="applicationLogLevel logFormat logGroup systemLogLevel"))
            ),
            "name": "FunctionName",
            # Pulumi writes "none reserved" as -1.
            "reservedConcurrentExecutions": to("ReservedConcurrentExecutions", unset=(-1,)),
            "s3Bucket": "Code.S3Bucket",
            "s3Key": "Code.S3Key",
            "s3ObjectVersion": "Code.S3ObjectVersion",
            "snapStart": to("SnapStart", an_object(fields(same="applyOn", left_out="optimizationStatus"))),
            "sourceKmsKeyArn": "Code.SourceKMSKeyArn",
            "tags": to("Tags", tag_list),
            "tenancyConfig": to("TenancyConfig", an_object(fields(same="tenantIsolationMode"))),
            "tracingConfig": to("TracingConfig", an_object(fields(same="mode"))),
            "vpcConfig": to(
                "VpcConfig",
                an_object(fields(same="ipv6AllowedForDualStack securityGroupIds subnetIds", left_out="vpcId")),
            ),
        },
        left_out="codeSha256 publish publishTo region replaceSecurityGroupsOnDestroy replacementSecurityGroupIds"
        " skipDestroy sourceCodeHash useResourceTimeoutForPropagation",
    ),
)


def _some_time(_value: Any, _spot: Spot) -> Any:
    """CloudFormation has the timestamp as a number; its rules only ask whether there is one."""
    return 0


_KAFKA_CONFIG = an_object(
    fields(
        same="consumerGroupId",
        other={
            "schemaRegistryConfig": to(
                "SchemaRegistryConfig",
                an_object(
                    fields(
                        same="eventRecordFormat",
                        other={
                            "accessConfigs": to("AccessConfigs", objects(fields(same="type", other={"uri": "URI"}))),
                            "schemaRegistryUri": "SchemaRegistryURI",
                            "schemaValidationConfigs": to("SchemaValidationConfigs", objects(fields(same="attribute"))),
                        },
                    )
                ),
            )
        },
    )
)


def _zero_batch(inputs: Mapping[str, Any]) -> frozenset[str]:
    # The provider leaves a batch size of 0 out of its request (ESM-ZERO-1).
    return frozenset({"batchSize"} if is_left_out(inputs.get("batchSize")) else ())


_MAPPING = ResourceType(
    "AWS::Lambda::EventSourceMapping",
    fields(
        same="bisectBatchOnFunctionError enabled functionResponseTypes kmsKeyArn"
        " maximumBatchingWindowInSeconds maximumRecordAgeInSeconds maximumRetryAttempts parallelizationFactor"
        " startingPosition topics tumblingWindowInSeconds",
        other={
            # The provider leaves a 0 out of its request (ESM-ZERO-1).
            "batchSize": to("BatchSize", unset=(0,)),
            "amazonManagedKafkaEventSourceConfig": to("AmazonManagedKafkaEventSourceConfig", _KAFKA_CONFIG),
            "destinationConfig": to(
                "DestinationConfig",
                an_object(
                    fields(
                        other={"onFailure": to("OnFailure", an_object(fields(other={"destinationArn": "Destination"})))}
                    )
                ),
            ),
            "documentDbEventSourceConfig": to(
                "DocumentDBEventSourceConfig", an_object(fields(same="collectionName databaseName fullDocument"))
            ),
            "eventSourceArn": to("EventSourceArn", reference),
            "filterCriteria": to(
                "FilterCriteria", an_object(fields(other={"filters": to("Filters", objects(fields(same="pattern")))}))
            ),
            "functionName": to("FunctionName", reference),
            "metricsConfig": to("MetricsConfig", an_object(fields(same="metrics"))),
            "provisionedPollerConfig": to(
                "ProvisionedPollerConfig", an_object(fields(same="maximumPollers minimumPollers pollerGroupName"))
            ),
            "queues": to("Queues", one_of_list(plain)),
            "scalingConfig": to("ScalingConfig", an_object(fields(same="maximumConcurrency"))),
            "selfManagedEventSource": to(
                "SelfManagedEventSource",
                an_object(
                    fields(
                        other={
                            "endpoints": to(
                                "Endpoints",
                                an_object(
                                    fields(other={"KAFKA_BOOTSTRAP_SERVERS": to("KafkaBootstrapServers", comma_list)})
                                ),
                            )
                        }
                    )
                ),
            ),
            "selfManagedKafkaEventSourceConfig": to("SelfManagedKafkaEventSourceConfig", _KAFKA_CONFIG),
            "sourceAccessConfigurations": to(
                "SourceAccessConfigurations", objects(fields(same="type", other={"uri": "URI"}))
            ),
            "startingPositionTimestamp": to("StartingPositionTimestamp", _some_time),
            "tags": to("Tags", tag_list),
        },
        left_out="region useResourceTimeoutForPropagation",
    ),
    left_out=_zero_batch,
)

_DESTINATION = an_object(fields(same="destination"))

_INVOKE_CONFIG = ResourceType(
    "AWS::Lambda::EventInvokeConfig",
    fields(
        same="functionName maximumEventAgeInSeconds maximumRetryAttempts qualifier",
        other={
            "destinationConfig": to(
                "DestinationConfig",
                an_object(
                    fields(
                        other={"onFailure": to("OnFailure", _DESTINATION), "onSuccess": to("OnSuccess", _DESTINATION)}
                    )
                ),
            )
        },
        left_out="region",
    ),
    defaults={"Qualifier": "$LATEST"},
)

_PERMISSION = ResourceType(
    "AWS::Lambda::Permission",
    fields(
        same="action eventSourceToken functionUrlAuthType invokedViaFunctionUrl principal sourceAccount sourceArn",
        other={"function": "FunctionName", "principalOrgId": "PrincipalOrgID"},
        left_out="qualifier region statementId statementIdPrefix",
    ),
)

_LAYER = ResourceType(
    "AWS::Lambda::LayerVersion",
    fields(
        same="compatibleArchitectures compatibleRuntimes description layerName licenseInfo",
        other={
            "code": to("Content", somewhere_in_s3),
            "s3Bucket": "Content.S3Bucket",
            "s3Key": "Content.S3Key",
            "s3ObjectVersion": "Content.S3ObjectVersion",
        },
        left_out="region skipDestroy sourceCodeHash",
    ),
)

TYPES: Mapping[str, ResourceType] = {
    resource_types.MAPPING: _MAPPING,
    resource_types.FUNCTION: _FUNCTION,
    resource_types.INVOKE_CONFIG: _INVOKE_CONFIG,
    resource_types.LAYER: _LAYER,
    resource_types.PERMISSION: _PERMISSION,
}
