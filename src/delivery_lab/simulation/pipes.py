"""From pipes of a stack to the model: a poller of the source, and what it hands its batches to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.limits.pipes import TARGET_BATCH
from delivery_lab.model.account import Account
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.feeds.targets import Parcel
from delivery_lab.model.mapping.destinations import Destination, QueueDestination
from delivery_lab.model.mapping.filters import parse_patterns
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.pipes.records import PipedRecord
from delivery_lab.model.pipes.stage import (
    BusParcels,
    FunctionStage,
    PipeConfig,
    RefusedStage,
    TargetStage,
    plain_parcel,
    queue_parcel,
    stream_parcel,
)
from delivery_lab.model.pipes.templates import PipeTemplate
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.rules.assumptions import RetriedRecords
from delivery_lab.simulation.buses import Receiver, place_of
from delivery_lab.simulation.permits import role_permit
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.record_mappings import instant_of
from delivery_lab.simulation.supported_feeds import feed_problem
from delivery_lab.simulation.targets import Targets
from delivery_lab.stack.events import Bus
from delivery_lab.stack.functions import Function
from delivery_lab.stack.pipes import BISECT, PUTS_RECORDS, Pipe, SourceOfPipe, forbidden_reading
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Cluster, Stream
from delivery_lab.stack.topics import Topic

SERVICE = "pipes.amazonaws.com"
_TARGET_SECONDS = 30
"""A queue or stream answers at once; a batch whose target is down is tried for as long as this much time is left."""


_KINDS: Mapping[str, type[Receiver]] = {"queue": Queue, "topic": Topic, "bus": Bus, "stream": Stream}
MakesParcels = Callable[[PipedRecord, str], Parcel]


def _most_at_once(receiver: object) -> int | None:
    """How many records of a batch a receiver takes; None for one that takes any number."""
    return next((TARGET_BATCH[kind] for kind, of in _KINDS.items() if isinstance(receiver, of)), None)


def connect_pipes(stack: Stack, account: Account, sources: PolledSources, notes: list[str]) -> None:
    """Create the pipes of a stack; what they read and what they hand on to exists by now.

    Args:
        stack: the stack.
        account: the account of the run.
        sources: streams and streams of tables.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: EventBridge would refuse a pipe.
    """
    for resource in stack.all(Pipe):
        _Plumber(stack, account, sources, notes, resource).connect()


@dataclass(frozen=True, slots=True)
class _Plumber:
    stack: Stack
    account: Account
    sources: PolledSources
    notes: list[str]
    pipe: Pipe

    def connect(self) -> None:
        pipe = self.pipe
        if pipe.is_stopped:
            self.notes.append(f"{pipe.name} is stopped: it reads nothing")
            return
        cluster = self.stack.at(pipe.source_arn.known)
        if isinstance(cluster, Cluster):
            self._refuse_topic(cluster)
            return
        source = self._source()
        if source is None:
            what = pipe.source_arn.known or "a source that is known only after deployment"
            self.notes.append(f"{pipe.name} reads {what}, which is not in this stack: nothing arrives there in a run")
            return
        receiver = self.stack.function_at(pipe.target_arn.known) or self.stack.at(pipe.target_arn.known)
        problem = self._problem(receiver)
        if problem:
            account = self.account
            services = (account.functions, account.scheduler, account.journal)
            refused = RefusedStage(self._config(None, _TARGET_SECONDS), *services, why=problem)
            self._poll(source, refused, pipe.label, known=False)
            return
        assert isinstance(receiver, Receiver)
        self._check_role(source)
        self._check_batch(receiver)
        stage = self._stage(receiver)
        function = receiver.label if isinstance(receiver, Function) else pipe.label
        self._poll(source, stage, function, known=True)
        self.account.pipes.add(pipe.label)
        self.account.journal.rely_on("PIPE-POLL-1", "PIPE-RETRY-2", "SIM-ONCE-2")

    # -- what it reads ------------------------------------------------------------------------------------

    def _source(self) -> SourceOfPipe | None:
        arn = self.pipe.source_arn.known
        if arn is None:
            return None
        source, found = self.stack.source_of(self.pipe), self.stack.at(arn)
        if source is not None or found is None:
            return source
        raise NotModelledError(
            f"{self.pipe.name} reads {found.name} ({found.type})\n"
            "  nearest: an SQS queue, a Kinesis stream or the stream of a table"
        )

    def _refuse_topic(self, cluster: Cluster) -> None:
        """Pipes from Kafka are not modelled: a record that arrives where one reads ends the run."""
        pipe = self.pipe
        topic = pipe.topic.known or ""
        nearest = "an event source mapping of the topic, or a pipe from an SQS queue, a Kinesis stream or a table"
        self.account.clusters[cluster.label].refusals[topic] = (
            f"a record arrives at {topic or 'a topic'} of {cluster.name}, which {pipe.name} reads; pipes from Kafka "
            f"are not modelled\n  nearest: {nearest}"
        )
        self.notes.append(f"{pipe.name} reads {cluster.name}: a run in which a record arrives there is refused")

    def _poll(self, source: SourceOfPipe, stage: Invoker, function: str, *, known: bool) -> None:
        if isinstance(source, Queue):
            self._poll_queue(source, stage, function, known=known)
        else:
            self._poll_stream(self.sources.stream_of(source), stage, function, known=known)

    def _poll_queue(self, source: Queue, stage: Invoker, function: str, *, known: bool) -> None:
        pipe, account = self.pipe, self.account
        config = SqsMappingConfig(pipe.label, function, report_batch_item_failures=True)
        if known:
            config = replace(
                config,
                batch_size=pipe.batch_size.certain(),
                window_seconds=pipe.window_seconds.certain(),
                patterns=parse_patterns(pipe.filters.certain()),
            )
        queue = account.queues[source.label]
        config.check(queue, None)
        others = [other for other in account.mappings.values() if other.queue is queue]
        consumer = QueueConsumer(
            config,
            queue,
            account.sqs,
            stage,
            scheduler=account.scheduler,
            streams=account.streams,
            journal=account.journal,
            assumptions=account.assumptions,
        )
        consumer.filter.compete_with([other.filter for other in others])
        account.mappings[pipe.label] = consumer

    def _poll_stream(self, source: KinesisStream | TableStream, stage: Invoker, function: str, *, known: bool) -> None:
        pipe, account = self.pipe, self.account
        config = StreamMappingConfig(
            pipe.label, function, starting_position="TRIM_HORIZON", report_batch_item_failures=True
        )
        if known:
            bisect = pipe.on_partial_failure.certain() == BISECT
            config = replace(
                config,
                starting_position=pipe.starting_position.certain(),
                starting_position_instant=instant_of(pipe.label, pipe.starting_position_timestamp.certain()),
                batch_size=self._batch_of_stream(),
                window_seconds=pipe.window_seconds.certain(),
                parallelization_factor=pipe.parallelization_factor.certain(),
                maximum_retry_attempts=pipe.maximum_retry_attempts.certain(),
                maximum_record_age_seconds=pipe.maximum_record_age_seconds.certain(),
                bisect=bisect,
                retried=RetriedRecords.FROM_LOWEST if bisect else RetriedRecords.NAMED,
                patterns=parse_patterns(pipe.filters.certain()),
            )
        account.record_mappings[pipe.label] = StreamConsumer(
            config,
            source,
            stage,
            self._dead_letters() if known else None,
            scheduler=account.scheduler,
            streams=account.streams,
            journal=account.journal,
            assumptions=account.assumptions,
        )

    def _batch_of_stream(self) -> int:
        """How many records of a stream are in a batch at most."""
        if self.pipe.batch_size.given:
            return self.pipe.batch_size.certain()
        self.account.journal.rely_on("PIPE-BATCH-2")
        assumed = self.account.assumptions.pipe_stream_batch
        most = _most_at_once(self.stack.at(self.pipe.target_arn.known))
        return assumed if most is None else min(assumed, most)

    def _dead_letters(self) -> Destination | None:
        arn = self.pipe.dead_letter_arn.certain()
        if arn is None:
            return None
        queue = self.stack.queue_at(arn)
        if queue is None or queue.fifo.certain():
            raise NotModelledError(
                f"{self.pipe.name} dead-letters to {arn}, which is no standard queue of this stack\n"
                "  nearest: a standard queue of the same stack"
            )
        self.account.journal.rely_on("PIPE-DLQ-1")
        return QueueDestination(self.account.queues[queue.label])

    # -- whom it hands on to ------------------------------------------------------------------------------

    def _problem(self, receiver: object) -> str:
        """Why a record that reaches the pipe ends the run; "" if it does not."""
        pipe = self.pipe
        problem = feed_problem(self.stack, pipe)
        if problem:
            return problem
        unknown = ", ".join(pipe.unknown)
        if unknown:
            known = "values that the program knows"
            return f"a record reaches {pipe.name}, and its {unknown} is known only after deployment\n  nearest: {known}"
        if not isinstance(receiver, Receiver):
            where = pipe.target_arn.known or "somebody who is known only after deployment"
            return (
                f"a record reaches {pipe.name}, which hands it on to {where}, outside this stack\n"
                "  nearest: a queue, topic, function, stream or bus of this stack"
            )
        if isinstance(receiver, Function) and pipe.invocation.certain() == "FIRE_AND_FORGET":
            return f"a record reaches {pipe.name}, which does not wait for {receiver.name}\n  nearest: REQUEST_RESPONSE"
        return ""

    def _check_role(self, source: SourceOfPipe) -> None:
        """Refuse a pipe whose role surely does not let it read (PIPE-ROLE-2)."""
        role = self.stack.at(self.pipe.role_arn.known)
        arn = self.pipe.source_arn.certain()
        if isinstance(role, Role) and (missing := forbidden_reading(role, source, arn)):
            actions = ", ".join(missing)
            message = f"Pipes does not have required permissions to read {source.name} ({actions})"
            fix = f"allow {actions} in {role.name}"
            raise DeploymentRefusedError(self.pipe.name, "CREATE_FAILED", message, rule="PIPE-ROLE-2", fix=fix)

    def _check_batch(self, receiver: Receiver) -> None:
        limit = _most_at_once(receiver)
        if limit is not None and self.pipe.batch_size.certain() > limit:
            size = self.pipe.batch_size
            error = errors.PIPE_BATCH.error(limit=limit)
            fix = f"set {size.origin.input} of {self.pipe.name} to {limit} or less"
            raise DeploymentRefusedError(self.pipe.name, error.code, error.message, rule="PIPE-BATCH-1", fix=fix)

    def _stage(self, receiver: Receiver) -> Invoker:
        pipe, account = self.pipe, self.account
        template = None if pipe.template.certain() is None else self._template()
        if isinstance(receiver, Function):
            timeout = account.functions.configuration(receiver.label).timeout_seconds
            config = self._config(template, timeout)
            permit = role_permit(self.stack, pipe.role_arn, pipe.name, "lambda:InvokeFunction", receiver, "PIPE-ROLE-1")
            services = (account.functions, account.scheduler, account.journal)
            return FunctionStage(config, *services, function=receiver.label, permit=permit)
        targets = Targets(self.stack, account, SERVICE, "PIPE-ROLE-1", puts_records=PUTS_RECORDS)
        target = targets.by_role(receiver, pipe.label, pipe.name, pipe.role_arn)
        config = self._config(template, _TARGET_SECONDS)
        services = (account.functions, account.scheduler, account.journal)
        return TargetStage(config, *services, target=target, parcel=self._parcels(receiver))

    def _parcels(self, receiver: Receiver) -> MakesParcels:
        pipe, account = self.pipe, self.account
        match receiver:
            case Queue():
                return queue_parcel(pipe.group.certain() or "", pipe.deduplication.certain() or "")
            case Stream():
                return stream_parcel(pipe.partition_key.certain() or "")
            case Bus():
                source = pipe.source.certain() or f"Pipe {pipe.physical_name or pipe.name}"
                kind = pipe.detail_type.certain() or ""
                if None in (pipe.source.certain(), pipe.detail_type.certain()):
                    account.journal.rely_on("PIPE-BUS-1")
                place = place_of(self.stack)
                return BusParcels(source, kind, place, account.scheduler, account.streams, pipe.label)
        return plain_parcel

    def _template(self) -> PipeTemplate:
        pipe = self.pipe
        constants = {
            "aws.pipes.pipe-arn": pipe.arn or "",
            "aws.pipes.pipe-name": pipe.physical_name or pipe.name,
            "aws.pipes.source-arn": pipe.source_arn.certain(),
            "aws.pipes.target-arn": pipe.target_arn.certain(),
        }
        return PipeTemplate(pipe.template.certain() or "", constants)

    def _config(self, template: PipeTemplate | None, timeout_seconds: int) -> PipeConfig:
        pipe = self.pipe
        ordered = not isinstance(self._source(), Queue)
        return PipeConfig(pipe.label, pipe.arn or "", pipe.role_arn.known or "", ordered, template, timeout_seconds)
