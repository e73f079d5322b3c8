"""Reserved concurrency against what the pollers of mappings ask for."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.catalog.dead_letters import ADVISED_MAX_RECEIVE_COUNT
from delivery_lab.checks.catalog.visibility import advised_visibility_seconds
from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Function, Queue, SourceMapping, Topology
from delivery_lab.checks.values import is_unknown
from delivery_lab.rules.rule import LAMBDA_GUIDE

FIRST_POLLERS = 5
MOST_POLLERS = 1250
SMALLEST_MAXIMUM_CONCURRENCY = 2
ACCOUNT_CONCURRENCY = 1000
KEPT_UNRESERVED = 100
_SCALING = LAMBDA_GUIDE + "services-sqs-scaling.html"


class ReservedBelowPollers(Check):
    id = "CHK-CONC-1"
    title = "reserved concurrency below the pollers, with a low maxReceiveCount"
    severity = Severity.ERROR
    why = (
        "Throttled batches spend their receives, and healthy messages are dead-lettered without having been worked on."
    )
    fix = "Limit the mapping with scalingConfig.maximumConcurrency instead."
    source = "ESM-THROTTLE-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            found = _trap(mapping, queue, function)
            if found is not None:
                yield found


def _trap(mapping: SourceMapping, queue: Queue, function: Function) -> Found | None:
    reserved, timeout, visibility = function.reserved_concurrency, function.timeout_seconds, queue.visibility_seconds
    count = queue.redrive.max_receive_count if queue.redrive is not None else None
    if not reserved or None in (count, timeout, visibility) or not mapping.enabled:
        return None
    assert count is not None
    assert timeout is not None
    assert visibility is not None
    if count >= ADVISED_MAX_RECEIVE_COUNT or not _outgrows(mapping, reserved) or queue.fifo is not False:
        return None
    roomy = visibility >= advised_visibility_seconds(timeout, mapping.window_seconds or 0)
    if reserved >= FIRST_POLLERS and roomy:
        return None
    # A throttled invoke is tried again only while one function timeout of the visibility is left (ESM-THROTTLE-2).
    hopeless = visibility < 2 * timeout and reserved < FIRST_POLLERS
    maximum = max(SMALLEST_MAXIMUM_CONCURRENCY, reserved)
    pulled = f"{FIRST_POLLERS} batches at once" if reserved < FIRST_POLLERS else f"up to {MOST_POLLERS} batches at once"
    why = (
        f"The pollers take {pulled} and the function runs {reserved} of them: the others are throttled"
        + (" and never tried again within the visibility timeout" if hopeless else "")
        + f", and after {count} such {'receive' if count == 1 else 'receives'} healthy messages are dead-lettered "
        "without having been worked on."
    )
    fix = f"set scalingConfig.maximumConcurrency of {mapping.name} to {maximum}"
    edits = [Edit(mapping.resource.urn, ("scalingConfig", "maximumConcurrency"), maximum)]
    if maximum > reserved:
        fix += f", and reservedConcurrentExecutions of {function.name} to {maximum}"
        edits.append(Edit(function.resource.urn, ("reservedConcurrentExecutions",), maximum))
    values = {
        f"{function.name}.reservedConcurrentExecutions": reserved,
        f"{queue.name}.redrivePolicy.maxReceiveCount": count,
        f"{queue.visibility_resource.name}.visibilityTimeoutSeconds": visibility,
        f"{function.name}.timeout": timeout,
    }
    severity = Severity.ERROR if hopeless else Severity.WARNING
    source = "ESM-THROTTLE-2" if hopeless else ""
    return Found((mapping.name, function.name, queue.name), values, why, fix, tuple(edits), source, severity=severity)


def _outgrows(mapping: SourceMapping, reserved: int) -> bool:
    """Whether a mapping takes more batches than the function may run, and nothing limits it."""
    if not mapping.knows("scalingConfig") or mapping.provisioned is None:
        return False
    if mapping.maximum_concurrency is not None:
        return False  # a limit above the reserved concurrency is another check
    if mapping.provisioned:
        return False  # sized on purpose; how far it scales depends on the payload
    return reserved < MOST_POLLERS


class ReservedBelowMaximumConcurrency(Check):
    id = "CHK-CONC-2"
    title = "reserved concurrency below the sum of maximumConcurrency"
    severity = Severity.WARNING
    why = "Messages are received for invokes that are then throttled, and spend receives."
    fix = "Reserve at least the sum of maximumConcurrency of the function's mappings."
    source = _SCALING

    def find(self, topology: Topology) -> Iterator[Found]:
        for function in topology.functions:
            reserved = function.reserved_concurrency
            limited = [
                (mapping, mapping.maximum_concurrency)
                for mapping in topology.mappings_of(function)
                if mapping.maximum_concurrency is not None and mapping.enabled
            ]
            total = sum(maximum for _, maximum in limited)
            if not reserved or total <= reserved:
                continue
            names = [mapping.name for mapping, _ in limited]
            why = (
                f"The mappings invoke up to {total} at once, but the function runs {reserved}: the rest is throttled "
                "after it was received, which is what maximumConcurrency is there to prevent."
            )
            fix = f"set reservedConcurrentExecutions of {function.name} to {total} or more"
            values: dict[str, object] = {f"{function.name}.reservedConcurrentExecutions": reserved}
            values |= {f"{mapping.name}.scalingConfig.maximumConcurrency": maximum for mapping, maximum in limited}
            edits = (Edit(function.resource.urn, ("reservedConcurrentExecutions",), total),)
            yield Found((function.name, *names), values, why, fix, edits)


class ReservedZero(Check):
    id = "CHK-CONC-3"
    title = "reserved concurrency 0 behind an enabled mapping"
    severity = Severity.ERROR
    why = "Every invoke is throttled: messages drain into the dead-letter queue without having been worked on."
    fix = "Disable the mapping instead."
    source = "LAM-CONC-2"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping, queue, function in topology.sqs_pairs():
            if function.reserved_concurrency != 0 or not mapping.enabled:
                continue
            why = (
                "With reserved concurrency 0 every invoke is throttled, so each message spends its receives and is "
                "dead-lettered, or expires, without having been worked on."
            )
            fix = f"set enabled of {mapping.name} to false to stop the work, or remove reservedConcurrentExecutions"
            values = {f"{function.name}.reservedConcurrentExecutions": 0}
            edits = (Edit(mapping.resource.urn, ("enabled",), False),)
            yield Found((mapping.name, function.name, queue.name), values, why, fix, edits)


class PollersWithMaximumConcurrency(Check):
    id = "CHK-CONC-4"
    title = "provisioned pollers together with maximumConcurrency"
    severity = Severity.ERROR
    why = "AWS refuses the combination."
    fix = "Keep one of the two."
    source = _SCALING

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if mapping.kind != "sqs" or not mapping.provisioned or mapping.maximum_concurrency is None:
                continue
            why = "AWS refuses provisioned pollers together with maximumConcurrency."
            fix = f"remove scalingConfig of {mapping.name}, or its provisionedPollerConfig"
            values = {
                f"{mapping.name}.provisionedPollerConfig": mapping.resource.inputs.get("provisionedPollerConfig"),
                f"{mapping.name}.scalingConfig.maximumConcurrency": mapping.maximum_concurrency,
            }
            edits = (Edit(mapping.resource.urn, ("scalingConfig",), None),)
            yield Found((mapping.name,), values, why, fix, edits)


class AccountExhausted(Check):
    id = "CHK-CONC-5"
    title = "more reserved than an account has to give"
    severity = Severity.WARNING
    why = "AWS keeps 100 concurrent executions of the account unreserved, and refuses what goes beyond."
    fix = "Reserve less, or have the account's quota raised first."
    source = "LAM-CONC-3"

    def find(self, topology: Topology) -> Iterator[Found]:
        reserving = [function for function in topology.functions if function.reserved_concurrency]
        total = sum(function.reserved_concurrency or 0 for function in reserving)
        available = ACCOUNT_CONCURRENCY - KEPT_UNRESERVED
        if total <= available or any(is_unknown(f.resource.inputs.get("region")) for f in reserving):
            return
        why = (
            f"The stack reserves {total} concurrent executions; of the default {ACCOUNT_CONCURRENCY} of an account AWS "
            f"keeps {KEPT_UNRESERVED} unreserved and refuses more than {available}."
        )
        fix = f"reserve {available} or less in all, or have the account's quota raised first and accept this finding"
        values = {f"{f.name}.reservedConcurrentExecutions": f.reserved_concurrency for f in reserving}
        yield Found(tuple(f.name for f in reserving), values, why, fix)
