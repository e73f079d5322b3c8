"""What AWS would answer when a resource is created: ids, ARNs, URLs and the defaults of settings left out.

Each type has a `Rule`: where its physical name comes from, how its id looks, and its computed outputs. ARN formats are
those of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html);
output names and ids are those of pulumi-aws 7. Outputs without a rule stay unknown, as in a preview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lab.program import naming
from lab.program.graph import UNKNOWN


class _NotKnown(Exception):  # noqa: N818 - a signal inside this module, no error
    """A rule needs an input that is not known."""


class Facts:
    """What the rule of one resource may refer to: its inputs, its other outputs, and where it is.

    `facts["arn"]` is the input of that name, else the output of that name, else a fact of its place.
    """

    def __init__(self, rule: Rule, urn: str, logical_name: str, inputs: Mapping[str, Any], region: str) -> None:
        self.urn = urn
        self.inputs = inputs
        self._rule = rule
        self._logical_name = logical_name
        self._place: dict[str, Any] = {
            "region": region,
            "account": naming.ACCOUNT_ID,
            "partition": naming.partition_of(region),
            "dns": naming.dns_suffix_of(region),
        }
        self._resolved: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = self.inputs.get(name)
        if value is None:
            value = self._computed(name)
        if value is UNKNOWN or value is None:
            raise _NotKnown
        return value

    def get(self, name: str) -> Any:
        """The input of that name, or None when it is left out or unknown."""
        value = self.inputs.get(name)
        return None if value is UNKNOWN else value

    def known(self, name: str) -> Any:
        """Like `facts[name]`, but `UNKNOWN` where that raises."""
        try:
            return self[name]
        except _NotKnown:
            return UNKNOWN

    def _computed(self, name: str) -> Any:
        if name in self._resolved:
            return self._resolved[name]
        template: Template | None = self._rule.outputs.get(name)
        if name == "id":
            template = self._rule.id
        elif name == self._rule.name:
            template = self._physical_name
        if template is not None:
            value = self._resolved[name] = _resolve(template, self)
            return value
        if name in self._place:
            return self._place[name]
        maker = _MADE_UP.get(name)
        return maker(self.urn) if maker is not None else None

    def _physical_name(self, facts: Facts) -> str:
        rule = self._rule
        suffix = ".fifo" if rule.fifo and self.get(rule.fifo) else ""
        prefix = facts.get(rule.prefix)
        if isinstance(prefix, str) and prefix:
            return naming.prefixed_name(self.urn, prefix, suffix)
        name = naming.auto_name(self.urn, self._logical_name, suffix)
        return rule.namespace + (name.lower() if rule.lower_case else name)


class _Fields(dict[str, Any]):
    """Facts as `str.format_map` wants them."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, key: str) -> Any:
        return self._facts[key]


Template = str | int | bool | list[str] | dict[str, Any] | Callable[[Facts], Any]
"""A text with `{fact}`s in it, a constant, or a function of the facts."""


def _resolve(template: Template, facts: Facts) -> Any:
    try:
        if callable(template):
            return template(facts)
        if isinstance(template, str):
            return template.format_map(_Fields(facts))
    except _NotKnown:
        return UNKNOWN
    return template


@dataclass(frozen=True, slots=True)
class Rule:
    """How AWS fills in one type of resource.

    Attributes:
        id: the physical id.
        outputs: computed outputs by wire name; an input of the same name wins.
        name: the input that holds the physical name ("" for types without one).
        prefix: the input that holds a prefix for it.
        fifo: the input that makes the name end in `.fifo`.
        namespace: what every automatic name begins with.
        lower_case: automatic names have to be in small letters.
    """

    id: Template
    outputs: Mapping[str, Template] = field(default_factory=dict)
    name: str = ""
    prefix: str = "namePrefix"
    fifo: str = ""
    namespace: str = ""
    lower_case: bool = False


_MADE_UP: Mapping[str, Callable[[str], str]] = {
    "new_uuid": naming.uuid_of,
    "hex17": lambda urn: naming.hex_digits(urn, 17),
    "api_id": lambda urn: naming.alphanumeric(urn, 10),
    "part_id": lambda urn: naming.alphanumeric(urn, 7),
    "deployment_id": lambda urn: naming.alphanumeric(urn, 6),
    "secret_suffix": lambda urn: naming.alphanumeric(urn, 6),
    "cluster_tag": lambda urn: naming.alphanumeric(urn, 6),
    "iam_id": lambda urn: naming.alphanumeric(urn, 17).upper(),
}


@dataclass(frozen=True, slots=True)
class Created:
    """What AWS answers: the physical id ("" when it is not known) and the computed outputs."""

    id: str
    outputs: Mapping[str, Any]


def create(type_token: str, urn: str, logical_name: str, inputs: Mapping[str, Any], region: str) -> Created:
    """Compute what creating a resource would give.

    Args:
        type_token: type of the resource.
        urn: its URN, which made-up ids are derived from.
        logical_name: its name in the program.
        inputs: its inputs by wire name, `UNKNOWN` where they are not known.
        region: region of its provider; an input `region` wins.

    Returns:
        The id and outputs; for a type without a rule neither is known.
    """
    rule = RULES.get(type_token)
    if rule is None:
        return Created("", {})
    own = inputs.get("region")
    facts = Facts(rule, urn, logical_name, inputs, own if isinstance(own, str) else region)
    physical_id = facts.known("id")
    names = [*rule.outputs, *([rule.name] if rule.name else [])]
    outputs = {name: facts.known(name) for name in names if inputs.get(name) is None}
    if "region" not in inputs and not type_token.startswith("aws:iam/"):
        outputs["region"] = region
    return Created(physical_id if isinstance(physical_id, str) else "", outputs)


def _function_name(facts: Facts) -> str:
    """The name of a function that an input gives by name, ARN or partial ARN."""
    value = str(facts["functionName"])
    parts = value.split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def _function_arn(facts: Facts) -> str:
    value = str(facts["functionName"])
    if value.startswith("arn:"):
        return value
    return "arn:{partition}:lambda:{region}:{account}:function:".format_map(_Fields(facts)) + _function_name(facts)


def _event_invoke_id(facts: Facts) -> str:
    qualifier = facts.inputs.get("qualifier")
    return f"{_function_name(facts)}:{facts['qualifier']}" if qualifier is not None else _function_name(facts)


def _version(facts: Facts) -> str:
    return "1" if facts["publish"] else "$LATEST"


def _api_endpoint(facts: Facts) -> str:
    scheme = "wss" if facts.get("protocolType") == "WEBSOCKET" else "https"
    return f"{scheme}://{facts['id']}.execute-api.{facts['region']}.{facts['dns']}"


def _invoke_url(facts: Facts) -> str:
    stage = facts["name"]
    base = f"https://{facts['apiId']}.execute-api.{facts['region']}.{facts['dns']}/"
    return base if stage == "$default" else base + str(stage)


def _stream_arn(facts: Facts) -> str:
    return f"{facts['arn']}/stream/{facts['streamLabel']}" if facts.get("streamEnabled") else ""


def _stream_label(facts: Facts) -> str:
    # Streams are labelled with the instant of their creation; the lab's runs begin at that of lab.model.clock.EPOCH.
    return "2026-01-01T00:00:00.000" if facts.get("streamEnabled") else ""


def _subscription_arn(facts: Facts) -> str:
    return f"{facts['topic']}:{facts['new_uuid']}"


def _attachment_id(facts: Facts) -> str:
    return f"{facts['role']}/{facts['policyArn']}"


def _below(value: Any, *path: str) -> Any:
    """What stands at a path below an input, or None."""
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _in_transit(facts: Facts) -> str:
    found = _below(facts.get("encryptionInfo"), "encryptionInTransit", "clientBroker")
    return found if isinstance(found, str) else "TLS"


def _authenticates(*path: str) -> Callable[[Facts], bool]:
    return lambda facts: bool(_below(facts.get("clientAuthentication"), *path))


def _brokers(port: int, offered: Callable[[Facts], bool]) -> Callable[[Facts], str]:
    """The bootstrap brokers of one kind of access; "" where the cluster does not offer it."""

    def brokers(facts: Facts) -> str:
        if not offered(facts):
            return ""
        host = f"{facts['clusterName']}.{facts['cluster_tag']}.c2.kafka.{facts['region']}.{facts['dns']}"
        # AWS lists at most three brokers.
        count = min(int(facts["numberOfBrokerNodes"]), 3)
        return ",".join(f"b-{number}.{host}:{port}" for number in range(1, count + 1))

    return brokers


_LAMBDA = "arn:{partition}:lambda:{region}:{account}:"
_INVOKE = "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/"
_MSK_ARN = "arn:{partition}:kafka:{region}:{account}:cluster/{clusterName}/{clusterUuid}"

_BUCKET = Rule(
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

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "aws:sqs/queue:Queue": Rule(
            id="{url}",
            name="name",
            fifo="fifoQueue",
            outputs={
                "arn": "arn:{partition}:sqs:{region}:{account}:{name}",
                "url": "https://sqs.{region}.{dns}/{account}/{name}",
                "visibilityTimeoutSeconds": 30,
                "messageRetentionSeconds": 345_600,
                "delaySeconds": 0,
                "receiveWaitTimeSeconds": 0,
                "fifoQueue": False,
                "contentBasedDeduplication": False,
            },
        ),
        "aws:sqs/queuePolicy:QueuePolicy": Rule(id="{queueUrl}"),
        "aws:sqs/redrivePolicy:RedrivePolicy": Rule(id="{queueUrl}"),
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Rule(id="{queueUrl}"),
        "aws:lambda/function:Function": Rule(
            id="{name}",
            name="name",
            outputs={
                "arn": _LAMBDA + "function:{name}",
                "invokeArn": _INVOKE + "{arn}/invocations",
                "publish": False,
                "version": _version,
                "qualifiedArn": "{arn}:{version}",
                "qualifiedInvokeArn": _INVOKE + "{qualifiedArn}/invocations",
                "timeout": 3,
                "memorySize": 128,
                "packageType": "Zip",
                "architectures": ["x86_64"],
                "reservedConcurrentExecutions": -1,
            },
        ),
        "aws:lambda/eventSourceMapping:EventSourceMapping": Rule(
            id="{uuid}",
            outputs={
                "uuid": "{new_uuid}",
                "arn": _LAMBDA + "event-source-mapping:{uuid}",
                "functionArn": _function_arn,
                "enabled": True,
                "state": "Enabled",
            },
        ),
        "aws:lambda/permission:Permission": Rule(id="{statementId}", name="statementId", prefix="statementIdPrefix"),
        "aws:lambda/layerVersion:LayerVersion": Rule(
            id="{arn}",
            outputs={
                "version": "1",
                "layerArn": _LAMBDA + "layer:{layerName}",
                "arn": "{layerArn}:{version}",
            },
        ),
        "aws:lambda/alias:Alias": Rule(
            id="{arn}",
            name="name",
            outputs={
                "arn": lambda facts: f"{_function_arn(facts)}:{facts['name']}",
                "invokeArn": _INVOKE + "{arn}/invocations",
            },
        ),
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Rule(id=_event_invoke_id),
        "aws:iam/role:Role": Rule(
            id="{name}",
            name="name",
            outputs={
                "path": "/",
                "arn": "arn:{partition}:iam::{account}:role{path}{name}",
                "uniqueId": "AROA{iam_id}",
                "maxSessionDuration": 3600,
            },
        ),
        "aws:iam/policy:Policy": Rule(
            id="{arn}",
            name="name",
            outputs={
                "path": "/",
                "arn": "arn:{partition}:iam::{account}:policy{path}{name}",
                "policyId": "ANPA{iam_id}",
            },
        ),
        "aws:iam/rolePolicy:RolePolicy": Rule(id="{role}:{name}", name="name"),
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Rule(id=_attachment_id),
        "aws:cloudwatch/logGroup:LogGroup": Rule(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}", "retentionInDays": 0},
        ),
        "aws:cloudwatch/metricAlarm:MetricAlarm": Rule(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"},
        ),
        "aws:apigatewayv2/api:Api": Rule(
            id="{api_id}",
            name="name",
            outputs={
                "apiEndpoint": _api_endpoint,
                "arn": "arn:{partition}:apigateway:{region}::/apis/{id}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{id}",
            },
        ),
        "aws:apigatewayv2/stage:Stage": Rule(
            id="{name}",
            name="name",
            outputs={
                "arn": "arn:{partition}:apigateway:{region}::/apis/{apiId}/stages/{name}",
                "executionArn": "arn:{partition}:execute-api:{region}:{account}:{apiId}/{name}",
                "invokeUrl": _invoke_url,
            },
        ),
        "aws:apigatewayv2/route:Route": Rule(id="{part_id}"),
        "aws:apigatewayv2/integration:Integration": Rule(id="{part_id}"),
        "aws:apigatewayv2/deployment:Deployment": Rule(id="{deployment_id}", outputs={"autoDeployed": False}),
        "aws:dynamodb/table:Table": Rule(
            id="{name}",
            name="name",
            outputs={
                "arn": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
                "streamLabel": _stream_label,
                "streamArn": _stream_arn,
                "billingMode": "PROVISIONED",
            },
        ),
        "aws:sns/topic:Topic": Rule(
            id="{arn}",
            name="name",
            fifo="fifoTopic",
            outputs={"arn": "arn:{partition}:sns:{region}:{account}:{name}", "owner": "{account}"},
        ),
        "aws:cloudwatch/eventBus:EventBus": Rule(
            id="{name}",
            name="name",
            outputs={"arn": "arn:{partition}:events:{region}:{account}:event-bus/{name}"},
        ),
        "aws:sns/topicSubscription:TopicSubscription": Rule(
            id="{arn}", outputs={"arn": _subscription_arn, "ownerId": "{account}", "rawMessageDelivery": False}
        ),
        "aws:kinesis/stream:Stream": Rule(
            id="{arn}",
            name="name",
            outputs={"arn": "arn:{partition}:kinesis:{region}:{account}:stream/{name}", "retentionPeriod": 24},
        ),
        "aws:s3/bucket:Bucket": _BUCKET,
        "aws:s3/bucketV2:BucketV2": _BUCKET,
        "aws:kms/key:Key": Rule(
            id="{keyId}",
            outputs={"keyId": "{new_uuid}", "arn": "arn:{partition}:kms:{region}:{account}:key/{keyId}"},
        ),
        "aws:kms/alias:Alias": Rule(
            id="{name}",
            name="name",
            namespace="alias/",
            outputs={
                "arn": "arn:{partition}:kms:{region}:{account}:{name}",
                "targetKeyArn": lambda facts: (
                    str(facts["targetKeyId"])
                    if str(facts["targetKeyId"]).startswith("arn:")
                    else "arn:{partition}:kms:{region}:{account}:key/{targetKeyId}".format_map(_Fields(facts))
                ),
            },
        ),
        "aws:msk/cluster:Cluster": Rule(
            id="{arn}",
            name="clusterName",
            outputs={
                "clusterUuid": "{new_uuid}-1",
                "arn": _MSK_ARN,
                "bootstrapBrokers": _brokers(9092, lambda facts: "PLAINTEXT" in _in_transit(facts)),
                "bootstrapBrokersTls": _brokers(9094, lambda facts: _in_transit(facts).startswith("TLS")),
                "bootstrapBrokersSaslScram": _brokers(9096, _authenticates("sasl", "scram")),
                "bootstrapBrokersSaslIam": _brokers(9098, _authenticates("sasl", "iam")),
            },
        ),
        "aws:msk/serverlessCluster:ServerlessCluster": Rule(
            id="{arn}",
            name="clusterName",
            outputs={
                "clusterUuid": "{new_uuid}-s1",
                "arn": _MSK_ARN,
                "bootstrapBrokersSaslIam": "boot-{cluster_tag}.c1.kafka-serverless.{region}.{dns}:9098",
            },
        ),
        "aws:ec2/vpc:Vpc": Rule(
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
        "aws:ec2/subnet:Subnet": Rule(
            id="subnet-{hex17}",
            outputs={"arn": "arn:{partition}:ec2:{region}:{account}:subnet/{id}", "ownerId": "{account}"},
        ),
        "aws:ec2/securityGroup:SecurityGroup": Rule(
            id="sg-{hex17}",
            name="name",
            outputs={"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}"},
        ),
        "aws:secretsmanager/secret:Secret": Rule(
            id="{arn}",
            name="name",
            outputs={"arn": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{secret_suffix}"},
        ),
    }
)
"""The types whose ids and outputs are computed, by type token."""
