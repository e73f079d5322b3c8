"""Destinations of failures and successes: whether Lambda may send there, and whether anybody gets it."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.sending_roles import missing_sends
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic
from delivery_lab.stack.unread import unread_destinations


class RoleThatMayNotSend(Check):
    id = "CHK-ROLE-4"
    title = "destination or dead-letter queue that the role of the function may not send to"
    severity = Severity.ERROR
    why = "Lambda sends with the role of the function: without the action it drops what has failed, or AWS refuses it."
    fix = "Allow the action of the destination in the role of the function."
    source = "DST-ROLE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for each in missing_sends(stack):
            holder, role, target = each.holder.name, each.role.name, each.target.name
            refused = "the function" if each.holder is each.function else holder
            why = (
                f"{role} does not let {each.function.name} do {each.action} to {target}: AWS refuses {refused}, or "
                f"drops what is to get to {target}."
            )
            fix = f"give {role} a policy with {each.action} of {target}"
            yield Found((holder, role, target), values_of(each.setting), why, fix)


class UnreadDestinationOfFailures(Check):
    id = "CHK-DEST-2"
    title = "failures that go to a topic or bus which nobody of the stack reads"
    severity = Severity.WARNING
    why = "Neither a topic nor a bus keeps anything: without a subscription or a rule, what has failed is lost."
    fix = "Subscribe a queue or an address, or send failures to a queue or bucket, which keep them."
    source = "DST-SINK-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        for holder, setting, target in unread_destinations(stack):
            of, reader = ("topic", "subscription") if isinstance(target, Topic) else ("bus", "rule")
            why = (
                f"What fails goes to {target.name}, a {of} without a {reader} in this stack: unless somebody reads it "
                "from elsewhere, it is lost."
            )
            fix = f"give {target.name} a {reader}, or set {setting.origin} to a queue"
            yield Found((holder.name, target.name), values_of(setting), why, fix)
