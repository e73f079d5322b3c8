"""The event source mapping of a Kinesis stream or of a DynamoDB table's stream (semantics.md F)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.events import Journal
from delivery_lab.limits.limit import Choice
from delivery_lab.limits.mappings import (
    PARALLELIZATION_FACTOR,
    RECORD_AGE,
    RETRY_ATTEMPTS,
    STREAM_BATCH_SIZE,
    STREAM_POSITIONS,
    STREAM_WINDOW,
    TABLE_STREAM_POSITIONS,
    TUMBLING_WINDOW,
)
from delivery_lab.limits.streams import SHARED_READS_PER_SECOND, TABLE_STREAM_READERS
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.lateness import lateness
from delivery_lab.model.mapping.destinations import Destination
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.partition_reader import PartitionReader
from delivery_lab.model.mapping.partition_records import StreamFormat
from delivery_lab.model.mapping.partition_settings import (
    check_age,
    check_bounds,
    refused,
    starting_position,
)
from delivery_lab.model.mapping.partition_work import ReaderSettings, Services
from delivery_lab.model.mapping.recreation import Recreation
from delivery_lab.model.partition import StartingPosition
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.streams.throughput import ReadThroughput
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, RetriedRecords

KINESIS_POLL_SECONDS = 1.0
PUSH_SECONDS = 0.07
DYNAMODB_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class StreamMappingConfig:
    """Settings of a mapping. Defaults are those of AWS.

    Attributes:
        name: name of the mapping, for the journal.
        function: name of the function.
        consumer_arn: ARN of the enhanced fan-out consumer that it reads as, None for a standard one.
        starting_position: where it begins to read; required.
        starting_position_instant: instant of `AT_TIMESTAMP`, in microseconds.
        batch_size: 1 to 10,000.
        window_seconds: `MaximumBatchingWindowInSeconds`, 0 to 300.
        parallelization_factor: 1 to 10.
        maximum_retry_attempts: -1 (endless) to 10,000.
        maximum_record_age_seconds: -1 (endless), or 60 to 604,800.
        bisect: `BisectBatchOnFunctionError`.
        report_batch_item_failures: whether the response is looked at.
        tumbling_window_seconds: 0 (none) to 900.
        patterns: event filter patterns.
        enabled: whether it polls at all.
        retried: which records are tried again after a partial failure: from the lowest on, or of a pipe those that are
            named (PIPE-REPORT-2).
    """

    name: str
    function: str
    consumer_arn: str | None = None
    starting_position: str | None = None
    starting_position_instant: int | None = None
    batch_size: int = STREAM_BATCH_SIZE.default
    window_seconds: int = STREAM_WINDOW.default
    parallelization_factor: int = PARALLELIZATION_FACTOR.default
    maximum_retry_attempts: int = RETRY_ATTEMPTS.default
    maximum_record_age_seconds: int = RECORD_AGE.default
    bisect: bool = False
    report_batch_item_failures: bool = False
    tumbling_window_seconds: int = TUMBLING_WINDOW.default
    patterns: tuple[Pattern, ...] = ()
    enabled: bool = True
    retried: RetriedRecords = RetriedRecords.FROM_LOWEST

    def check(self, source: KinesisStream | TableStream, now: int = 0) -> StartingPosition:
        """Refuse what `CreateEventSourceMapping` refuses.

        Args:
            source: the stream.
            now: this instant.

        Returns:
            The starting position.

        Raises:
            DeploymentRefusedError: with AWS's code.
        """
        positions = STREAM_POSITIONS if isinstance(source, KinesisStream) else TABLE_STREAM_POSITIONS
        return self.check_settings(source.arn, positions, now)

    def check_settings(self, source_arn: str, positions: Choice, now: int = 0) -> StartingPosition:
        """Like `check`, of a stream that is known by its ARN and its starting positions."""
        check_bounds(
            self.name,
            [
                ("batchSize", self.batch_size, STREAM_BATCH_SIZE),
                ("maximumBatchingWindowInSeconds", self.window_seconds, STREAM_WINDOW),
                ("parallelizationFactor", self.parallelization_factor, PARALLELIZATION_FACTOR),
                ("maximumRetryAttempts", self.maximum_retry_attempts, RETRY_ATTEMPTS),
                ("tumblingWindowInSeconds", self.tumbling_window_seconds, TUMBLING_WINDOW),
            ],
            "STR-BATCH-1",
        )
        check_age(self.name, self.maximum_record_age_seconds, "STR-AGE-2")
        if self.tumbling_window_seconds and self.parallelization_factor > 1:
            message = "TumblingWindowInSeconds goes with a ParallelizationFactor of 1 in this model"
            raise refused(self.name, message, "STR-WINDOW-3", "set parallelizationFactor to 1")
        allowed = [StartingPosition(position) for position in positions.values]
        instant = self.starting_position_instant
        return starting_position(self.name, self.starting_position, instant, allowed, "STR-START-1", source_arn, now)


class StreamConsumer:
    """Reads the shards of a stream.

    Args:
        config: the mapping's settings.
        source: the stream.
        functions: the Lambda service, or a pipe in its place.
        destination: takes what is discarded, or None.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
        assumptions: values for what AWS does not say.

    Raises:
        DeploymentRefusedError: AWS would refuse it.
    """

    def __init__(
        self,
        config: StreamMappingConfig,
        source: KinesisStream | TableStream,
        functions: Invoker,
        destination: Destination | None,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        self.config = config
        self.source = source
        self.functions = functions
        self.destination = destination
        self._position = config.check(source, scheduler.now)
        self._journal = journal
        kinesis = isinstance(source, KinesisStream)
        fan_out = config.consumer_arn is not None
        if config.enabled and not fan_out:
            source.standard_mappings += 1
        self._poll_rule: RuleId = "KIN-FAN-2" if fan_out else "STR-POLL-1" if kinesis else "STR-POLL-2"
        source_arn = config.consumer_arn or source.arn
        self.settings = settings = ReaderSettings(
            mapping=config.name,
            function=config.function,
            function_arn=functions.configuration(config.function).arn,
            source_arn=source_arn,
            batch_size=config.batch_size,
            window_seconds=config.window_seconds,
            parallelization_factor=config.parallelization_factor,
            maximum_retry_attempts=config.maximum_retry_attempts,
            maximum_record_age_seconds=config.maximum_record_age_seconds,
            bisect=config.bisect,
            report=config.report_batch_item_failures,
            tumbling_window_seconds=config.tumbling_window_seconds,
            poll_seconds=0 if fan_out else KINESIS_POLL_SECONDS if kinesis else DYNAMODB_POLL_SECONDS,
            push_seconds=PUSH_SECONDS if fan_out else 0,
            patterns=config.patterns,
            retry_count=assumptions.retry_count,
            retried=config.retried,
            named_rule="PIPE-REPORT-2",
            unnamed_response=assumptions.unnamed_record_response,
            grace_seconds=assumptions.window_grace_seconds,
            read_service="" if fan_out else "kinesis" if kinesis else "dynamodbstreams",
        )
        info = "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo"
        form = StreamFormat(source.arn, info, source_arn, functions.configuration(config.function).role_arn)
        self.readers: list[PartitionReader] = []
        self.recreation = None
        if not config.tumbling_window_seconds:
            self.recreation = Recreation(
                config.name, config.function, self._position, self._begin_anew, scheduler, journal
            )
        for number, shard in enumerate(source.shards):
            services = Services(
                functions,
                scheduler,
                journal,
                streams.stream("stream retry", config.name, shard.name),
                form,
                destination,
                throughput=_throughput(source, number, scheduler, fan_out=fan_out),
                late=lateness("poll", f"{config.name} {shard.name}", assumptions.poll_seconds, streams),
                recreation=self.recreation,
            )
            # Shards are polled at the same rate, not in step.
            phase = seconds(streams.stream("stream poll", config.name, shard.name).random() * settings.poll_seconds)
            self.readers.append(PartitionReader(shard, settings, services, phase))

    def start(self) -> None:
        """Begin to poll."""
        self._journal.rely_on("STR-START-3", self._poll_rule, "STR-ERROR-2")
        if self.config.consumer_arn is not None:
            self._journal.rely_on("KIN-FAN-1", "KIN-FAN-3")
        if isinstance(self.source, TableStream) and self.source.standard_mappings > TABLE_STREAM_READERS:
            self._journal.rely_on("DDS-READ-1")
        if self.config.window_seconds:
            self._journal.rely_on("STR-BATCH-2", "STR-BATCH-3")
        if self.config.parallelization_factor > 1:
            self._journal.rely_on("STR-PARALLEL-1")
        if self.config.enabled:
            since = self.config.starting_position_instant or 0
            for reader in self.readers:
                reader.start(self._position, since=since, skip_rule="STR-START-2", poll_seconds=self._poll_seconds())

    def _begin_anew(self) -> None:
        for reader in self.readers:
            reader.begin_anew(self._position, since=self.config.starting_position_instant or 0)

    def _poll_seconds(self) -> float:
        """The reads of a shard are shared: of more than five mappings each polls less often (KIN-READ-2)."""
        least = self.settings.poll_seconds
        if not isinstance(self.source, KinesisStream) or self.config.consumer_arn is not None:
            return least
        shared = self.source.standard_mappings / SHARED_READS_PER_SECOND
        if shared > least:
            self._journal.rely_on("KIN-READ-2")
        return max(least, shared)


def _throughput(
    source: KinesisStream | TableStream, shard: int, scheduler: Scheduler, *, fan_out: bool
) -> ReadThroughput | None:
    """What a mapping may read of a shard: its own where it is a fan-out consumer, else what all others share."""
    if not isinstance(source, KinesisStream):
        return None
    return ReadThroughput(scheduler) if fan_out else source.shared_reads[shard]
