"""REST APIs that send to a queue themselves: what becomes of a body in a template, and what callers are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.stack.rest_apis import RestApi, RestIntegration, RestMethod
from delivery_lab.stack.stack import Stack

_FORM = "application/x-www-form-urlencoded"
_CONTENT_TYPE = "integration.request.header.content-type"
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY = "x-amazon-apigateway-any-method"
_BODY = re.compile(r"(?:^|&)\s*MessageBody\s*=(?P<value>.*?)(?=&\w+(?:\.\w+)*\s*=|$)", re.DOTALL)
_WHOLE = ("$input.body", "$input.json('$')")
"""Values that are the whole body, which can be encoded as they stand."""
_FAILURES = (400, 403, 500, 503)
_LOWEST_ERROR = 400


def _queue_methods(stack: Stack) -> Iterator[tuple[RestApi, RestMethod, RestIntegration]]:
    """Each method that sends to a queue itself."""
    for api in stack.all(RestApi):
        for method in api.methods:
            held = method.integration
            if held is not None and held.kind == "AWS" and isinstance(held.uri, str) and ":sqs:" in held.uri:
                yield api, method, held


class PlainBody(Check):
    id = "CHK-FEED-10"
    title = "mapping template that writes a body into a form without encoding it"
    severity = Severity.WARNING
    why = (
        "SQS decodes what was never encoded: a body with a plus, a percent sign or an ampersand arrives as another one."
    )
    fix = "Write $util.urlEncode($input.body)."
    source = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for api, method, integration in _queue_methods(stack):
            if not _is_form(integration.parameters):
                continue
            for kind, template in integration.templates.items():
                value = _plain_value(template)
                if not value:
                    continue
                why = (
                    f"The template of {method.http_method} {method.path} for {kind} writes {value} into a form as it "
                    'is, and SQS decodes it: "+" arrives as a space, "%22" as a quotation mark, and "&" ends the body.'
                )
                fix = f"write MessageBody=$util.urlEncode({value}) in the template"
                values = {f"{api.name}.{method.http_method} {method.path}": value}
                yield Found((api.name,), values, why, fix, _edits(api, method, integration, kind, template, value))


def _is_form(parameters: Mapping[str, Any]) -> bool:
    return any(name.lower() == _CONTENT_TYPE and _FORM in str(value) for name, value in parameters.items())


def _plain_value(template: Any) -> str:
    """What a template writes as MessageBody, if that is something of the request that is not encoded; "" otherwise."""
    found = _BODY.search(template) if isinstance(template, str) else None
    value = found["value"].strip() if found is not None else ""
    return value if "$input." in value and "ncode(" not in value else ""


def _edits(
    api: RestApi, method: RestMethod, integration: RestIntegration, kind: str, template: str, value: str
) -> tuple[Edit, ...]:
    if value not in _WHOLE:
        return ()
    encoded = template.replace(value, f"$util.urlEncode({value})")
    if integration.urns:
        return (Edit(integration.urns[0], ("requestTemplates", kind), encoded),)
    operation = _ANY if method.http_method == "ANY" else method.http_method.lower()
    path = ("body", "paths", str(method.path), operation, _INTEGRATION, "requestTemplates", kind)
    return (Edit(api.urn, path, encoded),)


class FailureToldAsSuccess(Check):
    id = "CHK-FEED-11"
    title = "REST API that tells of a success when SQS has not taken a message"
    severity = Severity.WARNING
    why = "The default integration response is chosen for errors too: the caller never sends again what is lost."
    fix = "Map 2xx to a success, and let the default response be an error."
    source = "REST-SQS-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for api, method, integration in _queue_methods(stack):
            told = {status: _told(integration, status) for status in _FAILURES}
            wrong = {status: shown for status, shown in told.items() if shown is not None and shown < _LOWEST_ERROR}
            if not wrong:
                continue
            status, shown = next(iter(wrong.items()))
            why = (
                f"{method.http_method} {method.path} is answered with {shown} when SQS answers with {status}: "
                "the message is in no queue, and the caller does not know."
            )
            fix = "map the statuses 2\\d{2} to a success, and the default response to 502"
            values = {f"{api.name}.{method.http_method} {method.path}": {str(each): wrong[each] for each in wrong}}
            yield Found((api.name,), values, why, fix)


def _told(integration: RestIntegration, status: int) -> int | None:
    """The status that a caller sees of one of SQS's, None where that cannot be told; without a response it is 500."""
    matching = [each for each in integration.answers if each.pattern is not None and _matches(each.pattern, status)]
    chosen = next(iter([*matching, *(each for each in integration.answers if each.pattern is None)]), None)
    return int(chosen.status) if chosen is not None and chosen.status.isdecimal() else None


def _matches(pattern: str, status: int) -> bool:
    try:
        return re.fullmatch(pattern, str(status)) is not None
    except re.error:
        return False
