"""Every input that Pulumi knows of a modelled type is followed, harmless or refused, at every depth."""

from __future__ import annotations

import typing
import warnings
from collections.abc import Iterator, Mapping, Sequence

import pulumi_aws as aws
import pytest
from pulumi._types import input_type_types, is_input_type

from delivery_lab import resource_types
from delivery_lab.errors import ProgramError
from delivery_lab.program.scalars import refuse_unreadable, typed
from delivery_lab.simulation.supported_feeds import FEEDS
from delivery_lab.simulation.supported_inputs import SUPPORT
from delivery_lab.stack.support import EVERYWHERE, Support

ALL = {**SUPPORT, **FEEDS}


def _arguments() -> Mapping[str, type]:
    return {
        resource_types.QUEUE: aws.sqs.QueueArgs,
        resource_types.REDRIVE_POLICY: aws.sqs.RedrivePolicyArgs,
        resource_types.REDRIVE_ALLOW_POLICY: aws.sqs.RedriveAllowPolicyArgs,
        resource_types.FUNCTION: aws.lambda_.FunctionArgs,
        resource_types.LAYER: aws.lambda_.LayerVersionArgs,
        resource_types.ALIAS: aws.lambda_.AliasArgs,
        resource_types.PROVISIONED_CONCURRENCY: aws.lambda_.ProvisionedConcurrencyConfigArgs,
        resource_types.INVOKE_CONFIG: aws.lambda_.FunctionEventInvokeConfigArgs,
        resource_types.RECURSION_CONFIG: aws.lambda_.FunctionRecursionConfigArgs,
        resource_types.MAPPING: aws.lambda_.EventSourceMappingArgs,
        resource_types.STREAM: aws.kinesis.StreamArgs,
        resource_types.STREAM_CONSUMER: aws.kinesis.StreamConsumerArgs,
        resource_types.TABLE: aws.dynamodb.TableArgs,
        resource_types.TOPIC: aws.sns.TopicArgs,
        resource_types.TOPIC_POLICY: aws.sns.TopicPolicyArgs,
        resource_types.TOPIC_SUBSCRIPTION: aws.sns.TopicSubscriptionArgs,
        resource_types.BUCKET_NOTIFICATION: aws.s3.BucketNotificationArgs,
        resource_types.EVENT_BUS: aws.cloudwatch.EventBusArgs,
        resource_types.EVENT_TARGET: aws.cloudwatch.EventTargetArgs,
        resource_types.SCHEDULE: aws.scheduler.ScheduleArgs,
        resource_types.PIPE: aws.pipes.PipeArgs,
        resource_types.HTTP_API: aws.apigatewayv2.ApiArgs,
        resource_types.ROUTE: aws.apigatewayv2.RouteArgs,
        resource_types.INTEGRATION: aws.apigatewayv2.IntegrationArgs,
        resource_types.STAGE: aws.apigatewayv2.StageArgs,
        resource_types.REST_API: aws.apigateway.RestApiArgs,
        resource_types.REST_RESOURCE: aws.apigateway.ResourceArgs,
        resource_types.REST_METHOD: aws.apigateway.MethodArgs,
        resource_types.REST_INTEGRATION: aws.apigateway.IntegrationArgs,
        resource_types.REST_INTEGRATION_RESPONSE: aws.apigateway.IntegrationResponseArgs,
        resource_types.REST_METHOD_SETTINGS: aws.apigateway.MethodSettingsArgs,
        resource_types.REST_DEPLOYMENT: aws.apigateway.DeploymentArgs,
        resource_types.REST_STAGE: aws.apigateway.StageArgs,
        resource_types.MSK_CLUSTER: aws.msk.ClusterArgs,
        resource_types.MSK_SERVERLESS_CLUSTER: aws.msk.ServerlessClusterArgs,
        resource_types.MSK_CONFIGURATION: aws.msk.ConfigurationArgs,
    }


with warnings.catch_warnings():
    # Loading the types of Lambda warns of one that is none of ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    ARGUMENTS = _arguments()


def _block_of(kind: object) -> type | None:
    """The class of a block, also of one inside of lists and unions; None for anything else."""
    if isinstance(kind, type):
        return kind if is_input_type(kind) else None
    return next((found for each in typing.get_args(kind) if (found := _block_of(each)) is not None), None)


def _paths(arguments: type, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every input by its path, and whether it is a block."""
    for name, kind in input_type_types(arguments).items():
        path, block = (*above, name), _block_of(kind)
        yield path, block is not None
        if block is not None:
            yield from _paths(block, path)


def _is_answered(support: Support, path: tuple[str, ...]) -> bool:
    refused = {".".join(path[:length]) for length in range(1, len(path) + 1)} & set(support.refused)
    return support.is_listed(path) or support.is_block(path) or bool(refused)


def test_no_modelled_type_is_forgotten() -> None:
    assert set(ARGUMENTS) == set(ALL)


@pytest.mark.parametrize("token", ARGUMENTS)
def test_every_input_is_on_a_list(token: str) -> None:
    paths = [path for path, _ in _paths(ARGUMENTS[token])]

    assert [path for path in paths if not _is_answered(ALL[token], path)] == []


@pytest.mark.parametrize("token", ARGUMENTS)
def test_no_list_names_what_there_is_not(token: str) -> None:
    there = {".".join(path) for path, _ in _paths(ARGUMENTS[token])}
    support = ALL[token]
    listed = {name.removesuffix(".*") for name in support.modelled | support.harmless | set(support.refused)}

    assert listed - there == set()


@pytest.mark.parametrize("token", ARGUMENTS)
def test_a_block_is_not_waved_through_by_its_own_name(token: str) -> None:
    """A name that stands for a block would let everything in it pass, what is added to it tomorrow included."""
    blocks = {".".join(path) for path, is_block in _paths(ARGUMENTS[token]) if is_block}

    assert (ALL[token].modelled | ALL[token].harmless) & blocks == set()


@pytest.mark.parametrize("token", ARGUMENTS)
def test_no_input_is_on_two_lists(token: str) -> None:
    support = ALL[token]

    assert support.modelled & support.harmless == set()
    assert (support.modelled | support.harmless | EVERYWHERE) & set(support.refused) == set()


def _scalar_of(kind: object) -> type | None:
    """`int`, `bool` or `float`, of an input that is one; None for texts, lists and maps."""
    if isinstance(kind, type):
        return kind if kind in (int, bool, float) else None
    if typing.get_origin(kind) in (list, dict, Sequence, Mapping):
        return None
    return next((found for each in typing.get_args(kind) if (found := _scalar_of(each)) is not None), None)


def _scalars(arguments: type, above: tuple[str, ...] = ()) -> Iterator[tuple[str, type]]:
    for name, kind in input_type_types(arguments).items():
        block, path = _block_of(kind), (*above, name)
        if block is not None:
            yield from _scalars(block, path)
        elif (scalar := _scalar_of(kind)) is not None:
            yield ".".join(path), scalar


def _nested(path: str, value: object) -> dict[str, object]:
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}


@pytest.mark.parametrize("token", ARGUMENTS)
def test_a_number_or_switch_that_is_followed_is_read_or_refused(token: str) -> None:
    for path, kind in _scalars(ARGUMENTS[token]):
        if path not in ALL[token].modelled:
            continue
        text, value = ("true", True) if kind is bool else ("7", 7)
        assert typed(token, _nested(path, text)) == _nested(path, value), path
        for wrong in ("nonsense", ["nonsense"], {"a": 1}):
            with pytest.raises(ProgramError) as refused:
                refuse_unreadable(token, "it", _nested(path, wrong))
            assert str(refused.value).startswith(f"it: {path} = {wrong!r} has to be "), path


TEXTS_READ = (
    resource_types.QUEUE,
    resource_types.FUNCTION,
    resource_types.LAYER,
    resource_types.PROVISIONED_CONCURRENCY,
    resource_types.INVOKE_CONFIG,
    resource_types.RECURSION_CONFIG,
    resource_types.MAPPING,
    resource_types.STREAM,
    resource_types.STREAM_CONSUMER,
    resource_types.TABLE,
)
JSON_OR_RESOURCE = {"functionName", "filterCriteria.filters.pattern"}
"""Inputs that are given as objects too: a document that the lab reads either way, a function itself."""


def _is_text(kind: object) -> bool:
    if isinstance(kind, type):
        return kind is str
    if typing.get_origin(kind) in (list, dict, Sequence, Mapping):
        return False
    return any(map(_is_text, typing.get_args(kind)))


def _texts(arguments: type, above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, kind in input_type_types(arguments).items():
        block, path = _block_of(kind), (*above, name)
        if block is not None:
            yield from _texts(block, path)
        elif _is_text(kind):
            yield ".".join(path)


@pytest.mark.parametrize("token", TEXTS_READ)
def test_a_text_that_is_followed_is_no_list_and_no_object(token: str) -> None:
    for path in (set(_texts(ARGUMENTS[token])) & ALL[token].modelled) - JSON_OR_RESOURCE:
        assert typed(token, _nested(path, "nonsense")) == _nested(path, "nonsense"), path
        for wrong in (["nonsense"], {"a": 1}):
            with pytest.raises(ProgramError) as refused:
                refuse_unreadable(token, "it", _nested(path, wrong))
            assert str(refused.value) == (
                f"it: {path} = {wrong!r} has to be a text; the AWS provider takes nothing else"
            ), path
