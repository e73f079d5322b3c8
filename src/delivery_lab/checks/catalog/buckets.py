"""What an S3 bucket tells, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.code.envelopes import unguarded_records
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.stack import Stack


class UnexpectedTestEvent(Check):
    id = "CHK-FEED-7"
    title = "handler that does not survive the test event of S3"
    severity = Severity.WARNING
    why = "When notifications are configured S3 sends s3:TestEvent, which has no Records: that message fails each time."
    fix = "Take the Records that there are: body.get('Records', [])."
    source = "S3-TEST-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        told = {
            queue.urn: notification
            for notification in stack.all(BucketNotification)
            for config in notification.configs
            if (queue := stack.queue_at(config.arn.known)) is not None
        }
        for mapping, queue, function in stack.sqs_pairs():
            notification = told.get(queue.urn)
            code = None if notification is None else code_of(stack, function)
            places = unguarded_records(code) if isinstance(code, Code) else []
            if notification is not None and places:
                why = (
                    f"{function.name} needs Records in each body ({places[0]}), and {notification.name} sends a test "
                    f"event without any to {queue.name}: its batch fails until the message is dead-lettered or expires."
                )
                fix = f"let {function.name} pass over bodies without Records"
                values = {f"{function.name}.Records": places}
                yield Found((notification.name, mapping.name), values, why, fix)
