"""The variables of `$context`, as far as the model has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway.requests import PROTOCOL, SOURCE_IP, USER_AGENT, ApiRequest

_VARIABLES: Mapping[str, Callable[[ApiRequest], str]] = {
    "accountId": lambda request: request.account_id,
    "apiId": lambda request: request.api,
    "domainName": lambda request: request.domain,
    "domainPrefix": lambda request: request.api,
    "extendedRequestId": lambda request: request.request_id,
    "httpMethod": lambda request: request.method,
    "identity.sourceIp": lambda _: SOURCE_IP,
    "identity.userAgent": lambda _: USER_AGENT,
    "path": lambda request: request.full_path,
    "protocol": lambda _: PROTOCOL,
    "requestId": lambda request: request.request_id,
    "requestTime": lambda request: request.common_log_time,
    "requestTimeEpoch": lambda request: str(request.epoch_ms),
    "resourcePath": lambda request: request.resource_path,
    "routeKey": lambda request: f"{request.method} {request.resource_path}",
    "stage": lambda request: request.stage,
}


def context_value(request: ApiRequest, name: str) -> str:
    """The value of a variable.

    Raises:
        NotModelledError: the model has no such variable.
    """
    found = _VARIABLES.get(name)
    if found is None:
        raise NotModelledError(f"$context.{name} is not modelled\n  nearest: {', '.join(sorted(_VARIABLES))}")
    return found(request)
