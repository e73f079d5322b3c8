"""Kinesis data streams."""

from __future__ import annotations

import time

from delivery_lab import resource_types
from delivery_lab.limits.streams import RETENTION_HOURS
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, present

_READY_SECONDS = 30


class StreamType(ProvidedType):
    """`aws.kinesis.Stream`. Its id is its ARN."""

    pulumi_type = resource_types.STREAM
    settings = frozenset({"encryptionType", "kmsKeyId", "name", "retentionPeriod", "shardCount", "streamModeDetails"})
    computed = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the stream."""
        mode = (inputs.get("streamModeDetails") or {}).get("streamMode")
        cloud.client("kinesis").create_stream(
            StreamName=inputs["name"],
            **present(ShardCount=inputs.get("shardCount"), StreamModeDetails=mode and {"StreamMode": mode}),
        )
        return cloud.arn("kinesis", f"stream/{inputs['name']}")

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Set retention and encryption."""
        _wait(cloud, id_)
        given = {**self.defaults, **inputs}
        self._keep(cloud, id_, RETENTION_HOURS.default, given["retentionPeriod"])
        if given["encryptionType"] == "KMS":
            cloud.client("kinesis").start_stream_encryption(
                StreamName=_name(id_), EncryptionType="KMS", KeyId=given["kmsKeyId"]
            )
            _wait(cloud, id_)

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The stream."""
        client = cloud.client("kinesis")
        answer = found(lambda: client.describe_stream_summary(StreamName=_name(id_)))
        if answer is None:
            return None
        summary = answer["StreamDescriptionSummary"]
        mode = summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
        return {
            "name": _name(id_),
            "encryptionType": summary.get("EncryptionType", "NONE"),
            "kmsKeyId": summary.get("KeyId"),
            "retentionPeriod": summary["RetentionPeriodHours"],
            "shardCount": summary["OpenShardCount"] if mode == "PROVISIONED" else None,
            "streamModeDetails": {"streamMode": mode},
            "arn": summary["StreamARN"],
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change retention, shards, encryption, mode: each where it changed."""
        client = cloud.client("kinesis")
        given = {**self.defaults, **new}
        if "streamModeDetails" in changed:
            client.update_stream_mode(StreamARN=id_, StreamModeDetails={"StreamMode": _mode(new)})
            _wait(cloud, id_)
        if "retentionPeriod" in changed:
            before = client.describe_stream_summary(StreamName=_name(id_))["StreamDescriptionSummary"]
            self._keep(cloud, id_, before["RetentionPeriodHours"], given["retentionPeriod"])
        if "shardCount" in changed and new.get("shardCount"):
            client.update_shard_count(
                StreamName=_name(id_), TargetShardCount=new["shardCount"], ScalingType="UNIFORM_SCALING"
            )
            _wait(cloud, id_)
        if changed & {"encryptionType", "kmsKeyId"}:
            self._encrypt(cloud, id_, given)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the stream with its records."""
        with gone_is_fine():
            cloud.client("kinesis").delete_stream(StreamName=_name(id_), EnforceConsumerDeletion=True)

    def _keep(self, cloud: Cloud, id_: str, before: int, hours: int) -> None:
        """Kinesis has two calls for it: one to keep records longer, one to keep them less long."""
        client = cloud.client("kinesis")
        if hours > before:
            client.increase_stream_retention_period(StreamName=_name(id_), RetentionPeriodHours=hours)
        elif hours < before:
            client.decrease_stream_retention_period(StreamName=_name(id_), RetentionPeriodHours=hours)
        _wait(cloud, id_)

    def _encrypt(self, cloud: Cloud, id_: str, given: Properties) -> None:
        client = cloud.client("kinesis")
        before = client.describe_stream_summary(StreamName=_name(id_))["StreamDescriptionSummary"]
        if before.get("EncryptionType") == "KMS":
            client.stop_stream_encryption(StreamName=_name(id_), EncryptionType="KMS", KeyId=before["KeyId"])
            _wait(cloud, id_)
        if given["encryptionType"] == "KMS":
            client.start_stream_encryption(StreamName=_name(id_), EncryptionType="KMS", KeyId=given["kmsKeyId"])
            _wait(cloud, id_)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _mode(inputs: Properties) -> str:
    return str((inputs.get("streamModeDetails") or {}).get("streamMode", "PROVISIONED"))


def _wait(cloud: Cloud, arn: str) -> None:
    client = cloud.client("kinesis")
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        summary = client.describe_stream_summary(StreamName=_name(arn))["StreamDescriptionSummary"]
        if summary["StreamStatus"] == "ACTIVE":
            return
        time.sleep(0.1)


TYPES = (StreamType(),)
