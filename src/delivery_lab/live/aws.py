"""AWS itself, by boto3 and with the credentials of whoever runs the command. Only sending changes anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from delivery_lab.errors import UsageError
from delivery_lab.live.errors import PlaceError, place_error

_ATTEMPTS = 10
"""A request that AWS throttles is made so often, with growing waits, before the run ends with it."""
_CONNECTIONS = 32


@dataclass(slots=True)
class Aws:
    """The account and region that a stack is deployed to.

    Attributes:
        account: id of the account, as the ARNs of the stack name it.
        region: the region, as they name it.
        session: boto3's session; that of the environment by default.
    """

    account: str
    region: str
    session: Any = field(default_factory=boto3.Session)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client in the stack's region, whatever region the environment names."""
        if service not in self._clients:
            config = Config(
                retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"}, max_pool_connections=_CONNECTIONS
            )
            self._clients[service] = self.session.client(service, region_name=self.region, config=config)
        return self._clients[service]

    def check_identity(self, now: Callable[[], float] = time.time) -> float:
        """Refuse credentials of another account.

        Args:
            now: this machine's clock.

        Returns:
            By how many seconds AWS's clock is ahead of this machine's; AWS tells whole seconds.

        Raises:
            UsageError: there are no credentials, or those of another account.
            PlaceError: AWS does not take them.
        """
        try:
            answer = self.client("sts").get_caller_identity()
        except NoCredentialsError as error:
            raise UsageError(
                "--on aws: there are no credentials for AWS\n"
                "  fix: sign in (aws configure, aws sso login), or set AWS_PROFILE"
            ) from error
        except EndpointConnectionError as error:
            raise PlaceError(
                f"--on aws: nothing answers in the region {self.region}, which the ARNs of the stack name: {error}\n"
                "  fix: look at the network, at AWS_ENDPOINT_URL, and whether AWS has that region"
            ) from error
        except (BotoCoreError, ClientError) as error:
            raise place_error("GetCallerIdentity", error) from error
        if answer["Account"] != self.account:
            raise UsageError(
                f"--on aws: the stack is in account {self.account}, and the credentials are of {answer['Account']}\n"
                "  fix: take credentials of that account, or the state of a stack of yours"
            )
        told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        ahead = 0.0 if told is None else parsedate_to_datetime(told).timestamp() - now()
        # Less than two seconds may be the rounding, and the way of the answer.
        return ahead if abs(ahead) >= 2 else 0.0
