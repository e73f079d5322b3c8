"""From the resource graph to an account of the model: a deployment in virtual time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError, ProgramError
from delivery_lab.model.account import Account
from delivery_lab.model.http_api import LONGEST_INTEGRATION_SECONDS, Route
from delivery_lab.model.mapping.filters import Pattern, parse_patterns
from delivery_lab.model.mapping.sqs_config import ProvisionedPollers, SqsMappingConfig
from delivery_lab.model.runtime import AwsError, CodeSource, FunctionConfig
from delivery_lab.model.sqs.attributes import FifoAttributes, QueueAttributes, redrive_policy
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.program.scalars import refuse_unreadable
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation import events, supported
from delivery_lab.simulation.code import code_source
from delivery_lab.simulation.dynamic import TYPE_PREFIX, create_dynamic
from delivery_lab.simulation.log_sources import LogSources, refuse_foreign_settings
from delivery_lab.simulation.redrive_permissions import check_redrive_permissions
from delivery_lab.simulation.tables import table_definition
from delivery_lab.simulation.workload import TopicSettings


@dataclass(slots=True)
class Deployment:
    """Creates the resources of a graph in an account, in the order of a real deployment.

    Attributes:
        graph: the resource graph.
        account: the account of the run.
        project_dir: folder of the Pulumi project; paths of code start there.
        topics: Kafka topics as the workload says they are.
        notes: what is part of the stack and not simulated.
        before: the graph that is deployed already, where this one updates it.
    """

    graph: Graph
    account: Account
    project_dir: Path
    topics: Mapping[str, TopicSettings] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    before: Graph | None = None
    logs: LogSources = field(init=False)
    _labels: dict[str, str] = field(default_factory=dict)
    _functions: dict[str, str] = field(default_factory=dict)
    _carriers: Mapping[str, str] = field(default_factory=dict)
    parking_queues: frozenset[str] = frozenset()
    """Queues for what no retry can help: nobody reads them."""

    def run(self) -> None:
        """Create everything.

        Raises:
            NotModelledError: the stack uses what the model does not know.
            DeploymentRefusedError: AWS would refuse a resource.
            HandlerError: the code of a function is missing.
        """
        self.notes.extend(supported.check(self.graph))
        self.logs = LogSources(self.graph, self.account, self.topics, self.notes)
        self._labels = _labels(self.graph)
        self._carriers = events.carriers(self.graph)
        # Behind each creator the rule by which AWS refuses values that it cannot take.
        create: dict[str, tuple[Callable[[Resource], object], RuleId]] = {
            supported.QUEUE: (self._queue, "SQS-BOUNDS-1"),
            supported.REDRIVE_POLICY: (self._redrive_policy, "SQS-BOUNDS-1"),
            supported.FUNCTION: (self._function, "LAM-TIME-1"),
            supported.MAPPING: (self._mapping, "ESM-FILTER-3"),
            supported.TABLE: (self._table, "DDB-COND-1"),
            supported.HTTP_API: (self._api, "HTTP-ROUTE-1"),
            supported.STREAM: (self._stream, "KIN-SHARD-2"),
            **dict.fromkeys(supported.MSK_CLUSTERS, (self._cluster, "KAF-TOPIC-1")),
            events.RECURSION_CONFIG: (self._recursion, "ASY-LOOP-1"),
            **dict.fromkeys((events.TOPIC, events.EVENT_BUS, *events.BUCKETS), (self._sink, "DST-TARGET-1")),
        }
        for resource in self.graph.resources.values():
            if resource.external:
                continue  # somebody else's: what it is like is not known here
            refuse_unreadable(resource.type, resource.name, resource.inputs, resource.secret_inputs)
            if resource.type.startswith(TYPE_PREFIX):
                create_dynamic(resource, self.project_dir, self.graph.config, self.graph.project, self.account)
            if resource.type not in create:
                continue
            creator, rule = create[resource.type]
            try:
                creator(resource)
            except AwsError as error:
                fix = f"correct the settings of {resource.name}"
                raise DeploymentRefusedError(resource.name, error.code, error.message, rule=rule, fix=fix) from error
        check_redrive_permissions(self.graph, self.account.queues.values())
        self._configure_events()
        read = {mapping.queue.name for mapping in self.account.mappings.values()}
        parking = {self._labels[q.urn] for q in self.graph.of_type(supported.QUEUE) if events.is_parking(q)}
        self.parking_queues = frozenset(parking - read)

    # -- asynchronous invokes -----------------------------------------------------------------------------

    def _sink(self, resource: Resource) -> None:
        found = (self._carriers.get(str(key)) for key in (resource.outputs.get("arn"), resource.outputs.get("name")))
        handed_on = self._carriers.get(resource.id) or next(filter(None, found), "")
        events.create_sink(self.account, resource, self._labels[resource.urn], handed_on)

    def _configure_events(self) -> None:
        """Destinations may be created after the function: all of them exist by now."""
        functions = {self._labels[f.urn]: f for f in self.graph.of_type(supported.FUNCTION)}
        for found in events.event_configs(self.graph, functions, self._function_of, self._known):
            name = found.resource.name if found.resource is not None else found.function
            self.account.configure_events(name, found.function, found.config)

    def _recursion(self, resource: Resource) -> None:
        function = self._function_of(resource, str(self._known(resource, "functionName", "")))
        if self._known(resource, "recursiveLoop", "Terminate") == "Allow":
            self.account.functions.loops.allow(function)

    # -- queues -------------------------------------------------------------------------------------------

    def _queue(self, resource: Resource) -> None:
        inputs = resource.inputs
        defaults = QueueAttributes()
        policy = self._known(resource, "redrivePolicy", "")
        attributes = QueueAttributes(
            visibility_timeout_seconds=self._known(
                resource, "visibilityTimeoutSeconds", defaults.visibility_timeout_seconds
            ),
            retention_seconds=self._known(resource, "messageRetentionSeconds", defaults.retention_seconds),
            delay_seconds=self._known(resource, "delaySeconds", defaults.delay_seconds),
            receive_wait_seconds=self._known(resource, "receiveWaitTimeSeconds", defaults.receive_wait_seconds),
            maximum_message_bytes=self._known(resource, "maxMessageSize", defaults.maximum_message_bytes),
            redrive=redrive_policy(policy if isinstance(policy, str) else json.dumps(inputs["redrivePolicy"])),
            fifo=self._fifo(resource),
        )
        outputs = resource.outputs
        self.account.create_queue(self._labels[resource.urn], str(outputs["arn"]), str(outputs["url"]), attributes)

    def _fifo(self, resource: Resource) -> FifoAttributes | None:
        names = ("contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit")
        given = {name: value for name in names if (value := self._known(resource, name, None))}
        if self._known(resource, "fifoQueue", False):
            return FifoAttributes(
                content_based=bool(given.get("contentBasedDeduplication")),
                scope=given.get("deduplicationScope", "queue"),
                throughput_limit=given.get("fifoThroughputLimit", "perQueue"),
            )
        if given:
            name = next(iter(given))
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name[0].upper()}{name[1:]}.")
        return None

    def _redrive_policy(self, resource: Resource) -> None:
        url = self._known(resource, "queueUrl", "")
        for queue in self.account.queues.values():
            if queue.url == url:
                policy = {"RedrivePolicy": str(self._known(resource, "redrivePolicy", ""))}
                self.account.redrive(queue, queue.attributes.changed(policy))
                return
        raise NotModelledError(f"{resource.name} sets the redrive policy of a queue outside this stack: {url}")

    # -- functions ----------------------------------------------------------------------------------------

    def _function(self, resource: Resource) -> None:
        label = self._labels[resource.urn]
        problems = supported.function_problems(resource)
        environment = {} if problems else self._known(resource, "environment", {}).get("variables", {})
        reserved = self._known(resource, "reservedConcurrentExecutions", -1)
        arn = str(resource.outputs["arn"])
        self.account.functions.add(
            FunctionConfig(
                name=label,
                arn=arn,
                handler=str(self._known(resource, "handler", "")),
                timeout_seconds=self._known(resource, "timeout", 3),
                memory_mb=self._known(resource, "memorySize", 128),
                environment={name: _text(value) for name, value in environment.items() if value is not None},
                reserved_concurrency=None if reserved < 0 else reserved,
                code=CodeSource() if problems else code_source(resource.inputs["code"], self.project_dir, label),
                layers=() if problems else self._layers(resource),
                region=arn.split(":")[3],
                account_id=arn.split(":")[4],
                runtime=str(self._known(resource, "runtime", "python3.13")),
                refusal="\n  ".join([f"the function {label} is invoked, and uses what is not modelled:", *problems])
                if problems
                else "",
            )
        )
        for reference in (resource.id, resource.outputs.get("name"), arn, resource.outputs.get("invokeArn")):
            self._functions[str(reference)] = label

    def _layers(self, resource: Resource) -> tuple[CodeSource, ...]:
        known = {str(layer.outputs.get("arn")): layer for layer in self.graph.of_type(supported.LAYER)}
        sources = []
        for arn in self._known(resource, "layers", []):
            layer = known.get(str(arn))
            if layer is not None:
                sources.append(code_source(layer.inputs["code"], self.project_dir, layer.name, optional=True))
            else:
                note = f"layer {arn} is not in this stack; its packages come from the lab's own environment"
                self.notes.append(f"{resource.name}: {note}")
        return tuple(sources)

    def _function_of(self, resource: Resource, reference: str) -> str:
        label = self._functions.get(reference) or self._functions.get(reference.rsplit(":", 1)[0])
        if label is None:
            known = ", ".join(sorted(set(self._functions.values()))) or "none"
            raise NotModelledError(
                f"{resource.name} invokes {reference}, which is not in this stack (functions: {known})"
            )
        return label

    # -- mappings -----------------------------------------------------------------------------------------

    def _mapping(self, resource: Resource) -> None:
        source = str(self._known(resource, "eventSourceArn", ""))
        label = self._labels[resource.urn]
        function = self._function_of(resource, str(self._known(resource, "functionName", "")))
        for name in resource.inputs:
            self._known(resource, name, None)
        criteria = self._known(resource, "filterCriteria", {}) or {}
        patterns = parse_patterns([str(entry.get("pattern", "")) for entry in criteria.get("filters") or ()])
        stream = self.logs.find_stream(source)
        if stream is not None:
            self.logs.create_stream_mapping(resource, label, function, stream, patterns)
        elif ":kafka:" in source or resource.inputs.get("selfManagedEventSource"):
            self.logs.create_kafka_mapping(resource, label, function, source, patterns)
        else:
            self._queue_mapping(resource, source, function, patterns)

    def _queue_mapping(self, resource: Resource, source: str, function: str, patterns: tuple[Pattern, ...]) -> None:
        queue = next((queue for queue in self.account.queues.values() if queue.arn == source), None)
        if queue is None:
            kind = source.split(":")[2] if source.count(":") >= 5 else "no ARN"
            raise NotModelledError(
                f"{resource.name} reads from {source} ({kind}); modelled: SQS queues, Kinesis streams, DynamoDB "
                "streams and Kafka topics of the same stack"
            )
        refuse_foreign_settings(resource, "an SQS queue")
        scaling = self._known(resource, "scalingConfig", {}) or {}
        pollers = self._known(resource, "provisionedPollerConfig", {}) or {}
        self.account.create_mapping(
            SqsMappingConfig(
                name=self._labels[resource.urn],
                function=function,
                batch_size=self._known(resource, "batchSize", 10),
                window_seconds=self._known(resource, "maximumBatchingWindowInSeconds", 0),
                report_batch_item_failures="ReportBatchItemFailures"
                in self._known(resource, "functionResponseTypes", []),
                maximum_concurrency=scaling.get("maximumConcurrency"),
                provisioned=ProvisionedPollers(pollers.get("minimumPollers") or 2, pollers.get("maximumPollers") or 200)
                if pollers
                else None,
                patterns=patterns,
                enabled=self._known(resource, "enabled", True),
            ),
            queue,
            kept=self._is_kept(resource),
        )

    def _is_kept(self, resource: Resource) -> bool:
        """Whether an update leaves a resource alone, because nothing of it has changed."""
        there = None if self.before is None else self.before.resources.get(resource.urn)
        return there is not None and there.inputs == resource.inputs

    # -- tables -------------------------------------------------------------------------------------------

    def _table(self, resource: Resource) -> None:
        if self._known(resource, "billingMode", "PROVISIONED") != "PAY_PER_REQUEST":
            raise NotModelledError(
                f"{resource.name}: billingMode PROVISIONED is not modelled\n  nearest: PAY_PER_REQUEST"
            )
        assert self.account.dynamodb is not None
        name = str(resource.outputs["name"])
        if name in self.account.dynamodb.tables:
            return  # an update of the stack keeps its tables
        stream = self.logs.create_table_stream(resource, self._labels[resource.urn])
        self.account.dynamodb.create_table(table_definition(resource.inputs, name), stream)

    # -- streams and Kafka --------------------------------------------------------------------------------

    def _stream(self, resource: Resource) -> None:
        for name in ("shardCount", "retentionPeriod", "streamModeDetails"):
            self._known(resource, name, None)
        self.logs.create_stream(resource, self._labels[resource.urn])

    def _cluster(self, resource: Resource) -> None:
        self.logs.create_cluster(resource, self._labels[resource.urn])

    # -- HTTP APIs ----------------------------------------------------------------------------------------

    def _api(self, resource: Resource) -> None:
        if self._known(resource, "protocolType", "HTTP") != "HTTP":
            raise NotModelledError(f"{resource.name} is a WebSocket API\n  nearest: protocolType HTTP")
        stage = next((s for s in self.graph.of_type(supported.STAGE) if s.inputs.get("apiId") == resource.id), None)
        integrations = {
            integration.id: integration
            for integration in self.graph.of_type(supported.INTEGRATION)
            if integration.inputs.get("apiId") == resource.id
        }
        routes = [
            self._route(route, integrations, stage)
            for route in self.graph.of_type(supported.ROUTE)
            if route.inputs.get("apiId") == resource.id
        ]
        # Functions are created after the API where a program says so: routes are looked up by label only then.
        self.account.create_api(self._labels[resource.urn], tuple(routes))

    def _route(self, route: Resource, integrations: Mapping[str, Resource], stage: Resource | None) -> Route:
        target = str(self._known(route, "target", "")).removeprefix("integrations/")
        integration = integrations.get(target)
        if integration is None:
            raise NotModelledError(f"{route.name} has no Lambda integration in this stack: target {target or 'unset'}")
        if integration.inputs.get("integrationType") != "AWS_PROXY":
            kind = integration.inputs.get("integrationType")
            raise NotModelledError(f"{integration.name}: integrationType {kind} is not modelled\n  nearest: AWS_PROXY")
        version = integration.inputs.get("payloadFormatVersion", "1.0")
        if str(version) != "2.0":
            raise NotModelledError(
                f"{integration.name}: payloadFormatVersion {version} is not modelled\n  nearest: 2.0"
            )
        method, _, path = str(route.inputs["routeKey"]).partition(" ")
        if "{" in path:
            raise NotModelledError(
                f"{route.name}: path parameters as in {path} are not modelled\n  nearest: a path without, or $default"
            )
        throttle = (stage.inputs.get("defaultRouteSettings") if stage else None) or {}
        burst, rate = throttle.get("throttlingBurstLimit"), throttle.get("throttlingRateLimit")
        milliseconds = integration.inputs.get("timeoutMilliseconds", LONGEST_INTEGRATION_SECONDS * 1000)
        return Route(
            method=method if path else "ANY",
            path=path or "$default",
            function=self._lookup_function(integration),
            timeout_seconds=milliseconds / 1000,
            burst_limit=burst,
            rate_limit=rate,
        )

    def _lookup_function(self, integration: Resource) -> str:
        uri = str(self._known(integration, "integrationUri", ""))
        for function in self.graph.of_type(supported.FUNCTION):
            if uri in (str(function.outputs.get("arn")), str(function.outputs.get("invokeArn"))):
                return self._labels[function.urn]
        raise NotModelledError(f"{integration.name} invokes {uri}, which is no function of this stack")

    # -- values -------------------------------------------------------------------------------------------

    def _known(self, resource: Resource, name: str, default: Any) -> Any:
        """An input, its default where it is unset, and an error where only a deployment would know it."""
        value = resource.inputs.get(name)
        if value is UNKNOWN:
            raise ProgramError(f"{resource.name}: {name} is known only after deployment, so it cannot be simulated")
        return default if value is None else value


def _text(value: Any) -> str:
    """A variable as the AWS provider passes it on, whatever the program gave it as."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _labels(graph: Graph) -> dict[str, str]:
    """A name for each resource: the logical one, with the parent's where two of a type share it."""
    counts = Counter((resource.type, resource.name) for resource in graph.resources.values())
    return {
        urn: resource.name
        if counts[resource.type, resource.name] == 1
        else f"{resource.parent.rsplit('::', 1)[-1]}/{resource.name}"
        for urn, resource in graph.resources.items()
    }
