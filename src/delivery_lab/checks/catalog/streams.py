"""Mappings of Kinesis, DynamoDB streams and Kafka: what happens to a record that cannot be processed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.checks.advice import ADVISED_RETRIES
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.responses import Answers, answers_with
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.kafka_modes import ends_after_ten_retries, one_poller
from delivery_lab.limits.mappings import ENDLESS, RECORD_AGE, REPORT
from delivery_lab.limits.queues import DAY_SECONDS
from delivery_lab.limits.streams import SHARED_READS_PER_SECOND, TABLE_STREAM_READERS
from delivery_lab.resource_types import SourceKind
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.mappings import KafkaMapping, KinesisMapping, RecordMapping, StreamMapping
from delivery_lab.stack.stack import Stack

_SOURCES: Mapping[SourceKind | None, str] = {
    "kinesis": LAMBDA_GUIDE + "services-kinesis-parameters.html",
    "dynamodb": LAMBDA_GUIDE + "services-ddb-params.html",
    "kafka": LAMBDA_GUIDE + "with-msk-configure.html",
}


def _without_destination(stack: Stack) -> Iterator[tuple[RecordMapping, int, int]]:
    """Mappings that have no destination for what they discard, with the retries and the age that end a record."""
    for mapping in stack.all(RecordMapping):
        attempts, age = mapping.maximum_retry_attempts.known, mapping.maximum_record_age_seconds.known
        if attempts is not None and age is not None and mapping.destination_arn.value is None:
            yield mapping, attempts, age


class EndlessRetries(Check):
    id = "CHK-STREAM-1"
    title = "stream or Kafka mapping with endless retries and no destination"
    severity = Severity.WARNING
    why = "One record that cannot be processed blocks its shard or partition until it expires, and is then lost."
    fix = "Set maximumRetryAttempts, bisectBatchOnFunctionError and destinationConfig.onFailure."
    source = _SOURCES["kinesis"]

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, attempts, age in _without_destination(stack):
            if attempts != ENDLESS or age != ENDLESS:
                continue
            unit = "partition" if isinstance(mapping, KafkaMapping) else "shard"
            why = (
                "A record that cannot be processed is tried again until it expires, and blocks every record behind it "
                f"in its {unit} for as long."
            )
            settings = ["destinationConfig.onFailure", f"maximumRetryAttempts (such as {ADVISED_RETRIES})"]
            edits = [Edit.of(mapping.maximum_retry_attempts, ADVISED_RETRIES)]
            if _discards_together(mapping):
                settings.append("bisectBatchOnFunctionError (true)")
                edits.append(Edit.of(mapping.bisects, True))
            if isinstance(mapping, KafkaMapping) and mapping.provisioned.known is False:
                settings.append("provisionedPollerConfig")
                edits.append(one_poller(mapping))
            fix = f"set {', '.join(settings[:-1])} and {settings[-1]} of {mapping.name}"
            source = _SOURCES[mapping.kind]
            yield Found((mapping.name,), _limit_values(mapping), why, fix, tuple(edits), source)


class DiscardedWithoutDestination(Check):
    id = "CHK-STREAM-2"
    title = "stream or Kafka mapping that discards records without a destination"
    severity = Severity.WARNING
    why = "Records whose retries are over are discarded, and are lost."
    fix = "Set destinationConfig.onFailure."
    source = _SOURCES["kinesis"]

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, attempts, age in _without_destination(stack):
            if attempts == ENDLESS and age == ENDLESS:
                continue
            why = "Records whose retries are over, or that are too old, are discarded, and are lost."
            fix = (
                f"set destinationConfig.onFailure of {mapping.name} to a bucket, which gets the records, or to a queue "
                "or a topic, which gets their positions"
            )
            source = _SOURCES[mapping.kind]
            yield Found((mapping.name,), _limit_values(mapping), why, fix, source=source)


def _limit_values(mapping: RecordMapping) -> dict[str, object]:
    return {
        **values_of(mapping.maximum_retry_attempts, mapping.maximum_record_age_seconds),
        f"{mapping.name}.destinationConfig": None,
    }


def _discards_together(mapping: RecordMapping) -> bool:
    """Whether the records of a batch that failed are never tried apart from each other."""
    return mapping.bisects.known is False and (mapping.batch_size.known or 0) > 1


class HealthyDiscarded(Check):
    id = "CHK-STREAM-3"
    title = "stream or Kafka mapping that discards healthy records with a bad one"
    severity = Severity.WARNING
    why = "Without bisecting, what is left of a batch when its retries are over is discarded as a whole."
    fix = "Set bisectBatchOnFunctionError to true."
    source = "STR-BISECT-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(RecordMapping):
            attempts, age = mapping.maximum_retry_attempts.known, mapping.maximum_record_age_seconds.known
            reports = mapping.reports.known
            if attempts is None or age is None or reports is None or not _discards_together(mapping):
                continue
            if attempts == age == ENDLESS and not ends_after_ten_retries(mapping):
                continue
            which = "the records behind it in its batch" if reports else "the other records of its batch"
            why = (
                f"When a record cannot be processed, {which} (up to {mapping.batch_size.known} in all) are tried with "
                "it only, and discarded with it, healthy or not"
            )
            if reports:
                why += ": a partial batch response moves the checkpoint up to the failed record, not past it"
            fix = f"set bisectBatchOnFunctionError of {mapping.name} to true"
            values: dict[str, object] = {
                **values_of(mapping.bisects, mapping.batch_size),
                str(mapping.reports.origin): [REPORT] if reports else [],
                **values_of(mapping.maximum_retry_attempts, mapping.maximum_record_age_seconds),
            }
            edits = [Edit.of(mapping.bisects, True)]
            if isinstance(mapping, KafkaMapping) and mapping.provisioned.known is False:
                fix += ", which needs provisionedPollerConfig"
                edits.append(one_poller(mapping))
            # That what is behind a reported record is discarded with it follows from an assumption of the model.
            source = "STR-REPORT-11" if reports else ""
            yield Found((mapping.name,), values, f"{why}.", fix, tuple(edits), source)


class TooManyReaders(Check):
    id = "CHK-STREAM-6"
    title = "more mappings of a stream than can read it at once"
    severity = Severity.WARNING
    why = (
        f"The standard consumers of a Kinesis stream share {SHARED_READS_PER_SECOND} reads a second and shard; "
        f"of a table's stream AWS advises {TABLE_STREAM_READERS} functions at most."
    )
    fix = "Register consumers for enhanced fan-out, or let one function hand on what it reads."
    source = "KIN-READ-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        readers: dict[str, list[StreamMapping]] = {}
        for mapping in stack.all(StreamMapping):
            fan_out = isinstance(mapping, KinesisMapping) and mapping.consumer is not None
            if mapping.source_arn.known and mapping.enabled.known and not fan_out:
                readers.setdefault(mapping.source_arn.known, []).append(mapping)
        for mappings in readers.values():
            kinesis = isinstance(mappings[0], KinesisMapping)
            most = SHARED_READS_PER_SECOND if kinesis else TABLE_STREAM_READERS
            if len(mappings) <= most:
                continue
            names = ", ".join(mapping.name for mapping in mappings)
            if kinesis:
                why = f"{names} share {most} reads a second of each shard, and each polls once a second."
                fix = f"register consumers for enhanced fan-out for all but {most} of them, or more"
            else:
                why = f"AWS advises {most} functions at most for the stream of a table; {names} can be throttled."
                fix = f"let {most} of them read the stream, and hand records on to the others"
            source = "KIN-READ-1" if kinesis else "DDS-READ-1"
            values = values_of(*(mapping.source_arn for mapping in mappings))
            yield Found(tuple(mapping.name for mapping in mappings), values, why, fix, source=source)


class RefusedRecordAge(Check):
    id = "CHK-STREAM-4"
    title = "record age that AWS refuses"
    severity = Severity.ERROR
    why = f"The maximum age is {ENDLESS}, or from {RECORD_AGE.minimum} s to {RECORD_AGE.maximum // DAY_SECONDS} days."
    fix = f"Set maximumRecordAgeInSeconds to {RECORD_AGE.minimum} or more, or to {ENDLESS}."
    source = "STR-AGE-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(RecordMapping):
            age = mapping.maximum_record_age_seconds.known
            # What is beyond -1 and 7 days is found with cfn-lint's schemas.
            if age is None or not ENDLESS < age < RECORD_AGE.minimum:
                continue
            why = f"AWS refuses a maximum record age of {age} s: it is -1, or {RECORD_AGE.minimum} s or more."
            fix = f"set maximumRecordAgeInSeconds of {mapping.name} to {RECORD_AGE.minimum} or more, or to -1"
            values = values_of(mapping.maximum_record_age_seconds)
            edits = (Edit.of(mapping.maximum_record_age_seconds, RECORD_AGE.minimum),)
            yield Found((mapping.name,), values, why, fix, edits)


class WindowWithoutState(Check):
    id = "CHK-STREAM-5"
    title = "tumbling window whose handler returns no state"
    severity = Severity.ERROR
    why = "With a tumbling window, a response without state counts as a failed invoke: no batch ever succeeds."
    fix = "Return {'state': ...} from every invoke of the window, or set tumblingWindowInSeconds to 0."
    source = LAMBDA_GUIDE + "services-kinesis-windows.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(StreamMapping):
            window, function = mapping.tumbling_window_seconds.known, mapping.function
            code = None if function is None else code_of(stack, function)
            if not window or function is None or not isinstance(code, Code):
                continue
            if answers_with(code, "state") is not Answers.NEVER:
                continue
            why = (
                f"{mapping.name} has a tumbling window of {window} s, and the handler never returns a state: Lambda "
                "takes every invoke for failed, and retries each batch until it is discarded."
            )
            fix = f"return {{'state': ...}} from {function.handler.known}, or set tumblingWindowInSeconds to 0"
            names = (function.name, mapping.name)
            yield Found(names, values_of(mapping.tumbling_window_seconds, function.handler), why, fix)
