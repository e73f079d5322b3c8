"""Each type against the emulator: created, found as it was asked for, changed, found changed, deleted, gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.live.emulator import Emulator
from delivery_lab.live.provider.catalog import TYPES
from delivery_lab.live.provider.creator import Creator, ResourceState
from delivery_lab.live.provider.differences import HIDDEN
from delivery_lab.live.provider.values import UploadedCode
from delivery_lab.program.assets import AssetArchive, StringAsset
from tests.live.conftest import Make

pytestmark = pytest.mark.emulator

_ASSUME = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)
_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Principal": "*"}]}
)
_OTHER_POLICY = _POLICY.replace("sqs:*", "sqs:SendMessage")
_CODE = UploadedCode("1", AssetArchive({"handler.py": StringAsset("def lambda_handler(event, context): return event")}))

Inputs = dict[str, Any]
Needs = Callable[[Make], Inputs]


def _role(make: Make) -> Any:
    return make(resource_types.ROLE, assumeRolePolicy=_ASSUME).outputs["arn"]


def _function(make: Make, **more: Any) -> ResourceState:
    return make(
        resource_types.FUNCTION,
        role=_role(make),
        code=_CODE,
        handler="handler.lambda_handler",
        runtime="python3.13",
        **more,
    )


def _queue(make: Make, **more: Any) -> ResourceState:
    return make(resource_types.QUEUE, **more)


def _vpc(make: Make) -> str:
    return make("aws:ec2/vpc:Vpc", cidrBlock="10.42.0.0/16").id


def _subnet(make: Make, vpc: str, number: int = 1) -> str:
    return make("aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock=f"10.42.{number}.0/24", availabilityZone="us-east-1a").id


def _group(make: Make, vpc: str) -> str:
    return make("aws:ec2/securityGroup:SecurityGroup", vpcId=vpc, description="Members").id


def _api(make: Make) -> str:
    return make(resource_types.HTTP_API, protocolType="HTTP").id


def _mapping(make: Make) -> Inputs:
    function, queue = _function(make), _queue(make)
    return {"functionName": function.outputs["arn"], "eventSourceArn": queue.outputs["arn"]}


def _integration(make: Make) -> Inputs:
    uri = _function(make).outputs["invokeArn"]
    return {
        "apiId": _api(make),
        "integrationType": "AWS_PROXY",
        "integrationUri": uri,
        "payloadFormatVersion": "2.0",
    }


def _endpoint(make: Make) -> Inputs:
    vpc = _vpc(make)
    return {
        "vpcId": vpc,
        "serviceName": "com.amazonaws.us-east-1.sqs",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "subnetIds": [_subnet(make, vpc)],
        "securityGroupIds": [_group(make, vpc)],
    }


def _rule(make: Make) -> Inputs:
    group = _group(make, _vpc(make))
    return {
        "securityGroupId": group,
        "referencedSecurityGroupId": group,
        "ipProtocol": "tcp",
        "fromPort": 9098,
        "toPort": 9098,
    }


def _cluster(make: Make) -> Inputs:
    vpc = _vpc(make)
    configuration = make(
        resource_types.MSK_CONFIGURATION, kafkaVersions=["3.8.x"], serverProperties="num.partitions=1\n"
    )
    return {
        "kafkaVersion": "3.8.x",
        "numberOfBrokerNodes": 2,
        "brokerNodeGroupInfo": {
            "instanceType": "kafka.t3.small",
            "clientSubnets": [_subnet(make, vpc), _subnet(make, vpc, 2)],
            "securityGroups": [_group(make, vpc)],
            "storageInfo": {"ebsStorageInfo": {"volumeSize": 10}},
        },
        "clientAuthentication": {"sasl": {"iam": True}, "unauthenticated": False},
        "configurationInfo": {"arn": configuration.outputs["arn"], "revision": configuration.outputs["latestRevision"]},
        "encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}},
        "loggingInfo": {
            "brokerLogs": {
                "cloudwatchLogs": {"enabled": True, "logGroup": make(resource_types.LOG_GROUP).id},
            }
        },
    }


def _association(make: Make) -> Inputs:
    vpc = _vpc(make)
    return {"routeTableId": make("aws:ec2/routeTable:RouteTable", vpcId=vpc).id, "subnetId": _subnet(make, vpc)}


_DESCRIBED = json.dumps(
    {
        "openapi": "3.0.1",
        "paths": {
            "/jobs": {
                "post": {
                    "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
                    "x-amazon-apigateway-integration": {
                        "type": "aws",
                        "httpMethod": "POST",
                        "uri": "arn:aws:apigateway:us-east-1:sqs:path/123456789012/jobs",
                        "credentials": "arn:aws:iam::123456789012:role/api",
                        "responses": {"default": {"statusCode": "202"}},
                    },
                }
            }
        },
    }
)


def _event_target(make: Make) -> Inputs:
    bus = make(resource_types.EVENT_BUS).id
    rule = make(resource_types.EVENT_RULE, eventBusName=bus, eventPattern='{"source": ["shop"]}')
    return {
        "rule": rule.inputs["name"],
        "eventBusName": bus,
        "arn": _queue(make).outputs["arn"],
        "inputPath": "$.detail",
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 86_400},
        "deadLetterConfig": {"arn": _queue(make, name="undelivered").outputs["arn"]},
    }


def _rest_stage(make: Make) -> Inputs:
    api = make(resource_types.REST_API, body=_DESCRIBED).id
    return {
        "restApi": api,
        "deployment": make(resource_types.REST_DEPLOYMENT, restApi=api).id,
        "stageName": "live",
    }


def _method_settings(make: Make) -> Inputs:
    inputs = _rest_stage(make)
    make(resource_types.REST_STAGE, **inputs)
    return {
        "restApi": inputs["restApi"],
        "stageName": "live",
        "methodPath": "*/*",
        "settings": {"throttlingBurstLimit": 100, "throttlingRateLimit": 50},
    }


_CASES: dict[str, tuple[Needs, Inputs | None]] = {
    resource_types.HTTP_API: (lambda make: {"protocolType": "HTTP"}, {"description": "Takes jobs"}),
    resource_types.INTEGRATION: (_integration, {"timeoutMilliseconds": 5_000}),
    resource_types.ROUTE: (
        lambda make: {"apiId": _api(make), "routeKey": "POST /enqueue", "authorizationType": "NONE"},
        {"authorizationType": "AWS_IAM"},
    ),
    resource_types.STAGE: (
        lambda make: {
            "apiId": _api(make),
            "name": "$default",
            "autoDeploy": True,
            "defaultRouteSettings": {"throttlingBurstLimit": 100, "throttlingRateLimit": 50},
        },
        {"defaultRouteSettings": {"throttlingBurstLimit": 10, "throttlingRateLimit": 5}},
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        lambda make: {"vpcId": _vpc(make), "description": "Kafka brokers"},
        {"tags": {"Name": "brokers"}},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (_rule, None),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (_rule, None),
    resource_types.FUNCTION: (
        lambda make: {
            "role": _role(make),
            "code": _CODE,
            "handler": "handler.lambda_handler",
            "runtime": "python3.13",
            "timeout": 5,
            "memorySize": 256,
            "architectures": ["arm64"],
            "environment": {"variables": {"QUEUE_URL": "q", "lower": "kept"}},
            "loggingConfig": {"logFormat": "Text", "logGroup": make(resource_types.LOG_GROUP).id},
        },
        {"timeout": 30, "environment": {"variables": {"QUEUE_URL": "r"}}, "reservedConcurrentExecutions": 3},
    ),
    resource_types.LAYER: (
        lambda make: {
            "layerName": "shared",
            "code": _CODE,
            "compatibleRuntimes": ["python3.13"],
            "compatibleArchitectures": ["arm64"],
        },
        None,
    ),
    resource_types.PERMISSION: (
        lambda make: {
            "function": _function(make).id,
            "action": "lambda:InvokeFunction",
            "principal": "apigateway.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:us-east-1:123456789012:a/*/POST/enqueue",
        },
        None,
    ),
    resource_types.INVOKE_CONFIG: (
        lambda make: {
            "functionName": _function(make).id,
            "maximumRetryAttempts": 2,
            "maximumEventAgeInSeconds": 90,
            "destinationConfig": {"onFailure": {"destination": _queue(make).outputs["arn"]}},
        },
        {"maximumRetryAttempts": 0},
    ),
    resource_types.ROLE: (lambda make: {"assumeRolePolicy": _ASSUME}, {"description": "Runs the worker"}),
    resource_types.ROLE_POLICY: (
        lambda make: {"role": make(resource_types.ROLE, assumeRolePolicy=_ASSUME).id, "policy": _POLICY},
        {"policy": _OTHER_POLICY},
    ),
    resource_types.MSK_CLUSTER: (_cluster, None),
    resource_types.MSK_CONFIGURATION: (
        lambda make: {"kafkaVersions": ["3.8.x"], "serverProperties": "num.partitions=1\n"},
        {"serverProperties": "num.partitions=3\n"},
    ),
    resource_types.MAPPING: (
        lambda make: {**_mapping(make), "batchSize": 10, "enabled": False, "functionResponseTypes": []},
        {"batchSize": 1, "functionResponseTypes": ["ReportBatchItemFailures"]},
    ),
    "aws:ec2/vpc:Vpc": (
        lambda make: {
            "cidrBlock": "10.42.0.0/16",
            "enableDnsSupport": True,
            "enableDnsHostnames": True,
            "tags": {"Name": "kafka-vpc"},
        },
        {"enableDnsHostnames": False, "tags": {"Owner": "us"}},
    ),
    "aws:ec2/subnet:Subnet": (
        lambda make: {"vpcId": _vpc(make), "cidrBlock": "10.42.1.0/24", "availabilityZone": "us-east-1a"},
        {"tags": {"Name": "one"}},
    ),
    "aws:ec2/routeTable:RouteTable": (lambda make: {"vpcId": _vpc(make)}, {"tags": {"Name": "routes"}}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (_association, None),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (_endpoint, {"privateDnsEnabled": False}),
    resource_types.LOG_GROUP: (lambda make: {"retentionInDays": 30}, {"retentionInDays": 7}),
    resource_types.METRIC_ALARM: (
        lambda make: {
            "comparisonOperator": "GreaterThanThreshold",
            "dimensions": {"QueueName": "dlq"},
            "evaluationPeriods": 1,
            "metricName": "ApproximateNumberOfMessagesVisible",
            "namespace": "AWS/SQS",
            "period": 60,
            "statistic": "Maximum",
            "threshold": 0,
            "treatMissingData": "notBreaching",
        },
        {"threshold": 5, "alarmDescription": "Messages are dead-lettered"},
    ),
    resource_types.QUEUE: (
        lambda make: {
            "messageRetentionSeconds": 345_600,
            "receiveWaitTimeSeconds": 20,
            "sqsManagedSseEnabled": True,
            "visibilityTimeoutSeconds": 30,
            "redrivePolicy": json.dumps({"deadLetterTargetArn": _queue(make).outputs["arn"], "maxReceiveCount": 2}),
        },
        {"visibilityTimeoutSeconds": 5, "delaySeconds": 1},
    ),
    resource_types.QUEUE_POLICY: (
        lambda make: {"queueUrl": _queue(make).id, "policy": _POLICY},
        {"policy": _OTHER_POLICY},
    ),
    resource_types.REDRIVE_ALLOW_POLICY: (
        lambda make: {"queueUrl": _queue(make).id, "redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})},
        {"redriveAllowPolicy": json.dumps({"redrivePermission": "allowAll"})},
    ),
    resource_types.STREAM: (
        lambda make: {
            "shardCount": 2,
            "retentionPeriod": 24,
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
            "streamModeDetails": {"streamMode": "PROVISIONED"},
        },
        {"retentionPeriod": 48, "shardCount": 4},
    ),
    resource_types.TABLE: (
        lambda make: {
            "attributes": [{"name": "id", "type": "S"}],
            "hashKey": "id",
            "billingMode": "PAY_PER_REQUEST",
            "pointInTimeRecovery": {"enabled": True},
            "serverSideEncryption": {"enabled": True},
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
        },
        {"ttl": {"attributeName": "expiresAt", "enabled": True}},
    ),
    resource_types.TOPIC: (lambda make: {"kmsMasterKeyId": "alias/aws/sns"}, {"displayName": "Successes"}),
    resource_types.EVENT_BUS: (lambda make: {}, {"description": "What the shop tells"}),
    resource_types.EVENT_RULE: (
        lambda make: {"eventBusName": make(resource_types.EVENT_BUS).id, "eventPattern": '{"source": ["shop"]}'},
        {"eventPattern": '{"source": ["shop", "store"]}', "state": "DISABLED"},
    ),
    resource_types.EVENT_TARGET: (
        _event_target,
        {
            "retryPolicy": {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 60},
            "inputPath": None,
            "inputTransformer": {"inputTemplate": '{"id": <id>}', "inputPaths": {"id": "$.detail.id"}},
        },
    ),
    resource_types.BUCKET: (lambda make: {}, {"forceDestroy": True}),
    resource_types.BUCKET_POLICY: (
        lambda make: {"bucket": make(resource_types.BUCKET).id, "policy": _POLICY},
        {"policy": _OTHER_POLICY},
    ),
    resource_types.PUBLIC_ACCESS_BLOCK: (
        lambda make: {"bucket": make(resource_types.BUCKET).id, "blockPublicAcls": True},
        {"blockPublicPolicy": True},
    ),
    resource_types.BUCKET_NOTIFICATION: (
        lambda make: {
            "bucket": make(resource_types.BUCKET).id,
            "queues": [{"queueArn": _queue(make).outputs["arn"], "events": ["s3:ObjectCreated:*"]}],
        },
        None,
    ),
    resource_types.REST_API: (lambda make: {"body": _DESCRIBED}, {"body": _DESCRIBED.replace("202", "200")}),
    resource_types.REST_DEPLOYMENT: (
        lambda make: {"restApi": make(resource_types.REST_API, body=_DESCRIBED).id, "triggers": {"body": "1"}},
        None,
    ),
    resource_types.REST_STAGE: (_rest_stage, None),
    resource_types.REST_METHOD_SETTINGS: (
        _method_settings,
        {"settings": {"throttlingBurstLimit": 10, "throttlingRateLimit": 5}},
    ),
    resource_types.TOPIC_POLICY: (
        lambda make: {"arn": make(resource_types.TOPIC).id, "policy": _POLICY},
        {"policy": _OTHER_POLICY},
    ),
    resource_types.TOPIC_SUBSCRIPTION: (
        lambda make: {
            "topic": make(resource_types.TOPIC).id,
            "protocol": "sqs",
            "endpoint": make(resource_types.QUEUE).outputs["arn"],
            "filterPolicy": '{"kind": ["order"]}',
        },
        {"rawMessageDelivery": True, "filterPolicyScope": "MessageBody", "filterPolicy": '{"kind": ["refund"]}'},
    ),
}


def test_every_type_is_tested_here() -> None:
    assert set(_CASES) == set(TYPES)


@pytest.mark.parametrize("token", sorted(_CASES))
def test_what_is_created_is_found_changed_and_deleted(token: str, creator: Creator, make: Make) -> None:
    needs, changes = _CASES[token]
    created = make(token, **needs(make))
    state = {**created.inputs, **created.outputs}
    assert set(TYPES[token].computed) <= set(created.outputs)

    found = creator.read(token, created.id, created.inputs, state)
    assert found is not None
    assert _shown(found.inputs) == _shown(created.inputs)
    assert creator.diff(token, created.inputs, state, created.inputs).changed == frozenset()

    if changes is not None:
        wanted = {**created.inputs, **changes}
        plan = creator.diff(token, created.inputs, state, wanted)
        assert plan.changed == set(changes)
        assert not plan.replaces
        creator.update(token, created.id, created.inputs, state, wanted)
        found = creator.read(token, created.id, wanted, {**state, **wanted})
        assert found is not None
        assert _shown(found.inputs) == _shown(wanted)

    creator.delete(token, created.id, state)
    assert creator.read(token, created.id, created.inputs, state) is None
    creator.delete(token, created.id, state)


def _shown(inputs: Inputs) -> Inputs:
    """Inputs as they are compared: documents by their content."""
    return {
        name: json.loads(value) if isinstance(value, str) and value.startswith("{") else value
        for name, value in inputs.items()
        if name != HIDDEN
    }


def test_the_address_of_an_api_is_one_that_resolves_on_this_machine(make: Make, emulator: Emulator) -> None:
    api = make(resource_types.HTTP_API, protocolType="HTTP")
    address = f"{emulator.url}/_aws/execute-api/{api.id}"
    assert api.outputs["apiEndpoint"] == address
    stages = [make(resource_types.STAGE, apiId=api.id, name=name, autoDeploy=True) for name in ("$default", "live")]
    assert [stage.outputs["invokeUrl"] for stage in stages] == [f"{address}/", f"{address}/live"]

    inputs = _rest_stage(make)
    stage = make(resource_types.REST_STAGE, **inputs)
    assert stage.outputs["invokeUrl"] == f"{emulator.url}/_aws/execute-api/{inputs['restApi']}/live"
