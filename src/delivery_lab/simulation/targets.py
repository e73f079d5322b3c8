"""Queues, functions, topics, streams and buses of a stack as what topics, buckets, rules and schedules hand on to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from delivery_lab.function_names import qualifier_in
from delivery_lab.model.account import Account
from delivery_lab.model.eventbridge.target import BusTarget
from delivery_lab.model.faults import Faults
from delivery_lab.model.feeds.targets import FunctionTarget, Permit, QueueTarget, StreamTarget
from delivery_lab.model.sns.target import TopicTarget
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.permits import account_of, function_permit, queue_permit, role_permit, topic_permit
from delivery_lab.stack.events import Bus
from delivery_lab.stack.functions import Function
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream
from delivery_lab.stack.topics import Topic


@dataclass(frozen=True, slots=True)
class Targets:
    """What one service hands messages on to, on behalf of the stack's resources.

    Attributes:
        stack: the stack.
        account: the account of the run.
        service: service principal, such as `s3.amazonaws.com`.
        rule: rule by which policies are asked.
        owner: account of what the service acts for, where its ARN names none.
        puts_records: actions of which its role has to allow one, to put records into a Kinesis data stream.
    """

    stack: Stack
    account: Account
    service: str
    rule: RuleId
    owner: str = ""
    puts_records: tuple[str, ...] = ("kinesis:PutRecord",)

    def queue(self, queue: Queue, source: str, source_arn: str) -> QueueTarget:
        """A queue, for a resource of that name and ARN."""
        owner = account_of(source_arn) or self.owner
        return self._queue(queue, queue_permit(self.stack, queue, self.service, source, source_arn, owner, self.rule))

    def function(self, function: Function, feed: str, source: str, source_arn: str, by: str | None) -> FunctionTarget:
        """A function, for a resource of that name and ARN, which invokes it by a name or an ARN."""
        qualifier = qualifier_in(by)
        permit = function_permit(
            self.stack, function, self.service, source, source_arn, self.rule, self.owner, qualifier
        )
        return self._function(function, feed, permit, qualifier)

    def topic(self, topic: Topic, source: str, source_arn: str) -> TopicTarget:
        """A topic, for a resource of that name and ARN."""
        owner = account_of(source_arn) or self.owner
        return self._topic(topic, topic_permit(topic, self.service, source, source_arn, owner, self.rule))

    def by_role(
        self,
        receiver: Queue | Function | Topic | Stream | Bus,
        feed: str,
        source: str,
        role: Setting[str | None],
        by: str | None = None,
    ) -> QueueTarget | FunctionTarget | TopicTarget | StreamTarget | BusTarget:
        """Anything of these, for a resource of that name which uses it by its role alone; a function by a name."""

        def permit(action: str) -> Permit:
            return role_permit(self.stack, role, source, action, receiver, self.rule)

        match receiver:
            case Queue():
                return self._queue(receiver, permit("sqs:SendMessage"))
            case Function():
                return self._function(receiver, feed, permit("lambda:InvokeFunction"), qualifier_in(by))
            case Topic():
                return replace(self._topic(receiver, permit("sns:Publish")), subject="")
            case Stream():
                return self.stream(receiver, source, role)
            case Bus():
                return self.bus(receiver, source, role)

    def stream(self, stream: Stream, source: str, role: Setting[str | None]) -> StreamTarget:
        """A Kinesis data stream, for a resource of that name with a role."""
        account = self.account
        permits = [role_permit(self.stack, role, source, action, stream, self.rule) for action in self.puts_records]
        permit = next((one for one in permits if not one.refusal), permits[0])
        return StreamTarget(account.streams_by_name[stream.label], permit, self._faults, account.journal)

    def bus(self, bus: Bus, source: str, role: Setting[str | None]) -> BusTarget:
        """A bus, for a resource of that name with a role."""
        account = self.account
        permit = role_permit(self.stack, role, source, "events:PutEvents", bus, self.rule)
        created = account.buses.all[bus.label]
        return BusTarget(created, self._faults, account.streams, account.journal, permit)

    def _queue(self, queue: Queue, permit: Permit) -> QueueTarget:
        account = self.account
        return QueueTarget(account.queues[queue.label], permit, self._faults, account.streams, account.journal)

    def _function(self, function: Function, feed: str, permit: Permit, qualifier: str) -> FunctionTarget:
        account = self.account
        return FunctionTarget(
            function.label, feed, permit, account.functions, account.events, self._faults, account.journal, qualifier
        )

    def _topic(self, topic: Topic, permit: Permit) -> TopicTarget:
        return TopicTarget(self.account.topics[topic.label], permit, self.account.streams, self.account.journal)

    def _faults(self) -> Faults:
        """The faults of the run, which are set after the deployment."""
        return self.account.faults
