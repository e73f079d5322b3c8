"""A visibility timeout below the function's timeout, deployed on purpose.

    queue (created with a timeout that AWS accepts; Pulumi leaves it alone from then on)
      └── RaisedVisibility    before the mapping is created or updated
            └── mapping
                  └── LoweredVisibility    after that

Both are set anew when anything about the mapping or the function's timeout changes: `mappingRevision` and
`functionArn` say so.
Destroying goes the other way round, and every step is one that AWS accepts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import Resource

from components.settings import IdempotentWorkerSettings
from components.visibility_provider import UNSUPPORTED_KEYS, LowerProvider, RaiseProvider

_NOT_SET = (None, "", "false", "[]", "{}", "null")


@dataclass(frozen=True, slots=True)
class ShortVisibility:
    """What both resources are told.

    Attributes:
        queue_url: URL of the queue.
        short_seconds: the visibility timeout wanted, below the function's timeout.
        accepted_seconds: a visibility timeout that AWS accepts, the function's timeout or more.
        mapping_revision: changes whenever the mapping's settings do.
        function_arn: the function that the mapping invokes; another one is an update of the mapping, too.
        region: region of the queue.
    """

    queue_url: pulumi.Input[str]
    short_seconds: int
    accepted_seconds: int
    mapping_revision: str
    function_arn: pulumi.Input[str]
    region: str


class RaisedVisibility(Resource, module="visibility", name="RaisedVisibility"):
    """The queue's visibility timeout as AWS accepts it, while the mapping is created or updated.

    Args:
        name: logical name.
        target: the queue and its timeouts.
        opts: resource options; the mapping has to depend on this resource.
    """

    def __init__(self, name: str, target: ShortVisibility, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, pulumi.Input[object]] = {
            "queueUrl": target.queue_url,
            "region": target.region,
            "visibilityTimeoutSeconds": target.accepted_seconds,
            "mappingRevision": target.mapping_revision,
            "functionArn": target.function_arn,
        }
        super().__init__(RaiseProvider(), name, props, opts)


class LoweredVisibility(Resource, module="visibility", name="LoweredVisibility"):
    """The queue's visibility timeout as it is wanted, once the mapping exists.

    Args:
        name: logical name.
        target: the queue and its timeouts.
        opts: resource options; it has to depend on the mapping.
    """

    def __init__(self, name: str, target: ShortVisibility, opts: pulumi.ResourceOptions | None = None) -> None:
        props: dict[str, pulumi.Input[object]] = {
            "queueUrl": target.queue_url,
            "region": target.region,
            "visibilityTimeoutSeconds": target.short_seconds,
            "restoredVisibilityTimeoutSeconds": target.accepted_seconds,
            "mappingRevision": target.mapping_revision,
            "functionArn": target.function_arn,
        }
        super().__init__(LowerProvider(), name, props, opts)


def mapping_revision(settings: IdempotentWorkerSettings) -> str:
    """A word that changes whenever the mapping, or the timeout it is checked against, may change."""
    elsewhere = {"heartbeat", "idempotency", "memory_mb", "reserved_concurrency", "log_retention_days"}
    relevant = settings.model_dump(mode="json", exclude=elsewhere)
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:12]


def aws_region() -> str:
    """The region of the stack's aws provider.

    Raises:
        pulumi.RunError: it is not in the stack's configuration, or the provider is configured in a way that the
            dynamic resources do not follow.
    """
    config = pulumi.Config("aws")
    unsupported = [f"aws:{key}" for key in UNSUPPORTED_KEYS if config.get(key) not in _NOT_SET]
    if unsupported:
        raise pulumi.RunError(
            f"allowShortVisibility cannot be used together with {', '.join(unsupported)}: the visibility timeout is "
            "lowered through boto3, which follows aws:region, aws:profile, aws:accessKey, aws:secretKey, aws:token and "
            "aws:endpoints only\n    fix: give credentials by aws:profile or the environment instead"
        )
    region = config.get("region")
    if not region:
        raise pulumi.RunError(
            "allowShortVisibility needs aws:region in the stack's configuration, so that the visibility timeout is "
            "lowered where the queue is\n    fix: pulumi config set aws:region <region>"
        )
    return region
