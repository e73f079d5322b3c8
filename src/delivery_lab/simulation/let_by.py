"""Subscriptions whose filter policy takes nothing of what a workload publishes to their topic, without a run.

Only what the workload publishes itself is known before a run. So nothing is said of a topic to which something of the
stack may publish too: a function that knows it, or a bucket.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from delivery_lab.errors import LabError
from delivery_lab.limits.topics import FILTER_SCOPE
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sns.filter_policy import FilterPolicy, parse
from delivery_lab.simulation.send_lines import Arrival
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription, Topic


@dataclass(frozen=True, slots=True)
class LetBy:
    """What a subscription lets by.

    Attributes:
        messages: how many messages are published, none of which it takes.
        elsewhere: how many of them it would take if its policy were about the other scope.
        scope: the other scope.
    """

    messages: int
    elsewhere: int
    scope: str


def let_by(stack: Stack, workload: Workload, seed: int) -> dict[str, LetBy]:
    """The subscriptions of a stack that take nothing of what a workload publishes to their topic.

    Args:
        stack: the stack.
        workload: the workload.
        seed: that of the run, which decides what is drawn in bodies.

    Returns:
        By URN of a subscription: what it lets by.

    Raises:
        WorkloadError: a template of the workload does not render.
    """
    filtering = [each for each in stack.all(Subscription) if each.filter_policy.known]
    published: dict[str, list[Arrival]] = defaultdict(list)
    if filtering:
        for arrival in workload.arrivals(RandomStreams(seed).stream("workload")):
            if arrival.target == "sns":
                published[arrival.name].append(arrival)
    found = {}
    for subscription in filtering:
        topic = stack.at(subscription.topic.known)
        arrivals = published.get(topic.label, []) if isinstance(topic, Topic) and not _has_others(stack, topic) else []
        passed_by = _passed_by(subscription, arrivals)
        if passed_by is not None:
            found[subscription.urn] = passed_by
    return found


def _has_others(stack: Stack, topic: Topic) -> bool:
    """Whether something of the stack may publish to a topic."""
    told = any(topic.arn == config.arn.known for each in stack.all(BucketNotification) for config in each.configs)
    return told or any(topic.arn in function.variables.values() for function in stack.functions)


def _passed_by(subscription: Subscription, arrivals: list[Arrival]) -> LetBy | None:
    scope = subscription.filter_scope.known
    policy = _policy(subscription, scope)
    if not arrivals or scope is None or policy is None or any(_takes(policy, each) for each in arrivals):
        return None
    (other,) = (each for each in FILTER_SCOPE.values if each != scope)
    elsewhere = _policy(subscription, other)
    taken = 0 if elsewhere is None else sum(_takes(elsewhere, each) for each in arrivals)
    return LetBy(len(arrivals), taken, other)


def _policy(subscription: Subscription, scope: str | None) -> FilterPolicy | None:
    """The policy as it would be in a scope, None where it cannot be told, or SNS would refuse it."""
    text = subscription.filter_policy.known
    if text is None or scope is None:
        return None
    try:
        return parse(text, scope)
    except (AwsError, LabError):
        return None  # a run says what is wrong with it


def _takes(policy: FilterPolicy, arrival: Arrival) -> bool:
    return policy.takes(arrival.body, arrival.attributes)
