"""OpenAPI documents with API Gateway's extensions, as far as routing and integrations need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.yamlfile import parse_scalar
from delivery_lab.stack.reading import Inputs, document
from delivery_lab.stack.request_validation import validated_of_operation

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
        validated: what its request validator looks at; of REST APIs only.
    """

    method: str
    path: str
    integration: Mapping[str, Any] | None
    is_default: bool = False
    validated: tuple[str, ...] = ()


def definition(body: Any) -> Mapping[str, Any] | None:
    """The document that an API is described by, as JSON or YAML; None where it is left out, unknown or no mapping.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html (JSON and YAML).
    """
    found = document(body)
    if found is not None or not isinstance(body, str):
        return found
    try:
        found = parse_scalar(body, dates=False)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def definition_problem(inputs: Inputs) -> str:
    """Why the routes of an API's document are not known, "" where they are.

    Args:
        inputs: inputs of the API.
    """
    body = inputs.raw("body")
    if body is None or definition(body) is not None:
        return ""
    why = "is known only after deployment" if body is UNKNOWN else "is no object in JSON or YAML"
    return f"{inputs.resource.name}: body {why}"


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
            is_default = operation.get("isDefaultRoute") is True
            validated = validated_of_operation(document, item, operation)
            yield DescribedOperation(shown, str(path), integration, is_default, validated)


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
