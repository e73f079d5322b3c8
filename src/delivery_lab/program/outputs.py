"""What AWS would answer when a resource is created: ids, ARNs, URLs and the defaults of settings left out.

Each type has a `ComputedOutputs`: where its physical name comes from, how its id looks, and its computed outputs.
ARN formats are those of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html);
output names and ids are those of pulumi-aws 7. What the table does not name stays unknown, as in a preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.limits.functions import MEMORY, TIMEOUT
from delivery_lab.limits.queues import DELAY, RECEIVE_WAIT, RETENTION, VISIBILITY_TIMEOUT
from delivery_lab.limits.streams import RETENTION_HOURS
from delivery_lab.program import derived
from delivery_lab.program.facts import ComputedOutputs, Created, Facts, Fields


def create(type_token: str, urn: str, logical_name: str, inputs: Mapping[str, Any], region: str) -> Created:
    """Compute what creating a resource would give.

    Args:
        type_token: type of the resource.
        urn: its URN, which made-up ids are derived from.
        logical_name: its name in the program.
        inputs: its inputs by wire name, `UNKNOWN` where they are not known.
        region: region of its provider; an input `region` wins.

    Returns:
        The id and outputs; for a type that the table does not name neither is known.
    """
    entry = OUTPUTS_BY_TYPE.get(type_token)
    if entry is None:
        return Created("", {})
    own = inputs.get("region")
    facts = Facts(entry, urn, logical_name, inputs, own if isinstance(own, str) else region)
    physical_id = facts.known("id")
    names = [*entry.outputs, *([entry.name] if entry.name else [])]
    outputs = {name: facts.known(name) for name in names if inputs.get(name) is None}
    if "region" not in inputs and not type_token.startswith("aws:iam/"):
        outputs["region"] = region
    return Created(physical_id if isinstance(physical_id, str) else "", outputs)


_LAMBDA = "arn:{partition}:lambda:{region}:{account}:"
_INVOKE = "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/"
_MSK_ARN = "arn:{partition}:kafka:{region}:{account}:cluster/{clusterName}/{clusterUuid}"

_BUCKET = ComputedOutputs(
    id="{bucket}",
    name="bucket",
    prefix="bucketPrefix",
    lower_case=True,
    outputs={
        "arn": "arn:{partition}:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.{dns}",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.{dns}",
        "bucketRegion": "{region}",
    },
)

OUTPUTS_BY_TYPE: Mapping[str, ComputedOutputs] = MappingProxyType(
    {
        resource_types.QUEUE: ComputedOutputs(
            id="{url}",
            name="name",
            fifo="fifoQueue",
            outputs={
                "arn": "arn:{partition}:sqs:{region}:{account}:{name}",
                "url": "https://sqs.{region}.{dns}/{account}/{name}",
                "visibilityTimeoutSeconds": VISIBILITY_TIMEOUT.default,
                "messageRetentionSeconds": RETENTION.default,
                "delaySeconds": DELAY.default,
                "receiveWaitTimeSeconds": RECEIVE_WAIT.default,
                "fifoQueue": False,
                "contentBasedDeduplication": False,
            },
        ),
        resource_types.QUEUE_POLICY: ComputedOutputs(id="{queueUrl}"),
        resource_types.REDRIVE_POLICY: ComputedOutputs(id="{queueUrl}"),
        resource_types.REDRIVE_ALLOW_POLICY: ComputedOutputs(id="{queueUrl}"),
        resource_types.FUNCTION: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={
                "arn": _LAMBDA + "function:{name}",
                "invokeArn": _INVOKE + "{arn}/invocations",
                "publish": False,
                "version": derived.version,
                "qualifiedArn": "{arn}:{version}",
                "qualifiedInvokeArn": _INVOKE + "{qualifiedArn}/invocations",
                "timeout": TIMEOUT.default,
                "memorySize": MEMORY.default,
                "packageType": "Zip",
                "architectures": ["x86_64"],
                "reservedConcurrentExecutions": -1,
            },
        ),
        resource_types.MAPPING: ComputedOutputs(
            id="{uuid}",
            outputs={
                "uuid": "{new_uuid}",
                "arn": _LAMBDA + "event-source-mapping:{uuid}",
                "functionArn": derived.function_arn,
                "enabled": True,
                "state": "Enabled",
            },
        ),
        resource_types.PERMISSION: ComputedOutputs(id="{statementId}", name="statementId", prefix="statementIdPrefix"),
        resource_types.LAYER: ComputedOutputs(
            id="{arn}",
            outputs={
                "version": "1",
                "layerArn": _LAMBDA + "layer:{layerName}",
                "arn": "{layerArn}:{version}",
            },
        ),
        resource_types.ALIAS: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={
                "arn": lambda facts: f"{derived.function_arn(facts)}:{facts['name']}",
                "invokeArn": _INVOKE + "{arn}/invocations",
            },
        ),
        resource_types.INVOKE_CONFIG: ComputedOutputs(id=derived.event_invoke_id),
        resource_types.ROLE: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={
                "path": "/",
                "arn": "arn:{partition}:iam::{account}:role{path}{name}",
                "uniqueId": "AROA{iam_id}",
                "maxSessionDuration": 3600,
            },
        ),
        resource_types.POLICY: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={
                "path": "/",
                "arn": "arn:{partition}:iam::{account}:policy{path}{name}",
                "policyId": "ANPA{iam_id}",
            },
        ),
        resource_types.ROLE_POLICY: ComputedOutputs(id="{role}:{name}", name="name"),
        resource_types.ROLE_POLICY_ATTACHMENT: ComputedOutputs(id=derived.attachment_id),
        resource_types.LOG_GROUP: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}", "retentionInDays": 0},
        ),
        resource_types.METRIC_ALARM: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"},
        ),
        resource_types.HTTP_API: ComputedOutputs(
            id="{api_id}",
            name="name",
            outputs={
                "apiEndpoint": derived.api_endpoint,
                "arn": "arn:{partition}:apigateway:{region}::/apis/{id}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{id}",
            },
        ),
        resource_types.STAGE: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={
                "arn": "arn:{partition}:apigateway:{region}::/apis/{apiId}/stages/{name}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{apiId}/{name}",
                "invokeUrl": derived.invoke_url,
            },
        ),
        resource_types.ROUTE: ComputedOutputs(id="{part_id}"),
        resource_types.INTEGRATION: ComputedOutputs(id="{part_id}"),
        "aws:apigatewayv2/deployment:Deployment": ComputedOutputs(
            id="{deployment_id}", outputs={"autoDeployed": False}
        ),
        resource_types.TABLE: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={
                "arn": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
                "streamLabel": derived.stream_label,
                "streamArn": derived.stream_arn,
                "billingMode": "PROVISIONED",
            },
        ),
        resource_types.TOPIC: ComputedOutputs(
            id="{arn}",
            name="name",
            fifo="fifoTopic",
            outputs={"arn": "arn:{partition}:sns:{region}:{account}:{name}", "owner": "{account}"},
        ),
        resource_types.EVENT_BUS: ComputedOutputs(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:events:{region}:{account}:event-bus/{name}"},
        ),
        resource_types.TOPIC_SUBSCRIPTION: ComputedOutputs(
            id="{arn}", outputs={"arn": derived.subscription_arn, "ownerId": "{account}", "rawMessageDelivery": False}
        ),
        resource_types.STREAM: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={
                "arn": "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
                "retentionPeriod": RETENTION_HOURS.default,
            },
        ),
        resource_types.STREAM_CONSUMER: ComputedOutputs(
            id="{arn}",
            name="name",
            # Consumers are told apart by when they were registered; the lab's runs begin at that of
            # delivery_lab.model.clock.EPOCH.
            outputs={
                "arn": "{streamArn}/consumer/{name}:1767225600",
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
        ),
        resource_types.BUCKET: _BUCKET,
        resource_types.BUCKET_V2: _BUCKET,
        **dict.fromkeys(
            resource_types.BUCKET_OBJECTS,
            ComputedOutputs(
                id="{key}",
                outputs={
                    # Pulumi gives an object without a key the resource's logical name, and adds nothing to it.
                    "key": "{logical_name}",
                    "arn": "arn:{partition}:s3:::{bucket}/{key}",
                    "storageClass": "STANDARD",
                },
            ),
        ),
        resource_types.KEY: ComputedOutputs(
            id="{keyId}",
            outputs={"keyId": "{new_uuid}", "arn": "arn:{partition}:kms:{region}:{account}:key/{keyId}"},
        ),
        resource_types.KEY_ALIAS: ComputedOutputs(
            id="{name}",
            name="name",
            namespace="alias/",
            outputs={
                "arn": "arn:{partition}:kms:{region}:{account}:{name}",
                "targetKeyArn": lambda facts: (
                    str(facts["targetKeyId"])
                    if str(facts["targetKeyId"]).startswith("arn:")
                    else "arn:{partition}:kms:{region}:{account}:key/{targetKeyId}".format_map(Fields(facts))
                ),
            },
        ),
        resource_types.MSK_CLUSTER: ComputedOutputs(
            id="{arn}",
            name="clusterName",
            outputs={
                "clusterUuid": "{new_uuid}-1",
                "arn": _MSK_ARN,
                "bootstrapBrokers": derived.brokers(9092, lambda facts: "PLAINTEXT" in derived.in_transit(facts)),
                "bootstrapBrokersTls": derived.brokers(9094, lambda facts: derived.in_transit(facts).startswith("TLS")),
                "bootstrapBrokersSaslScram": derived.brokers(9096, derived.authenticates("sasl", "scram")),
                "bootstrapBrokersSaslIam": derived.brokers(9098, derived.authenticates("sasl", "iam")),
            },
        ),
        resource_types.MSK_SERVERLESS_CLUSTER: ComputedOutputs(
            id="{arn}",
            name="clusterName",
            outputs={
                "clusterUuid": "{new_uuid}-s1",
                "arn": _MSK_ARN,
                "bootstrapBrokersSaslIam": "boot-{cluster_tag}.c1.kafka-serverless.{region}.{dns}:9098",
            },
        ),
        resource_types.VPC: ComputedOutputs(
            id="vpc-{hex17}",
            outputs={
                "arn": "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
                "defaultSecurityGroupId": "sg-{hex17}",
                "defaultNetworkAclId": "acl-{hex17}",
                "defaultRouteTableId": "rtb-{hex17}",
                "mainRouteTableId": "rtb-{hex17}",
                "ownerId": "{account}",
            },
        ),
        resource_types.SUBNET: ComputedOutputs(
            id="subnet-{hex17}",
            outputs={"arn": "arn:{partition}:ec2:{region}:{account}:subnet/{id}", "ownerId": "{account}"},
        ),
        resource_types.SECURITY_GROUP: ComputedOutputs(
            id="sg-{hex17}",
            name="name",
            outputs={"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}"},
        ),
        resource_types.PARAMETER: ComputedOutputs(
            id="{name}", name="name", outputs={"arn": derived.parameter_arn, "tier": "Standard"}
        ),
        resource_types.STATE_MACHINE: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={"arn": "arn:{partition}:states:{region}:{account}:stateMachine:{name}", "type": "STANDARD"},
        ),
        resource_types.EVENT_RULE: ComputedOutputs(
            id=lambda facts: derived.on_bus(facts, "{bus}/{name}"),
            name="name",
            outputs={
                "arn": lambda facts: (
                    "arn:{partition}:events:{region}:{account}:rule/".format_map(Fields(facts))
                    + derived.on_bus(facts, "{bus}/{name}")
                )
            },
        ),
        resource_types.PIPE: ComputedOutputs(
            id="{name}", name="name", outputs={"arn": "arn:{partition}:pipes:{region}:{account}:pipe/{name}"}
        ),
        resource_types.SCHEDULE: ComputedOutputs(
            id="{groupName}/{name}",
            name="name",
            outputs={
                "groupName": "default",
                "arn": "arn:{partition}:scheduler:{region}:{account}:schedule/{groupName}/{name}",
            },
        ),
        resource_types.FUNCTION_URL: ComputedOutputs(
            id=derived.function_name,
            outputs={
                "functionArn": derived.function_arn,
                "urlId": "{url_id}",
                "functionUrl": "https://{url_id}.lambda-url.{region}.on.aws/",
            },
        ),
        resource_types.REST_API: ComputedOutputs(
            id="{api_id}",
            name="name",
            outputs={
                "arn": "arn:{partition}:apigateway:{region}::/restapis/{id}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{id}",
                "rootResourceId": "{part_id}",
            },
        ),
        resource_types.REST_RESOURCE: ComputedOutputs(id="{part_id}"),
        resource_types.REQUEST_VALIDATOR: ComputedOutputs(id="{part_id}"),
        resource_types.REST_METHOD: ComputedOutputs(id="agm-{restApi}-{resourceId}-{httpMethod}"),
        resource_types.REST_INTEGRATION: ComputedOutputs(id="agi-{restApi}-{resourceId}-{httpMethod}"),
        resource_types.REST_INTEGRATION_RESPONSE: ComputedOutputs(
            id="agir-{restApi}-{resourceId}-{httpMethod}-{statusCode}"
        ),
        # The addresses are outputs of versions before 7, where a deployment could make a stage.
        resource_types.REST_DEPLOYMENT: ComputedOutputs(
            id="{deployment_id}",
            outputs={
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{restApi}/{stageName}",
                "invokeUrl": "https://{restApi}.execute-api.{region}.{dns}/{stageName}",
            },
        ),
        resource_types.REST_STAGE: ComputedOutputs(
            id="ags-{restApi}-{stageName}",
            outputs={
                "arn": "arn:{partition}:apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{restApi}/{stageName}",
                "invokeUrl": "https://{restApi}.execute-api.{region}.{dns}/{stageName}",
            },
        ),
        "aws:ecr/repository:Repository": ComputedOutputs(
            id="{name}",
            name="name",
            outputs={
                "arn": "arn:{partition}:ecr:{region}:{account}:repository/{name}",
                "registryId": "{account}",
                "repositoryUrl": "{account}.dkr.ecr.{region}.{dns}/{name}",
            },
        ),
        resource_types.DELIVERY_STREAM: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={"arn": "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}"},
        ),
        resource_types.SECRET_VERSION: ComputedOutputs(
            id="{secretId}|{versionId}", outputs={"arn": "{secretId}", "versionId": "{new_uuid}"}
        ),
        resource_types.SECRET: ComputedOutputs(
            id="{arn}",
            name="name",
            outputs={"arn": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{secret_suffix}"},
        ),
    }
)
"""The types whose ids and outputs are computed, by type token."""
