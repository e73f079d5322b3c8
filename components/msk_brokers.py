"""What policies say about an MSK cluster, one that is made here or one that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.iam import Statement


@dataclass(frozen=True, slots=True)
class MskBrokers:
    """The brokers of a cluster, as clients and their policies know them.

    Attributes:
        arn: ARN of the cluster.
    """

    arn: pulumi.Output[str]

    def topic_arn(self, topic: str) -> pulumi.Output[str]:
        """ARN of a topic, for IAM policies; it has the cluster's name and id in it."""
        return self._below("topic", topic)

    def group_arn(self, group: str | None) -> pulumi.Output[str]:
        """ARN of a consumer group; of all groups of this cluster where the mapping is to choose its own."""
        return self._below("group", group or "*")

    def statement(self, sid: str, actions: Sequence[str]) -> Statement:
        """Something that may be done to the cluster as such."""
        return Statement(sid, actions, self.arn)

    def _below(self, kind: str, what: str) -> pulumi.Output[str]:
        return self.arn.apply(lambda arn: f"{arn.replace(':cluster/', f':{kind}/', 1)}/{what}")
