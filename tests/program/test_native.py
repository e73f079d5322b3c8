"""Resources of aws-native, which say in AWS's own names what those of pulumi-aws say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from delivery_lab import Lab, resource_types
from delivery_lab.checks.cloudformation.mapping import TYPES as CLOUDFORMATION
from delivery_lab.checks.cloudformation.shapes import Notes, Spot, write
from delivery_lab.errors import NotModelledError
from delivery_lab.live.making import ResourceMaker
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings
from delivery_lab.live.provider.creator import Creator
from delivery_lab.program.graph import UNKNOWN, Graph, Resource, contains_unknown
from delivery_lab.program.native.translation import TYPES, create_any, in_known_terms
from tests.lab_support import graph

_NATIVE = {native.type: native for token, native in TYPES.items() if native.type and "Inline" not in token}
_OF_ITS_OWN = {
    "AssumeRolePolicyDocument", "EventPattern", "FilterPolicy", "PolicyDocument", "RedriveAllowPolicy", "RedrivePolicy",
    "Variables",
}  # fmt: skip
"""Whose members are no properties of CloudFormation: their names stay what they are."""
_BEGINNING = re.compile(r"^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]")
_NOT_IN_CLOUDFORMATION = {"name", "namePrefix", "tags", "bucket", "code", "publish", "statementId", "policy"}
"""What the way over CloudFormation loses: automatic names, archives of code, and how documents are written."""


def _native_properties(value: Any) -> Any:
    """CloudFormation's properties as aws-native has them: each begins with a small letter, or with a small acronym."""
    if isinstance(value, list):
        return [_native_properties(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        _BEGINNING.sub(lambda found: found[0].lower(), name): held if name in _OF_ITS_OWN else _native_properties(held)
        for name, held in value.items()
    }


@pytest.mark.parametrize(
    "stack",
    [
        "batch-partial",
        "stream-partial",
        "dynamodb-stream",
        "sns-sqs-filter-safe",
        "msk-bisect",
        "fifo-ordered",
        "eventbridge-sqs-safe",
    ],
)
def test_what_our_own_stacks_say_is_the_same_by_way_of_cloudformation(stack: str) -> None:
    """The table of the checks leads from pulumi-aws to CloudFormation; the one of aws-native leads back."""
    compared = set()
    for resource in graph(stack).resources.values():
        if resource.type not in _NATIVE or resource.type not in CLOUDFORMATION:
            continue
        known = {
            name: value
            for name, value in resource.inputs.items()
            if name not in _NOT_IN_CLOUDFORMATION and not contains_unknown(value)
        }
        notes = Notes(resolve=lambda value, _: value)
        properties = write(known, CLOUDFORMATION[resource.type].fields, Spot(notes))
        back = _NATIVE[resource.type].classic(_native_properties(properties))
        table = CLOUDFORMATION[resource.type].fields
        for name, value in known.items():
            field = table.get(name)
            if field is not None and (not field.path or value in field.unset):
                continue
            assert _parsed(back.get(name)) == _parsed(value), (resource.name, name)
            compared.add((resource.type, name))
    assert compared


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    except ValueError:
        return value


_PULUMI = "name: shop\nruntime: python\n"
_BOTH = """
import json
import pulumi

class Native(pulumi.CustomResource):
    def __init__(self, token, name, outputs, **inputs):
        super().__init__("aws-native:" + token, name, {**dict.fromkeys(outputs), **inputs})

trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}

def allows(arn):
    service = {"Service": "sns.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": service, "Action": "sqs:SendMessage", "Resource": arn}
    return {"Version": "2012-10-17", "Statement": [statement]}

code = '''
import json
def handler(event, context):
    for record in event["Records"]:
        print(json.dumps({"event": "processed", "message_id": record["messageId"], "business_id": record["body"]}))
        if "poison" in record["body"]:
            raise ValueError("poison")
'''
"""
_CLASSIC = """
import pulumi_aws as aws
role = aws.iam.Role("role", assume_role_policy=json.dumps(trust))
dlq = aws.sqs.Queue("dlq")
queue = aws.sqs.Queue("orders", visibility_timeout_seconds=60,
    redrive_policy=dlq.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})))
worker = aws.lambda_.Function("worker", role=role.arn, runtime="python3.12", handler="index.handler", timeout=10,
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(code)}))
aws.lambda_.EventSourceMapping("mapping", function_name=worker.arn, event_source_arn=queue.arn, batch_size=5,
    scaling_config={"maximum_concurrency": 2})
topic = aws.sns.Topic("topic")
aws.sqs.QueuePolicy("policy", queue_url=queue.url, policy=queue.arn.apply(lambda arn: json.dumps(allows(arn))))
aws.sns.TopicSubscription("topic-subscription-0", topic=topic.arn, endpoint=queue.arn, protocol="sqs")
pulumi.export("url", queue.url)
"""
_AS_NATIVE = """
role = Native("iam:Role", "role", ["arn"], assumeRolePolicyDocument=trust)
dlq = Native("sqs:Queue", "dlq", ["arn"])
queue = Native("sqs:Queue", "orders", ["arn", "queueUrl"], visibilityTimeout=60,
    redrivePolicy=dlq.arn.apply(lambda arn: {"deadLetterTargetArn": arn, "maxReceiveCount": 3}))
worker = Native("lambda:Function", "worker", ["arn"], role=role.arn, runtime="python3.12", handler="index.handler",
    timeout=10, code={"zipFile": code})
Native("lambda:EventSourceMapping", "mapping", [], functionName=worker.arn, eventSourceArn=queue.arn, batchSize=5,
    scalingConfig={"maximumConcurrency": 2})
topic = Native("sns:Topic", "topic", ["topicArn"], subscription=[{"endpoint": queue.arn, "protocol": "sqs"}])
Native("sqs:QueuePolicy", "policy", [], queues=[queue.queueUrl], policyDocument=queue.arn.apply(allows))
pulumi.export("url", queue.queueUrl)
"""
_WORKLOAD = """
send:
  - {at: 1, every: 1, times: 3, queue: orders, body: {id: "order-{n}"}}
  - {at: 1, queue: orders, body: {id: poison}}
  - {at: 5, sns: topic, body: {id: told}}
"""


def _project(folder: Path, program: str) -> Lab:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(_PULUMI, encoding="utf-8")
    (folder / "__main__.py").write_text(_BOTH + program, encoding="utf-8")
    (folder / "workload.yaml").write_text(_WORKLOAD, encoding="utf-8")
    return Lab.open(folder)


def test_a_program_comes_to_what_it_comes_to_with_pulumi_aws(tmp_path: Path) -> None:
    labs = [_project(tmp_path / "classic", _CLASSIC), _project(tmp_path / "native", _AS_NATIVE)]
    classic, native = (lab.run("dev", workload=lab.project.root / "workload.yaml") for lab in labs)
    assert native.outcome.messages == classic.outcome.messages
    assert (native.outcome.messages.sent, native.outcome.messages.dead_lettered) == (5, 2)
    assert native.outcome.deliveries == classic.outcome.deliveries
    assert native.outcome.invocations == classic.outcome.invocations
    assert native.graph.outputs["url"].startswith("https://sqs.us-east-1.amazonaws.com/123456789012/orders-")
    (told,) = (note for note in native.graph.warnings if "aws-native" in note)
    assert told == (
        "7 resources of aws-native: read as those of pulumi-aws that mean the same, by whose names settings are called "
        "here"
    )
    findings = [[(found.check, found.resources) for found in lab.check("dev")] for lab in labs]
    assert findings[0] == [
        (rule, tuple("policy" if name == "policy-policy-0" else name for name in names)) for rule, names in findings[1]
    ]


def _resource(token: str, inputs: Mapping[str, Any], **more: Any) -> Resource:
    urn = f"urn:pulumi:dev::shop::aws-native:{token}::it"
    return Resource(
        urn, f"aws-native:{token}", "it", True, "", "", inputs, {**inputs, **more.pop("outputs", {})}, **more
    )


def _known(*resources: Resource, deployed: bool = False) -> Graph:
    by_urn = {resource.urn: resource for resource in resources}
    urns = frozenset(by_urn) if deployed else frozenset()
    return in_known_terms(Graph("shop", "dev", by_urn, {}, {}, deployed=urns))


def _only(*resources: Resource) -> Resource:
    (found,) = _known(*resources).resources.values()
    return found


def test_a_type_that_matters_and_is_not_read_is_told() -> None:
    found = _known(_resource("events:Archive", {"name": "it"}), _resource("ec2:Vpc", {}))
    assert found.warnings == (
        "a resource of aws-native:events:Archive: this type is not read, and neither runs nor checks see what it does",
    )


def test_what_is_known_after_deployment_only_stays_so() -> None:
    keys = [{"attributeName": "id", "keyType": "HASH"}, {"attributeName": "at", "keyType": "RANGE"}]
    table = _only(_resource("dynamodb:Table", {"keySchema": keys, "streamSpecification": UNKNOWN, "tags": UNKNOWN}))
    assert table.inputs == {
        "hashKey": "id", "rangeKey": "at", "streamEnabled": True, "streamViewType": UNKNOWN, "tags": UNKNOWN
    }  # fmt: skip
    assert _only(_resource("sqs:Queue", {"redrivePolicy": {"deadLetterTargetArn": UNKNOWN}})).inputs == {
        "redrivePolicy": UNKNOWN
    }
    mapping = {"selfManagedEventSource": UNKNOWN, "destinationConfig": UNKNOWN, "startingPositionTimestamp": 0}
    assert _only(_resource("lambda:EventSourceMapping", mapping)).inputs == {
        "selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": UNKNOWN}},
        "destinationConfig": UNKNOWN,
        "startingPositionTimestamp": "1970-01-01T00:00:00Z",
    }


def test_what_stands_within_a_bucket_or_a_rule_is_a_resource_of_its_own() -> None:
    rules = [{"name": "prefix", "value": "in/"}, {"name": "suffix", "value": ".csv"}]
    made = {"event": "s3:ObjectCreated:*", "queue": "arn:q", "filter": {"s3Key": {"rules": rules}}}
    notification = {
        "queueConfigurations": [made],
        "lambdaConfigurations": [{"event": "s3:ObjectRemoved:*", "function": "arn:f"}],
        "eventBridgeConfiguration": {},
    }
    bucket, told = _known(
        _resource("s3:Bucket", {"bucketName": "files", "notificationConfiguration": notification}), deployed=True
    ).resources.values()
    assert (bucket.id, bucket.inputs) == ("files", {"bucket": "files"})
    assert (told.type, told.name) == (resource_types.BUCKET_NOTIFICATION, "it-notification")
    assert told.inputs == {
        "bucket": "files",
        "queues": [
            {"queueArn": "arn:q", "events": ["s3:ObjectCreated:*"], "filterPrefix": "in/", "filterSuffix": ".csv"}
        ],
        "topics": [],
        "lambdaFunctions": [{"lambdaFunctionArn": "arn:f", "events": ["s3:ObjectRemoved:*"]}],
        "eventbridge": True,
    }
    targets = [{"id": "q", "arn": "arn:q", "sqsParameters": {"messageGroupId": "all"}, "inputTransformer": {}}]
    rule = _resource("events:Rule", {"name": "r", "eventBusName": "shop", "eventPattern": {}, "targets": targets})
    _, target = _known(rule).resources.values()
    assert target.inputs == {
        "rule": "r",
        "eventBusName": "shop",
        "targetId": "q",
        "arn": "arn:q",
        "sqsTarget": {"messageGroupId": "all"},
        "inputTransformer": {},
    }


def test_what_a_method_is_integrated_with_and_settings_of_a_stage_are_resources_of_their_own() -> None:
    place = {"restApiId": "api", "resourceId": "part", "httpMethod": "POST"}
    integration = {"type": "AWS", "timeoutInMillis": 900, "integrationResponses": [{"statusCode": "200"}]}
    made = _known(
        _resource("apigateway:Method", {**place, "authorizationType": "NONE", "integration": integration})
    ).resources.values()
    here = {"restApi": "api", "resourceId": "part", "httpMethod": "POST"}
    assert [(each.type, each.inputs) for each in made] == [
        (resource_types.REST_METHOD, {**here, "authorization": "NONE"}),
        (resource_types.REST_INTEGRATION, {**here, "type": "AWS", "timeoutMilliseconds": 900}),
        (resource_types.REST_INTEGRATION_RESPONSE, {**here, "statusCode": "200"}),
    ]
    settings = [
        {"httpMethod": "*", "resourcePath": "/*", "throttlingRateLimit": 5.0},
        {"httpMethod": "GET", "resourcePath": "/a/b", "throttlingRateLimit": 1.0},
    ]
    stage = _resource("apigateway:Stage", {"restApiId": "api", "stageName": "prod", "methodSettings": settings})
    _, first, second = _known(stage).resources.values()
    assert [each.inputs["methodPath"] for each in (first, second)] == ["*/*", "a/b/GET"]
    assert first.inputs["settings"] == {"throttlingRateLimit": 5.0}


def test_an_api_is_invoked_where_its_state_is() -> None:
    """Where its function is: the ARN by which permissions name an API is no output of it."""
    api = _resource("apigateway:RestApi", {"name": "api"})
    api = replace(api, outputs={"restApiId": "abc", "rootResourceId": "root"}, id="abc")
    arn = "arn:aws:lambda:eu-west-1:210987654321:function:worker"
    worker = replace(_resource("lambda:Function", {}), outputs={"arn": arn})
    found = {each.type: each for each in _known(worker, api).resources.values()}[resource_types.REST_API]
    assert found.id == "abc"
    assert found.outputs["executionArn"] == "arn:aws:execute-api:eu-west-1:210987654321:abc"
    assert found.outputs["rootResourceId"] == "root"


def test_routes_streams_and_brokers_have_other_shapes() -> None:
    routes = {"GET /a": {"throttlingRateLimit": 1.0}}
    assert _only(_resource("apigatewayv2:Stage", {"stageName": "s", "routeSettings": routes})).inputs == {
        "name": "s",
        "routeSettings": [{"routeKey": "GET /a", "throttlingRateLimit": 1.0}],
    }
    pipe = {
        "sourceParameters": {"dynamoDbStreamParameters": {"startingPosition": "LATEST"}},
        "targetParameters": {"eventBridgeEventBusParameters": {"source": "shop"}},
    }
    assert _only(_resource("pipes:Pipe", pipe)).inputs == {
        "sourceParameters": {"dynamodbStreamParameters": {"startingPosition": "LATEST"}},
        "targetParameters": {"eventbridgeEventBusParameters": {"source": "shop"}},
    }
    ways = {"sasl": {"iam": {"enabled": True}}, "unauthenticated": {"enabled": False}}
    assert _only(_resource("msk:Cluster", {"clientAuthentication": ways})).inputs == {
        "clientAuthentication": {"sasl": {"iam": True}, "unauthenticated": False}
    }
    given = {"targetParameters": UNKNOWN, "sourceParameters": UNKNOWN}
    assert _only(_resource("pipes:Pipe", given)).inputs == given


def test_a_function_that_has_a_version_is_published_and_its_alias_keeps_environments() -> None:
    function = _resource("lambda:Function", {"functionName": "worker", "recursiveLoop": "Allow"})
    version = _resource("lambda:Version", {"functionName": "worker"})
    alias = _resource(
        "lambda:Alias",
        {
            "functionName": "worker",
            "functionVersion": "1",
            "name": "live",
            "provisionedConcurrencyConfig": {"provisionedConcurrentExecutions": 2},
        },
    )
    found = {resource.type: resource for resource in _known(function, version, alias).resources.values()}
    assert found[resource_types.FUNCTION].outputs["version"] == "1"
    assert found[resource_types.RECURSION_CONFIG].inputs == {"functionName": "worker", "recursiveLoop": "Allow"}
    assert found[resource_types.ALIAS].inputs == {"functionName": "worker", "functionVersion": "1", "name": "live"}
    assert found[resource_types.PROVISIONED_CONCURRENCY].inputs == {
        "functionName": "worker",
        "qualifier": "live",
        "provisionedConcurrentExecutions": 2,
    }
    made = create_any("aws-native:lambda:Version", "urn", "v", {"functionName": "worker"}, "eu-west-1")
    assert made.outputs["functionArn"] == made.id == "arn:aws:lambda:eu-west-1:123456789012:function:worker:1"


def test_secrets_are_hidden_wherever_they_go() -> None:
    """A path within an input is not followed: all of what it leads to is hidden, and the parts of the resource too."""
    path: tuple[str | int, ...] = ("subscription", 0, "endpoint")
    topic, subscription = _known(
        _resource("sns:Topic", {"topicName": "t", "subscription": [{"endpoint": "e"}]}, secret_paths=frozenset({path}))
    ).resources.values()
    assert topic.secret_paths == {("subscription",)}
    assert subscription.secret_paths == {("topic",), ("endpoint",)}
    queue = _resource("sqs:Queue", {"queueName": "q"}, secret_inputs=frozenset({"queueName"}))
    assert _only(queue).secret_inputs == {"name"}


def test_what_is_deployed_keeps_the_ids_and_addresses_that_it_has(tmp_path: Path) -> None:
    address = "https://sqs.eu-west-1.amazonaws.com/210987654321/orders"
    arn = "arn:aws:sqs:eu-west-1:210987654321:orders"
    outputs = {"arn": arn, "queueUrl": address, "queueName": "orders", "visibilityTimeout": 10}
    urn = "urn:pulumi:dev::shop::aws-native:sqs:Queue::it"
    state = {
        "deployment": {
            "resources": [
                {"urn": urn, "type": "aws-native:sqs:Queue", "custom": True, "id": address, "outputs": outputs,
                 "inputs": {"visibilityTimeout": 10}}
            ]
        }
    }  # fmt: skip
    (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    found = Lab.of_state(tmp_path / "state.json").graph("dev")
    (queue,) = found.resources.values()
    assert (queue.type, queue.id, queue.inputs) == (resource_types.QUEUE, address, {"visibilityTimeoutSeconds": 10})
    assert (queue.outputs["url"], queue.outputs["arn"], queue.outputs["name"]) == (address, arn, "orders")
    assert found.deployed == {urn}


def test_the_emulator_is_not_asked_to_create_what_it_does_not_know(tmp_path: Path) -> None:
    maker = ResourceMaker(Creator(Cloud(ProviderSettings("us-east-1", {}))), tmp_path, "shop", {})
    with pytest.raises(NotModelledError) as caught:
        maker("aws-native:sqs:Queue", "orders", "urn", Struct())
    assert str(caught.value) == (
        "orders: aws-native:sqs:Queue is not created on the emulator\n  nearest: --on simulation"
    )
