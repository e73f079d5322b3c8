"""What is peculiar to mappings of Kafka: 14 minutes, provisioned mode, and endless retries that end after ten."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.catalog.streams import ADVISED_RETRIES, ENDLESS, destination, ends_after_ten_retries, limits
from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Topology
from delivery_lab.rules.rule import LAMBDA_GUIDE

LONGEST_KAFKA_TIMEOUT_SECONDS = 840
_RETRY_CONTROLS = ("maximumRetryAttempts", "maximumRecordAgeInSeconds", "bisectBatchOnFunctionError")


class LongKafkaTimeout(Check):
    id = "CHK-KAFKA-1"
    title = "Kafka function with a timeout above 14 minutes"
    severity = Severity.ERROR
    why = "A mapping of Kafka allows its function 14 minutes at most."
    fix = "Set timeout to 840 or less."
    source = LAMBDA_GUIDE + "with-msk-configure.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            function = mapping.function
            if mapping.kind != "kafka" or function is None or function.timeout_seconds is None:
                continue
            if function.timeout_seconds <= LONGEST_KAFKA_TIMEOUT_SECONDS:
                continue
            why = (
                f"A function behind Kafka may run for 14 minutes at most; its timeout is {function.timeout_seconds} s."
            )
            fix = f"set timeout of {function.name} to {LONGEST_KAFKA_TIMEOUT_SECONDS} or less"
            values = {f"{function.name}.timeout": function.timeout_seconds}
            edits = (Edit(function.resource.urn, ("timeout",), LONGEST_KAFKA_TIMEOUT_SECONDS),)
            yield Found((function.name, mapping.name), values, why, fix, edits)


class RetryControlsOnDemand(Check):
    id = "CHK-KAFKA-2"
    title = "retry controls on Kafka without provisioned mode"
    severity = Severity.WARNING
    why = "Retry limits, bisecting and partial batch responses are offered for Kafka with provisioned pollers only."
    fix = "Set provisionedPollerConfig."
    source = LAMBDA_GUIDE + "kafka-retry-configurations.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if mapping.kind != "kafka" or mapping.provisioned is not False:
                continue
            inputs = mapping.resource.inputs
            given = {name: inputs[name] for name in _RETRY_CONTROLS if inputs.get(name) not in (None, ENDLESS, False)}
            if mapping.reports:
                given["functionResponseTypes"] = ["ReportBatchItemFailures"]
            if not given:
                continue
            why = f"AWS offers {', '.join(given)} for Kafka only with provisioned pollers."
            fix = f"set provisionedPollerConfig of {mapping.name}, such as minimumPollers 1"
            values = {f"{mapping.name}.{name}": value for name, value in given.items()}
            edits = (Edit(mapping.resource.urn, ("provisionedPollerConfig", "minimumPollers"), 1),)
            yield Found((mapping.name,), values, why, fix, edits)


class TenRetries(Check):
    id = "CHK-KAFKA-3"
    title = "endless retries on Kafka with a destination, which end after 10"
    severity = Severity.NOTE
    why = "With a destination for failures AWS ends endless retries after 10, and gives the records up."
    fix = "Set maximumRetryAttempts to the number that is meant."
    source = "KAF-RETRY-2"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if not ends_after_ten_retries(mapping):
                continue
            why = "With a destination for failures, endless retries of a Kafka mapping end after 10."
            fix = f"set maximumRetryAttempts of {mapping.name} to the number that is meant, such as {ADVISED_RETRIES}"
            attempts, _ = limits(mapping)
            values = {
                f"{mapping.name}.maximumRetryAttempts": attempts,
                f"{mapping.name}.destinationConfig.onFailure": destination(mapping),
            }
            yield Found((mapping.name,), values, why, fix)
