"""The inputs of each type that a simulation follows, ignores or refuses (`delivery_lab.stack.support` says how)."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab import resource_types
from delivery_lab.simulation.supported_apis import APIS
from delivery_lab.stack.support import Refusal, Support

LOCAL_CODE = Refusal("code in a local folder (pulumi.FileArchive)")
_PLAIN_RECORDS = Refusal("records as the producer wrote them")
_EMPTY_TABLE = Refusal("a table that is empty at first; the workload can put items into it")
_SIMPLE_KEYS = Refusal("hashKey and rangeKey of the index")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUEUE = Support(
    modelled=_names(
        "visibilityTimeoutSeconds messageRetentionSeconds delaySeconds receiveWaitTimeSeconds maxMessageSize "
        "redrivePolicy.* redriveAllowPolicy.* fifoQueue contentBasedDeduplication deduplicationScope "
        "fifoThroughputLimit"
    ),
    harmless=_names("policy.* kmsMasterKeyId kmsDataKeyReusePeriodSeconds sqsManagedSseEnabled"),
)

_FUNCTION = Support(
    modelled=_names(
        "code handler timeout memorySize environment.variables.* reservedConcurrentExecutions layers runtime "
        "deadLetterConfig.targetArn s3Bucket s3Key ephemeralStorage.size"
    ),
    harmless=_names(
        "architectures codeSha256 codeSigningConfigArn kmsKeyArn loggingConfig.* packageType "
        "publish replaceSecurityGroupsOnDestroy "
        "replacementSecurityGroupIds role s3ObjectVersion skipDestroy snapStart.* sourceCodeHash sourceKmsKeyArn "
        "tracingConfig.* useResourceTimeoutForPropagation vpcConfig.*"
    ),
    refused={
        "imageUri": LOCAL_CODE,
        "imageConfig": LOCAL_CODE,
        "fileSystemConfig": Refusal("files in the function's own folder"),
        "capacityProviderConfig": Refusal("a function on Lambda's own capacity"),
        "durableConfig": Refusal("an ordinary function"),
        "publishTo": Refusal("an ordinary function"),
        "tenancyConfig": Refusal("a function whose environments serve every tenant"),
    },
)

_IMAGE = _names("imageUri imageConfig.*")
IMAGE_FUNCTION = Support(
    modelled=_FUNCTION.modelled,
    harmless=_FUNCTION.harmless | _IMAGE,
    refused={name: refusal for name, refusal in _FUNCTION.refused.items() if not name.startswith("image")},
)
"""What is known of a function of which the workload says what its image is made of."""

_CODE = _names("imageUri imageConfig.* s3Bucket s3Key s3ObjectVersion fileSystemConfig.*")
DESCRIBED_FUNCTION = Support(
    modelled=_FUNCTION.modelled,
    harmless=_FUNCTION.harmless | _CODE,
    refused={
        name: refusal for name, refusal in _FUNCTION.refused.items() if name not in {n.split(".")[0] for n in _CODE}
    },
)
"""What is known of a function that the workload describes: where its code is changes nothing."""

_LAYER = Support(
    modelled=_names("code s3Bucket s3Key"),
    harmless=_names(
        "layerName compatibleArchitectures compatibleRuntimes licenseInfo skipDestroy sourceCodeHash "
        "s3ObjectVersion"  # a layer whose code is not here brings nothing: its packages come from the environment
    ),
)

_MAPPING = Support(
    modelled=_names(
        "functionName eventSourceArn batchSize maximumBatchingWindowInSeconds functionResponseTypes "
        "scalingConfig.maximumConcurrency filterCriteria.filters.pattern enabled "
        # Of streams and Kafka; AWS refuses them for a queue, and so does the deployment (ESM-KIND-1).
        "amazonManagedKafkaEventSourceConfig.consumerGroupId bisectBatchOnFunctionError "
        "destinationConfig.onFailure.destinationArn maximumRecordAgeInSeconds maximumRetryAttempts "
        "parallelizationFactor provisionedPollerConfig.maximumPollers provisionedPollerConfig.minimumPollers "
        "selfManagedEventSource.endpoints.* selfManagedKafkaEventSourceConfig.consumerGroupId startingPosition "
        "startingPositionTimestamp topics tumblingWindowInSeconds"
    ),
    harmless=_names("kmsKeyArn metricsConfig.* sourceAccessConfigurations.* useResourceTimeoutForPropagation"),
    refused={
        "amazonManagedKafkaEventSourceConfig.schemaRegistryConfig": _PLAIN_RECORDS,
        "selfManagedKafkaEventSourceConfig.schemaRegistryConfig": _PLAIN_RECORDS,
        "provisionedPollerConfig.pollerGroupName": Refusal("pollers that no other mapping shares"),
        "documentDbEventSourceConfig": Refusal("eventSourceArn of a queue, a stream or an MSK cluster"),
        "queues": Refusal("eventSourceArn of an SQS queue"),
    },
)

_TABLE = Support(
    modelled=_names(
        "attributes.name attributes.type hashKey rangeKey billingMode streamEnabled streamViewType "
        "globalSecondaryIndexes.name globalSecondaryIndexes.hashKey globalSecondaryIndexes.rangeKey "
        "globalSecondaryIndexes.projectionType globalSecondaryIndexes.nonKeyAttributes "
        "localSecondaryIndexes.name localSecondaryIndexes.rangeKey localSecondaryIndexes.projectionType "
        "localSecondaryIndexes.nonKeyAttributes readCapacity writeCapacity globalSecondaryIndexes.readCapacity "
        "globalSecondaryIndexes.writeCapacity"
    ),
    harmless=_names(
        "deletionProtectionEnabled onDemandThroughput.* globalSecondaryIndexes.onDemandThroughput.* "
        "globalSecondaryIndexes.warmThroughput.* warmThroughput.* pointInTimeRecovery.* serverSideEncryption.* "
        "tableClass ttl.*"  # lazy, so nothing may depend on it (DDB-TTL-1)
        # A replica in another region changes nothing for the table in this one; `replica_notes` says that it is there.
        " replicas.arn replicas.deletionProtectionEnabled replicas.kmsKeyArn replicas.pointInTimeRecovery "
        "replicas.propagateTags replicas.regionName replicas.streamArn replicas.streamLabel"
    ),
    refused={
        "globalSecondaryIndexes.keySchemas": _SIMPLE_KEYS,
        # Strongly consistent ones take no transactions, and no TTL.
        "replicas.consistencyMode": Refusal("EVENTUAL", lambda value: value != "EVENTUAL"),
        "globalTableWitness": Refusal("a table in one region"),
        "importTable": _EMPTY_TABLE,
        "restoreBackupArn": _EMPTY_TABLE,
        "restoreDateTime": _EMPTY_TABLE,
        "restoreSourceName": _EMPTY_TABLE,
        "restoreSourceTableArn": _EMPTY_TABLE,
        "restoreToLatestTime": _EMPTY_TABLE,
    },
)

SUPPORT: Mapping[str, Support] = {
    resource_types.QUEUE: _QUEUE,
    resource_types.REDRIVE_POLICY: Support(_names("queueUrl redrivePolicy.*")),
    resource_types.REDRIVE_ALLOW_POLICY: Support(_names("queueUrl redriveAllowPolicy.*")),
    resource_types.FUNCTION: _FUNCTION,
    resource_types.LAYER: _LAYER,
    resource_types.ALIAS: Support(
        _names("functionName functionVersion name routingConfig.additionalVersionWeights.*"), _names("description")
    ),
    resource_types.PROVISIONED_CONCURRENCY: Support(
        _names("functionName qualifier provisionedConcurrentExecutions"), _names("skipDestroy")
    ),
    resource_types.INVOKE_CONFIG: Support(
        _names(
            "functionName qualifier destinationConfig.onSuccess.destination destinationConfig.onFailure.destination "
            "maximumEventAgeInSeconds maximumRetryAttempts"
        )
    ),
    resource_types.RECURSION_CONFIG: Support(_names("functionName recursiveLoop")),
    resource_types.MAPPING: _MAPPING,
    resource_types.STREAM: Support(
        modelled=_names("shardCount retentionPeriod streamModeDetails.streamMode maxRecordSizeInKib"),
        harmless=_names("arn encryptionType enforceConsumerDeletion kmsKeyId shardLevelMetrics warmThroughputMibPs"),
    ),
    resource_types.STREAM_CONSUMER: Support(_names("streamArn")),
    resource_types.TABLE: _TABLE,
    resource_types.TOPIC: Support(
        modelled=_names(
            "fifoTopic contentBasedDeduplication fifoThroughputScope maximumMessageSize signatureVersion policy.*"
        ),
        harmless=_names(
            "applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn applicationSuccessFeedbackSampleRate "
            "archivePolicy deliveryPolicy displayName firehoseFailureFeedbackRoleArn "
            "firehoseSuccessFeedbackRoleArn firehoseSuccessFeedbackSampleRate httpFailureFeedbackRoleArn "
            "httpSuccessFeedbackRoleArn httpSuccessFeedbackSampleRate kmsMasterKeyId lambdaFailureFeedbackRoleArn "
            "lambdaSuccessFeedbackRoleArn lambdaSuccessFeedbackSampleRate "
            "sqsFailureFeedbackRoleArn sqsSuccessFeedbackRoleArn sqsSuccessFeedbackSampleRate tracingConfig"
        ),
    ),
    resource_types.TOPIC_POLICY: Support(_names("arn policy.*")),
    resource_types.EVENT_BUS: Support(
        frozenset(), _names("deadLetterConfig.* eventSourceName kmsKeyIdentifier logConfig.*")
    ),
    **APIS,
    resource_types.MSK_CLUSTER: Support(
        modelled=frozenset(),
        harmless=_names(
            "brokerNodeGroupInfo.* kafkaVersion numberOfBrokerNodes clientAuthentication.* clusterName "
            "configurationInfo.* encryptionInfo.* enhancedMonitoring loggingInfo.* openMonitoring.* rebalancing.* "
            "storageMode"
        ),
    ),
    resource_types.MSK_SERVERLESS_CLUSTER: Support(
        frozenset(), _names("clientAuthentication.* clusterName vpcConfigs.*")
    ),
    resource_types.MSK_CONFIGURATION: Support(_names("serverProperties"), _names("kafkaVersions")),
}
"""Buckets are left out: whatever a bucket is, it takes what it is given."""
