"""The inputs that pulumi-aws declares for the types that the lab models, for scripts and tests that walk them."""

from __future__ import annotations

import typing
import warnings
from collections.abc import Iterator, Mapping, Sequence

import pulumi_aws as aws
from pulumi._types import input_type_types, is_input_type

from delivery_lab import resource_types


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
        resource_types.FUNCTION_URL: aws.lambda_.FunctionUrlArgs,
        resource_types.MAPPING: aws.lambda_.EventSourceMappingArgs,
        resource_types.STREAM: aws.kinesis.StreamArgs,
        resource_types.STREAM_CONSUMER: aws.kinesis.StreamConsumerArgs,
        resource_types.TABLE: aws.dynamodb.TableArgs,
        resource_types.TOPIC: aws.sns.TopicArgs,
        resource_types.TOPIC_POLICY: aws.sns.TopicPolicyArgs,
        resource_types.TOPIC_SUBSCRIPTION: aws.sns.TopicSubscriptionArgs,
        resource_types.BUCKET_NOTIFICATION: aws.s3.BucketNotificationArgs,
        resource_types.EVENT_BUS: aws.cloudwatch.EventBusArgs,
        resource_types.EVENT_RULE: aws.cloudwatch.EventRuleArgs,
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


def block_of(kind: object) -> type | None:
    """The class of a block, also of one inside of lists and unions; None for anything else."""
    if isinstance(kind, type):
        return kind if is_input_type(kind) else None
    return next((found for each in typing.get_args(kind) if (found := block_of(each)) is not None), None)


def is_text(kind: object) -> bool:
    """Whether an input is one text, and no list or map of texts."""
    if isinstance(kind, type):
        return kind is str
    if typing.get_origin(kind) in (list, dict, Sequence, Mapping):
        return False
    return any(map(is_text, typing.get_args(kind)))


def inputs_of(arguments: type, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every input that is no block, by its path, with its declared type."""
    for name, kind in input_type_types(arguments).items():
        block, path = block_of(kind), (*above, name)
        if block is None:
            yield path, kind
        else:
            yield from inputs_of(block, path)


def paths_of(type_token: str) -> Iterator[tuple[str, ...]]:
    """The paths of the inputs of a type."""
    for path, _ in inputs_of(ARGUMENTS[type_token]):
        yield path
