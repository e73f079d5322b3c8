"""Who feeds whom: queues, dead-letter queues, mappings and functions of a graph, put together once for all checks.

Everything is found by values (ARNs, URLs, names), never by the names or types of components, so any Pulumi program
will do. What exists only after deployment, or belongs to another stack, is None: a check then keeps silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from delivery_lab.checks.code.program import Code, UnreadableCode, read_code
from delivery_lab.checks.values import block, document, is_unknown, listed, number, number_of
from delivery_lab.program.graph import UNKNOWN, Graph, Resource

QUEUE = "aws:sqs/queue:Queue"
REDRIVE_POLICY = "aws:sqs/redrivePolicy:RedrivePolicy"
FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
DYNAMIC = "pulumi-python:dynamic"

DEFAULT_VISIBILITY_SECONDS = 30
DEFAULT_RETENTION_SECONDS = 345_600
DEFAULT_TIMEOUT_SECONDS = 3
DEFAULT_MAX_RECEIVE_COUNT = 10
_DEFAULT_BATCH_SIZE = {"sqs": 10}
_DEFAULT_STREAM_BATCH_SIZE = 100


@dataclass(frozen=True, slots=True)
class Redrive:
    """The redrive policy of a queue.

    Attributes:
        resource: what holds it: the queue, or a RedrivePolicy resource.
        target_arn: ARN of the dead-letter queue, None if unknown.
        max_receive_count: None if unknown.
    """

    resource: Resource
    target_arn: str | None
    max_receive_count: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue of the stack.

    Attributes:
        resource: the queue.
        arn: its ARN, None if unknown.
        fifo: whether it is a FIFO queue, None if unknown.
        created_visibility_seconds: the timeout that it is created with.
        visibility_seconds: the timeout that it has in the end.
        visibility_resource: what sets that one: the queue, or a dynamic resource that changes it afterwards.
        retention_seconds: how long it keeps messages.
        redrive: its redrive policy, None without one and where it is not known.
        redrive_known: whether it is known if there is a redrive policy.
    """

    resource: Resource
    arn: str | None
    fifo: bool | None
    created_visibility_seconds: int | None
    visibility_seconds: int | None
    visibility_resource: Resource
    retention_seconds: int | None
    redrive: Redrive | None
    redrive_known: bool

    @property
    def name(self) -> str:
        """The logical name."""
        return self.resource.name


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function of the stack.

    Attributes:
        resource: the function.
        timeout_seconds: its timeout.
        reserved_concurrency: None where it has none or it is unknown.
        environment: variables; the value of one may be UNKNOWN.
    """

    resource: Resource
    timeout_seconds: int | None
    reserved_concurrency: int | None
    environment: Mapping[str, object]

    @property
    def name(self) -> str:
        """The logical name."""
        return self.resource.name

    @property
    def handler(self) -> str:
        """Its handler, for messages."""
        return str(self.resource.inputs.get("handler"))


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """An event source mapping.

    Attributes:
        resource: the mapping.
        kind: "sqs", "kinesis", "dynamodb", "kafka", or "" for anything else and where it is unknown.
        queue: the queue it reads, None if it is not one of the stack.
        function: the function it feeds, None if it is not one of the stack.
        batch_size: messages in a batch at most.
        window_seconds: the batching window.
        reports: whether ReportBatchItemFailures is on, None if unknown.
        maximum_concurrency: None where there is no limit or it is unknown.
        provisioned: whether it has provisioned pollers, None if unknown.
        enabled: whether it polls.
    """

    resource: Resource
    kind: str
    queue: Queue | None
    function: Function | None
    batch_size: int | None
    window_seconds: int | None
    reports: bool | None
    maximum_concurrency: int | None
    provisioned: bool | None
    enabled: bool

    @property
    def name(self) -> str:
        """The logical name."""
        return self.resource.name

    def knows(self, name: str) -> bool:
        """Whether an input is known (left out counts as known)."""
        return not is_unknown(self.resource.inputs.get(name))


@dataclass(frozen=True, slots=True)
class Topology:
    """All of it.

    Attributes:
        graph: the graph.
        queues: in creation order.
        functions: in creation order.
        mappings: in creation order.
    """

    graph: Graph
    queues: tuple[Queue, ...]
    functions: tuple[Function, ...]
    mappings: tuple[SourceMapping, ...]
    _code: dict[str, Code | UnreadableCode] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, graph: Graph) -> Topology:
        """Put a graph together."""
        queues = tuple(_queue(graph, resource) for resource in graph.of_type(QUEUE))
        functions = tuple(_function(resource) for resource in graph.of_type(FUNCTION))
        names = _function_names(graph, functions)
        mappings = tuple(_mapping(graph, resource, queues, names) for resource in graph.of_type(MAPPING))
        return cls(graph, queues, functions, mappings)

    def sqs_pairs(self) -> Iterator[tuple[SourceMapping, Queue, Function]]:
        """Each mapping of which both the queue and the function belong to the stack."""
        for mapping in self.mappings:
            if mapping.kind == "sqs" and mapping.queue is not None and mapping.function is not None:
                yield mapping, mapping.queue, mapping.function

    def mappings_of(self, function: Function) -> list[SourceMapping]:
        """The mappings that feed a function."""
        return [m for m in self.mappings if m.function is not None and m.function.resource.urn == function.resource.urn]

    def polled_queues(self) -> Iterator[Queue]:
        """Each queue that a mapping of the stack reads, once."""
        seen = set()
        for mapping in self.mappings:
            if mapping.queue is not None and mapping.queue.resource.urn not in seen:
                seen.add(mapping.queue.resource.urn)
                yield mapping.queue

    def queue_at(self, arn: str | None) -> Queue | None:
        """The queue of that ARN, if it belongs to the stack."""
        return next((queue for queue in self.queues if arn is not None and queue.arn == arn), None)

    def function_at(self, reference: object) -> Function | None:
        """The function that an ARN or a name refers to, if it belongs to the stack."""
        return _resolve(_function_names(self.graph, self.functions), reference)

    def code_of(self, function: Function) -> Code | UnreadableCode:
        """The code of a function, read once."""
        urn = function.resource.urn
        if urn not in self._code:
            self._code[urn] = read_code(self.graph, function.resource, function.environment)
        return self._code[urn]


def _queue(graph: Graph, resource: Resource) -> Queue:
    arn, url = resource.outputs.get("arn"), resource.outputs.get("url")
    created = number_of(resource, "visibilityTimeoutSeconds", DEFAULT_VISIBILITY_SECONDS)
    setter = _last_visibility(graph, url) or resource
    fifo = resource.inputs.get("fifoQueue")
    redrive, known = _redrive(graph, resource, url)
    return Queue(
        resource=resource,
        arn=arn if isinstance(arn, str) else None,
        fifo=None if fifo is UNKNOWN else bool(fifo) and fifo != "false",
        created_visibility_seconds=created,
        visibility_seconds=created if setter is resource else number_of(setter, "visibilityTimeoutSeconds"),
        visibility_resource=setter,
        retention_seconds=number_of(resource, "messageRetentionSeconds", DEFAULT_RETENTION_SECONDS),
        redrive=redrive,
        redrive_known=known,
    )


def _last_visibility(graph: Graph, url: object) -> Resource | None:
    """The dynamic resource that sets the visibility timeout of a queue last, in the order of creation."""
    found = None
    for resource in graph.resources.values():
        sets = resource.type.startswith(DYNAMIC) and resource.inputs.get("visibilityTimeoutSeconds") is not None
        if sets and isinstance(url, str) and resource.inputs.get("queueUrl") == url:
            found = resource
    return found


def redrive_policies(graph: Graph, queue: Queue) -> Iterator[tuple[Resource, object]]:
    """What says how a queue redrives, with what it says: the queue itself, and RedrivePolicy resources."""
    yield from _redrive_policies(graph, queue.resource, queue.resource.outputs.get("url"))


def _redrive_policies(graph: Graph, queue: Resource, url: object) -> Iterator[tuple[Resource, object]]:
    if queue.inputs.get("redrivePolicy") not in (None, ""):
        yield queue, queue.inputs["redrivePolicy"]
    for resource in graph.of_type(REDRIVE_POLICY):
        if resource.inputs.get("queueUrl") in (url, queue.id):
            yield resource, resource.inputs.get("redrivePolicy")


def _redrive(graph: Graph, queue: Resource, url: object) -> tuple[Redrive | None, bool]:
    if any(resource.inputs.get("queueUrl") is UNKNOWN for resource in graph.of_type(REDRIVE_POLICY)):
        return None, False
    *_, (holder, value) = (queue, None), *_redrive_policies(graph, queue, url)  # the last one counts
    if value is None or value == "":
        return None, True
    policy = document(value)
    if policy is None:
        return None, False
    target = policy.get("deadLetterTargetArn")
    return (
        Redrive(
            holder,
            target if isinstance(target, str) else None,
            number(policy.get("maxReceiveCount"), DEFAULT_MAX_RECEIVE_COUNT),
        ),
        True,
    )


def _function(resource: Resource) -> Function:
    reserved = number_of(resource, "reservedConcurrentExecutions")
    variables = block(resource, "environment").get("variables")
    return Function(
        resource=resource,
        timeout_seconds=number_of(resource, "timeout", DEFAULT_TIMEOUT_SECONDS),
        reserved_concurrency=None if reserved is None or reserved < 0 else reserved,
        environment=variables if isinstance(variables, Mapping) else {},
    )


def _function_names(graph: Graph, functions: tuple[Function, ...]) -> dict[str, Function]:
    names: dict[str, Function] = {}
    for function in functions:
        outputs = function.resource.outputs
        for reference in (function.resource.id, *(outputs.get(key) for key in ("name", "arn", "invokeArn"))):
            if isinstance(reference, str) and reference:
                names[reference] = function
    for alias in graph.of_type(ALIAS):
        target = _resolve(names, alias.inputs.get("functionName"))
        if target is not None and isinstance(alias.outputs.get("arn"), str):
            names[str(alias.outputs["arn"])] = target
    return names


def _resolve(names: Mapping[str, Function], reference: object) -> Function | None:
    """A function by name or ARN, with or without a version or alias behind it."""
    if not isinstance(reference, str) or not reference:
        return None
    bare = reference.rpartition(":function:")[2]
    candidates = (reference, reference.rpartition(":")[0], bare, bare.partition(":")[0])
    return next((names[candidate] for candidate in candidates if candidate in names), None)


def _mapping(
    graph: Graph, resource: Resource, queues: tuple[Queue, ...], names: Mapping[str, Function]
) -> SourceMapping:
    source = resource.inputs.get("eventSourceArn")
    kind = _kind(graph, resource, source)
    types = resource.inputs.get("functionResponseTypes")
    scaling = block(resource, "scalingConfig")
    provisioned = resource.inputs.get("provisionedPollerConfig")
    return SourceMapping(
        resource=resource,
        kind=kind,
        queue=next((queue for queue in queues if isinstance(source, str) and queue.arn == source), None),
        function=_resolve(names, resource.inputs.get("functionName")),
        batch_size=number_of(resource, "batchSize", _DEFAULT_BATCH_SIZE.get(kind, _DEFAULT_STREAM_BATCH_SIZE)),
        window_seconds=number_of(resource, "maximumBatchingWindowInSeconds", 0),
        reports=None if is_unknown(types) else "ReportBatchItemFailures" in listed(types),
        maximum_concurrency=number(scaling.get("maximumConcurrency")),
        provisioned=None if provisioned is UNKNOWN else bool(provisioned),
        enabled=resource.inputs.get("enabled") is not False,
    )


_KINDS = {"sqs": "sqs", "kinesis": "kinesis", "dynamodb": "dynamodb", "kafka": "kafka"}


def _kind(graph: Graph, resource: Resource, source: object) -> str:
    if isinstance(source, str) and source.startswith("arn:"):
        return _KINDS.get(source.split(":")[2], "")
    if resource.inputs.get("selfManagedEventSource") is not None or resource.inputs.get("topics"):
        return "kafka"
    if source is UNKNOWN:
        # The ARN is not known, but where it comes from may be.
        types = {graph.resources[urn].type for urn in resource.property_dependencies.get("eventSourceArn", ())
                 if urn in graph.resources}  # fmt: skip
        kinds = {_KINDS.get({"msk": "kafka"}.get(_service(token), _service(token)), "") for token in types}
        return kinds.pop() if len(kinds) == 1 else ""
    return ""


def _service(type_token: str) -> str:
    return type_token.split(":")[1].split("/")[0] if type_token.count(":") == 2 else ""
