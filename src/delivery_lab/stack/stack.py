"""The stack: everything that a graph deploys, typed, with look-ups by ARN, URL and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.program.graph import Graph
from delivery_lab.program.scalars import refuse_unreadable
from delivery_lab.stack.build import Builder
from delivery_lab.stack.functions import AsynchronousInvoker, Function
from delivery_lab.stack.invokers import asynchronous_invokers
from delivery_lab.stack.mappings import EventSourceMapping, SqsMapping
from delivery_lab.stack.names import FunctionNames
from delivery_lab.stack.pipes import Pipe, SourceOfPipe
from delivery_lab.stack.queues import AllowPolicy, Queue, allow_policies
from delivery_lab.stack.resource import OtherResource, StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.streams import Table
from delivery_lab.stack.support import Support, refused_inputs

R = TypeVar("R", bound=StackResource)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Stack:
    """What a program deploys. `Stack.of(graph)` makes one; each is itself only, so readers can keep what they found.

    Attributes:
        graph: the graph that it was read from.
        account_concurrency: concurrent executions of the account that it is deployed to.
        resources: everything that the stack creates, by URN, in creation order.
        queues: the SQS queues, in creation order.
        functions: the Lambda functions, in creation order.
        mappings: the event source mappings, in creation order.
        tables: the DynamoDB tables, in creation order.
        invokers: what invokes functions asynchronously.
        allow_policies: redrive allow policies, of queues and of RedriveAllowPolicy resources.
    """

    graph: Graph = field(repr=False)
    account_concurrency: int
    resources: Mapping[str, StackResource]
    queues: tuple[Queue, ...]
    functions: tuple[Function, ...]
    mappings: tuple[EventSourceMapping, ...]
    tables: tuple[Table, ...]
    invokers: tuple[AsynchronousInvoker, ...]
    allow_policies: tuple[AllowPolicy, ...]
    _names: FunctionNames = field(repr=False)
    _by_arn: Mapping[str, StackResource] = field(repr=False)
    _queues_by_url: Mapping[str, Queue] = field(repr=False)
    _mappings_of: Mapping[str, tuple[EventSourceMapping, ...]] = field(repr=False)
    _mappings_from: Mapping[str, tuple[SqsMapping, ...]] = field(repr=False)

    @classmethod
    def of(cls, graph: Graph, account_concurrency: int | None = None) -> Stack:
        """Read a graph.

        Args:
            graph: what the program registered.
            account_concurrency: concurrent executions of the account that it is deployed to, if not AWS's default.
        """
        builder = Builder(graph)
        resources = {resource.urn: resource for resource in builder.resources()}
        queues = tuple(builder.queues.values())
        mappings = tuple(each for each in resources.values() if isinstance(each, EventSourceMapping))
        fed: dict[str, tuple[EventSourceMapping, ...]] = {}
        reading: dict[str, tuple[SqsMapping, ...]] = {}
        for mapping in mappings:
            if mapping.function is not None:
                fed[mapping.function.urn] = (*fed.get(mapping.function.urn, ()), mapping)
            if isinstance(mapping, SqsMapping) and mapping.queue is not None:
                reading[mapping.queue.urn] = (*reading.get(mapping.queue.urn, ()), mapping)
        return cls(
            graph=graph,
            account_concurrency=account_concurrency or ACCOUNT_CONCURRENCY,
            resources=resources,
            queues=queues,
            functions=tuple(builder.functions.values()),
            mappings=mappings,
            tables=tuple(each for each in resources.values() if isinstance(each, Table)),
            invokers=tuple(asynchronous_invokers(builder.all_inputs(), builder.names)),
            allow_policies=tuple(allow_policies(builder.inputs_of)),
            _names=builder.names,
            _by_arn=_named_by_arn(resources.values()),
            _queues_by_url={url: queue for queue in queues for url in (queue.url, queue.id) if url},
            _mappings_of=fed,
            _mappings_from=reading,
        )

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self.graph.stack

    @property
    def project(self) -> str:
        """Name of the Pulumi project."""
        return self.graph.project

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the stack, by full key."""
        return self.graph.config

    def all(self, kind: type[R]) -> Iterator[R]:
        """The resources of a class, in creation order."""
        return (resource for resource in self.resources.values() if isinstance(resource, kind))

    def at(self, arn: str | None) -> StackResource | None:
        """The resource of that ARN, None if it is none of the stack or the ARN is unknown."""
        return None if arn is None else self._by_arn.get(arn)

    def queue_at(self, arn: str | None) -> Queue | None:
        """The queue of that ARN, None if it is none of the stack or the ARN is unknown."""
        found = self.at(arn)
        return found if isinstance(found, Queue) else None

    def queue_of_url(self, url: str | None) -> Queue | None:
        """The queue of that URL, None if it is none of the stack or the URL is unknown."""
        return None if url is None else self._queues_by_url.get(url)

    def function_at(self, reference: object) -> Function | None:
        """The function that an ARN or a name means, with or without a version or alias; None if none of the stack."""
        return self._names.find(reference)

    def role_of(self, function: Function) -> Role | None:
        """The role of a function, None if it is none of the stack."""
        found = self.at(function.role_arn.known)
        return found if isinstance(found, Role) else None

    def mappings_of(self, function: Function) -> tuple[EventSourceMapping, ...]:
        """The mappings that feed a function."""
        return self._mappings_of.get(function.urn, ())

    def mappings_from(self, queue: Queue) -> tuple[SqsMapping, ...]:
        """The mappings that read a queue."""
        return self._mappings_from.get(queue.urn, ())

    def sqs_pairs(self) -> Iterator[tuple[SqsMapping, Queue, Function]]:
        """Each mapping of a queue of which both the queue and the function belong to the stack."""
        for mapping in self.mappings:
            if isinstance(mapping, SqsMapping) and mapping.queue is not None and mapping.function is not None:
                yield mapping, mapping.queue, mapping.function

    def polled_queues(self) -> tuple[Queue, ...]:
        """Each queue that a mapping or a pipe of the stack reads, once."""
        mapped = (mapping.queue for mapping in self.mappings if isinstance(mapping, SqsMapping))
        piped = (self.queue_at(pipe.source_arn.known) for pipe in self.all(Pipe) if not pipe.is_stopped)
        return tuple({queue.urn: queue for queue in (*mapped, *piped) if queue is not None}.values())

    def source_of(self, pipe: Pipe) -> SourceOfPipe | None:
        """What a pipe reads, None where it is not in the stack or no source of the model."""
        arn = pipe.source_arn.known or ""
        found = self.queue_at(arn) or self.at(arn.partition("/stream/")[0])
        return found if isinstance(found, SourceOfPipe) else None

    def refused_inputs(self, resource: StackResource, support: Support) -> Iterator[str]:
        """What a reader refuses of a resource, a line each: which value, and what is nearest.

        Args:
            resource: the resource.
            support: what the reader knows of its type.
        """
        return refused_inputs(self.graph.resources[resource.urn], support)

    def refuse_unreadable(self, resource: StackResource) -> None:
        """Refuse values that the provider could not read.

        Raises:
            ProgramError: a value is no number, or no switch, where the provider takes nothing else.
        """
        found = self.graph.resources[resource.urn]
        refuse_unreadable(found.type, found.name, found.inputs, found.secret_inputs)

    def has_same_inputs(self, resource: StackResource, before: Stack) -> bool:
        """Whether a resource was there before with the same inputs, so that an update leaves it alone."""
        there = before.graph.resources.get(resource.urn)
        return there is not None and there.inputs == self.graph.resources[resource.urn].inputs


def _named_by_arn(resources: Iterable[StackResource]) -> dict[str, StackResource]:
    """Resources by their ARNs. One such as a topic's policy has the ARN of what it is about, and stands behind that."""
    known_last = sorted(resources, key=lambda each: not isinstance(each, OtherResource))
    return {each.arn: each for each in known_last if each.arn is not None}
