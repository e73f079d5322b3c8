"""Mappings of Kinesis, DynamoDB streams and Kafka: what happens to a record that cannot be processed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import SourceMapping, Topology
from delivery_lab.checks.values import block, is_unknown, number_of
from delivery_lab.model.mapping.log_settings import SHORTEST_AGE_SECONDS
from delivery_lab.rules.rule import LAMBDA_GUIDE

ENDLESS = -1
ADVISED_RETRIES = 5
_SOURCES = {
    "kinesis": LAMBDA_GUIDE + "services-kinesis-parameters.html",
    "dynamodb": LAMBDA_GUIDE + "services-ddb-params.html",
    "kafka": LAMBDA_GUIDE + "with-msk-configure.html",
}
_UNITS = {"kinesis": "shard", "dynamodb": "shard", "kafka": "partition"}


def destination(mapping: SourceMapping) -> Any:
    """The ARN of what takes what a mapping gives up, None without one."""
    failure = block(mapping.resource, "destinationConfig").get("onFailure")
    return failure.get("destinationArn") if isinstance(failure, Mapping) else failure


def limits(mapping: SourceMapping) -> tuple[int | None, int | None]:
    """Retries, and age in seconds, after which a mapping gives records up; None where it cannot be told."""
    return (
        number_of(mapping.resource, "maximumRetryAttempts", ENDLESS),
        number_of(mapping.resource, "maximumRecordAgeInSeconds", ENDLESS),
    )


def ends_after_ten_retries(mapping: SourceMapping) -> bool:
    """Whether AWS itself ends the endless retries of a mapping, as it does for Kafka with a destination."""
    return mapping.kind == "kafka" and bool(destination(mapping)) and limits(mapping)[0] == ENDLESS


def _undirected(topology: Topology) -> Iterator[tuple[SourceMapping, int, int]]:
    """Mappings of streams that have no destination for what they give up, with their limits."""
    for mapping in topology.mappings:
        if mapping.kind not in _UNITS or is_unknown(mapping.resource.inputs.get("destinationConfig")):
            continue
        attempts, age = limits(mapping)
        if attempts is not None and age is not None and not destination(mapping):
            yield mapping, attempts, age


class EndlessRetries(Check):
    id = "CHK-STREAM-1"
    title = "stream or Kafka mapping with endless retries and no destination"
    severity = Severity.WARNING
    why = "One record that cannot be processed blocks its shard or partition until it expires, and is then gone."
    fix = "Set maximumRetryAttempts, bisectBatchOnFunctionError and destinationConfig.onFailure."
    source = _SOURCES["kinesis"]

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, attempts, age in _undirected(topology):
            if attempts != ENDLESS or age != ENDLESS:
                continue
            unit = _UNITS[mapping.kind]
            why = (
                "A record that cannot be processed is tried again until it expires, and blocks every record behind it "
                f"in its {unit} for as long."
            )
            settings = ["destinationConfig.onFailure", f"maximumRetryAttempts (such as {ADVISED_RETRIES})"]
            edits = [Edit(mapping.resource.urn, ("maximumRetryAttempts",), ADVISED_RETRIES)]
            if _gives_up_together(mapping):
                settings.append("bisectBatchOnFunctionError (true)")
                edits.append(Edit(mapping.resource.urn, ("bisectBatchOnFunctionError",), True))
            if mapping.kind == "kafka" and mapping.provisioned is False:
                settings.append("provisionedPollerConfig")
                edits.append(Edit(mapping.resource.urn, ("provisionedPollerConfig", "minimumPollers"), 1))
            fix = f"set {', '.join(settings[:-1])} and {settings[-1]} of {mapping.name}"
            source = _SOURCES[mapping.kind]
            yield Found((mapping.name,), _limit_values(mapping), why, fix, tuple(edits), source)


class DiscardedWithoutDestination(Check):
    id = "CHK-STREAM-2"
    title = "stream or Kafka mapping that gives records up without a destination"
    severity = Severity.WARNING
    why = "Records whose retries are over are skipped, and nothing is left of them."
    fix = "Set destinationConfig.onFailure."
    source = _SOURCES["kinesis"]

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, attempts, age in _undirected(topology):
            if attempts == ENDLESS and age == ENDLESS:
                continue
            why = "Records whose retries are over, or that are too old, are skipped, and nothing is left of them."
            fix = (
                f"set destinationConfig.onFailure of {mapping.name} to a bucket, which gets the records, or to a queue "
                "or a topic, which gets their positions"
            )
            source = _SOURCES[mapping.kind]
            yield Found((mapping.name,), _limit_values(mapping), why, fix, source=source)


def _limit_values(mapping: SourceMapping) -> dict[str, object]:
    attempts, age = limits(mapping)
    return {
        f"{mapping.name}.maximumRetryAttempts": attempts,
        f"{mapping.name}.maximumRecordAgeInSeconds": age,
        f"{mapping.name}.destinationConfig": destination(mapping),
    }


def _gives_up_together(mapping: SourceMapping) -> bool:
    """Whether the records of a batch that failed are never tried apart from each other."""
    bisects = mapping.resource.inputs.get("bisectBatchOnFunctionError")
    return bisects in (None, False) and (mapping.batch_size or 0) > 1


class HealthyGivenUp(Check):
    id = "CHK-STREAM-3"
    title = "stream or Kafka mapping that gives healthy records up with a bad one"
    severity = Severity.WARNING
    why = "Without bisecting, what is left of a batch when its retries are over is given up as a whole."
    fix = "Set bisectBatchOnFunctionError to true."
    source = "STR-BISECT-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if mapping.kind not in _UNITS or mapping.reports is None or not _gives_up_together(mapping):
                continue
            attempts, age = limits(mapping)
            if attempts is None or age is None or (attempts == age == ENDLESS and not ends_after_ten_retries(mapping)):
                continue
            which = "the records behind it in its batch" if mapping.reports else "the other records of its batch"
            why = (
                f"When a record cannot be processed, {which} (up to {mapping.batch_size} in all) are tried with it "
                "only, and given up with it, healthy or not"
            )
            if mapping.reports:
                why += ": a partial batch response moves the checkpoint up to the failed record, not past it"
            fix = f"set bisectBatchOnFunctionError of {mapping.name} to true"
            values: dict[str, object] = {
                f"{mapping.name}.bisectBatchOnFunctionError": False,
                f"{mapping.name}.batchSize": mapping.batch_size,
                f"{mapping.name}.functionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports else [],
                f"{mapping.name}.maximumRetryAttempts": attempts,
                f"{mapping.name}.maximumRecordAgeInSeconds": age,
            }
            edits = [Edit(mapping.resource.urn, ("bisectBatchOnFunctionError",), True)]
            if mapping.kind == "kafka" and mapping.provisioned is False:
                fix += ", which needs provisionedPollerConfig"
                edits.append(Edit(mapping.resource.urn, ("provisionedPollerConfig", "minimumPollers"), 1))
            # That what is behind a reported record is given up with it follows from a reading of the model.
            source = "STR-REPORT-9" if mapping.reports else ""
            yield Found((mapping.name,), values, f"{why}.", fix, tuple(edits), source)


class RefusedRecordAge(Check):
    id = "CHK-STREAM-4"
    title = "record age that AWS refuses"
    severity = Severity.ERROR
    why = "The maximum age is -1, or from 60 s to 7 days."
    fix = "Set maximumRecordAgeInSeconds to 60 or more, or to -1."
    source = "STR-AGE-2"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            _, age = limits(mapping)
            # What is beyond -1 and 7 days is found with cfn-lint's schemas.
            if mapping.kind not in _UNITS or age is None or not ENDLESS < age < SHORTEST_AGE_SECONDS:
                continue
            why = f"AWS refuses a maximum record age of {age} s: it is -1, or {SHORTEST_AGE_SECONDS} s or more."
            fix = f"set maximumRecordAgeInSeconds of {mapping.name} to {SHORTEST_AGE_SECONDS} or more, or to -1"
            values = {f"{mapping.name}.maximumRecordAgeInSeconds": age}
            edits = (Edit(mapping.resource.urn, ("maximumRecordAgeInSeconds",), SHORTEST_AGE_SECONDS),)
            yield Found((mapping.name,), values, why, fix, edits)
