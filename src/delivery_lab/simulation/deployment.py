"""From a stack to an account of the model: a deployment in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, LabError, NotModelledError, ProgramError
from delivery_lab.limits.functions import MEMORY, TIMEOUT
from delivery_lab.model.account import Account
from delivery_lab.model.elsewhere import line_of
from delivery_lab.model.lambda_api import name_and_qualifier
from delivery_lab.model.mapping.filters import Pattern, parse_patterns
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig, SqsProvisionedMode
from delivery_lab.model.runtime import AwsApi, AwsError, CodeSource, FunctionConfig
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation import supported
from delivery_lab.simulation.dynamic import create_dynamic
from delivery_lab.simulation.events import create_sink, event_configs
from delivery_lab.simulation.http_apis import routes_of
from delivery_lab.simulation.layers import Layers, layers_of
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.qualifiers import qualifiers_of
from delivery_lab.simulation.queue_attributes import attributes_of
from delivery_lab.simulation.record_mappings import RecordMappings, refuse_foreign_settings
from delivery_lab.simulation.redrive_permissions import check_redrive_permissions
from delivery_lab.simulation.remembered import RememberedCreations
from delivery_lab.simulation.tables import table_definition
from delivery_lab.simulation.topics import connect_topics, create_topic
from delivery_lab.simulation.workload import TopicSettings
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.stack.apis import Api
from delivery_lab.stack.code import code_files
from delivery_lab.stack.dynamic import DynamicResource
from delivery_lab.stack.events import Bucket, Bus
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
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Cluster, FanOutConsumer, Stream, Table
from delivery_lab.stack.topics import Topic

_SOURCES = frozenset({resource_types.QUEUE, resource_types.STREAM, resource_types.TABLE, *resource_types.MSK_CLUSTERS})
"""What an event source mapping can read."""

_RUNTIME = "python3.13"
"""What a function runs on whose runtime cannot be told."""


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
        refused_apis: HTTP APIs that no request can be sent to, with the reason.
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
    refused_apis: dict[str, LabError] = field(default_factory=dict)
    creations: RememberedCreations | None = None
    sources: PolledSources = field(init=False)
    _record_mappings: RecordMappings = field(init=False)

    def run(self) -> None:
        """Create everything.

        Raises:
            NotModelledError: the stack uses what the model does not know.
            DeploymentRefusedError: AWS would refuse a resource.
            HandlerError: the code of a function is missing.
        """
        self.notes.extend(supported.check(self.stack))
        self.sources = PolledSources(self.account, self.topics)
        self._record_mappings = RecordMappings(self.stack, self.account, self.sources, self.notes)
        creators = self._creators()
        for resource in self._in_order():
            self.stack.refuse_unreadable(resource)
            found = creators.get(type(resource))
            if found is not None:
                self._create(resource, *found)
        check_redrive_permissions(self.stack, self.account.queues.values())
        self._configure_events()
        connect_topics(self.stack, self.account, self.notes)
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
            Api: (self._api, "HTTP-ROUTE-1"),
            Stream: (self.sources.create_stream, "KIN-SHARD-2"),
            FanOutConsumer: (self.sources.register_consumer, "KIN-FAN-1"),
            Cluster: (self.sources.create_cluster, "KAF-TOPIC-1"),
            RecursionConfig: (self._recursion, "ASY-LOOP-1"),
            Topic: (lambda topic: create_topic(self.account, topic), "SNS-SIZE-1"),
            **dict.fromkeys((Bus, Bucket), (lambda sink: create_sink(self.account, sink), "DST-TARGET-1")),
        }

    def _create(self, resource: StackResource, creator: Callable[[Any], object], rule: RuleId) -> None:
        try:
            creator(resource)
        except AwsError as error:
            sections = resource.sections()
            where = f" ({', '.join(sections)} in the stack file)" if sections else ""
            fix = f"correct the settings of {resource.name}{where}"
            message = f"{error.message} {error.why}".rstrip()
            raise DeploymentRefusedError(resource.name, error.code, message, rule=rule, fix=fix) from error

    def _dynamic(self, resource: DynamicResource) -> None:
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
            self.account.configure_events(found.name, found.function, found.config)

    def _recursion(self, resource: RecursionConfig) -> None:
        function = self._function_of(resource, resource.function_name, resource.function)
        if resource.recursive_loop.certain() == "Allow":
            self.account.functions.loops.allow(function)

    # -- queues -------------------------------------------------------------------------------------------

    def _queue(self, queue: Queue) -> None:
        self.account.create_queue(queue.label, known_arn(queue), queue.url or "", attributes_of(queue))

    def _redrive_policy(self, resource: RedrivePolicyResource) -> None:
        url = resource.queue_url.certain()
        queue = self.stack.queue_of_url(url)
        if queue is None:
            raise NotModelledError(f"{resource.name} sets the redrive policy of a queue outside this stack: {url}")
        created = self.account.queues[queue.label]
        policy = {"RedrivePolicy": resource.policy.text.certain()}
        self.account.redrive(created, created.attributes.changed(policy))

    # -- functions ----------------------------------------------------------------------------------------

    def _function(self, function: Function) -> None:
        settings = self.functions.get(function.label, FunctionSettings())
        described = settings.duration is not None
        problems = supported.function_problems(self.stack, function, described=described)
        runs = not problems and not described
        if described:
            self.notes.append(f"{function.label} is described in the workload: its code is not run")
        arn = known_arn(function)
        variables = {} if described else {**function.variables, **settings.environment}
        unknown = tuple(sorted(name for name, value in variables.items() if value is UNKNOWN))
        self.notes.extend(
            f"{function.label}: the environment variable {name} is known only after deployment; reading it ends the run"
            for name in unknown
        )
        layers = layers_of(function, self.stack, self.project_dir) if runs else Layers()
        self.notes.extend(layers.notes)
        self.account.functions.add(
            FunctionConfig(
                name=function.label,
                arn=arn,
                handler=function.handler.known or "",
                timeout_seconds=function.timeout_seconds.known or TIMEOUT.default,
                memory_mb=function.memory_mb.known or MEMORY.default,
                environment={name: str(value) for name, value in variables.items() if name not in unknown},
                unknown_variables=unknown,
                reserved_concurrency=function.reserved_concurrency.certain(),
                code=self._code(function) if runs else CodeSource(),
                qualifiers={} if problems else qualifiers_of(self.stack, function),
                layers=layers.here,
                absent_layers=layers.absent,
                region=arn.split(":")[3],
                account_id=arn.split(":")[4],
                runtime=function.runtime.known or _RUNTIME,
                refusal="\n  ".join(
                    [
                        f"the function {function.label} is invoked, and uses what is not modelled:",
                        *problems,
                        *supported.way_out(self.stack, function, described=described),
                    ]
                )
                if problems
                else "",
            )
        )

    def _code(self, function: Function) -> CodeSource:
        files = code_files(function.code, self.project_dir, function.label)
        return CodeSource(files.roots, files.inline)

    def _function_of(self, resource: StackResource, reference: Setting[str], function: Function | None) -> str:
        named = reference.certain()
        if function is None:
            known = ", ".join(sorted({each.label for each in self.stack.functions})) or "none"
            raise NotModelledError(f"{resource.name} invokes {named}, which is not in this stack (functions: {known})")
        if name_and_qualifier(named)[1] != LATEST:
            self.account.journal.rely_on("LAM-VERSION-1")
        return function.label

    # -- mappings -----------------------------------------------------------------------------------------

    def _patterns(self, mapping: EventSourceMapping) -> tuple[Pattern, ...]:
        return parse_patterns(mapping.filters.certain())

    def _record_mapping(self, mapping: KinesisMapping | DynamoDbMapping | KafkaMapping) -> None:
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
            f"{mapping.name} reads from {source} ({kind}); modelled: SQS queues, Kinesis streams, DynamoDB "
            "streams and Kafka topics of the same stack"
        )

    def _reads_elsewhere(self, mapping: EventSourceMapping) -> bool:
        """Whether a mapping reads what is none of the stack, so that nothing arrives there in a run; it is noted."""
        source = mapping.source_arn
        if source.is_known:
            arn = source.certain()
            elsewhere = arn.count(":") >= 5 and self.stack.at(arn.partition("/stream/")[0]) is None
            what = arn
        else:
            read = self.stack.graph.resources[mapping.urn].property_dependencies.get(source.origin.path[0], ())
            elsewhere = not source.problem and not any(urn.split("::")[2].split("$")[-1] in _SOURCES for urn in read)
            what = "a source that is known only after deployment"
        if elsewhere:
            line = line_of(what)
            more = "" if line is None else f"; what it is can be said in the workload: external: {{{line}}}"
            self.notes.append(
                f"{mapping.name} reads {what}, which is not in this stack: nothing arrives there in a run{more}"
            )
        return elsewhere

    def _queue_mapping(self, mapping: SqsMapping) -> None:
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
            kept=self.before is not None and self.stack.has_same_inputs(mapping, self.before),
        )

    # -- tables and HTTP APIs -----------------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        if table.billing_mode.certain() != "PAY_PER_REQUEST":
            self.notes.append(f"{table.name}: its provisioned capacity is taken as enough; no request is throttled")
        assert self.account.dynamodb is not None
        definition = table_definition(table)
        if definition["TableName"] in self.account.dynamodb.tables:
            return  # an update of the stack keeps its tables
        self.account.dynamodb.create_table(definition, self.sources.create_table_stream(table))

    def _api(self, api: Api) -> None:
        # Functions are created after the API where a program says so: routes are looked up by label only then.
        problems = supported.api_problems(self.stack, api)
        try:
            if problems:
                lines = "\n".join(f"  {problem}" for problem in problems)
                raise NotModelledError(f"a request is sent to {api.label}, which uses what is not modelled:\n{lines}")
            self.account.create_api(api.label, routes_of(api))
        except (NotModelledError, ProgramError) as error:
            self.refused_apis[api.label] = error
            self.notes.append(f"{api.label} uses what is not modelled; a run that sends a request to it is refused")


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
