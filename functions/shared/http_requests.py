"""Bodies of HTTP API requests: read, checked, and refused with what is wrong about them."""

from __future__ import annotations

import base64
import json
from typing import TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequestError
from shared.validation import problems

Model = TypeVar("Model", bound=BaseModel)


def parse_body(event: APIGatewayProxyEventV2, model: type[Model]) -> Model:
    """Read the JSON body of a request; an empty one stands for the model's defaults.

    Raises:
        InvalidRequestError: it is no JSON text, or not of the model's shape.
    """
    try:
        text = _text_of(event)
    except ValueError:
        raise InvalidRequestError((("body", "is not UTF-8 text"),)) from None
    try:
        return model.model_validate_json(text.strip() or "{}")
    except ValidationError as error:
        raise InvalidRequestError(problems(error, model)) from None


def _text_of(event: APIGatewayProxyEventV2) -> str:
    body = event.body or ""
    # Strictly, unlike the event's own `decoded_body`: that leaves out what is no Base64, so that rubbish reads as an
    # empty body, and an empty body means the defaults.
    return base64.b64decode(body, validate=True).decode() if event.is_base64_encoded else body


def json_response(status_code: int, body: dict[str, object]) -> Response[str]:
    """An answer of an HTTP API function."""
    return Response(status_code=status_code, content_type="application/json", body=json.dumps(body))


def refuse_invalid_requests(app: APIGatewayHttpResolver) -> None:
    """Have `InvalidRequestError` answered with 400 and what is wrong, field by field."""
    app.exception_handler(InvalidRequestError)(_bad_request)


def _bad_request(error: InvalidRequestError) -> Response[str]:
    errors = [{"field": field, "message": message} for field, message in error.problems]
    return json_response(400, {"message": "the request body is not valid", "errors": errors})
