"""What is peculiar to mappings of Kafka: 14 minutes, provisioned mode, and endless retries that end after ten."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.advice import ADVISED_RETRIES
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.kafka_modes import ends_after_ten_retries, one_poller
from delivery_lab.limits.mappings import ENDLESS, KAFKA_FUNCTION_TIMEOUT, KAFKA_RETRIES_WITH_DESTINATION, REPORT
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.mappings import KafkaMapping
from delivery_lab.stack.stack import Stack

_MINUTES = KAFKA_FUNCTION_TIMEOUT.maximum // 60


class LongKafkaTimeout(Check):
    id = "CHK-KAFKA-1"
    title = f"Kafka function with a timeout above {_MINUTES} minutes"
    severity = Severity.ERROR
    why = f"A mapping of Kafka allows its function {_MINUTES} minutes at most."
    fix = f"Set timeout to {KAFKA_FUNCTION_TIMEOUT.maximum} or less."
    source = LAMBDA_GUIDE + "with-msk-configure.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(KafkaMapping):
            function = mapping.function
            timeout = function.timeout_seconds.known if function is not None else None
            if function is None or timeout is None or timeout <= KAFKA_FUNCTION_TIMEOUT.maximum:
                continue
            why = f"A function behind Kafka may run for {_MINUTES} minutes at most; its timeout is {timeout} s."
            fix = f"set timeout of {function.name} to {KAFKA_FUNCTION_TIMEOUT.maximum} or less"
            values = values_of(function.timeout_seconds)
            edits = (Edit.of(function.timeout_seconds, KAFKA_FUNCTION_TIMEOUT.maximum),)
            yield Found((function.name, mapping.name), values, why, fix, edits)


class RetryControlsOnDemand(Check):
    id = "CHK-KAFKA-2"
    title = "retry controls on Kafka without provisioned mode"
    severity = Severity.WARNING
    why = "Retry limits, bisecting and partial batch responses are offered for Kafka with provisioned pollers only."
    fix = "Set provisionedPollerConfig."
    source = LAMBDA_GUIDE + "kafka-retry-configurations.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(KafkaMapping):
            if mapping.provisioned.known is not False:
                continue
            controls = (mapping.maximum_retry_attempts, mapping.maximum_record_age_seconds, mapping.bisects)
            given = values_of(*(control for control in controls if control.value not in (ENDLESS, False)))
            if mapping.reports.known:
                given[str(mapping.reports.origin)] = [REPORT]
            if not given:
                continue
            names = ", ".join(name.removeprefix(f"{mapping.name}.") for name in given)
            why = f"AWS offers {names} for Kafka only with provisioned pollers."
            fix = f"set provisionedPollerConfig of {mapping.name}, such as minimumPollers 1"
            yield Found((mapping.name,), given, why, fix, (one_poller(mapping),))


class SharedGroup(Check):
    id = "CHK-KAFKA-4"
    title = "two Kafka mappings with one consumer group"
    severity = Severity.ERROR
    why = "A consumer group id is unique among all Kafka mappings: AWS refuses the second one."
    fix = "Give each mapping a consumerGroupId of its own, or leave it out."
    source = "KAF-GROUP-3"

    def find(self, stack: Stack) -> Iterator[Found]:
        groups: dict[str, list[KafkaMapping]] = {}
        for mapping in stack.all(KafkaMapping):
            if mapping.consumer_group.known:
                groups.setdefault(mapping.consumer_group.known, []).append(mapping)
        for group, mappings in groups.items():
            if len(mappings) < 2:
                continue
            names = tuple(mapping.name for mapping in mappings)
            why = f"AWS refuses the consumer group {group} for a second Kafka mapping."
            fix = f"give all but one of {', '.join(names)} another consumerGroupId, or leave it out"
            yield Found(names, values_of(*(mapping.consumer_group for mapping in mappings)), why, fix)


class TenRetries(Check):
    id = "CHK-KAFKA-3"
    title = f"endless retries on Kafka with a destination, which end after {KAFKA_RETRIES_WITH_DESTINATION}"
    severity = Severity.NOTE
    why = (
        f"With a destination for failures AWS ends endless retries after {KAFKA_RETRIES_WITH_DESTINATION}, and "
        "discards the records."
    )
    fix = "Set maximumRetryAttempts to the number that is meant."
    source = "KAF-RETRY-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(KafkaMapping):
            if not ends_after_ten_retries(mapping):
                continue
            why = (
                "With a destination for failures, endless retries of a Kafka mapping end after "
                f"{KAFKA_RETRIES_WITH_DESTINATION}."
            )
            fix = f"set maximumRetryAttempts of {mapping.name} to the number that is meant, such as {ADVISED_RETRIES}"
            values = {
                **values_of(mapping.maximum_retry_attempts),
                f"{mapping.name}.destinationConfig.onFailure": mapping.destination_arn.value,
            }
            yield Found((mapping.name,), values, why, fix)
