from __future__ import annotations

import re
from typing import Any

import pytest

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.outputs import OUTPUTS_BY_TYPE, create

REGION, ACCOUNT = "eu-west-1", "123456789012"
HEX7, HEX17, UUID = "[0-9a-f]{7}", "[0-9a-f]{17}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def created(
    kind: str, inputs: dict[str, Any] | None = None, name: str = "thing", region: str = REGION
) -> dict[str, Any]:
    """The outputs of a resource, with its id as `id`."""
    urn = f"urn:pulumi:dev::demo::{kind}::{name}"
    found = create(kind, urn, name, inputs or {}, region)
    return {**found.outputs, "id": found.id}


# Type, inputs, and for some outputs (or the id) a pattern that they match as a whole.
CASES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (
        "aws:sqs/queue:Queue",
        {},
        {
            "name": f"thing-{HEX7}",
            "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:thing-{HEX7}",
            "url": f"https://sqs\\.{REGION}\\.amazonaws\\.com/{ACCOUNT}/thing-{HEX7}",
            "id": f"https://sqs\\.{REGION}\\.amazonaws\\.com/{ACCOUNT}/thing-{HEX7}",
        },
    ),
    (
        "aws:sqs/queue:Queue",
        {"fifoQueue": True},
        {"name": f"thing-{HEX7}\\.fifo", "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:thing-{HEX7}\\.fifo"},
    ),
    ("aws:sqs/queue:Queue", {"name": "jobs"}, {"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"}),
    ("aws:sqs/queue:Queue", {"namePrefix": "jobs-"}, {"name": "jobs-[0-9a-f]{26}"}),
    ("aws:sqs/queue:Queue", {"region": "us-west-2", "name": "q"}, {"arn": f"arn:aws:sqs:us-west-2:{ACCOUNT}:q"}),
    ("aws:sqs/queue:Queue", {"name": UNKNOWN}, {"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:thing-{HEX7}"}),
    (
        "aws:ssm/parameter:Parameter",
        {"name": "/shop/key"},
        {"id": "/shop/key", "arn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/key"},
    ),
    (
        "aws:sfn/stateMachine:StateMachine",
        {},
        {"arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:thing-{HEX7}"},
    ),
    (
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "nightly"},
        {"id": "nightly", "arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"},
    ),
    (
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "paid", "eventBusName": "shop"},
        {"id": "shop/paid", "arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/shop/paid"},
    ),
    (
        "aws:scheduler/schedule:Schedule",
        {"name": "hourly"},
        {"id": "default/hourly", "arn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/hourly"},
    ),
    (
        "aws:lambda/functionUrl:FunctionUrl",
        {"functionName": "worker"},
        {"id": "worker", "functionUrl": f"https://[a-z0-9]{{32}}\\.lambda-url\\.{REGION}\\.on\\.aws/"},
    ),
    (
        "aws:apigateway/restApi:RestApi",
        {},
        {"executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:[a-z0-9]{{10}}"},
    ),
    (
        "aws:ecr/repository:Repository",
        {"name": "shop"},
        {"repositoryUrl": f"{ACCOUNT}\\.dkr\\.ecr\\.{REGION}\\.amazonaws\\.com/shop"},
    ),
    (
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        {"name": "log"},
        {"arn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/log"},
    ),
    (
        "aws:secretsmanager/secretVersion:SecretVersion",
        {"secretId": "arn:x"},
        {"id": f"arn:x\\|{UUID}", "arn": "arn:x"},
    ),
    ("aws:sqs/queuePolicy:QueuePolicy", {"queueUrl": "https://q"}, {"id": "https://q"}),
    ("aws:sqs/redrivePolicy:RedrivePolicy", {"queueUrl": "https://q"}, {"id": "https://q"}),
    ("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", {"queueUrl": "https://q"}, {"id": "https://q"}),
    (
        "aws:lambda/function:Function",
        {"name": "worker"},
        {
            "id": "worker",
            "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker",
            "qualifiedArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker:\\$LATEST",
            "version": "\\$LATEST",
            "invokeArn": (
                f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
                f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker/invocations"
            ),
        },
    ),
    ("aws:lambda/function:Function", {"publish": True}, {"version": "1", "qualifiedArn": f".*:thing-{HEX7}:1"}),
    (
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        {"functionName": "worker"},
        {
            "id": UUID,
            "uuid": UUID,
            "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{UUID}",
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker",
        },
    ),
    (
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        {"functionName": "arn:aws:lambda:us-east-1:1:function:x"},
        {"functionArn": "arn:aws:lambda:us-east-1:1:function:x"},
    ),
    ("aws:lambda/permission:Permission", {}, {"id": f"thing-{HEX7}", "statementId": f"thing-{HEX7}"}),
    (
        "aws:lambda/layerVersion:LayerVersion",
        {"layerName": "shared"},
        {
            "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:1",
            "layerArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared",
            "id": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:1",
        },
    ),
    (
        "aws:lambda/alias:Alias",
        {"name": "live", "functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker"},
        {"arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker:live"},
    ),
    (
        "aws:lambda/alias:Alias",
        {"name": "live", "functionName": "worker"},
        {"invokeArn": f".*/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker:live/invocations"},
    ),
    (
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        {"functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker", "qualifier": "live"},
        {"id": "worker:live"},
    ),
    (
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        {"functionName": "worker"},
        {"id": "worker"},
    ),
    (
        "aws:iam/role:Role",
        {"path": "/team/"},
        {
            "arn": f"arn:aws:iam::{ACCOUNT}:role/team/thing-{HEX7}",
            "uniqueId": "AROA[A-Z0-9]{17}",
            "id": f"thing-{HEX7}",
        },
    ),
    ("aws:iam/role:Role", {"name": "r"}, {"arn": f"arn:aws:iam::{ACCOUNT}:role/r"}),
    (
        "aws:iam/policy:Policy",
        {"name": "p"},
        {"arn": f"arn:aws:iam::{ACCOUNT}:policy/p", "id": f"arn:.*:{ACCOUNT}:policy/p"},
    ),
    ("aws:iam/rolePolicy:RolePolicy", {"role": "r"}, {"id": f"r:thing-{HEX7}"}),
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "r", "policyArn": "arn:x"}, {"id": "r/arn:x"}),
    (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/aws/lambda/x"},
        {"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/x", "id": "/aws/lambda/x"},
    ),
    (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {},
        {"arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:thing-{HEX7}"},
    ),
    (
        "aws:apigatewayv2/api:Api",
        {"protocolType": "HTTP"},
        {
            "id": "[a-z][a-z0-9]{9}",
            "apiEndpoint": f"https://[a-z0-9]{{10}}\\.execute-api\\.{REGION}\\.amazonaws\\.com",
            "arn": f"arn:aws:apigateway:{REGION}::/apis/[a-z0-9]{{10}}",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:[a-z0-9]{{10}}",
        },
    ),
    ("aws:apigatewayv2/api:Api", {"protocolType": "WEBSOCKET"}, {"apiEndpoint": "wss://.*"}),
    (
        "aws:apigatewayv2/stage:Stage",
        {"apiId": "abc", "name": "$default"},
        {
            "id": "\\$default",
            "invokeUrl": f"https://abc\\.execute-api\\.{REGION}\\.amazonaws\\.com/",
            "arn": f"arn:aws:apigateway:{REGION}::/apis/abc/stages/\\$default",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc/\\$default",
        },
    ),
    ("aws:apigatewayv2/stage:Stage", {"apiId": "abc", "name": "v1"}, {"invokeUrl": "https://abc.*amazonaws\\.com/v1"}),
    ("aws:apigatewayv2/route:Route", {}, {"id": "[a-z][a-z0-9]{6}"}),
    ("aws:apigatewayv2/integration:Integration", {}, {"id": "[a-z][a-z0-9]{6}"}),
    ("aws:apigatewayv2/deployment:Deployment", {}, {"id": "[a-z][a-z0-9]{5}"}),
    ("aws:apigateway/resource:Resource", {}, {"id": "[a-z][a-z0-9]{6}"}),
    ("aws:apigateway/requestValidator:RequestValidator", {}, {"id": "[a-z][a-z0-9]{6}"}),
    (
        "aws:apigateway/method:Method",
        {"restApi": "abc", "resourceId": "def", "httpMethod": "POST"},
        {"id": "agm-abc-def-POST"},
    ),
    (
        "aws:apigateway/integration:Integration",
        {"restApi": "abc", "resourceId": "def", "httpMethod": "POST"},
        {"id": "agi-abc-def-POST"},
    ),
    (
        "aws:apigateway/integrationResponse:IntegrationResponse",
        {"restApi": "abc", "resourceId": "def", "httpMethod": "POST", "statusCode": "200"},
        {"id": "agir-abc-def-POST-200"},
    ),
    (
        "aws:apigateway/deployment:Deployment",
        {"restApi": "abc", "stageName": "v1"},
        {"id": "[a-z][a-z0-9]{5}", "invokeUrl": f"https://abc\\.execute-api\\.{REGION}\\.amazonaws\\.com/v1"},
    ),
    (
        "aws:apigateway/stage:Stage",
        {"restApi": "abc", "stageName": "v1"},
        {
            "id": "ags-abc-v1",
            "arn": f"arn:aws:apigateway:{REGION}::/restapis/abc/stages/v1",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc/v1",
            "invokeUrl": f"https://abc\\.execute-api\\.{REGION}\\.amazonaws\\.com/v1",
        },
    ),
    (
        "aws:dynamodb/table:Table",
        {"name": "t", "streamEnabled": True},
        {
            "id": "t",
            "arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t",
            "streamArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t/stream/2026-01-01T00:00:00\\.000",
        },
    ),
    ("aws:dynamodb/table:Table", {"name": "t"}, {"streamArn": "", "streamLabel": ""}),
    ("aws:sns/topic:Topic", {"fifoTopic": True}, {"arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:thing-{HEX7}\\.fifo"}),
    (
        "aws:cloudwatch/eventBus:EventBus",
        {"name": "orders"},
        {"arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/orders"},
    ),
    (
        "aws:pipes/pipe:Pipe",
        {"name": "orders"},
        {"id": "orders", "arn": f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/orders"},
    ),
    (
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": "arn:aws:sns:r:1:t"},
        {"arn": f"arn:aws:sns:r:1:t:{UUID}"},
    ),
    (
        "aws:kinesis/streamConsumer:StreamConsumer",
        {"name": "c", "streamArn": "arn:aws:kinesis:r:1:stream/s"},
        {"arn": "arn:aws:kinesis:r:1:stream/s/consumer/c:1767225600", "creationTimestamp": "2026-01-01T00:00:00Z"},
    ),
    ("aws:kinesis/stream:Stream", {"name": "s"}, {"arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}),
    (
        "aws:s3/bucket:Bucket",
        {},
        {
            "bucket": f"thing-{HEX7}",
            "arn": f"arn:aws:s3:::thing-{HEX7}",
            "bucketDomainName": ".*\\.s3\\.amazonaws\\.com",
        },
    ),
    (
        "aws:s3/bucketV2:BucketV2",
        {"bucketPrefix": "b-"},
        {"bucketRegionalDomainName": f"b-[0-9a-f]{{26}}\\.s3\\.{REGION}\\..*"},
    ),
    *(
        (
            kind,
            {"bucket": "code"},
            {"id": "thing", "key": "thing", "arn": "arn:aws:s3:::code/thing", "storageClass": "STANDARD"},
        )
        for kind in ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")
    ),
    ("aws:kms/key:Key", {}, {"id": UUID, "arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{UUID}"}),
    (
        "aws:kms/alias:Alias",
        {"targetKeyId": "k"},
        {
            "name": f"alias/thing-{HEX7}",
            "arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/thing-{HEX7}",
            "targetKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        },
    ),
    ("aws:kms/alias:Alias", {"targetKeyId": "arn:aws:kms:x"}, {"targetKeyArn": "arn:aws:kms:x"}),
    (
        "aws:msk/cluster:Cluster",
        {"clusterName": "c", "numberOfBrokerNodes": 6, "clientAuthentication": {"sasl": {"iam": True}}},
        {
            "arn": f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/c/{UUID}-1",
            "bootstrapBrokersSaslIam": f"(b-[123]\\.c\\.\\w{{6}}\\.c2\\.kafka\\.{REGION}\\.amazonaws.com:9098,?){{3}}",
            "bootstrapBrokersSaslScram": "",
            "bootstrapBrokersTls": ".*:9094",
            "bootstrapBrokers": "",
        },
    ),
    (
        "aws:msk/cluster:Cluster",
        {
            "clusterName": "c",
            "numberOfBrokerNodes": 2,
            "encryptionInfo": {"encryptionInTransit": {"clientBroker": "PLAINTEXT"}},
            "clientAuthentication": {"sasl": {"scram": True}},
        },
        {
            "bootstrapBrokers": "b-1.*:9092,b-2.*:9092",
            "bootstrapBrokersTls": "",
            "bootstrapBrokersSaslScram": ".*:9096",
        },
    ),
    (
        "aws:msk/serverlessCluster:ServerlessCluster",
        {"clusterName": "c"},
        {
            "arn": f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/c/{UUID}-s1",
            "bootstrapBrokersSaslIam": f"boot-[a-z0-9]{{6}}\\.c1\\.kafka-serverless\\.{REGION}\\.amazonaws\\.com:9098",
        },
    ),
    ("aws:ec2/vpc:Vpc", {}, {"id": f"vpc-{HEX17}", "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-{HEX17}"}),
    (
        "aws:ec2/subnet:Subnet",
        {},
        {"id": f"subnet-{HEX17}", "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-{HEX17}"},
    ),
    (
        "aws:ec2/securityGroup:SecurityGroup",
        {},
        {"id": f"sg-{HEX17}", "name": f"thing-{HEX7}", "arn": f".*:{ACCOUNT}:security-group/sg-{HEX17}"},
    ),
    (
        "aws:secretsmanager/secret:Secret",
        {"name": "s"},
        {"arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s-[a-z0-9]{{6}}", "id": "arn:.*:secret:s-.{6}"},
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "expected"), CASES)
def test_ids_and_outputs_are_formed_as_aws_does(kind: str, inputs: dict[str, Any], expected: dict[str, str]) -> None:
    found = created(kind, inputs)
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, found[name]), (name, found[name])


def test_every_rule_has_a_case_and_resolves_without_unknowns() -> None:
    assert {kind for kind, _, _ in CASES} == set(OUTPUTS_BY_TYPE)
    for kind, inputs, _ in CASES:
        assert UNKNOWN not in created(kind, inputs).values()


def test_defaults_are_outputs_only_where_the_input_is_left_out() -> None:
    assert created("aws:sqs/queue:Queue")["visibilityTimeoutSeconds"] == 30
    assert "visibilityTimeoutSeconds" not in created("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": 0})
    function = created("aws:lambda/function:Function")
    assert (function["timeout"], function["memorySize"], function["architectures"]) == (3, 128, ["x86_64"])


def test_the_region_is_an_output_of_regional_resources() -> None:
    assert created("aws:sqs/queue:Queue")["region"] == REGION
    assert "region" not in created("aws:iam/role:Role")


def test_names_depend_on_the_urn_alone() -> None:
    assert created("aws:sqs/queue:Queue") == created("aws:sqs/queue:Queue")
    assert created("aws:sqs/queue:Queue", name="a")["name"] != created("aws:sqs/queue:Queue", name="b")["name"]


def test_automatic_bucket_names_are_in_small_letters() -> None:
    assert re.fullmatch(f"mybucket-{HEX7}", created("aws:s3/bucket:Bucket", name="MyBucket")["bucket"])


@pytest.mark.parametrize(
    ("region", "arn", "url"),
    [
        (
            "cn-north-1",
            "arn:aws-cn:sqs:cn-north-1:123456789012:q",
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q",
        ),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q",
            "https://sqs.us-gov-west-1.amazonaws.com/123456789012/q",
        ),
    ],
)
def test_other_partitions_have_their_own_names(region: str, arn: str, url: str) -> None:
    found = created("aws:sqs/queue:Queue", {"name": "q"}, region=region)
    assert (found["arn"], found["url"]) == (arn, url)


def test_what_depends_on_an_unknown_input_is_unknown() -> None:
    found = created("aws:sns/topicSubscription:TopicSubscription", {"topic": UNKNOWN})
    assert (found["arn"], found["id"]) == (UNKNOWN, "")
    assert found["ownerId"] == ACCOUNT


def test_a_type_without_a_rule_has_no_outputs() -> None:
    found = create("aws:route53/zone:Zone", "urn:x", "zone", {}, REGION)
    assert (found.id, found.outputs) == ("", {})
