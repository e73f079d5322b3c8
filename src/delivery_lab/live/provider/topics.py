"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

import json

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.resource_type import Properties, ProvidedType

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
}
_OF_NEW_TOPICS = "__default_statement_ID"
"""Id of the statement in the policy of a topic that nobody has given one."""
_FLAGS = ("contentBasedDeduplication", "fifoTopic")


class TopicType(ProvidedType):
    """`aws.sns.Topic`. Its id is its ARN."""

    pulumi_type = resource_types.TOPIC
    settings = frozenset({"name", *_ATTRIBUTES})
    computed = ("arn", "owner")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the topic."""
        attributes = {wire: _text(inputs[name]) for name, wire in _ATTRIBUTES.items() if inputs.get(name)}
        return str(cloud.client("sns").create_topic(Name=inputs["name"], Attributes=attributes)["TopicArn"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The topic."""
        sns = cloud.client("sns")
        answer = found(lambda: sns.get_topic_attributes(TopicArn=id_))
        if answer is None:
            return None
        attributes = answer["Attributes"]
        properties = {name: attributes.get(wire) or None for name, wire in _ATTRIBUTES.items()}
        return {
            **properties,
            **{name: properties[name] == "true" for name in _FLAGS},
            "name": id_.rpartition(":")[2],
            "arn": id_,
            "owner": cloud.account,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the attributes that changed."""
        given = {**self.defaults, **new}
        for name in sorted(changed):
            value = given.get(name)
            cloud.client("sns").set_topic_attributes(
                TopicArn=id_, AttributeName=_ATTRIBUTES[name], AttributeValue="" if value is None else _text(value)
            )

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the topic."""
        with gone_is_fine():
            cloud.client("sns").delete_topic(TopicArn=id_)


class TopicPolicyType(ProvidedType):
    """`aws.sns.TopicPolicy`. Its id is the topic's ARN."""

    pulumi_type = resource_types.TOPIC_POLICY
    settings = frozenset({"arn", "policy"})
    required = frozenset({"arn", "policy"})
    computed = ("owner",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Set the policy."""
        self._set(cloud, inputs["arn"], inputs["policy"])
        return str(inputs["arn"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The policy."""
        sns = cloud.client("sns")
        answer = found(lambda: sns.get_topic_attributes(TopicArn=id_))
        policy = (answer or {}).get("Attributes", {}).get("Policy")
        if policy is None or _OF_NEW_TOPICS in policy:
            return None
        return {"arn": id_, "policy": policy, "owner": cloud.account}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the policy."""
        self._set(cloud, id_, new["policy"])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Give the topic the policy that new topics have: its owner may do everything."""
        statement = {
            "Sid": _OF_NEW_TOPICS,
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:DeleteTopic", "SNS:Publish"],
            "Resource": id_,
            "Condition": {"StringEquals": {"AWS:SourceOwner": cloud.account}},
        }
        with gone_is_fine():
            self._set(cloud, id_, json.dumps({"Version": "2008-10-17", "Statement": [statement]}))

    def _set(self, cloud: Cloud, arn: str, policy: str) -> None:
        cloud.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


_OF_SUBSCRIPTIONS = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
}


class TopicSubscriptionType(ProvidedType):
    """`aws.sns.TopicSubscription` of a queue or a function, which needs no confirmation. Its id is its ARN."""

    pulumi_type = resource_types.TOPIC_SUBSCRIPTION
    settings = frozenset({"endpoint", "protocol", "topic", *_OF_SUBSCRIPTIONS})
    required = frozenset({"endpoint", "protocol", "topic"})
    computed = ("arn", "confirmationWasAuthenticated", "ownerId", "pendingConfirmation")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Subscribe, with all attributes."""
        attributes = {wire: _text(inputs[name]) for name, wire in _OF_SUBSCRIPTIONS.items() if inputs.get(name)}
        answer = cloud.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        return str(answer["SubscriptionArn"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The subscription."""
        sns = cloud.client("sns")
        answer = found(lambda: sns.get_subscription_attributes(SubscriptionArn=id_))
        if answer is None:
            return None
        attributes = answer["Attributes"]
        properties = {name: attributes.get(wire) or None for name, wire in _OF_SUBSCRIPTIONS.items()}
        return {
            **properties,
            "rawMessageDelivery": properties["rawMessageDelivery"] == "true",
            "endpoint": attributes["Endpoint"],
            "protocol": attributes["Protocol"],
            "topic": attributes["TopicArn"],
            "arn": id_,
            "confirmationWasAuthenticated": True,
            "ownerId": cloud.account,
            "pendingConfirmation": False,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the attributes that changed."""
        given = {**self.defaults, **new}
        for name in sorted(changed):
            value = given.get(name)
            cloud.client("sns").set_subscription_attributes(
                SubscriptionArn=id_,
                AttributeName=_OF_SUBSCRIPTIONS[name],
                AttributeValue="" if value is None else _text(value),
            )

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Unsubscribe."""
        with gone_is_fine():
            cloud.client("sns").unsubscribe(SubscriptionArn=id_)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TYPES = (TopicType(), TopicPolicyType(), TopicSubscriptionType())
