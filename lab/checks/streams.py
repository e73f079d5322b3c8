"""Mappings of Kinesis, DynamoDB streams and Kafka: what happens to a record that cannot be processed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.checks.check import Check, Found
from lab.checks.finding import Edit, Severity
from lab.checks.topology import SourceMapping, Topology
from lab.checks.values import block, is_unknown, number_of
from lab.rules.rule import LAMBDA_GUIDE

ENDLESS = -1
LONGEST_KAFKA_TIMEOUT_SECONDS = 840
_SOURCES = {
    "kinesis": LAMBDA_GUIDE + "services-kinesis-parameters.html",
    "dynamodb": LAMBDA_GUIDE + "services-ddb-params.html",
    "kafka": LAMBDA_GUIDE + "with-msk-configure.html",
}
_UNITS = {"kinesis": "shard", "dynamodb": "shard", "kafka": "partition"}
_RETRY_CONTROLS = ("maximumRetryAttempts", "maximumRecordAgeInSeconds", "bisectBatchOnFunctionError")


def _destination(mapping: SourceMapping) -> Any:
    failure = block(mapping.resource, "destinationConfig").get("onFailure")
    return failure.get("destinationArn") if isinstance(failure, Mapping) else failure


def _limits(mapping: SourceMapping) -> tuple[int | None, int | None]:
    return (
        number_of(mapping.resource, "maximumRetryAttempts", ENDLESS),
        number_of(mapping.resource, "maximumRecordAgeInSeconds", ENDLESS),
    )


def _undirected(topology: Topology) -> Iterator[tuple[SourceMapping, int, int]]:
    """Mappings of streams that have no destination for what they give up, with their limits."""
    for mapping in topology.mappings:
        if mapping.kind not in _UNITS or is_unknown(mapping.resource.inputs.get("destinationConfig")):
            continue
        attempts, age = _limits(mapping)
        if attempts is not None and age is not None and not _destination(mapping):
            yield mapping, attempts, age


def _endless(topology: Topology) -> Iterator[Found]:
    for mapping, attempts, age in _undirected(topology):
        if attempts != ENDLESS or age != ENDLESS:
            continue
        unit = _UNITS[mapping.kind]
        why = (
            f"A record that cannot be processed is tried again until it expires, and blocks every record behind it in "
            f"its {unit} for as long."
        )
        fix = f"set destinationConfig.onFailure and maximumRetryAttempts (such as 5) of {mapping.name}"
        edits: tuple[Edit, ...] = (Edit(mapping.resource.urn, ("maximumRetryAttempts",), 5),)
        if mapping.kind == "kafka":
            fix += ", which needs provisionedPollerConfig"
            edits = ()
        source = _SOURCES[mapping.kind]
        yield Found(Severity.WARNING, (mapping.name,), _limit_values(mapping), why, fix, edits, source)


def _discarded(topology: Topology) -> Iterator[Found]:
    for mapping, attempts, age in _undirected(topology):
        if attempts == ENDLESS and age == ENDLESS:
            continue
        why = "Records whose retries are over, or that are too old, are skipped, and nothing is left of them."
        fix = f"set destinationConfig.onFailure of {mapping.name} to a queue, a topic or a bucket"
        source = _SOURCES[mapping.kind]
        yield Found(Severity.WARNING, (mapping.name,), _limit_values(mapping), why, fix, source=source)


def _limit_values(mapping: SourceMapping) -> dict[str, object]:
    attempts, age = _limits(mapping)
    return {
        f"{mapping.name}.maximumRetryAttempts": attempts,
        f"{mapping.name}.maximumRecordAgeInSeconds": age,
        f"{mapping.name}.destinationConfig": None,
    }


def _long_kafka(topology: Topology) -> Iterator[Found]:
    for mapping in topology.mappings:
        function = mapping.function
        if mapping.kind != "kafka" or function is None or function.timeout_seconds is None:
            continue
        if function.timeout_seconds <= LONGEST_KAFKA_TIMEOUT_SECONDS:
            continue
        why = f"A function behind Kafka may run for 14 minutes at most; its timeout is {function.timeout_seconds} s."
        fix = f"set timeout of {function.name} to {LONGEST_KAFKA_TIMEOUT_SECONDS} or less"
        values = {f"{function.name}.timeout": function.timeout_seconds}
        edits = (Edit(function.resource.urn, ("timeout",), LONGEST_KAFKA_TIMEOUT_SECONDS),)
        yield Found(Severity.ERROR, (function.name, mapping.name), values, why, fix, edits)


def _kafka_controls(topology: Topology) -> Iterator[Found]:
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
        yield Found(Severity.WARNING, (mapping.name,), values, why, fix, edits)


CHECKS = (
    Check(
        "CHK-STREAM-1",
        "stream or Kafka mapping with endless retries and no destination",
        Severity.WARNING,
        "One record that cannot be processed blocks its shard or partition until it expires, and is then gone.",
        "Set maximumRetryAttempts and destinationConfig.onFailure.",
        _SOURCES["kinesis"],
        _endless,
    ),
    Check(
        "CHK-STREAM-2",
        "stream or Kafka mapping that gives records up without a destination",
        Severity.WARNING,
        "Records whose retries are over are skipped, and nothing is left of them.",
        "Set destinationConfig.onFailure.",
        _SOURCES["kinesis"],
        _discarded,
    ),
    Check(
        "CHK-KAFKA-1",
        "Kafka function with a timeout above 14 minutes",
        Severity.ERROR,
        "A mapping of Kafka allows its function 14 minutes at most.",
        "Set timeout to 840 or less.",
        LAMBDA_GUIDE + "with-msk-configure.html",
        _long_kafka,
    ),
    Check(
        "CHK-KAFKA-2",
        "retry controls on Kafka without provisioned mode",
        Severity.WARNING,
        "Retry limits, bisecting and partial batch responses are offered for Kafka with provisioned pollers only.",
        "Set provisionedPollerConfig.",
        LAMBDA_GUIDE + "kafka-retry-configurations.html",
        _kafka_controls,
    ),
)
