"""S3 buckets: who may see them, and whom they tell of their objects."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.names import lowered, raised_name
from delivery_lab.live.provider.resource_type import Properties, ProvidedType
from delivery_lab.program import naming

_HOME = "us-east-1"
"""The region that S3 takes no location constraint for."""
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class BucketType(ProvidedType):
    """`aws.s3.Bucket`. Its id is its name."""

    pulumi_type = resource_types.BUCKET
    settings = frozenset({"bucket", "forceDestroy"})
    computed = ("arn", "bucketRegion")
    unread = frozenset({"forceDestroy"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the bucket."""
        place: dict[str, Any] = {}
        if cloud.region != _HOME:
            place["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
        cloud.client("s3").create_bucket(Bucket=inputs["bucket"], **place)
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The bucket."""
        s3 = cloud.client("s3")
        answer = found(lambda: s3.get_bucket_location(Bucket=id_))
        if answer is None:
            return None
        return {
            "bucket": id_,
            "arn": f"arn:{naming.partition_of(cloud.region)}:s3:::{id_}",
            "bucketRegion": answer.get("LocationConstraint") or _HOME,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Whether a bucket may be deleted with its objects is nothing that S3 knows."""

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the bucket; one with objects only if that is wanted."""
        s3 = cloud.client("s3")
        with gone_is_fine():
            if state.get("forceDestroy"):
                for each in s3.list_objects_v2(Bucket=id_).get("Contents", []):
                    s3.delete_object(Bucket=id_, Key=each["Key"])
            s3.delete_bucket(Bucket=id_)


class BucketPolicyType(ProvidedType):
    """`aws.s3.BucketPolicy`. Its id is the bucket's name."""

    pulumi_type = resource_types.BUCKET_POLICY
    settings = frozenset({"bucket", "policy"})
    required = settings

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Set the policy."""
        cloud.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The policy."""
        s3 = cloud.client("s3")
        answer = found(lambda: s3.get_bucket_policy(Bucket=id_))
        return None if answer is None else {"bucket": id_, "policy": answer["Policy"]}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the policy."""
        cloud.client("s3").put_bucket_policy(Bucket=id_, Policy=new["policy"])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Take the policy from the bucket."""
        with gone_is_fine():
            cloud.client("s3").delete_bucket_policy(Bucket=id_)


class PublicAccessBlockType(ProvidedType):
    """`aws.s3.BucketPublicAccessBlock`. Its id is the bucket's name."""

    pulumi_type = resource_types.PUBLIC_ACCESS_BLOCK
    settings = frozenset({"bucket", *_BLOCKS})
    required = frozenset({"bucket"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Block public access."""
        self._put(cloud, inputs["bucket"], inputs)
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """What is blocked."""
        s3 = cloud.client("s3")
        answer = found(lambda: s3.get_public_access_block(Bucket=id_))
        return None if answer is None else {**lowered(answer["PublicAccessBlockConfiguration"]), "bucket": id_}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Block what is to be blocked now."""
        self._put(cloud, id_, new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Block nothing."""
        with gone_is_fine():
            cloud.client("s3").delete_public_access_block(Bucket=id_)

    def _put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        blocked = {raised_name(name): bool(inputs.get(name)) for name in _BLOCKS}
        cloud.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)


class BucketNotificationType(ProvidedType):
    """`aws.s3.BucketNotification` that tells queues. Its id is the bucket's name; a bucket has one configuration."""

    pulumi_type = resource_types.BUCKET_NOTIFICATION
    settings = frozenset({"bucket", "queues"})
    required = settings

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Configure the notifications; S3 sends a test event to each queue."""
        self._put(cloud, inputs["bucket"], inputs["queues"])
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The queues that the bucket tells; without any there is no such resource."""
        s3 = cloud.client("s3")
        answer = found(lambda: s3.get_bucket_notification_configuration(Bucket=id_))
        told = (answer or {}).get("QueueConfigurations")
        return {"bucket": id_, "queues": [_told(each) for each in told]} if told else None

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Put the new configuration in its place."""
        self._put(cloud, id_, new["queues"])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Tell nobody."""
        with gone_is_fine():
            cloud.client("s3").put_bucket_notification_configuration(Bucket=id_, NotificationConfiguration={})

    def _put(self, cloud: Cloud, bucket: str, queues: list[Properties]) -> None:
        configuration = {"QueueConfigurations": [_configured(each, number) for number, each in enumerate(queues, 1)]}
        cloud.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


_FILTERS: Mapping[str, str] = MappingProxyType({"prefix": "filterPrefix", "suffix": "filterSuffix"})


def _configured(queue: Properties, number: int) -> dict[str, Any]:
    """A queue as S3 wants it."""
    rules = [{"Name": wire, "Value": queue[name]} for wire, name in _FILTERS.items() if queue.get(name)]
    configuration: dict[str, Any] = {
        "Id": queue.get("id") or f"tf-s3-queue-{number}",
        "QueueArn": queue["queueArn"],
        "Events": list(queue["events"]),
    }
    return {**configuration, "Filter": {"Key": {"FilterRules": rules}}} if rules else configuration


def _told(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A queue as the program gives it; an id of the provider's own is none that it gave."""
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    queue = {"queueArn": configuration["QueueArn"], "events": list(configuration["Events"])}
    queue |= {_FILTERS[str(rule["Name"]).lower()]: rule["Value"] for rule in rules}
    own = str(configuration.get("Id", "")).startswith("tf-s3-")
    return queue if own else {**queue, "id": configuration["Id"]}


TYPES = (BucketType(), BucketPolicyType(), PublicAccessBlockType(), BucketNotificationType())
