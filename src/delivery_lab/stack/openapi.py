"""OpenAPI documents with API Gateway's extensions, as far as routing and integrations need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


@dataclass(frozen=True, slots=True)
class DescribedOperation:
    """One operation of a document.

    Attributes:
        method: such as `POST`, or `ANY`.
        path: such as `/orders/{id}`.
        integration: the extension that says what answers it, None without one.
    """

    method: str
    path: str
    integration: Mapping[str, Any] | None


def operations_of(document: Mapping[str, Any]) -> Iterator[DescribedOperation]:
    """The operations of a document."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if (method not in _METHODS and method != _ANY) or not isinstance(operation, Mapping):
                continue
            held = operation.get(_INTEGRATION)
            integration = held if isinstance(held, Mapping) else None
            yield DescribedOperation("ANY" if method == _ANY else method.upper(), str(path), integration)
