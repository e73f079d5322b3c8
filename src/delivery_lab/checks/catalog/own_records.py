"""Records of work done that a handler keeps by code of its own, and Powertools' without the invoke's context."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.catalog.handling import fed
from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.habits import functions_without_context
from delivery_lab.checks.code.lookups import errors_taken_for_unseen, lookups_before_work
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.stack import Stack

_WRITES = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html"
_POWERTOOLS = "https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/"


class GetThenPut(Check):
    id = "CHK-IDEM-4"
    title = "record of work done that is read before the work and written after it, without a condition"
    severity = Severity.WARNING
    why = "A delivery that begins between the get and the put finds no record, and does the work again."
    fix = "Claim the work first, with one put that has a ConditionExpression such as attribute_not_exists(id)."
    source = _WRITES

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, _, function, code in fed(stack):
            if code.environment.get("IDEMPOTENCY_MODE") is not None:
                continue  # our own functions say their mode, and CHK-IDEM-2 judges it
            lookups = lookups_before_work(code)
            if not lookups:
                continue
            first = lookups[0]
            why = (
                f"The handler looks whether the work is done (get in {first.read}) and notes it with a put without a "
                f"condition ({first.write}): a delivery that begins between the two does the work again."
            )
            fix = (
                "claim the work before it is done, with one conditional put "
                "(ConditionExpression attribute_not_exists), or use Powertools' idempotency"
            )
            values = {f"{function.name}.{each.table}": [each.read, each.write] for each in lookups}
            yield Found((function.name, mapping.name), values, why, fix)


class StoreErrorTakenForUnseen(Check):
    id = "CHK-IDEM-5"
    title = "store error that counts as work not yet done"
    severity = Severity.WARNING
    why = "When the store throttles or fails, every message that is delivered again is worked on again."
    fix = "Let errors of the store out, so that the message is delivered again later."
    source = _POWERTOOLS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, _, function, code in fed(stack):
            taken = errors_taken_for_unseen(code)
            if not taken:
                continue
            why = (
                f"An error of the store that keeps the record of work done counts as not seen ({taken[0].write}): "
                "while the store throttles or fails, work that is done is done again."
            )
            fix = f"let the error out of {function.handler.known}, so that the message is delivered again later"
            values = {f"{function.name}.{each.table}": [each.read, each.write] for each in taken}
            yield Found((function.name, mapping.name), values, why, fix)


class NoContextRegistered(Check):
    id = "CHK-IDEM-6"
    title = "idempotent_function of Powertools without register_lambda_context"
    severity = Severity.WARNING
    why = "After a timeout the record stays in progress until it expires, and each delivery until then is refused."
    fix = "Call config.register_lambda_context(context) at the start of the handler."
    source = _POWERTOOLS

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, _, function, code in fed(stack):
            places = functions_without_context(code)
            if not places:
                continue
            why = (
                f"Powertools is not told how much time an invoke has left ({places[0]}): when an invoke times out, its "
                "record of work stays in progress until it expires, and the message is refused until it is "
                "dead-lettered."
            )
            fix = f"call register_lambda_context(context) of the IdempotencyConfig in {function.handler.known}"
            values = {f"{function.name}.idempotent_function": places}
            yield Found((function.name, mapping.name), values, why, fix)
