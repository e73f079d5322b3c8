"""Reserved concurrency against what the pollers of mappings ask for."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.advice import ADVISED_MAX_RECEIVE_COUNT
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.limits.across import advised_visibility_seconds
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY, UNRESERVED_MINIMUM
from delivery_lab.limits.mappings import MAXIMUM_CONCURRENCY, SQS_FIRST_BATCHES, SQS_MOST_BATCHES
from delivery_lab.rules.alternatives import ALTERNATIVES
from delivery_lab.rules.assumptions import DEFAULTS, MOST_THROTTLED_GROWTH
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import Pollers, SqsMapping
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack

_SCALING = LAMBDA_GUIDE + "services-sqs-scaling.html"


class ReservedBelowPollers(Check):
    id = "CHK-CONC-1"
    title = "reserved concurrency below the pollers, with a low maxReceiveCount"
    severity = Severity.ERROR
    why = (
        "Throttled batches use up their receives, and healthy messages are dead-lettered without being processed: the "
        "first ones that the pollers take too many, and more with every minute that the backlog lasts."
    )
    fix = "Limit the mapping with scalingConfig.maximumConcurrency instead."
    source = "ESM-THROTTLE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            found = _throttled_pollers(mapping, queue, function)
            if found is not None:
                yield found


def _throttled_pollers(mapping: SqsMapping, queue: Queue, function: Function) -> Found | None:
    reserved, timeout = function.reserved_concurrency.known, function.timeout_seconds.known
    visibility = queue.visibility_seconds.known
    count = queue.redrive.max_receive_count.known if queue.redrive is not None else None
    if not reserved or count is None or timeout is None or visibility is None or mapping.enabled.known is False:
        return None
    if count >= ADVISED_MAX_RECEIVE_COUNT or not _outgrows(mapping, reserved) or queue.fifo.known is not False:
        return None
    leaves_room = visibility >= advised_visibility_seconds(timeout, mapping.window_seconds.known or 0)
    if reserved >= SQS_FIRST_BATCHES and leaves_room:
        return None
    # A throttled invoke is tried again only while one function timeout of the visibility is left (ESM-THROTTLE-2).
    never_retried = visibility < 2 * timeout and reserved < SQS_FIRST_BATCHES
    maximum = max(MAXIMUM_CONCURRENCY.minimum, reserved)
    pulled = (
        f"{SQS_FIRST_BATCHES} batches at once"
        if reserved < SQS_FIRST_BATCHES
        else f"up to {SQS_MOST_BATCHES} batches at once"
    )
    why = (
        f"The pollers take {pulled} and the function runs {reserved} of them: the others are throttled"
        + (" and never tried again within the visibility timeout" if never_retried else "")
        + f", and after {count} such {'receive' if count == 1 else 'receives'} healthy messages are dead-lettered "
        f"without being processed. While messages wait, the pollers grow by {_growth(reserved)} batches a minute, "
        "which meet the same (an assumption: ESM-THROTTLE-3)."
        + (
            ""
            if never_retried
            else " Room for retries is no promise: a throttled batch seldom finds the function free."
        )
    )
    fix = f"set scalingConfig.maximumConcurrency of {mapping.name} to {maximum}"
    edits = [Edit.of(mapping.maximum_concurrency, maximum)]
    if maximum > reserved:
        fix += f", and reservedConcurrentExecutions of {function.name} to {maximum}"
        edits.append(Edit.of(function.reserved_concurrency, maximum))
    values = {
        **values_of(function.reserved_concurrency),
        f"{queue.name}.redrivePolicy.maxReceiveCount": count,
        **values_of(queue.visibility_seconds, function.timeout_seconds),
    }
    severity = Severity.ERROR if never_retried else Severity.WARNING
    source = "ESM-THROTTLE-2" if never_retried else ""
    return Found((mapping.name, function.name, queue.name), values, why, fix, tuple(edits), source, severity=severity)


def _growth(reserved: int) -> str:
    """Batches a minute by which throttled pollers grow, with what is plausible (ESM-THROTTLE-3)."""
    assumed, *ends = (
        min(MOST_THROTTLED_GROWTH, rate * reserved)
        for rate in (DEFAULTS.throttled_growth, *map(float, ALTERNATIVES["ESM-THROTTLE-3"].values))
    )
    between = f" ({min(ends):g} to {max(ends):g})" if min(ends) < max(ends) else ""
    return f"{assumed:g}{between}"


def _outgrows(mapping: SqsMapping, reserved: int) -> bool:
    """Whether a mapping takes more batches than the function may run, and nothing limits it."""
    if mapping.maximum_concurrency.value is not None:
        return False  # unknown, or a limit: one above the reserved concurrency is another check
    if mapping.provisioned.known is not False:
        return False  # unknown, or sized by the user: how far it scales depends on the payload
    return reserved < SQS_MOST_BATCHES


class ReservedBelowMaximumConcurrency(Check):
    id = "CHK-CONC-2"
    title = "reserved concurrency below the sum of maximumConcurrency"
    severity = Severity.WARNING
    why = "Messages are received for invokes that are then throttled, and use up receives."
    fix = "Reserve at least the sum of maximumConcurrency of the function's mappings."
    source = _SCALING

    def find(self, stack: Stack) -> Iterator[Found]:
        for function in stack.functions:
            reserved = function.reserved_concurrency.known
            limited = [
                mapping
                for mapping in stack.mappings_of(function)
                if isinstance(mapping, SqsMapping)
                and mapping.maximum_concurrency.known is not None
                and mapping.enabled.known is not False
            ]
            total = sum(mapping.maximum_concurrency.known or 0 for mapping in limited)
            if not reserved or total <= reserved:
                continue
            names = [mapping.name for mapping in limited]
            why = (
                f"The mappings invoke up to {total} at once, but the function runs {reserved}: the rest is throttled "
                "after it was received, which is what maximumConcurrency is there to prevent."
            )
            fix = f"set reservedConcurrentExecutions of {function.name} to {total} or more"
            values = values_of(function.reserved_concurrency, *(mapping.maximum_concurrency for mapping in limited))
            edits = (Edit.of(function.reserved_concurrency, total),)
            yield Found((function.name, *names), values, why, fix, edits)


class ReservedZero(Check):
    id = "CHK-CONC-3"
    title = "reserved concurrency 0 behind an enabled mapping"
    severity = Severity.ERROR
    why = "Every invoke is throttled: messages move to the dead-letter queue without being processed."
    fix = "Disable the mapping instead."
    source = "LAM-CONC-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            if function.reserved_concurrency.known != 0 or mapping.enabled.known is False:
                continue
            why = (
                "With reserved concurrency 0 every invoke is throttled, so each message uses up its receives and is "
                "dead-lettered, or expires, without being processed."
            )
            fix = f"set enabled of {mapping.name} to false to stop the work, or remove reservedConcurrentExecutions"
            values = values_of(function.reserved_concurrency)
            edits = (Edit.of(mapping.enabled, False),)
            yield Found((mapping.name, function.name, queue.name), values, why, fix, edits)


class PollersWithMaximumConcurrency(Check):
    id = "CHK-CONC-4"
    title = "provisioned pollers together with maximumConcurrency"
    severity = Severity.ERROR
    why = "AWS refuses the combination."
    fix = "Keep one of the two."
    source = _SCALING

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(SqsMapping):
            if mapping.pollers is None or mapping.maximum_concurrency.known is None:
                continue
            why = "AWS refuses provisioned pollers together with maximumConcurrency."
            fix = f"remove scalingConfig of {mapping.name}, or its provisionedPollerConfig"
            values = {
                f"{mapping.name}.provisionedPollerConfig": _written(mapping.pollers),
                **values_of(mapping.maximum_concurrency),
            }
            edits = (Edit(mapping.urn, ("scalingConfig",), None),)
            yield Found((mapping.name,), values, why, fix, edits)


def _written(pollers: Pollers) -> dict[str, object]:
    """Provisioned mode as the program wrote it."""
    return {setting.origin.path[-1]: setting.value for setting in (pollers.minimum, pollers.maximum) if setting.given}


class AccountExhausted(Check):
    id = "CHK-CONC-5"
    title = "more reserved than an account has to give"
    severity = Severity.WARNING
    why = (
        f"AWS keeps {UNRESERVED_MINIMUM} concurrent executions of the account unreserved, and refuses what goes beyond."
    )
    fix = "Reserve less, or have the account's quota raised first."
    source = "LAM-CONC-3"

    def find(self, stack: Stack) -> Iterator[Found]:
        reserving = [function for function in stack.functions if function.reserved_concurrency.known]
        account = stack.account_concurrency
        available = max(0, account - UNRESERVED_MINIMUM)
        of_account = (
            f"the default {account} of an account" if account == ACCOUNT_CONCURRENCY else f"its account's {account}"
        )
        for region, functions in _by_region(reserving):
            total = sum(function.reserved_concurrency.known or 0 for function in functions)
            if total <= available:
                continue
            where = f" in {region}" if region else ""
            why = (
                f"The stack reserves {total} concurrent executions{where}; of {of_account} AWS keeps "
                f"{UNRESERVED_MINIMUM} unreserved and refuses more than {available}."
            )
            fix = (
                f"reserve {available} or less in all, or have the account's quota raised first and accept this finding"
            )
            values = values_of(*(function.reserved_concurrency for function in functions))
            yield Found(tuple(f.name for f in functions), values, why, fix)


def _by_region(functions: list[Function]) -> Iterator[tuple[str, list[Function]]]:
    """Functions by region, "" for that of the default provider; those whose region is unknown are left out."""
    found: dict[str, list[Function]] = {}
    for function in functions:
        if function.region.is_known:
            found.setdefault(_region(function), []).append(function)
    yield from found.items()


def _region(function: Function) -> str:
    """The region of a function: its own, or that of the provider, which is part of its ARN."""
    return function.region.known or (function.arn.split(":")[3] if function.arn else "")
