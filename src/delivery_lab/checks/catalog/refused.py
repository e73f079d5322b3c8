"""What AWS refuses although each value is one that it knows: names of queues, and parts in two regions."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.catalog.event_rules import rule_targets
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.limits.queues import FIFO_SUFFIX
from delivery_lab.rules.rule import SQS_GUIDE
from delivery_lab.stack.encryption import keys_out_of_reach
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.reading_roles import missing_reads
from delivery_lab.stack.regions import dead_letters_apart, destination_apart, regions_apart, target_apart
from delivery_lab.stack.stack import Stack


class RefusedQueueName(Check):
    id = "CHK-FIFO-2"
    title = "queue whose name SQS refuses"
    severity = Severity.ERROR
    why = f"The name of a FIFO queue ends in {FIFO_SUFFIX}, and that of no other queue does."
    fix = f"End the name in {FIFO_SUFFIX} where fifoQueue is true, and only there."
    source = "SQS-NAME-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            problem = queue.name_problem
            if problem:
                why = f"SQS refuses the name: {problem}."
                fix = f"change the name of {queue.name}, or leave it out: Pulumi makes one that fits"
                yield Found(
                    (queue.name,), {f"{queue.name}.name": queue.physical_name, **values_of(queue.fifo)}, why, fix
                )


class RoleThatMayNotRead(Check):
    id = "CHK-ROLE-1"
    title = "mapping whose function may not read the source"
    severity = Severity.ERROR
    why = "A mapping reads with the role of its function, and AWS refuses one whose role does not let it."
    fix = "Attach AWS's execution policy for the source to the role, or name the actions of reading in one of your own."
    source = "ESM-ROLE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            missing = missing_reads(stack, mapping)
            if missing is not None:
                actions = ", ".join(missing.actions)
                why = f"{missing.role.name} does not let {mapping.name} do {actions}: AWS refuses the mapping."
                fix = f"give {missing.role.name} a policy with {actions} of the source"
                yield Found((mapping.name, missing.role.name), values_of(mapping.source_arn), why, fix)


class RoleThatMayNotDecrypt(Check):
    id = "CHK-ROLE-3"
    title = "mapping whose function may not decrypt what the queue holds"
    severity = Severity.ERROR
    why = "Without kms:Decrypt for the key of the queue nothing is polled, and messages wait until they expire."
    fix = "Allow kms:Decrypt of the key in the function's role; of a dead-letter queue, the keys of its sources too."
    source = SQS_GUIDE + "sqs-configure-lambda-function-trigger.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            role = stack.role_of(function)
            for of, key in () if role is None else keys_out_of_reach(stack, role, queue):
                assert role is not None
                held = f"what {queue.name} holds" if of is queue else f"what {queue.name} gets from {of.name}"
                why = (
                    f"{role.name} does not let {mapping.name} do kms:Decrypt with {key.name}, which encrypts {held}: "
                    "none of it is polled, and it expires unseen."
                )
                fix = f"give {role.name} a policy with kms:Decrypt of {key.name}"
                names = (mapping.name, role.name, *dict.fromkeys((queue.name, of.name)))
                source = "" if of is queue else SQS_GUIDE + "sqs-key-management.html"
                yield Found(names, values_of(of.kms_key), why, fix, source=source)


class PartsInTwoRegions(Check):
    id = "CHK-REGION-1"
    title = "source, dead-letter queue, target of a rule or destination of a bucket in another region"
    severity = Severity.ERROR
    why = (
        "A mapping and its source, a queue and its dead-letter queue, a rule and its targets, a bucket and whom it "
        "notifies have to be in one region."
    )
    fix = "Create both in one region; only topics, and rules whose target is a bus, hand on across regions."
    source = "ESM-REGION-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            regions = regions_apart(stack, mapping)
            if regions is not None and mapping.function is not None:
                name = mapping.function.name
                why = f"The source is in {regions[0]} and {name} in {regions[1]}: AWS refuses the mapping."
                fix = f"create {name} and {mapping.name} in {regions[0]}"
                yield Found((mapping.name, name), values_of(mapping.source_arn), why, fix)
        for queue in stack.queues:
            regions = dead_letters_apart(stack, queue)
            if regions is not None and queue.redrive is not None:
                where = f"in {regions[0]} and {queue.name} in {regions[1]}"
                why = f"The dead-letter queue is {where}: SQS refuses the policy."
                fix = f"create the dead-letter queue of {queue.name} in {regions[1]}"
                values = {f"{queue.name}.deadLetterTargetArn": queue.redrive.target_arn.value}
                yield Found((queue.name,), values, why, fix, source="SQS-DLQ-3")
        for rule, target in rule_targets(stack):
            regions = target_apart(stack, rule, target)
            if regions is not None:
                why = f"The target is in {regions[0]} and {rule.name} in {regions[1]}: EventBridge refuses it."
                fix = f"hand on to a bus in {regions[0]}, and from there to the target"
                yield Found((target.name, rule.name), values_of(target.target_arn), why, fix, source="EB-REGION-1")
        yield from self._notifications(stack)

    def _notifications(self, stack: Stack) -> Iterator[Found]:
        buckets = {bucket.id: bucket for bucket in stack.all(Bucket) if bucket.id}
        for resource in stack.all(BucketNotification):
            bucket = buckets.get(resource.bucket.known or "")
            if bucket is None:
                continue
            for config in resource.configs:
                regions = destination_apart(stack, bucket, config)
                if regions is not None:
                    why = f"The {config.kind} is in {regions[0]} and {bucket.name} in {regions[1]}: S3 refuses it."
                    fix = f"create the {config.kind} and {bucket.name} in one region"
                    yield Found((resource.name, bucket.name), values_of(config.arn), why, fix, source="S3-REGION-1")
