"""From a stack to an account of the model: a deployment in virtual time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, LabError, NotModelledError, ProgramError
from delivery_lab.function_names import name_and_qualifier
from delivery_lab.model.account import Account
from delivery_lab.model.elsewhere import line_of
from delivery_lab.model.mapping.filters import NOTHING, Pattern, asks_for_others, parse_patterns
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig, SqsProvisionedMode
from delivery_lab.model.runtime import AwsApi, AwsError
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import OtherFields
from delivery_lab.simulation import supported
from delivery_lab.simulation.buses import create_bus
from delivery_lab.simulation.events import create_bucket, event_configs, unread_arns
from delivery_lab.simulation.feeds import connect_feeds
from delivery_lab.simulation.function_configs import configured, elsewhere, is_function_arn
from delivery_lab.simulation.gateways import Gateways
from delivery_lab.simulation.pipes import connect_pipes
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.provisioned import provision
from delivery_lab.simulation.queue_attributes import (
    attributes_of,
    check_addresses,
    check_dead_letter_region,
    check_name,
)
from delivery_lab.simulation.record_mappings import RecordMappings, refuse_foreign_settings, refuse_other_region
from delivery_lab.simulation.redrive_permissions import check_redrive_permissions
from delivery_lab.simulation.remembered import RememberedCreations
from delivery_lab.simulation.single_values import refuse_single_values
from delivery_lab.simulation.tables import capacity_notes, replica_notes, table_definition
from delivery_lab.simulation.taken_names import refuse_taken_names
from delivery_lab.simulation.topics import create_topic
from delivery_lab.simulation.workload import TopicSettings
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.stack.apis import Api
from delivery_lab.stack.dynamic import DynamicResource
from delivery_lab.stack.events import Bucket, Bus
from delivery_lab.stack.function_urls import FunctionUrl
from delivery_lab.stack.functions import LATEST, Function, RecursionConfig
from delivery_lab.stack.mappings import (
    DynamoDbMapping,
    EventSourceMapping,
    KafkaMapping,
    KinesisMapping,
    SqsMapping,
    UnknownMapping,
)
from delivery_lab.stack.queues import Queue, RedrivePolicyResource
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Cluster, FanOutConsumer, Stream, Table
from delivery_lab.stack.topics import Topic
from delivery_lab.stack.versions import ProvisionedConcurrency

_CONTENT = {"sqs": "body", "kinesis": "data", "kafka": "value"}
"""The field of a record that filters are documented for, by the kind of source (ESM-FILTER-4)."""
_SOURCES = frozenset({resource_types.QUEUE, resource_types.STREAM, resource_types.TABLE, *resource_types.MSK_CLUSTERS})
"""What an event source mapping can read."""
T = TypeVar("T")
_SETTING = re.compile(r"parameter (\w+)")
"""The setting that an error of AWS names."""


@dataclass(slots=True)
class Deployment:
    """Creates the resources of a stack in an account, in the order of a real deployment.

    Attributes:
        stack: the stack.
        account: the account of the run.
        project_dir: folder of the Pulumi project; paths of code start there.
        topics: Kafka topics as the workload says they are.
        functions: what the workload says of functions, by logical name.
        notes: what is part of the stack and not simulated.
        before: the stack that is deployed already, where this one updates it.
        sources: streams, clusters and topics.
        parking_queues: queues for what no retry can help: no function reads them.
        creations: remembers the calls of dynamic resources, None where nothing is remembered.
    """

    stack: Stack
    account: Account
    project_dir: Path
    topics: Mapping[str, TopicSettings] = field(default_factory=dict)
    functions: Mapping[str, FunctionSettings] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    before: Stack | None = None
    parking_queues: frozenset[str] = frozenset()
    creations: RememberedCreations | None = None
    sources: PolledSources = field(init=False)
    _record_mappings: RecordMappings = field(init=False)
    _gateways: Gateways = field(init=False)

    @property
    def refused_apis(self) -> Mapping[str, LabError]:
        """APIs that no request can be sent to, with the reason."""
        return self._gateways.refused

    def run(self) -> None:
        """Create everything.

        Raises:
            NotModelledError: the stack uses what the model does not know.
            DeploymentRefusedError: AWS would refuse a resource.
        """
        self.notes.extend(self._once("supported", None, lambda: supported.check(self.stack)))
        self.sources = PolledSources(self.account, self.topics)
        self._record_mappings = RecordMappings(self.stack, self.account, self.sources, self.notes)
        self._gateways = Gateways(self.stack, self.account, self.notes)
        creators = self._creators()
        refuse_taken_names(self.stack)
        check_addresses(self.stack)
        for resource in self._in_order():
            self.stack.refuse_unreadable(resource)
            refuse_single_values(self.stack, resource)
            found = creators.get(type(resource))
            if found is not None:
                self._create(resource, *found)
        check_redrive_permissions(self.stack, self.account.queues.values())
        self._configure_events()
        connect_feeds(self.stack, self.account, self.notes)
        connect_pipes(self.stack, self.account, self.sources, self.notes)
        read = {mapping.queue.name for mapping in self.account.mappings.values()}
        self.parking_queues = frozenset({queue.label for queue in self.stack.queues if queue.parking} - read)

    def _in_order(self) -> Iterator[StackResource]:
        """The resources in creation order; a mapping that names its source or function by a text waits for them."""
        there: set[str] = set()
        waiting: list[EventSourceMapping] = []
        for resource in self.stack.resources.values():
            if isinstance(resource, EventSourceMapping) and not _ends_of(resource) <= there:
                waiting.append(resource)
            else:
                there.add(resource.urn)
                yield resource
        yield from waiting

    def _creators(self) -> Mapping[type[StackResource], tuple[Callable[[Any], object], RuleId]]:
        """By class: what creates a resource, and the rule by which AWS refuses values that it cannot take."""
        return {
            DynamicResource: (self._dynamic, "SQS-BOUNDS-1"),
            Queue: (self._queue, "SQS-BOUNDS-1"),
            RedrivePolicyResource: (self._redrive_policy, "SQS-BOUNDS-1"),
            Function: (self._function, "LAM-TIME-1"),
            SqsMapping: (self._queue_mapping, "ESM-FILTER-3"),
            KinesisMapping: (self._record_mapping, "ESM-FILTER-3"),
            DynamoDbMapping: (self._record_mapping, "ESM-FILTER-3"),
            KafkaMapping: (self._record_mapping, "ESM-FILTER-3"),
            UnknownMapping: (self._unknown_mapping, "ESM-FILTER-3"),
            Table: (self._table, "DDB-COND-1"),
            Api: (self._gateways.create_http, "HTTP-ROUTE-1"),
            RestApi: (self._gateways.create_rest, "REST-ROUTE-1"),
            FunctionUrl: (self._gateways.create_url, "URL-EVENT-1"),
            Stream: (self.sources.create_stream, "KIN-SHARD-2"),
            FanOutConsumer: (self.sources.register_consumer, "KIN-FAN-1"),
            Cluster: (self.sources.create_cluster, "KAF-TOPIC-1"),
            ProvisionedConcurrency: (lambda each: provision(self.stack, self.account, each), "LAM-PROV-3"),
            RecursionConfig: (self._recursion, "ASY-LOOP-1"),
            Topic: (lambda topic: create_topic(self.account, topic), "SNS-SIZE-1"),
            Bus: (lambda bus: create_bus(self.account, bus), "DST-TARGET-1"),
            Bucket: (lambda bucket: create_bucket(self.account, bucket), "DST-TARGET-1"),
        }

    def _create(self, resource: StackResource, creator: Callable[[Any], object], rule: RuleId) -> None:
        try:
            creator(resource)
        except AwsError as error:
            sections = resource.sections()
            where = f" ({', '.join(sections)} in the stack file)" if sections else ""
            setting = _SETTING.search(error.message)
            named = f"{setting.group(1)} of " if setting else "what is named there in the inputs of "
            fix = f"change {named}{resource.name}{where}"
            message = f"{error.message} {error.why}".rstrip()
            raise DeploymentRefusedError(resource.name, error.code, message, rule=rule, fix=fix) from error

    def _dynamic(self, resource: DynamicResource) -> None:
        from delivery_lab.simulation.dynamic import create_dynamic  # Pulumi's SDK takes a tenth of a second

        def create(aws: AwsApi) -> None:
            create_dynamic(resource, self.project_dir, self.stack.config, self.stack.project, aws)

        if self.creations is None:
            create(self.account)
        else:
            self.creations.create(resource.urn, create, self.account)

    # -- asynchronous invokes -----------------------------------------------------------------------------

    def _configure_events(self) -> None:
        """Destinations may be created after the function: all of them exist by now."""
        for found in event_configs(self.stack, self._function_of):
            self.account.configure_events(found.name, found.function, found.config, found.qualifier)
        self.account.events.unread = unread_arns(self.stack, self.notes)

    def _recursion(self, resource: RecursionConfig) -> None:
        function = self._function_of(resource, resource.function_name, resource.function)
        if resource.recursive_loop.certain() == "Allow":
            self.account.functions.loops.allow(function)

    # -- queues -------------------------------------------------------------------------------------------

    def _queue(self, queue: Queue) -> None:
        check_name(queue)
        check_dead_letter_region(self.stack, queue)
        self.account.create_queue(queue.label, known_arn(queue), queue.url or "", attributes_of(queue))

    def _redrive_policy(self, resource: RedrivePolicyResource) -> None:
        url = resource.queue_url.certain()
        queue = self.stack.queue_of_url(url)
        if queue is None:
            raise NotModelledError(
                f"{resource.name} sets the redrive policy of a queue outside this stack: {url}\n"
                "  nearest: the queue as external in the workload, with its deadLetterTargetArn and maxReceiveCount, "
                "and no RedrivePolicy of it in this stack"
            )
        created = self.account.queues[queue.label]
        policy = {"RedrivePolicy": resource.policy.text.certain()}
        self.account.redrive(created, created.attributes.changed(policy))

    def _once(self, name: str, given: object, make: Callable[[], T]) -> T:
        """Make something of the stack and of what the workload says, unless it is known from an earlier run."""
        return make() if self.creations is None else self.creations.once(name, given, make)

    # -- functions ----------------------------------------------------------------------------------------

    def _function(self, function: Function) -> None:
        settings = self.functions.get(function.label, FunctionSettings())
        made = self._once(
            function.urn,
            settings,
            lambda: configured(function, known_arn(function), settings, self.stack, self.project_dir),
        )
        self.notes.extend(made.notes)
        self.account.functions.add(made.config)

    def _function_of(self, resource: StackResource, reference: Setting[str], function: Function | None) -> str:
        named = reference.certain()
        if function is None:
            known = ", ".join(sorted({each.label for each in self.stack.functions})) or "none"
            refusal = NotModelledError(
                f"{resource.name} invokes {named}, which is not in this stack (functions: {known})\n"
                "  nearest: a function that this stack creates, which the workload can describe under functions"
            )
            if isinstance(resource, EventSourceMapping) and is_function_arn(named):
                self._function_elsewhere(resource.name, named, str(refusal))
                return named
            raise refusal
        if name_and_qualifier(named)[1] != LATEST:
            self.account.journal.rely_on("LAM-VERSION-1")
        return function.label

    def _function_elsewhere(self, mapping: str, arn: str, refusal: str) -> None:
        """Note a mapping that invokes a function of another stack: what it does with a batch is not known."""
        if arn not in self.account.functions.names:
            self.account.functions.add(elsewhere(arn, refusal))
        self.notes.append(
            f"{mapping} invokes {arn}, which is not in this stack; a run that brings it a batch is refused"
        )

    # -- mappings -----------------------------------------------------------------------------------------

    def _patterns(self, mapping: EventSourceMapping) -> tuple[Pattern, ...]:
        patterns = parse_patterns(mapping.filters.certain())
        content = _CONTENT.get(mapping.kind or "")
        if content is None or not any(asks_for_others(pattern, content) for pattern in patterns):
            return patterns
        self.account.journal.rely_on("ESM-FILTER-4")
        if self.account.assumptions.other_fields is OtherFields.MATCHED:
            return patterns
        return tuple(NOTHING if asks_for_others(pattern, content) else pattern for pattern in patterns)

    def _record_mapping(self, mapping: KinesisMapping | DynamoDbMapping | KafkaMapping) -> None:
        refuse_other_region(self.stack, mapping)
        if not isinstance(mapping, KafkaMapping) and _source_of(mapping) is None and self._reads_elsewhere(mapping):
            return
        function = self._function_of(mapping, mapping.function_name, mapping.function)
        patterns = self._patterns(mapping)
        if isinstance(mapping, KafkaMapping):
            self._record_mappings.create_kafka_mapping(mapping, function, patterns)
            return
        source = _source_of(mapping)
        if source is None:
            self._unknown_mapping(mapping)
            return
        self._record_mappings.create_stream_mapping(mapping, function, self.sources.stream_of(source), patterns)

    def _unknown_mapping(self, mapping: EventSourceMapping) -> None:
        if self._reads_elsewhere(mapping):
            return
        source = mapping.source_arn.certain()
        kind = source.split(":")[2] if source.count(":") >= 5 else "no ARN"
        raise NotModelledError(
            f"{mapping.name} reads from {source} ({kind})\n"
            "  nearest: SQS queues, Kinesis streams and DynamoDB streams, of this stack or external, and Kafka topics "
            "of this stack"
        )

    def _reads_elsewhere(self, mapping: EventSourceMapping) -> bool:
        """Whether a mapping reads what is none of the stack, so that nothing arrives there in a run; it is noted."""
        source = mapping.source_arn
        if source.is_known:
            arn = source.certain()
            elsewhere = arn.count(":") >= 5 and self.stack.at(arn.partition("/stream/")[0]) is None
            what = arn
        else:
            resources = self.stack.graph.resources
            read = resources[mapping.urn].property_dependencies.get(source.origin.path[0], ())
            ours = [resources[urn] for urn in read if urn in resources and not resources[urn].external]
            elsewhere = not source.problem and not any(resource.type in _SOURCES for resource in ours)
            what = "a source that is known only after deployment"
        if elsewhere:
            line = line_of(what)
            more = "" if line is None else f"; what it is can be said in the workload: external: {{{line}}}"
            self.notes.append(
                f"{mapping.name} reads {what}, which is not in this stack: nothing arrives there in a run{more}"
            )
        return elsewhere

    def _queue_mapping(self, mapping: SqsMapping) -> None:
        refuse_other_region(self.stack, mapping)
        if mapping.queue is None and self._reads_elsewhere(mapping):
            return
        mapping.source_arn.certain()
        function = self._function_of(mapping, mapping.function_name, mapping.function)
        patterns = self._patterns(mapping)
        if mapping.queue is None:
            self._unknown_mapping(mapping)
            return
        refuse_foreign_settings(mapping)
        pollers = mapping.pollers if mapping.provisioned.certain() else None
        self.account.create_mapping(
            SqsMappingConfig(
                name=mapping.label,
                function=function,
                batch_size=mapping.batch_size.certain(),
                window_seconds=mapping.window_seconds.certain(),
                report_batch_item_failures=mapping.reports.certain(),
                maximum_concurrency=mapping.maximum_concurrency.certain(),
                provisioned=SqsProvisionedMode(pollers.minimum.certain(), pollers.maximum.certain())
                if pollers
                else None,
                patterns=patterns,
                enabled=mapping.enabled.certain(),
            ),
            self.account.queues[mapping.queue.label],
            kept=mapping.urn in self.stack.graph.deployed
            or (self.before is not None and self.stack.has_same_inputs(mapping, self.before)),
        )

    def _scaled(self) -> dict[str, str]:
        """Resources that scale something by what they scale."""
        found = self.stack.graph.of_type(resource_types.SCALING_TARGET)
        return {str(each.inputs.get("resourceId")): each.name for each in found}

    # -- tables -----------------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        self.notes.extend(capacity_notes(table, self._scaled()))
        self.notes.extend(replica_notes(table))
        assert self.account.dynamodb is not None
        definition = table_definition(table)
        if definition["TableName"] in self.account.dynamodb.tables:
            return  # an update of the stack keeps its tables
        self.account.dynamodb.create_table(definition, self.sources.create_table_stream(table))


def _ends_of(mapping: EventSourceMapping) -> set[str]:
    """URNs of what a mapping reads and invokes, as far as the stack has it."""
    ends = (getattr(mapping, name, None) for name in ("function", "queue", "stream", "table", "cluster"))
    return {end.urn for end in ends if isinstance(end, StackResource)}


def _source_of(mapping: KinesisMapping | DynamoDbMapping) -> Stream | Table | None:
    return mapping.stream if isinstance(mapping, KinesisMapping) else mapping.table


def known_arn(resource: StackResource) -> str:
    """The ARN of a resource.

    Raises:
        ProgramError: it is known only after deployment.
    """
    if resource.arn is None:
        raise ProgramError(f"{resource.name}: arn is known only after deployment, so it cannot be simulated")
    return resource.arn
