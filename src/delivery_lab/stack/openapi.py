"""OpenAPI documents with API Gateway's extensions, as far as routing and integrations need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_SHARED = "#/components/x-amazon-apigateway-integrations/"


@dataclass(frozen=True, slots=True)
class DescribedOperation:
    """One operation of a document.

    Attributes:
        method: such as `POST`, or `ANY`.
        path: such as `/orders/{id}`.
        integration: the extension that says what answers it, None without one.
        is_default: whether it takes what no other operation does; of HTTP APIs only.
    """

    method: str
    path: str
    integration: Mapping[str, Any] | None
    is_default: bool = False


def operations_of(document: Mapping[str, Any]) -> Iterator[DescribedOperation]:
    """The operations of a document.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-any-method.html
    (`isDefaultRoute`) and api-gateway-extensions-integrations.html (integrations that several operations share).
    """
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if (method not in _METHODS and method != _ANY) or not isinstance(operation, Mapping):
                continue
            integration = _integration(document, operation.get(_INTEGRATION))
            shown = "ANY" if method == _ANY else method.upper()
            yield DescribedOperation(shown, str(path), integration, operation.get("isDefaultRoute") is True)


def _integration(document: Mapping[str, Any], held: Any) -> Mapping[str, Any] | None:
    """An integration, which may be one that stands among the components."""
    if not isinstance(held, Mapping):
        return None
    reference = held.get("$ref")
    if not isinstance(reference, str):
        return held
    components = document.get("components")
    shared = components.get(_SHARED.split("/")[2]) if isinstance(components, Mapping) else None
    found = shared.get(reference.removeprefix(_SHARED)) if isinstance(shared, Mapping) else None
    return found if isinstance(found, Mapping) else None
