"""What Pulumi runs to change the visibility timeout of a queue that has a mapping already.

AWS checks a queue's visibility timeout against the function's timeout whenever a mapping is created or updated, and at
no other time (semantics.md B5). A queue with a shorter one is therefore lowered after its mapping was created, and
raised again before the mapping is touched. Two dynamic resources do that: `RaisedVisibility`, which the mapping depends
on, and `LoweredVisibility`, which depends on the mapping.

Pulumi loads this module in a process of its own, by name. It must not import anything that registers resources. The
program loads it too, in all stacks, and calls nothing in it: so boto3 is imported where SQS is called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

ATTRIBUTE: Final = "VisibilityTimeout"
CONFIRMATION_SECONDS = 60
"""How long AWS may take to spread a changed attribute (semantics.md A1)."""

_QUEUE_IS_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

UNSUPPORTED_KEYS = (
    "assumeRoles",
    "assumeRoleWithWebIdentity",
    "customCaBundle",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "httpProxy",
    "httpsProxy",
    "insecure",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "useDualstackEndpoint",
    "useFipsEndpoint",
)
"""Keys of the aws provider that decide who calls AWS, or where, and that this module does not follow."""


class VisibilityError(Exception):
    """The visibility timeout of a queue could not be changed or read."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Who calls SQS, and where: what the aws provider of the same stack uses.

    Attributes:
        profile: profile of the shared configuration, None for the default credentials.
        access_key: access key id, None for the default credentials.
        secret_key: its secret.
        token: session token of temporary credentials.
        endpoint_url: where SQS answers, None for AWS itself.
    """

    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    token: str | None = None
    endpoint_url: str | None = None

    @classmethod
    def from_config(cls, get: Callable[[str], Any]) -> Connection:
        """Read the configuration of the aws provider.

        Args:
            get: returns the value of a full key such as `aws:profile`, None where it is not set.
        """
        return cls(
            profile=get("aws:profile"),
            access_key=get("aws:accessKey"),
            secret_key=get("aws:secretKey"),
            token=get("aws:token"),
            endpoint_url=_sqs_endpoint(get("aws:endpoints")),
        )

    def client(self, region: str) -> SQSClient:
        """A client of SQS in a region."""
        import boto3

        session = boto3.Session(
            profile_name=self.profile,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.token,
            region_name=region,
        )
        return session.client("sqs", endpoint_url=self.endpoint_url)


def _sqs_endpoint(endpoints: object) -> str | None:
    """SQS's place in `aws:endpoints`, a list of maps that arrives as JSON text."""
    if isinstance(endpoints, str):
        endpoints = json.loads(endpoints) if endpoints else None
    if not isinstance(endpoints, list):
        return None
    return next((entry["sqs"] for entry in endpoints if isinstance(entry, dict) and entry.get("sqs")), None)


class _VisibilityProvider(ResourceProvider):
    """What both resources have in common.

    Properties: queueUrl, region, visibilityTimeoutSeconds, and what the
    mapping depends on (mappingRevision, functionArn).
    """

    # Nothing secret is captured: credentials come from the configuration, in the process that uses them.
    serialize_as_secret_always = False

    def __init__(self) -> None:
        super().__init__()
        self._connection = Connection()

    def configure(self, req: ConfigureRequest) -> None:
        """Take over the configuration of the aws provider."""
        self._connection = Connection.from_config(req.config.get)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Another queue is another resource; anything else that differs is set anew."""
        compared = ("visibilityTimeoutSeconds", "restoredVisibilityTimeoutSeconds", "mappingRevision", "functionArn")
        replaces = [key for key in ("queueUrl", "region") if _olds.get(key) != _news.get(key)]
        changes = bool(replaces) or any(_olds.get(key) != _news.get(key) for key in compared)
        return DiffResult(changes=changes, replaces=replaces, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the visibility timeout, and wait until SQS says so itself."""
        self._set(props, int(props["visibilityTimeoutSeconds"]))
        return CreateResult(props["queueUrl"], _stored(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set the visibility timeout again."""
        self._set(_news, int(_news["visibilityTimeoutSeconds"]))
        return UpdateResult(_stored(_news))

    def _set(self, props: Mapping[str, Any], seconds: int) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        url = props["queueUrl"]
        try:
            client = self._connection.client(props["region"])
            client.set_queue_attributes(QueueUrl=url, Attributes={ATTRIBUTE: str(seconds)})
            for _ in range(CONFIRMATION_SECONDS):
                if _read(client, url) == seconds:
                    return
                time.sleep(1)
        except (ClientError, BotoCoreError) as error:
            raise VisibilityError(f"cannot set the visibility timeout of {url} to {seconds} s: {error}") from error
        raise VisibilityError(
            f"{url} does not show a visibility timeout of {seconds} s, {CONFIRMATION_SECONDS} s after it was set: "
            "run `pulumi up` again, and look for somebody else who sets it"
        )

    def _current(self, props: Mapping[str, Any]) -> int | None:
        """The visibility timeout that the queue has; None when there is no such queue any more."""
        from botocore.exceptions import BotoCoreError, ClientError

        url = props["queueUrl"]
        try:
            return _read(self._connection.client(props["region"]), url)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _QUEUE_IS_GONE:
                return None
            raise VisibilityError(f"cannot read the visibility timeout of {url}: {error}") from error


class RaiseProvider(_VisibilityProvider):
    """Keeps AWS content: raises the visibility timeout before the mapping is created or updated.

    Its value is overwritten right after, by design, so it is neither watched for drift nor put back.
    """


class LowerProvider(_VisibilityProvider):
    """Lowers the visibility timeout once the mapping exists; also keeps `restoredVisibilityTimeoutSeconds`."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Besides what all compare: what the queue has now.

        An update that raised the queue and then failed at the mapping leaves it raised. When its settings are taken
        back, nothing differs from the state that lowered the queue last, and yet it has to be lowered again.
        """
        found = super().diff(_id, _olds, _news)
        if found.changes:
            return found
        current = self._current(_news)
        drifted = current is not None and current != int(_news["visibilityTimeoutSeconds"])
        return DiffResult(changes=drifted, replaces=[], delete_before_replace=False)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the queue has now, so that `pulumi refresh` sees when somebody else changed it."""
        current = self._current(props)
        if current is None:
            return ReadResult("", {})
        return ReadResult(id_, {**_stored(props), "visibilityTimeoutSeconds": current})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Put back what AWS accepts, unless somebody else has set another value or the queue is gone."""
        if self._current(_props) == int(_props["visibilityTimeoutSeconds"]):
            self._set(_props, int(_props["restoredVisibilityTimeoutSeconds"]))


def _read(client: SQSClient, url: str) -> int:
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[ATTRIBUTE])
    return int(answer["Attributes"][ATTRIBUTE])


def _stored(props: Mapping[str, Any]) -> dict[str, Any]:
    """The properties to keep in the state; the SDK adds the serialized provider itself."""
    return {key: value for key, value in props.items() if not key.startswith("__")}
