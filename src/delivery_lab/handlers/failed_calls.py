"""Calls of boto3 whose connection fails: the errors that botocore makes of what urllib3 and the system say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from delivery_lab.handlers.unopened import LONGEST_OPENING_SECONDS
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import Connecting

if TYPE_CHECKING:
    from delivery_lab.handlers.fibers import Fiber


def raise_failed(fiber: Fiber, how: Connecting, request: Any, config: Any) -> NoReturn:
    """Raise what botocore raises, after the time that the client waits for a connection.

    Raises:
        EndpointConnectionError: the name has no address, or the connection is refused.
        ConnectTimeoutError: it is not opened within the connect timeout of the client.
        ConnectionClosedError: it is reset or closed before there is an answer.
        ReadTimeoutError: there was no answer.
    """
    url = request.url
    match how:
        case Connecting.UNRESOLVED | Connecting.REFUSED:
            raise EndpointConnectionError(endpoint_url=url, error=how.value)
        case Connecting.DROPPED:
            limit = getattr(config, "connect_timeout", None)
            longest = LONGEST_OPENING_SECONDS if limit is None else min(limit, LONGEST_OPENING_SECONDS)
            fiber.environment.host.sleep(fiber, seconds(longest))
            raise ConnectTimeoutError(endpoint_url=url, error=how.value)
        case Connecting.RESET | Connecting.CLOSED:
            raise ConnectionClosedError(endpoint_url=url, request=request, error=how.value)
        case Connecting.SILENT:
            raise ReadTimeoutError(endpoint_url=url, error="Read timed out.")
