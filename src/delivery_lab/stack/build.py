"""From a graph to the resources of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.stack.access import role
from delivery_lab.stack.alarms import alarm
from delivery_lab.stack.apis import Integration, api, integration, quick_routes, route, stage
from delivery_lab.stack.bucket_objects import BucketObjects
from delivery_lab.stack.described_routes import described_routes, routes_in_one_order
from delivery_lab.stack.dynamic import DynamicResource, dynamic_resource
from delivery_lab.stack.events import (
    bucket,
    bus,
    event_rule,
    event_target,
)
from delivery_lab.stack.function_urls import function_url
from delivery_lab.stack.functions import (
    Function,
    function,
    invoke_config,
    layer,
    permission,
    recursion_config,
)
from delivery_lab.stack.keys import StackFileKeys
from delivery_lab.stack.names import FunctionNames, labels
from delivery_lab.stack.notifications import bucket_notification
from delivery_lab.stack.openapi import definition_problem
from delivery_lab.stack.pipes import pipe
from delivery_lab.stack.queues import (
    Queue,
    QueueSurroundings,
    RedrivePolicy,
    RedrivePolicyResource,
    queue,
    redrive_policy,
)
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import OtherResource, StackResource
from delivery_lab.stack.resource_policies import policies_of
from delivery_lab.stack.rest_apis import rest_api
from delivery_lab.stack.schedules import schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.sources import event_source_mapping
from delivery_lab.stack.stored import (
    mail_identity,
    parameter,
    secret,
    secret_version,
    state_machine,
    stored_object,
)
from delivery_lab.stack.streams import (
    BrokerConfiguration,
    Stream,
    broker_configuration,
    cluster,
    fan_out_consumer,
    stream,
    table,
)
from delivery_lab.stack.taken import (
    contact_list,
    delivery_stream,
    encryption_key,
    key_alias,
    log_group,
    log_stream,
    mail_template,
)
from delivery_lab.stack.topics import subscription, topic
from delivery_lab.stack.versions import alias, provisioned_concurrency

Maker = Callable[[Inputs], StackResource]


class Builder:
    """Makes the resources of a stack.

    Args:
        graph: the graph.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._keys = StackFileKeys(graph)
        self._labels = labels(graph)
        self._made: dict[str, StackResource] = {}
        self._makers: Mapping[str, Maker] = {
            resource_types.QUEUE: lambda inputs: self.queues[inputs.resource.urn],
            resource_types.REDRIVE_POLICY: self._redrive_policy_resource,
            resource_types.FUNCTION: lambda inputs: self.functions[inputs.resource.urn],
            resource_types.LAYER: lambda inputs: layer(inputs, self._objects.code_of(inputs)),
            resource_types.ALIAS: lambda inputs: alias(inputs, self.names.find(inputs.raw("functionName"))),
            resource_types.PROVISIONED_CONCURRENCY: lambda inputs: provisioned_concurrency(
                inputs, self.names.find(inputs.raw("functionName"))
            ),
            resource_types.MAPPING: self._mapping,
            resource_types.INVOKE_CONFIG: lambda inputs: invoke_config(
                inputs, self.names.find(inputs.raw("functionName"))
            ),
            resource_types.FUNCTION_URL: lambda inputs: function_url(
                inputs, self.names.find(inputs.raw("functionName"))
            ),
            resource_types.RECURSION_CONFIG: lambda inputs: recursion_config(
                inputs, self.names.find(inputs.raw("functionName"))
            ),
            resource_types.PERMISSION: lambda inputs: permission(inputs, self.names.find(inputs.raw("function"))),
            resource_types.STREAM: stream,
            resource_types.STREAM_CONSUMER: self._fan_out_consumer,
            resource_types.TABLE: table,
            **dict.fromkeys(resource_types.MSK_CLUSTERS, self._cluster),
            resource_types.TOPIC: lambda inputs: topic(inputs, self.inputs_of),
            resource_types.EVENT_BUS: bus,
            **dict.fromkeys(resource_types.BUCKETS, bucket),
            **dict.fromkeys(resource_types.BUCKET_OBJECTS, stored_object),
            resource_types.PARAMETER: parameter,
            resource_types.SECRET: secret,
            resource_types.SECRET_VERSION: secret_version,
            **dict.fromkeys(resource_types.MAIL_IDENTITIES, mail_identity),
            resource_types.STATE_MACHINE: state_machine,
            resource_types.KEY: lambda inputs: encryption_key(inputs, self.inputs_of),
            resource_types.KEY_ALIAS: key_alias,
            resource_types.LOG_GROUP: log_group,
            resource_types.LOG_STREAM: log_stream,
            resource_types.CONTACT_LIST: contact_list,
            resource_types.DELIVERY_STREAM: delivery_stream,
            resource_types.MAIL_TEMPLATE: mail_template,
            resource_types.TOPIC_SUBSCRIPTION: subscription,
            resource_types.EVENT_RULE: event_rule,
            resource_types.EVENT_TARGET: event_target,
            resource_types.SCHEDULE: schedule,
            resource_types.PIPE: pipe,
            resource_types.BUCKET_NOTIFICATION: bucket_notification,
            resource_types.HTTP_API: self._api,
            resource_types.REST_API: lambda inputs: rest_api(inputs, self.inputs_of, self.names.find),
            resource_types.METRIC_ALARM: alarm,
            resource_types.ROLE: lambda inputs: role(inputs, self.inputs_of),
        }

    def resources(self) -> Iterator[StackResource]:
        """Everything that the stack creates, in creation order; components are left out."""
        for resource in self.graph.resources.values():
            if resource.external or not resource.custom:
                continue
            yield self._make(resource.urn)

    def _make(self, urn: str) -> StackResource:
        """The resource of a URN: one object for all that name it."""
        if urn not in self._made:
            inputs = self._inputs(urn)
            dynamic = inputs.resource.type.startswith(resource_types.DYNAMIC_PREFIX)
            maker = dynamic_resource if dynamic else self._makers.get(inputs.resource.type, _other)
            self._made[urn] = maker(inputs)
        return self._made[urn]

    def _inputs(self, urn: str) -> Inputs:
        return Inputs(self.graph.resources[urn], self._labels[urn], self._keys)

    def all_inputs(self) -> Iterator[Inputs]:
        """The inputs of each resource, in creation order."""
        return (self._inputs(urn) for urn in self.graph.resources)

    def inputs_of(self, type_token: str) -> Iterator[Inputs]:
        """The inputs of each resource of a type that the stack creates."""
        return (self._inputs(resource.urn) for resource in self.graph.of_type(type_token))

    # -- queues -------------------------------------------------------------------------------------------

    @cached_property
    def queues(self) -> Mapping[str, Queue]:
        """The queues by URN."""
        return {
            inputs.resource.urn: queue(inputs, self._around(inputs)) for inputs in self.inputs_of(resource_types.QUEUE)
        }

    def _around(self, inputs: Inputs) -> QueueSurroundings:
        urls = {value for value in (inputs.output("url"), inputs.resource.id) if value}
        sets = [each for each in self._dynamic if each.queue_url.known in urls and each.visibility_seconds is not None]
        holders = [each for each in self.inputs_of(resource_types.REDRIVE_POLICY) if each.raw("queueUrl") in urls]
        return QueueSurroundings(
            visibility=sets[-1].visibility_seconds if sets else None,
            redrive_policies=tuple(filter(None, map(redrive_policy, holders))),
            redrive_unknown=any(
                each.raw("queueUrl") is UNKNOWN for each in self.inputs_of(resource_types.REDRIVE_POLICY)
            ),
            policies=policies_of(
                inputs, (each for each in self.inputs_of(resource_types.QUEUE_POLICY) if each.raw("queueUrl") in urls)
            ),
        )

    @cached_property
    def _dynamic(self) -> list[DynamicResource]:
        found = self.graph.resources.values()
        urns = [each.urn for each in found if each.type.startswith(resource_types.DYNAMIC_PREFIX) and not each.external]
        return [each for each in map(self._make, urns) if isinstance(each, DynamicResource)]

    def _redrive_policy_resource(self, inputs: Inputs) -> StackResource:
        origin = inputs.origin("redrivePolicy")
        empty = RedrivePolicy(origin, "", False, Setting(None, origin, given=False), Setting(UNKNOWN, origin))
        return RedrivePolicyResource(
            **inputs.identity(), queue_url=inputs.text("queueUrl"), policy=redrive_policy(inputs) or empty
        )

    # -- functions ----------------------------------------------------------------------------------------

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions by URN."""
        return {
            inputs.resource.urn: function(inputs, self._objects.code_of(inputs))
            for inputs in self.inputs_of(resource_types.FUNCTION)
        }

    @cached_property
    def _objects(self) -> BucketObjects:
        return BucketObjects(self.inputs_of)

    @cached_property
    def names(self) -> FunctionNames:
        """What means which function."""
        return FunctionNames(self.graph, tuple(self.functions.values()))

    # -- sources ------------------------------------------------------------------------------------------

    @cached_property
    def _sources(self) -> Mapping[str, StackResource]:
        """What a mapping may read, by the ARN that it names."""
        found: dict[str, StackResource] = {each.arn: each for each in self.queues.values() if each.arn}
        for token in (resource_types.STREAM, resource_types.STREAM_CONSUMER, *resource_types.MSK_CLUSTERS):
            for inputs in self.inputs_of(token):
                arn = inputs.output("arn")
                if arn is not None:
                    found[arn] = self._make(inputs.resource.urn)
        for inputs in self.inputs_of(resource_types.TABLE):
            arn = inputs.output("streamArn")
            if arn is not None:
                found[arn] = self._make(inputs.resource.urn)
        return found

    def _mapping(self, inputs: Inputs) -> StackResource:
        return event_source_mapping(inputs, self.graph, self.names.find(inputs.raw("functionName")), self._sources)

    def _fan_out_consumer(self, inputs: Inputs) -> StackResource:
        arn = inputs.raw("streamArn")
        streams = (self._make(each.resource.urn) for each in self.inputs_of(resource_types.STREAM))
        found = next((each for each in streams if isinstance(each, Stream) and each.arn == arn), None)
        return fan_out_consumer(inputs, found)

    def _cluster(self, inputs: Inputs) -> StackResource:
        return cluster(inputs, tuple(self._configurations(inputs)))

    def _configurations(self, inputs: Inputs) -> Iterator[BrokerConfiguration]:
        for urn in inputs.resource.dependencies:
            other = self.graph.resources.get(urn)
            if other is not None and other.type == resource_types.MSK_CONFIGURATION:
                yield broker_configuration(self._inputs(urn))

    # -- APIs ----------------------------------------------------------------------------------

    def _api(self, inputs: Inputs) -> StackResource:
        def of_api(token: str) -> Iterator[Inputs]:
            return (each for each in self.inputs_of(token) if each.raw("apiId") == inputs.resource.id)

        integrations = {each.resource.id: self._integration(each) for each in of_api(resource_types.INTEGRATION)}
        routes = tuple(route(each, integrations) for each in of_api(resource_types.ROUTE))
        written = (*routes, *quick_routes(inputs, self.names.find))
        routes = tuple(routes_in_one_order(described_routes(inputs, self.names.find), written))
        return api(inputs, routes, next(map(stage, of_api(resource_types.STAGE)), None), definition_problem(inputs))

    def _integration(self, inputs: Inputs) -> Integration:
        return integration(inputs, self.names.find(inputs.raw("integrationUri")))


def _other(inputs: Inputs) -> StackResource:
    return OtherResource(**inputs.identity())
