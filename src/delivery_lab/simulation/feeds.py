"""Everything of a stack that hands messages on to its queues and functions."""

from __future__ import annotations

from delivery_lab.model.account import Account
from delivery_lab.simulation.buckets import connect_buckets
from delivery_lab.simulation.buses import connect_buses
from delivery_lab.simulation.schedules import connect_schedules
from delivery_lab.simulation.topics import connect_topics
from delivery_lab.stack.stack import Stack


def connect_feeds(stack: Stack, account: Account, notes: list[str]) -> None:
    """Connect topics, buses and buckets with who gets their messages; targets and their policies exist by now.

    Args:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: AWS would refuse a subscription, a rule, a target or a notification.
    """
    connect_topics(stack, account, notes)
    connect_buses(stack, account, notes)
    connect_buckets(stack, account, notes)
    connect_schedules(stack, account, notes)
