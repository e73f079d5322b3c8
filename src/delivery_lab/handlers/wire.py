"""Answers as botocore reads them off the wire, for calls that go through its retries.

Error codes have to stand where each protocol puts them: botocore's retries look at the parsed answer. What a successful
answer holds is not written down and read again: botocore lets listeners of `before-parse` add it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from delivery_lab.model.runtime import AwsError

if TYPE_CHECKING:
    from botocore.model import OperationModel

_RETRYABLE_CODES: frozenset[str] = frozenset(
    (
        *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,  # type: ignore[attr-defined]  # the stubs leave it out
        *TransientRetryableChecker._TRANSIENT_ERROR_CODES,  # type: ignore[attr-defined]  # likewise
    )
)
# Members of an error that travel as headers (botocore's model of Lambda says so).
_HEADERS = {"retryAfterSeconds": "retry-after"}


def is_retryable(error: AwsError) -> bool:
    """Whether one of botocore's retry modes may try a call again after this error."""
    return error.status >= 500 or error.status == 429 or error.code in _RETRYABLE_CODES


def fault_of(error: AwsError) -> str:
    """Who is at fault, in the word of the query protocol."""
    return "Sender" if error.status < 500 else "Receiver"


class _Body(BytesIO):
    """A body as `AWSResponse` reads it."""

    def stream(self, amt: int = 65_536, **_: Any) -> Any:
        """The body in one piece."""
        yield self.read()


def success(model: OperationModel, request_id: str, status: int = 200) -> AWSResponse:
    """An answer without content of its own."""
    protocol = model.service_model.resolved_protocol
    body = "{}"
    if protocol == "query":
        body = f"<{model.name}Response><{model.name}Result/></{model.name}Response>"
    elif protocol == "rest-xml":
        body = ""
    return _response(status, body, {"x-amzn-requestid": request_id})


def failure(model: OperationModel, error: AwsError, request_id: str) -> AWSResponse:
    """An error answer."""
    headers = {"x-amzn-requestid": request_id}
    headers |= {header: str(error.details[name]) for name, header in _HEADERS.items() if name in error.details}
    protocol = model.service_model.resolved_protocol
    if protocol in ("query", "rest-xml"):
        return _response(error.status, _xml(error, protocol, request_id), headers)
    body: dict[str, Any] = {name: value for name, value in error.details.items() if name not in _HEADERS}
    body |= {"__type": error.code, "message": error.message}
    if model.service_model.is_query_compatible:
        # SQS spoke the query protocol once: the old code travels in a header, the name in the model in the body.
        body["__type"] = error.shape
        headers["x-amzn-query-error"] = f"{error.code};{fault_of(error)}"
    if protocol == "rest-json":
        headers["x-amzn-errortype"] = error.code
    return _response(error.status, json.dumps(body), headers)


def _xml(error: AwsError, protocol: str, request_id: str) -> str:
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "rest-xml":
        return f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    return f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"


def _response(status: int, body: str, headers: Mapping[str, str]) -> AWSResponse:
    content = body.encode()
    every = {**headers, "content-length": str(len(content))}
    return AWSResponse("https://amazonaws.com/", status, HTTPHeaders.from_dict(every), _Body(content))
