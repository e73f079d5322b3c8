"""Each role may do what its variant does, and nothing else: no action missing, none unused, no wildcard.

What is done is taken from the simulation (calls of handlers) and from the configuration: what Lambda, API Gateway and
Kafka clients do with a role, by the pages that say what they need.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from delivery_lab.model.account import Account
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.model.runtime import Caller
from delivery_lab.simulation.simulate import simulate
from delivery_lab.stack.functions import Function, InvokeConfig, Permission
from delivery_lab.stack.mappings import EventSourceMapping, KafkaMapping, RecordMapping
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.reading import listed
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from tests.golden_files import variants
from tests.lab_support import ROOT, stack_of, workload

Use = tuple[str, str]
"""An IAM action, and the ARN that it is done to."""

CALLED = {
    ("dynamodb", "DeleteItem"): "dynamodb:DeleteItem",
    ("dynamodb", "GetItem"): "dynamodb:GetItem",
    ("dynamodb", "PutItem"): "dynamodb:PutItem",
    ("dynamodb", "UpdateItem"): "dynamodb:UpdateItem",
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("s3", "GetObject"): "s3:GetObject",
    ("sqs", "ChangeMessageVisibility"): "sqs:ChangeMessageVisibility",
    ("sqs", "DeleteMessage"): "sqs:DeleteMessage",
    ("sqs", "SendMessage"): "sqs:SendMessage",
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",  # a batch needs the permission for one
}
"""The action that a call of a handler needs."""

POLLED = {
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    # https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
    "kinesis": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
}
"""What Lambda does to the source of a mapping with the role of the function."""

# https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html; one of the two DescribeCluster is enough.
KAFKA_POLLED = {
    "cluster": (
        "kafka:DescribeClusterV2",
        "kafka:GetBootstrapBrokers",
        "kafka-cluster:Connect",
        "kafka-cluster:DescribeClusterDynamicConfiguration",
    ),
    "topic": ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"),
    "group": ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"),
}
# https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html: a producer that is idempotent, as
# librdkafka's is with `enable.idempotence`, and that makes its topic where it is not there (functions/kafka_producer).
KAFKA_PRODUCED = {
    "cluster": ("kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"),
    "topic": ("kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"),
}
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
IN_A_VPC = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)

WITHOUT_RESOURCES = {
    **dict.fromkeys(IN_A_VPC, "interfaces do not exist yet; EC2's Describe actions know no resources"),
    "dynamodb:ListStreams": "knows no resources in the service authorization reference",
    "kinesis:ListStreams": "knows no resources in the service authorization reference",
}
"""Actions that are allowed on `*`, and why there is no ARN to name."""

PATTERNS = {
    r"^arn:aws:logs:[^*]+:log-group:[^*]+:\*$": "the streams of one log group, which Lambda names",
    r"^arn:aws:s3:::[^*]+/\*$": "the objects of one bucket",
    r"^arn:aws:kafka:[^*]+:group/[^*]+/\*$": "the consumer group of a mapping that names none: Lambda makes one up",
}
"""Patterns in resources, and what they stand for."""

_BRINGS_NONE_BACK = (
    "Powertools reads a record where a refused write brings none back "
    "(https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/)"
)
_TAKES_BACK = "Powertools takes its record back where the handler raises, which it does in no workload of this variant"
UNUSED = {
    ("async-destinations", "async-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("visibility-powertools", "visibility-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("visibility-powertools", "visibility-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
    ("sns-sqs-filter-safe", "sns-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("sns-sqs-filter-safe", "sns-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
    ("sns-sqs-raw-safe", "sns-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("s3-sqs-safe", "s3-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("s3-sqs-safe", "s3-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
    ("eventbridge-sqs-safe", "eventbridge-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("eventbridge-sqs-safe", "eventbridge-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
    ("apigateway-sqs-safe", "apigateway-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("apigateway-sqs-safe", "apigateway-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
    ("pipe-sqs-safe", "pipe-worker", "dynamodb:GetItem"): _BRINGS_NONE_BACK,
    ("pipe-sqs-safe", "pipe-worker", "dynamodb:DeleteItem"): _TAKES_BACK,
}
"""Actions that the simulation of a variant does not show, and why they are needed."""

SHOWN_BY = {"producer": "batch-partial"}
"""By the folder of a function that some workloads do not invoke: a variant whose workload does."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A variant, and which calls its functions made."""

    stack: Stack
    calls: Mapping[str, frozenset[Use]]


@cache
def ran(variant: str) -> Ran:
    stack, calls = stack_of(variant), dict[str, set[Use]]()
    real = Account.call

    def call(self: Account, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Any:
        if caller.function in {function.name for function in stack.functions}:
            calls.setdefault(caller.function, set()).update(_needed(stack, service, operation, parameters))
        return real(self, service, operation, parameters, caller)

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(Account, "call", call)
        simulate(stack, ROOT, workload(variant), DEFAULT_SEED)
    return Ran(stack, {name: frozenset(uses) for name, uses in calls.items()})


def _needed(stack: Stack, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Use]:
    action = CALLED[service, operation]
    if service == "sqs":
        queue = stack.queue_of_url(parameters["QueueUrl"])
        assert queue is not None
        yield action, queue.arn or ""
    elif service == "dynamodb":
        yield action, f"arn:aws:dynamodb:us-east-1:123456789012:table/{parameters['TableName']}"
    elif service == "lambda":
        function = stack.function_at(parameters["FunctionName"])
        assert function is not None
        yield action, function.arn or ""
    else:
        yield action, f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}"
        # Without it a key that is not there is AccessDenied instead of NoSuchKey:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        yield "s3:ListBucket", f"arn:aws:s3:::{parameters['Bucket']}"


def _configured(stack: Stack, function: Function) -> Iterator[Use]:
    """What Lambda does with the role of a function because it is configured so."""
    group = f"arn:aws:logs:us-east-1:123456789012:log-group:{function.log_group.known}"
    yield "logs:CreateLogStream", f"{group}:log-stream:one"
    yield "logs:PutLogEvents", f"{group}:log-stream:one"
    if stack.graph.resources[function.urn].inputs.get("vpcConfig"):
        yield from ((action, "*") for action in IN_A_VPC)
    targets = [function.dead_letter_arn.known]
    for config in stack.all(InvokeConfig):
        if config.function is function:
            targets += [config.on_success.known, config.on_failure.known]
    for mapping in stack.mappings_of(function):
        yield from _polled(mapping)
        if isinstance(mapping, RecordMapping):
            targets.append(mapping.destination_arn.known)
    for target in filter(None, targets):
        yield from _sent_to(target)
    if _folder(stack, function) == "kafka_producer":
        yield from _produced(stack)


def _polled(mapping: EventSourceMapping) -> Iterator[Use]:
    arn = mapping.source_arn.known or ""
    if isinstance(mapping, KafkaMapping):
        (topic,) = mapping.topics.known or ()
        yield from ((action, arn) for action in KAFKA_POLLED["cluster"])
        yield from ((action, f"{arn.replace(':cluster/', ':topic/')}/{topic}") for action in KAFKA_POLLED["topic"])
        yield from ((action, f"{arn.replace(':cluster/', ':group/')}/one") for action in KAFKA_POLLED["group"])
        yield from ((action, "*") for action in IN_A_VPC)  # of the cluster: the pollers stand there
        return
    assert mapping.kind is not None
    yield from ((action, arn) for action in POLLED[mapping.kind])
    if mapping.kind == "dynamodb":
        yield "dynamodb:ListStreams", "*"


def _produced(stack: Stack) -> Iterator[Use]:
    (mapping,) = (each for each in stack.mappings if isinstance(each, KafkaMapping))
    arn = mapping.source_arn.known or ""
    (topic,) = mapping.topics.known or ()
    yield from ((action, arn) for action in KAFKA_PRODUCED["cluster"])
    yield from ((action, f"{arn.replace(':cluster/', ':topic/')}/{topic}") for action in KAFKA_PRODUCED["topic"])


def _sent_to(arn: str) -> Iterator[Use]:
    """What a destination or a dead-letter queue needs."""
    service = arn.split(":")[2]
    if service == "s3":
        yield "s3:PutObject", f"{arn}/aws/lambda/one"
        yield "s3:ListBucket", arn
    else:
        yield {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}[service], arn


def _granted(role: Role) -> Iterator[Use]:
    """Each action with the resource, or the pattern, that a role may do it to."""
    for policy in role.policies:
        for statement in policy.statements:
            assert statement["Effect"] == "Allow"
            for resource in listed(statement["Resource"]):
                yield from ((action, resource) for action in listed(statement["Action"]))


def _folder(stack: Stack, function: Function) -> str:
    """The folder of a function's code."""
    return str(stack.graph.resources[function.urn].inputs["code"].path).rpartition("/")[2]


def _covers(granted: Use, use: Use) -> bool:
    return granted[0] == use[0] and fnmatchcase(use[1], granted[1].replace("[", "[[]"))


def _missing(one: Ran) -> Iterator[tuple[str, Use]]:
    for function in one.stack.functions:
        role = one.stack.role_of(function)
        assert role is not None
        assert not role.attached
        granted = list(_granted(role))
        uses = {*one.calls.get(function.name, ()), *_configured(one.stack, function)}
        yield from ((function.name, use) for use in uses if not any(_covers(each, use) for each in granted))


def _unused(one: Ran) -> Iterator[tuple[str, str]]:
    for function in one.stack.functions:
        role, folder = one.stack.role_of(function), _folder(one.stack, function)
        assert role is not None
        calls = one.calls.get(function.name)
        if calls is None and folder in SHOWN_BY:
            shown = ran(SHOWN_BY[folder])
            names = {each.name for each in shown.stack.functions if _folder(shown.stack, each) == folder}
            elsewhere = {action for name in names for action, _ in shown.calls[name]}
        else:
            elsewhere = set()
        uses = {*(calls or ()), *_configured(one.stack, function)}
        for granted in _granted(role):
            if granted[0] not in elsewhere and not any(_covers(granted, use) for use in uses):
                yield function.name, granted[0]


def _of_pipe(pipe: Pipe) -> Iterator[Use]:
    """What a pipe from a Kinesis stream to a queue does with its role."""
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
    yield from ((action, pipe.source_arn.known or "") for action in POLLED["kinesis"])
    yield "kinesis:ListStreams", "*"
    yield "sqs:SendMessage", pipe.target_arn.known or ""
    if pipe.dead_letter_arn.known:
        yield "sqs:SendMessage", pipe.dead_letter_arn.known


def _wildcards(stack: Stack) -> Iterator[object]:
    for role in stack.all(Role):
        for action, resource in _granted(role):
            patterned = "*" in resource and not any(re.match(pattern, resource) for pattern in PATTERNS)
            if "*" in action or (patterned and not (resource == "*" and action in WITHOUT_RESOURCES)):
                yield role.name, action, resource


def _strangers(stack: Stack) -> Iterator[object]:
    """Policies of queues, topics and functions that let in more than a service for one resource of the stack."""
    known = {resource.arn for resource in stack.resources.values() if resource.arn}
    for resource in stack.graph.resources.values():
        if not resource.type.endswith(("queuePolicy:QueuePolicy", "topicPolicy:TopicPolicy")):
            continue
        for statement in json.loads(resource.inputs["policy"])["Statement"]:
            sources = listed((statement.get("Condition") or {}).get("ArnEquals", {}).get("aws:SourceArn"))
            lets_all = statement["Principal"] == "*" or not sources or not set(sources) <= known
            if statement["Effect"] == "Allow" and lets_all:
                yield statement
    for permission in stack.all(Permission):
        if permission.action.known != "lambda:InvokeFunction" or not permission.source_arn.known:
            yield permission


def _idle_roles(stack: Stack) -> Iterator[object]:
    """Roles that nothing has, and roles that another service than theirs may take on."""
    of_functions = {function.role_arn.known for function in stack.functions}
    pipes = {pipe.role_arn.known: pipe for pipe in stack.all(Pipe)}
    apis = [each for each in stack.graph.resources.values() if each.type == "aws:apigateway/restApi:RestApi"]
    for role in stack.all(Role):
        service = "lambda.amazonaws.com"
        if role.arn in pipes:
            service = "pipes.amazonaws.com"
            if set(_granted(role)) != set(_of_pipe(pipes[role.arn])):
                yield role.name, *_granted(role)
        elif role.arn not in of_functions:  # of an API that sends to a queue by itself
            service = "apigateway.amazonaws.com"
            ((action, queue),) = _granted(role)
            texts = [json.dumps(api.inputs, default=str) for api in apis]
            name = queue.rpartition(":")[2]
            if action != "sqs:SendMessage" or not any(name in text and str(role.arn) in text for text in texts):
                yield role.name, action, queue
        (trust,) = role.trust.statements
        wanted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        if dict(trust) != wanted:
            yield role.name, trust


@pytest.mark.parametrize("variant", variants())
def test_a_variant_may_do_what_it_does_and_nothing_else(variant: str) -> None:
    one = ran(variant)

    assert list(_missing(one)) == []
    assert set(_unused(one)) == {(name, action) for of, name, action in UNUSED if of == variant}
    assert list(_wildcards(one.stack)) == []
    assert list(_strangers(one.stack)) == []
    assert list(_idle_roles(one.stack)) == []


def test_a_role_that_lacks_something_or_has_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ran("batch-manual-delete")
    real = _granted

    def changed(role: Role) -> Iterator[Use]:
        for action, resource in real(role):
            if action != "sqs:DeleteMessage":
                yield action, resource
        yield "sqs:PurgeQueue", "*"

    monkeypatch.setitem(globals(), "_granted", changed)

    lacks = {(name, use[0]) for name, use in _missing(one)}
    assert lacks == {("batch-worker", "sqs:DeleteMessage")}
    assert set(_unused(one)) == {("batch-worker", "sqs:PurgeQueue"), ("batch-producer", "sqs:PurgeQueue")}
    assert len(list(_wildcards(one.stack))) == 2
