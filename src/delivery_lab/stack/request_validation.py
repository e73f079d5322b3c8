"""What request validators of REST APIs look at before an integration gets a request.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
(required parameters that are missing or blank, and a body that does not fit the model for its content type). What a
method neither requires nor has a model for is not validated, whatever its validator is set to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from delivery_lab.stack.reading import Inputs

_BODY = "the body"
_IN_PATH = "method.request.path."
_OFF = (None, False, "false")
_OF_DOCUMENT = "x-amazon-apigateway-request-validator"
_DEFINED = "x-amazon-apigateway-request-validators"


def validated_of_method(method: Inputs, validators: Iterable[Inputs]) -> tuple[str, ...]:
    """What the validator of a method looks at: required parameters, and `the body`.

    Args:
        method: inputs of the method.
        validators: inputs of the validators of its API; one that is not among them may look at everything.
    """
    held = method.raw("requestValidatorId")
    if held in (None, ""):
        return ()
    found = next((each for each in validators if each.resource.id == held), None)
    parameters = method.raw("requestParameters")
    required = () if parameters is None else _required(parameters)
    of_parameters = found is None or found.raw("validateRequestParameters") not in _OFF
    of_body = found is None or found.raw("validateRequestBody") not in _OFF
    has_models = method.raw("requestModels") not in (None, {})
    return (*(required if of_parameters else ()), *((_BODY,) if of_body and has_models else ()))


def _required(parameters: Any) -> tuple[str, ...]:
    """Names of required parameters; those of the path are there in every request that gets to the method."""
    if not isinstance(parameters, Mapping):
        return ("requestParameters",)  # known only after deployment
    return tuple(
        sorted(name for name, is_required in parameters.items() if is_required not in _OFF and _IN_PATH not in name)
    )


def validated_of_operation(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[str, ...]:
    """What the validator of an operation of an OpenAPI document looks at, as `validated_of_method`.

    Args:
        document: the document, whose validator stands in for that of an operation without one.
        item: the path that the operation belongs to, whose parameters it shares.
        operation: the operation.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-request-validator.html
    """
    name = operation.get(_OF_DOCUMENT, document.get(_OF_DOCUMENT))
    defined = document.get(_DEFINED)
    found = defined.get(name) if isinstance(defined, Mapping) and isinstance(name, str) else None
    if not isinstance(found, Mapping):
        return ()  # without a validator of that name nothing is validated
    parameters = [*_listed(item), *_listed(operation)]
    required = tuple(
        sorted(
            str(each.get("name") or each.get("$ref"))
            for each in parameters
            if "$ref" in each or (each.get("required") is True and each.get("in") in ("query", "header"))
        )
    )
    content = operation.get("requestBody")
    has_model = bool(content.get("content") or "$ref" in content) if isinstance(content, Mapping) else False
    has_model = has_model or any(each.get("in") == "body" for each in parameters)
    of_parameters = found.get("validateRequestParameters") not in _OFF
    of_body = found.get("validateRequestBody") not in _OFF
    return (*(required if of_parameters else ()), *((_BODY,) if of_body and has_model else ()))


def _listed(holder: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    held = holder.get("parameters")
    yield from (each for each in (held if isinstance(held, list) else ()) if isinstance(each, Mapping))
