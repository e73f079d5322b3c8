"""The event source mapping of a Kafka topic (semantics.md G)."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from delivery_lab.events import Journal, PollersChanged
from delivery_lab.limits.across import allows_pollers
from delivery_lab.limits.mappings import (
    CONSUMER_GROUP_ID,
    ENDLESS,
    KAFKA_BATCH_SIZE,
    KAFKA_DEFAULT_WINDOW_SECONDS,
    KAFKA_FUNCTION_TIMEOUT,
    KAFKA_MAXIMUM_POLLERS,
    KAFKA_MINIMUM_POLLERS,
    KAFKA_POSITIONS,
    KAFKA_RETRIES_WITH_DESTINATION,
    KAFKA_WINDOW,
    RETRY_ATTEMPTS,
)
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.kafka.cluster import KafkaCluster, KafkaTopic
from delivery_lab.model.mapping.destinations import Destination, TopicDestination
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.partition_reader import PartitionReader
from delivery_lab.model.mapping.partition_records import KafkaFormat
from delivery_lab.model.mapping.partition_settings import (
    check_age,
    check_bounds,
    refused,
    starting_position,
)
from delivery_lab.model.mapping.partition_work import ReaderSettings, Services
from delivery_lab.model.mapping.recreation import Recreation
from delivery_lab.model.partition import Partition, StartingPosition
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

START_DELAY_SECONDS = 180
SCALING_TICK_SECONDS = 60
INVOKES_PER_POLLER = 5


@dataclass(frozen=True, slots=True)
class KafkaProvisionedMode:
    """`ProvisionedPollerConfig`: 1 to 200 and 1 to 2,000."""

    minimum: int = KAFKA_MINIMUM_POLLERS.default
    maximum: int = KAFKA_MAXIMUM_POLLERS.default


@dataclass(frozen=True, slots=True)
class KafkaMappingConfig:
    """Settings of a mapping. Defaults are those of AWS.

    Attributes:
        name: name of the mapping, for the journal.
        function: name of the function.
        topic: name of the topic.
        starting_position: where it begins to read if its group has committed nothing; required.
        starting_position_instant: instant of `AT_TIMESTAMP`, in microseconds.
        consumer_group: its group, or None for one of its own.
        batch_size: 1 to 10,000.
        window_seconds: `MaximumBatchingWindowInSeconds`, 0 to 300, or None for AWS's 0.5 s.
        provisioned: `ProvisionedPollerConfig`, or None for on-demand mode.
        maximum_retry_attempts: -1 (endless) to 10,000; None: not set.
        maximum_record_age_seconds: -1 (endless), or 60 to 604,800; None: not set.
        bisect: `BisectBatchOnFunctionError`.
        report_batch_item_failures: whether the response is looked at.
        patterns: event filter patterns.
        enabled: whether it polls at all.
    """

    name: str
    function: str
    topic: str
    starting_position: str | None = None
    starting_position_instant: int | None = None
    consumer_group: str | None = None
    batch_size: int = KAFKA_BATCH_SIZE.default
    window_seconds: int | None = None
    provisioned: KafkaProvisionedMode | None = None
    maximum_retry_attempts: int | None = None
    maximum_record_age_seconds: int | None = None
    bisect: bool = False
    report_batch_item_failures: bool = False
    patterns: tuple[Pattern, ...] = ()
    enabled: bool = True

    def check(self, source: str, function_timeout_seconds: int, now: int = 0) -> StartingPosition:
        """Refuse what `CreateEventSourceMapping` refuses.

        Args:
            source: what the source is called in messages.
            function_timeout_seconds: the function's timeout.
            now: this instant.

        Returns:
            The starting position.

        Raises:
            DeploymentRefusedError: with AWS's code.
        """
        pollers = self.provisioned or KafkaProvisionedMode()
        check_bounds(
            self.name,
            [
                ("batchSize", self.batch_size, KAFKA_BATCH_SIZE),
                ("maximumBatchingWindowInSeconds", self.window_seconds, KAFKA_WINDOW),
                ("maximumRetryAttempts", self.maximum_retry_attempts, RETRY_ATTEMPTS),
                ("provisionedPollerConfig.minimumPollers", pollers.minimum, KAFKA_MINIMUM_POLLERS),
                ("provisionedPollerConfig.maximumPollers", pollers.maximum, KAFKA_MAXIMUM_POLLERS),
            ],
            "KAF-BATCH-1",
        )
        if not allows_pollers(pollers.minimum, pollers.maximum):
            message = f"minimumPollers ({pollers.minimum}) must not be above maximumPollers ({pollers.maximum})"
            raise refused(self.name, message, "KAF-BATCH-1", "raise maximumPollers, or lower minimumPollers")
        if self.consumer_group is not None and not CONSUMER_GROUP_ID.allows(len(self.consumer_group)):
            message = f"consumerGroupId has {len(self.consumer_group)} characters: {CONSUMER_GROUP_ID.range}"
            raise refused(self.name, message, "KAF-GROUP-1", "shorten consumerGroupId")
        if self.maximum_record_age_seconds is not None:
            check_age(self.name, self.maximum_record_age_seconds, "STR-AGE-2")
        if function_timeout_seconds > KAFKA_FUNCTION_TIMEOUT.maximum:
            message = (
                f"Function timeout: {function_timeout_seconds} seconds is more than the "
                f"{KAFKA_FUNCTION_TIMEOUT.maximum} seconds (14 minutes) that a Kafka event source supports"
            )
            fix = f"set the function's timeout to at most {KAFKA_FUNCTION_TIMEOUT.maximum} s"
            raise refused(self.name, message, "KAF-TIME-1", fix)
        self._check_mode()
        instant = self.starting_position_instant
        allowed = [StartingPosition(position) for position in KAFKA_POSITIONS.values]
        return starting_position(self.name, self.starting_position, instant, allowed, "KAF-START-1", source, now)

    def _check_mode(self) -> None:
        """Retry controls need provisioned mode (KAF-RETRY-1)."""
        chosen = {
            "maximumRetryAttempts": self.maximum_retry_attempts not in (None, ENDLESS),
            "maximumRecordAgeInSeconds": self.maximum_record_age_seconds not in (None, ENDLESS),
            "bisectBatchOnFunctionError": self.bisect,
            "functionResponseTypes": self.report_batch_item_failures,
        }
        wanted = [setting for setting, is_set in chosen.items() if is_set]
        if wanted and self.provisioned is None:
            message = f"{wanted[0]} is supported for Kafka event sources in provisioned mode only"
            fix = f"set provisionedPollerConfig, or leave {wanted[0]} out"
            raise refused(self.name, message, "KAF-RETRY-1", fix)


class TopicConsumer:
    """Reads the partitions of a topic.

    Args:
        config: the mapping's settings.
        cluster: the cluster.
        topic: the topic.
        functions: the Lambda service.
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
        config: KafkaMappingConfig,
        cluster: KafkaCluster,
        topic: KafkaTopic,
        functions: Invoker,
        destination: Destination | None,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        self.config = config
        self.cluster = cluster
        self.source = topic
        self.destination = destination
        function = functions.configuration(config.function)
        source = cluster.arn or cluster.bootstrap_servers
        self._position = config.check(source, function.timeout_seconds, scheduler.now)
        if isinstance(destination, TopicDestination):
            self._check_topic(destination, topic)
        self._scheduler = scheduler
        self._journal = journal
        # AWS names the group after the mapping's UUID (KAF-GROUP-1).
        self.group = config.consumer_group or str(uuid.UUID(int=streams.stream("group", config.name).getrandbits(128)))
        self._pollers = KafkaPollerGate(config, topic, scheduler, journal)
        retries, retry_rule = self._retries()
        self.settings = settings = ReaderSettings(
            mapping=config.name,
            function=config.function,
            function_arn=function.arn,
            source_arn=source,
            batch_size=config.batch_size,
            window_seconds=KAFKA_DEFAULT_WINDOW_SECONDS if config.window_seconds is None else config.window_seconds,
            parallelization_factor=1,
            maximum_retry_attempts=retries,
            maximum_record_age_seconds=(
                ENDLESS if config.maximum_record_age_seconds is None else config.maximum_record_age_seconds
            ),
            bisect=config.bisect,
            report=config.report_batch_item_failures,
            tumbling_window_seconds=0,
            poll_seconds=0,
            patterns=config.patterns,
            retry_count=assumptions.retry_count,
            unnamed_response=assumptions.unnamed_record_response,
            discard_rule=retry_rule,
            opens_after_batch=config.provisioned is not None,
            report_rule="KAF-REPORT-1",
            retried=assumptions.kafka_retried,
        )
        self.recreation = None
        # A group of its own ends with the mapping; one that it was given has what it committed (KAF-GROUP-2).
        if config.consumer_group is None:
            self.recreation = Recreation(
                config.name, config.function, self._position, self._begin_anew, scheduler, journal
            )
        self.readers = [
            PartitionReader(
                partition,
                settings,
                Services(
                    functions,
                    scheduler,
                    journal,
                    streams.stream("stream retry", config.name, partition.name),
                    KafkaFormat(cluster.arn, cluster.bootstrap_servers),
                    destination,
                    self._pollers,
                    committed=self._commit,
                    recreation=self.recreation,
                ),
                seconds(START_DELAY_SECONDS),
            )
            for partition in topic.partitions
        ]

    def _check_topic(self, destination: TopicDestination, source: KafkaTopic) -> None:
        """A topic takes failures of another topic only, and in provisioned mode only (KAF-DEST-1)."""
        if destination.topic is source:
            message = f"The on-failure topic {source.name} is the source topic"
            raise refused(self.config.name, message, "KAF-DEST-1", "name another topic of the cluster")
        if self.config.provisioned is None:
            message = f"The on-failure topic {destination.topic.name} needs provisioned mode"
            raise refused(self.config.name, message, "KAF-DEST-1", "set provisionedPollerConfig, or name a queue")

    def _retries(self) -> tuple[int, RuleId]:
        """Endless retries end after 10 where there is a destination (KAF-RETRY-2)."""
        configured = self.config.maximum_retry_attempts
        if configured is None or configured == ENDLESS:
            if self.destination is not None:
                return KAFKA_RETRIES_WITH_DESTINATION, "KAF-RETRY-2"
            return ENDLESS, "STR-RETRY-1"
        return configured, "STR-RETRY-1"

    def _commit(self, partition: Partition, number: int) -> None:
        self.cluster.commit(self.group, partition.name, number)

    def start(self) -> None:
        """Begin to poll, some minutes after the creation (KAF-START-2)."""
        self._journal.rely_on("KAF-START-2", "KAF-BATCH-2", "KAF-POLL-1", "STR-ERROR-2")
        if self.settings.window_seconds:
            self._journal.rely_on("STR-BATCH-2", "STR-BATCH-3", "KAF-BATCH-3")
        if self.config.enabled:
            self._scheduler.at(seconds(START_DELAY_SECONDS), self._begin)

    def _begin(self) -> None:
        since = self.config.starting_position_instant or 0
        committed = self.cluster.committed.get(self.group, {})
        for reader in self.readers:
            position = self._position
            if reader.partition.name in committed:
                # A group that is known goes on where it was, whatever the starting position says (KAF-GROUP-2).
                self._journal.rely_on("KAF-GROUP-2")
                reader.cursor.skip_to(committed[reader.partition.name])
                position = StartingPosition.TRIM_HORIZON
            reader.start(position, since=since, skip_rule="KAF-START-3")

    def _begin_anew(self) -> None:
        """A new mapping has pollers of its own, as many as one begins with."""
        if self._position is not StartingPosition.LATEST:
            self._pollers.renew()
        for reader in self.readers:
            reader.begin_anew(self._position, since=self.config.starting_position_instant or 0)


class KafkaPollerGate:
    """How many batches a Kafka mapping works on at once (KAF-SCALE-1, KAF-SCALE-2); a `Gate` for its readers.

    Args:
        config: the mapping's settings.
        topic: the topic.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(self, config: KafkaMappingConfig, topic: KafkaTopic, scheduler: Scheduler, journal: Journal) -> None:
        self._mapping = config.name
        self._topic = topic
        self._scheduler = scheduler
        self._journal = journal
        partitions = len(topic.partitions)
        provisioned = config.provisioned
        self.count = self._least = min(provisioned.minimum if provisioned else 1, partitions)
        self.maximum = min(provisioned.maximum if provisioned else partitions, partitions)
        self._rule: RuleId = "KAF-SCALE-2" if provisioned else "KAF-SCALE-1"
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._tick: Timer | None = None

    def renew(self) -> None:
        """The mapping was created again: its pollers are others, and nothing of the former one waits for them."""
        self.count, self._busy = self._least, 0
        self._waiting.clear()

    def enter(self, go: Callable[[], None]) -> bool:
        """See `delivery_lab.model.mapping.partition_work.Gate`."""
        if self._busy < self.count * INVOKES_PER_POLLER:
            self._busy += 1
            return True
        self._journal.rely_on("KAF-SCALE-3")
        self._waiting.append(go)
        if self._tick is None and self.count < self.maximum:
            self._tick = self._scheduler.after(seconds(SCALING_TICK_SECONDS), self._grow, background=True)
        return False

    def leave(self) -> None:
        """See `delivery_lab.model.mapping.partition_work.Gate`."""
        self._busy -= 1
        self._let_in()

    @property
    def is_open(self) -> bool:
        """See `delivery_lab.model.mapping.partition_work.Gate`."""
        return not self._waiting and self._busy < self.count * INVOKES_PER_POLLER

    def _grow(self) -> None:
        """While partitions wait for a poller there is one more every minute."""
        self._tick = None
        if not self._waiting:
            return
        self.count += 1
        self._journal.append(PollersChanged(self._scheduler.now, self._rule, self._mapping, self.count))
        self._let_in()
        if self._waiting and self.count < self.maximum:
            self._tick = self._scheduler.after(seconds(SCALING_TICK_SECONDS), self._grow, background=True)

    def _let_in(self) -> None:
        # Each takes its place a moment later, at this instant, so that the one that leaves finishes its own work first.
        while self._waiting and self._busy < self.count * INVOKES_PER_POLLER:
            self._scheduler.after(0, self._waiting.popleft())
            break
