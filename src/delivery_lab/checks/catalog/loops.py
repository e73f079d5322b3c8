"""What goes round: a function that sends to the queue, or writes to the bucket or table, that feeds it, and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.sending import sends
from delivery_lab.checks.code.table_writing import item_writes, tells_changes_apart
from delivery_lab.checks.code.writing import writes
from delivery_lab.checks.finding import Severity
from delivery_lab.limits.functions import LOOP_PASSES, RECURSIVE_LOOP
from delivery_lab.rules.rule import SQS_GUIDE
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.functions import Function, RecursionConfig
from delivery_lab.stack.mappings import DynamoDbMapping
from delivery_lab.stack.notifications import BucketNotification, NotificationConfig
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack


class SendsToItsSource(Check):
    id = "CHK-LOOP-1"
    title = "function that sends to the queue that feeds it"
    severity = Severity.NOTE
    why = f"Lambda stops such a loop after about {LOOP_PASSES} passes, also one that is meant."
    fix = "Let the visibility timeout make messages visible again, or allow the loop with a FunctionRecursionConfig."
    source = "ASY-LOOP-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            code = code_of(stack, function)
            if not isinstance(code, Code) or queue.url is None or _may_recur(stack, function):
                continue
            places = [send.where for send in sends(code) if send.is_to(queue.url)]
            if not places:
                continue
            why = (
                f"The function sends to the queue that feeds it ({places[0]}), and Lambda stops such a loop after "
                f"about {LOOP_PASSES} passes, so that the message ends in the dead-letter queue."
            )
            fix = (
                f"let the visibility timeout make messages of {queue.name} visible again, or allow the loop with a "
                "FunctionRecursionConfig (recursiveLoop Allow) and end it in the code"
            )
            values = {f"{function.name}.send_message": places}
            yield Found((function.name, queue.name, mapping.name), values, why, fix)


class WritesToItsBucket(Check):
    id = "CHK-LOOP-3"
    title = "function that writes to the bucket whose new objects invoke it"
    severity = Severity.NOTE
    why = f"Each object that it writes invokes it again, until Lambda stops the loop after about {LOOP_PASSES} passes."
    fix = "Write to another bucket, or give the notification a prefix that what is written has not."
    source = "ASY-LOOP-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        buckets = {bucket.id: bucket for bucket in stack.all(Bucket) if bucket.id}
        for notification in stack.all(BucketNotification):
            bucket = buckets.get(notification.bucket.known or "")
            for config in notification.configs:
                function = stack.function_at(config.arn.known) if config.kind == "function" else None
                code = None if function is None else code_of(stack, function)
                if bucket is None or function is None or not isinstance(code, Code) or not _of_all_objects(config):
                    continue
                places = [found.where for found in writes(code) if found.is_in(bucket.id)]
                if not places or _may_recur(stack, function):
                    continue
                why = (
                    f"The function writes to the bucket whose new objects invoke it ({places[0]}): unless the code "
                    f"leaves out what it has written, each object is followed by about {LOOP_PASSES} more, and the "
                    "event of the last is discarded."
                )
                fix = (
                    f"write to another bucket, or give {notification.name} a filterPrefix that the written objects "
                    "have not"
                )
                yield Found((function.name, notification.name), {f"{function.name}.put_object": places}, why, fix)


def _of_all_objects(config: NotificationConfig) -> bool:
    """Whether a configuration is about every object that is made."""
    made = any(event.startswith("s3:ObjectCreated:") for event in config.events.known or ())
    return made and config.prefix.known == "" and config.suffix.known == ""


class WritesToItsTable(Check):
    id = "CHK-LOOP-4"
    title = "function that writes to the table whose stream feeds it"
    severity = Severity.NOTE
    why = "Each item that it changes is a record that invokes it again, and Lambda stops no loop by way of DynamoDB."
    fix = "Filter the mapping so that what the function writes does not match, or write to another table."
    source = "ASY-LOOP-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(DynamoDbMapping):
            table, function = mapping.table, mapping.function
            if table is None or function is None or mapping.filters.known != () or mapping.enabled.known is False:
                continue
            code = code_of(stack, function)
            if not isinstance(code, Code) or table.physical_name is None:
                continue
            places = [found.where for found in item_writes(code) if found.table == table.physical_name]
            if not places or tells_changes_apart(code):
                continue
            why = (
                f"The function writes to {table.name}, whose stream feeds it ({places[0]}): unless the code leaves out "
                "what it has written, each write that changes an item is followed by another one for ever, for Lambda "
                "stops no loop by way of DynamoDB."
            )
            fix = (
                f"give {mapping.name} a filter that what {function.name} writes does not match, such as one of "
                "eventName INSERT, or write to another table"
            )
            values = {f"{function.name}.writes": places}
            yield Found((function.name, table.name, mapping.name), values, why, fix)


class GoesRoundByDeadLetters(Check):
    id = "CHK-LOOP-2"
    title = "messages that go round by way of a dead-letter queue"
    severity = Severity.WARNING
    why = "A message that cannot be processed is dead-lettered and sent again for ever, each time as a new message."
    fix = "Count the passes in the message and stop, or let a person redrive the dead-letter queue."
    source = SQS_GUIDE + "sqs-dead-letter-queues.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        hops = _hops(stack)
        for queue in stack.queues:
            way = _way_back(queue, hops)
            if way is None or not any(hop.by is None for hop in way):
                continue
            senders = [hop for hop in way if hop.by is not None]
            if not senders or min(way, key=lambda hop: hop.start.urn).start is not queue:
                continue  # the same way round is told once, from one of its queues
            through = " to ".join([*(hop.start.name for hop in way), queue.name])
            functions = tuple(dict.fromkeys(hop.by.name for hop in senders if hop.by is not None))
            why = (
                f"Messages go round, from {through}: {' and '.join(functions)} sends what was dead-lettered back "
                f"({senders[0].where}), with a receive count that begins anew, so what cannot be processed never ends."
            )
            fix = (
                f"let {functions[0]} count the passes in the message and stop, or redrive {way[-1].start.name} by hand"
            )
            values = {f"{hop.by.name}.send_message": hop.where for hop in senders if hop.by is not None}
            names = (*functions, *dict.fromkeys(hop.start.name for hop in way))
            yield Found(names, values, why, fix)


@dataclass(frozen=True, slots=True)
class _Hop:
    """One step of a message from queue to queue: by a redrive policy, or by a function that sends."""

    start: Queue
    end: Queue
    by: Function | None
    where: str


def _hops(stack: Stack) -> Mapping[str, list[_Hop]]:
    found: dict[str, list[_Hop]] = {}
    for queue in stack.queues:
        target = None if queue.redrive is None else stack.queue_at(queue.redrive.target_arn.known)
        if target is not None:
            found.setdefault(queue.urn, []).append(_Hop(queue, target, None, ""))
    for _, queue, function in stack.sqs_pairs():
        code = code_of(stack, function)
        for send in sends(code) if isinstance(code, Code) else ():
            target = next((each for each in stack.queues if send.is_to(each.url)), None)
            if target is not None:
                found.setdefault(queue.urn, []).append(_Hop(queue, target, function, send.where))
    return found


def _way_back(queue: Queue, hops: Mapping[str, list[_Hop]]) -> list[_Hop] | None:
    """The shortest way from a queue to itself that is more than one step, None if there is none."""
    ways: list[list[_Hop]] = [[hop] for hop in hops.get(queue.urn, ()) if hop.end is not queue]
    seen = {way[-1].end.urn for way in ways}
    for way in ways:  # grows while it is read
        for hop in hops.get(way[-1].end.urn, ()):
            if hop.end is queue:
                return [*way, hop]
            if hop.end.urn not in seen:
                seen.add(hop.end.urn)
                ways.append([*way, hop])
    return None


def _may_recur(stack: Stack, function: Function) -> bool:
    """Whether loops are allowed, or it cannot be told."""
    return any(
        not config.function_name.is_known
        or (config.function is function and config.recursive_loop.value != RECURSIVE_LOOP.default)
        for config in stack.all(RecursionConfig)
    )
