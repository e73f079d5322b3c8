"""Clients of the services, as the configuration of the aws provider asks for them."""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from delivery_lab.errors import UsageError
from delivery_lab.program import naming

T = TypeVar("T")

_ENDPOINT_NAMES = {
    "apigateway": ("apigateway",),
    "apigatewayv2": ("apigatewayv2",),
    "cloudwatch": ("cloudwatch",),
    "dynamodb": ("dynamodb",),
    "ec2": ("ec2",),
    "events": ("events", "eventbridge", "cloudwatchevents"),
    "iam": ("iam",),
    "kafka": ("kafka", "msk"),
    "kinesis": ("kinesis",),
    "lambda": ("lambda",),
    "logs": ("logs", "cloudwatchlogs", "cloudwatchlog"),
    "s3": ("s3", "s3api"),
    "sns": ("sns",),
    "sqs": ("sqs",),
    "ssm": ("ssm",),
    "sts": ("sts",),
}
"""By boto3's name of a service: its names in `aws:endpoints`."""

_FOLLOWED = frozenset(
    {
        "accessKey",
        "endpoints",
        "region",
        "s3UsePathStyle",
        "secretKey",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "version",
    }
)
"""Settings of the aws provider that this one follows, or that ask for nothing that it would have to do."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The settings of the aws provider.

    Attributes:
        region: where resources are created.
        endpoints: address of each service, by the names that `aws:endpoints` has.
        access_key: access key id; an emulator takes one of twelve digits as the account.
        secret_key: its secret.
        token: session token, or None.
    """

    region: str
    endpoints: Mapping[str, str]
    access_key: str = naming.ACCOUNT_ID
    secret_key: str = "test"  # noqa: S105 - an emulator checks none
    token: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> ProviderSettings:
        """Read what the engine hands over: names without namespace, lists and maps possibly as JSON text.

        Raises:
            UsageError: a setting is not followed, or an endpoint is not on this machine.
        """
        set_ = {name: value for name, value in given.items() if value not in (None, "", "[]", [], False, "false")}
        unknown = sorted(name for name in set_ if name not in _FOLLOWED and not name.startswith("__"))
        if unknown:
            raise UsageError(
                f"aws:{unknown[0]} is not followed by this provider, which creates resources on an emulator"
            )
        endpoints = set_.get("endpoints", [])
        if isinstance(endpoints, str):
            endpoints = json.loads(endpoints)
        addresses = {name: str(url) for entry in endpoints for name, url in entry.items()}
        for name, url in sorted(addresses.items()):
            _refuse_elsewhere(name, url)
        return cls(
            region=str(set_.get("region") or naming.DEFAULT_REGION),
            endpoints=addresses,
            access_key=str(set_.get("accessKey") or naming.ACCOUNT_ID),
            secret_key=str(set_.get("secretKey") or "test"),
            token=set_.get("token"),
        )


def _refuse_elsewhere(name: str, url: str) -> None:
    """Refuse endpoints beyond this machine: nothing here is made to change an account of AWS."""
    host = urlsplit(url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise UsageError(
            f"aws:endpoints gives {name} the address {url}: this provider creates resources on an emulator on this "
            "machine only\n  fix: give an address of 127.0.0.1, or deploy to AWS with Pulumi's own provider"
        )


@dataclass(slots=True)
class Cloud:
    """Clients, one for each service. Threads may share it."""

    settings: ProviderSettings
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def region(self) -> str:
        """Where resources are created."""
        return self.settings.region

    @property
    def account(self) -> str:
        """The account that resources are created in."""
        return self.settings.access_key

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{naming.partition_of(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def api_address(self, api: str) -> str:
        """Where the emulator answers for an API: a path of its own address, for names of APIs resolve on no machine.

        What follows is what follows `https://<id>.execute-api.<region>.amazonaws.com` on AWS: the stage, where it has a
        name, and the path.
        """
        return f"{self.client('apigateway').meta.endpoint_url}/_aws/execute-api/{api}"

    def client(self, service: str) -> Any:
        """The client of a service, by boto3's name.

        Raises:
            UsageError: the configuration has no endpoint for the service.
        """
        # boto3's sessions are not safe to share between threads, its clients are.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new(service)
            return self._clients[service]

    def _new(self, service: str) -> Any:
        names = _ENDPOINT_NAMES[service]
        url = next((self.settings.endpoints[name] for name in names if name in self.settings.endpoints), None)
        if url is None:
            raise UsageError(
                f"aws:endpoints has no address for {names[0]}: this provider creates resources on an emulator\n"
                f"  fix: add `{names[0]}: http://127.0.0.1:<port>` to aws:endpoints"
            )
        session: Any = boto3.Session(
            aws_access_key_id=self.settings.access_key,
            aws_secret_access_key=self.settings.secret_key,
            aws_session_token=self.settings.token,
            region_name=self.region,
        )
        # An address of this machine has no subdomains for buckets.
        config = Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=url, config=config)


def refusal(code: str, message: str, operation: str) -> ClientError:
    """AWS's refusal of a request, as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


_GONE = (
    "NotFound",
    "NonExistent",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchPublicAccessBlockConfiguration",
    "DoesNotExist",
)


def is_gone(error: ClientError) -> bool:
    """Whether a request failed because the resource is not there (any more)."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return any(part in code for part in _GONE)


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """For deletions: what is gone already needs no deleting."""
    try:
        yield
    except ClientError as error:
        if not is_gone(error):
            raise


def found(read: Callable[[], T]) -> T | None:
    """What a read finds, or None where the resource is gone."""
    try:
        return read()
    except ClientError as error:
        if is_gone(error):
            return None
        raise
