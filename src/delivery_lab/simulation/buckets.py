"""From notifications of buckets to the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.account import Account
from delivery_lab.model.api_errors.services import NOTIFICATION, NOTIFICATION_REGION
from delivery_lab.model.eventbridge.bus import EventBus
from delivery_lab.model.eventbridge.target import BusTarget
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import FeedTarget, FunctionTarget, QueueTarget, RefusedTarget
from delivery_lab.model.s3 import bucket as model
from delivery_lab.model.s3.bucket import NotifyingBucket, ObjectNotification
from delivery_lab.model.s3.records import BucketIdentity
from delivery_lab.model.sns.target import TopicTarget
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.bucket_filters import plain, refuse_overlapping, unencoded
from delivery_lab.simulation.permits import account_of
from delivery_lab.simulation.supported_feeds import feed_problem
from delivery_lab.simulation.targets import Targets
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.functions import Function
from delivery_lab.stack.notifications import BucketNotification, NotificationConfig
from delivery_lab.stack.overwriting import refusals, rival_notifications
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.regions import destination_apart
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

SERVICE = "s3.amazonaws.com"
_ANYWHERE = "us-east-1"
_VERSIONED = ("Enabled", "Suspended")
"""Where versioning is suspended S3 makes no new versions, and a deletion makes a delete marker all the same."""


def connect_buckets(stack: Stack, account: Account, notes: list[str]) -> None:
    """Configure the notifications of buckets; destinations and their policies exist by now.

    Args:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: S3 would refuse a configuration.
    """
    buckets = {bucket.id: bucket for bucket in stack.all(Bucket) if bucket.id}
    arns = (each.arn for each in (*stack.queues, *stack.functions, *stack.all(Topic)) if each.arn)
    owner, region = next(((account_of(arn), arn.split(":")[3]) for arn in arns), ("", _ANYWHERE))
    overwritten = refusals(rival_notifications(stack))
    for resource in stack.all(BucketNotification):
        if resource.by_arn:
            raise _named_by_arn(resource)
        bucket = buckets.get(resource.bucket.known or "")
        if bucket is None:
            what = resource.bucket.known or "a bucket that is known only after deployment"
            notes.append(f"{resource.name} is about {what}, which is not in this stack: nothing happens there in a run")
            continue
        refuse_overlapping(resource)
        own_region = bucket.region or region
        identity = BucketIdentity(bucket.id, bucket.arn or "", own_region, owner)
        created = account.buckets.get(bucket.id)
        if created is None:
            created = account.buckets[bucket.id] = NotifyingBucket(
                bucket.label,
                identity,
                scheduler=account.scheduler,
                streams=account.streams,
                journal=account.journal,
                keeps_versions=_keeps_versions(stack, bucket),
            )
            if created.keeps_versions:
                notes.append(f"{bucket.name} keeps versions: what it tells of objects has no version id in a run")
        targets = Targets(stack, account, SERVICE, "S3-POLICY-1", owner)
        connector = _Notifier(stack, account, notes, resource, bucket, targets, overwritten.get(resource.urn, ""))
        for number, config in enumerate(resource.configs, 1):
            notification = connector.connect(config, number)
            if notification is not None:
                created.notifications.append(notification)
        if resource.to_event_bus.certain():
            created.notifications.append(connector.to_event_bus(account.buses.default(owner, own_region)))


def _named_by_arn(resource: BucketNotification) -> DeploymentRefusedError:
    return DeploymentRefusedError(
        resource.name,
        "InvalidBucketName",
        f"The specified bucket is not valid: {resource.bucket.known} is no name",
        rule="S3-ADDRESS-1",
        fix=f"set bucket of {resource.name} to the id of the bucket",
    )


def _keeps_versions(stack: Stack, bucket: Bucket) -> bool:
    """Whether a bucket keeps versions of its objects: by itself, or by a resource that says so."""
    resources = stack.graph.resources
    own = resources[bucket.urn].inputs.get("versioning")
    if isinstance(own, Mapping) and own.get("enabled") is True:
        return True
    for resource in resources.values():
        if resource.type in resource_types.BUCKET_VERSIONINGS and resource.inputs.get("bucket") == bucket.id:
            given = resource.inputs.get("versioningConfiguration")
            return isinstance(given, Mapping) and given.get("status") in _VERSIONED
    return False


@dataclass(frozen=True, slots=True)
class _Notifier:
    stack: Stack
    account: Account
    notes: list[str]
    resource: BucketNotification
    bucket: Bucket
    targets: Targets
    overwritten: str
    """Why it cannot be told whether it counts: another one of the bucket does, too; "" if it does."""

    def connect(self, config: NotificationConfig, number: int) -> ObjectNotification | None:
        """One configuration, None where its destination is none of the stack.

        Raises:
            DeploymentRefusedError: the destination is in another region than the bucket (S3-REGION-1).
        """
        apart = destination_apart(self.stack, self.bucket, config)
        if apart is not None:
            error = NOTIFICATION_REGION.error(destination=apart[0], bucket=apart[1])
            fix = f"create both in one region; eventbridge of {self.resource.name} reaches other regions over buses"
            raise DeploymentRefusedError(self.resource.name, error.code, error.message, rule="S3-REGION-1", fix=fix)
        destination = self._destination(config)
        if destination is None:
            where = config.arn.known or "somebody who is known only after deployment"
            self.notes.append(
                f"{self.resource.name} tells {where} of {self.bucket.name}, outside this stack: that is not counted"
            )
            return None
        name = (
            self.resource.label if len(self.resource.configs) == 1 else f"{self.resource.label} {config.id or number}"
        )
        problem = self.overwritten or feed_problem(self.stack, self.resource) or unencoded(config, name)
        target = RefusedTarget(destination.label, problem) if problem else self._target(destination, name, config)
        return ObjectNotification(
            self._feed(name, target),
            config.id or f"tf-s3-{config.kind}-{number}",
            config.events.certain(),
            plain(config.prefix.certain()),
            plain(config.suffix.certain()),
            tried=config.kind != "function" and not isinstance(target, RefusedTarget),
        )

    def to_event_bus(self, bus: EventBus) -> ObjectNotification:
        """The default event bus as a destination: it is told of everything (S3-BUS-1)."""
        account = self.account
        target: FeedTarget = BusTarget(bus, lambda: account.faults, account.streams, account.journal)
        if self.overwritten:
            target = RefusedTarget(bus.name, self.overwritten, "bus")
        feed = self._feed(f"{self.resource.label} to {bus.name}", target)
        return ObjectNotification(feed, "", (), tried=False, to_bus=True)

    def _destination(self, config: NotificationConfig) -> Queue | Topic | Function | None:
        arn = config.arn.known
        if config.kind == "function":
            return self.stack.function_at(arn)
        found = self.stack.at(arn)
        return found if isinstance(found, Queue | Topic) else None

    def _feed(self, name: str, target: FeedTarget) -> Feed:
        feed = Feed(
            self.bucket.label,
            "bucket",
            name,
            target,
            None,
            wait=_no_retry,
            rules=model.RULES,
            faults=lambda: self.account.faults,
            scheduler=self.account.scheduler,
            journal=self.account.journal,
        )
        self.account.feeds.append(feed)
        return feed

    def _target(self, destination: Queue | Topic | Function, feed: str, config: NotificationConfig) -> FeedTarget:
        source, arn = self.bucket.name, self.bucket.arn or ""
        if not isinstance(destination, Function) and destination.fifo.certain():
            raise self._refused(destination, f"{destination.name} is a FIFO {_kind(destination)}", "S3-FIFO-1")
        target: QueueTarget | TopicTarget | FunctionTarget
        if isinstance(destination, Queue):
            target = self.targets.queue(destination, source, arn)
        elif isinstance(destination, Topic):
            target = self.targets.topic(destination, source, arn)
        else:
            target = self.targets.function(destination, feed, source, arn, config.arn.known)
        return self._unless_closed(destination, target)

    def _unless_closed(
        self, destination: StackResource, target: QueueTarget | TopicTarget | FunctionTarget
    ) -> FeedTarget:
        """The target; one that S3 may not use ends a run only if something is meant to get there.

        S3 refuses such a configuration (S3-POLICY-1). But the permission may be given outside this program, and runs
        that put nothing into the bucket do not depend on it.
        """
        permit = target.permit
        if not permit.refusal:
            return target
        refused = self._refused(destination, permit.refusal, permit.rule or "S3-POLICY-1")
        self.notes.append(str(refused).partition("\n")[0])
        return RefusedTarget(destination.label, refused)

    def _refused(self, destination: StackResource, why: str, rule: RuleId) -> DeploymentRefusedError:
        error = NOTIFICATION.error(why=f"{why}.")
        fix = f"let {SERVICE} use {destination.name} for {self.bucket.name} before {self.resource.name} is created"
        if rule == "S3-FIFO-1":
            fix = f"name a standard {_kind(destination)}"
        return DeploymentRefusedError(
            self.resource.name, error.code, f"{error.message} {error.why}", rule=rule, fix=fix
        )


def _kind(destination: StackResource) -> str:
    return "queue" if isinstance(destination, Queue) else "topic"


def _no_retry(_: int, __: int) -> int | None:
    """For how long S3 tries a destination again that fails is not known (S3-TIME-1).

    Raises:
        NotModelledError: always.
    """
    raise NotModelledError(
        "a destination of a bucket fails, and for how long S3 tries it again is not documented; that is not modelled\n"
        "  nearest: a topic between bucket and queue"
    )
