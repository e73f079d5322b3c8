"""Integrations that call a service of AWS themselves: which call a request becomes, and what its answer becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from delivery_lab.errors import NotModelledError
from delivery_lab.model.eventbridge.api import PUT_EVENTS
from delivery_lab.model.gateway.answers import HttpResponse
from delivery_lab.model.gateway.event_parameters import entry_of
from delivery_lab.model.gateway.queue_parameters import from_form, from_mapping
from delivery_lab.model.gateway.requests import ApiRequest
from delivery_lab.model.gateway.selections import UnresolvedError, mapped, selected
from delivery_lab.model.gateway.template_variables import BadBodyError, variables_of
from delivery_lab.model.gateway.velocity import render
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Makes a call to a service: operation and parameters to the answer.

Raises:
    AwsError: the service answers with an error.
"""

_FORM = "application/x-www-form-urlencoded"
_AWS_JSON = "application/x-amz-json-1.0"


@dataclass(frozen=True, slots=True)
class Answered:
    """What an integration without a function answers.

    Attributes:
        response: what the caller sees.
        rule: the rule that says so.
        rules: others that the answer rests on.
    """

    response: HttpResponse
    rule: RuleId
    rules: tuple[RuleId, ...] = ()


class ServiceIntegration(Protocol):
    """An integration that calls a service of AWS."""

    def answer(self, request: ApiRequest, call: Call) -> Answered:
        """Make the call that a request asks for.

        Raises:
            NotModelledError: a mapping or template uses what is not modelled.
        """


@dataclass(frozen=True, slots=True)
class MappedQueue:
    """`SQS-SendMessage` of an HTTP API.

    Attributes:
        parameters: the request parameters of the integration.
    """

    parameters: Mapping[str, str]

    def answer(self, request: ApiRequest, call: Call) -> Answered:
        """Send a message; the caller sees what SQS answers (HTTP-SQS-1, HTTP-SQS-2)."""
        values = _resolved(self.parameters, request)
        if isinstance(values, Answered):
            return values
        try:
            answer = call("SendMessage", from_mapping(values, request.region))
        except AwsError as error:
            return Answered(HttpResponse(error.status, _error_xml(error)), "HTTP-SQS-2", ("HTTP-SQS-1", "HTTP-MAP-1"))
        return Answered(HttpResponse(200, _success_xml(answer, request)), "HTTP-SQS-1", ("HTTP-SQS-2", "HTTP-MAP-1"))


@dataclass(frozen=True, slots=True)
class MappedBus:
    """`EventBridge-PutEvents` of an HTTP API.

    Attributes:
        parameters: the request parameters of the integration.
    """

    parameters: Mapping[str, str]

    def answer(self, request: ApiRequest, call: Call) -> Answered:
        """Put one event on a bus; the caller sees what EventBridge answers (HTTP-EB-1, HTTP-EB-2).

        An event that EventBridge refuses is answered with 200 as well: only the body says so (HTTP-EB-3).
        """
        values = _resolved(self.parameters, request)
        if isinstance(values, Answered):
            return values
        try:
            answer = call(PUT_EVENTS, {"Entries": [entry_of(values, request.region)]})
        except AwsError as error:
            body = json.dumps({"__type": error.code, "message": error.message})
            return Answered(HttpResponse(error.status, body), "HTTP-EB-2", ("HTTP-EB-1", "HTTP-MAP-1"))
        rule: RuleId = "HTTP-EB-3" if answer["FailedEntryCount"] else "HTTP-EB-1"
        return Answered(HttpResponse(200, json.dumps(answer)), rule, ("HTTP-EB-2", "HTTP-MAP-1"))


def _resolved(parameters: Mapping[str, str], request: ApiRequest) -> dict[str, str] | Answered:
    """What parameters are for a request; the answer to one that lacks what a parameter names (HTTP-MAP-2)."""
    values: dict[str, str] = {}
    for name, expression in parameters.items():
        try:
            values[name] = selected(request, expression)
        except UnresolvedError:
            message = f"Unable to resolve property {name} from source {expression}."
            return Answered(HttpResponse(400, json.dumps({"message": message})), "HTTP-MAP-2", ("HTTP-MAP-1",))
    return values


@dataclass(frozen=True, slots=True)
class AnswerMapping:
    """An integration response of a REST API.

    Attributes:
        status: the status that the caller sees.
        pattern: expression that the service's status has to match, None for the default.
        template: for `application/json`, "" to let the answer through.
    """

    status: int
    pattern: str | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class TemplatedQueue:
    """A direct SQS integration of a REST API.

    Attributes:
        queue_url: the queue of the integration's URI, "" where the request names it.
        action: the action of the URI, "" where the request names it.
        templates: mapping templates by content type.
        parameters: request parameters of the integration, such as `integration.request.header.Content-Type`.
        passthrough: `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
        answers: the integration responses.
    """

    queue_url: str
    action: str
    templates: Mapping[str, str]
    parameters: Mapping[str, str]
    passthrough: str = "WHEN_NO_MATCH"
    answers: tuple[AnswerMapping, ...] = field(default=())

    def answer(self, request: ApiRequest, call: Call) -> Answered:
        """Send a message; the caller sees what the integration responses make of SQS's answer (REST-SQS-1)."""
        try:
            body = self._body(request)
        except BadBodyError:
            return Answered(HttpResponse(400, '{"message":"Invalid request body"}'), "REST-VTL-3", ("REST-VTL-1",))
        if body is None:
            return Answered(HttpResponse(415, '{"message":"Unsupported Media Type"}'), "REST-PASS-1")
        parameters = self._parameters(request, body)
        try:
            answer = call("SendMessage", parameters)
        except AwsError as error:
            return self._mapped(request, error.status, _error_json(error))
        return self._mapped(request, 200, _success_json(answer, request))

    def _body(self, request: ApiRequest) -> str | None:
        """The body for SQS, None where the request is refused for its content type (REST-PASS-1)."""
        lowered = {name.lower(): value for name, value in request.headers.items()}
        kind = lowered.get("content-type", "application/json").partition(";")[0].strip()
        template = self.templates.get(kind)
        if template is not None:
            return render(template, variables_of(request, request.body))
        refused = self.passthrough == "NEVER" or (self.passthrough == "WHEN_NO_TEMPLATES" and bool(self.templates))
        return None if refused else request.body

    def _parameters(self, request: ApiRequest, body: str) -> dict[str, Any]:
        """Parameters of `SendMessage`, of the query, the headers and the body that SQS gets."""
        headers = {name.lower(): value for name, value in self._places(request, "header").items()}
        fields = self._places(request, "querystring")
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if kind == _FORM:
            # White space around names comes from line breaks of the template (REST-VTL-2).
            fields |= {name.strip(): value for name, value in parse_qsl(body, keep_blank_values=True)}
        elif kind == _AWS_JSON:
            return self._from_json(headers, body)
        elif "MessageBody" not in fields:
            raise NotModelledError(
                f"an SQS integration sends a body of the type {kind or 'application/json'}, and what SQS makes of it "
                f"is not modelled\n  nearest: integration.request.header.Content-Type: '{_FORM}'"
            )
        return from_form({"Action": self.action, "QueueUrl": self.queue_url} | fields)

    def _from_json(self, headers: Mapping[str, str], body: str) -> dict[str, Any]:
        if headers.get("x-amz-target") != "AmazonSQS.SendMessage":
            raise NotModelledError(
                f"an SQS integration calls {headers.get('x-amz-target') or 'nothing'}\n"
                "  nearest: integration.request.header.X-Amz-Target: 'AmazonSQS.SendMessage'"
            )
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise NotModelledError("an SQS integration sends a body that is no JSON object; SQS refuses it")
        return {"QueueUrl": self.queue_url, **given}

    def _places(self, request: ApiRequest, place: str) -> dict[str, str]:
        prefix = f"integration.request.{place}."
        found = {
            name.removeprefix(prefix): mapped(request, expression)
            for name, expression in self.parameters.items()
            if name.startswith(prefix)
        }
        return {name: value for name, value in found.items() if value is not None}

    def _mapped(self, request: ApiRequest, status: int, body: str) -> Answered:
        """What the caller sees of SQS's answer; without an integration response for it, an error (REST-RESPONSE-1)."""
        matching = [each for each in self.answers if each.pattern is not None and _matches(each.pattern, status)]
        chosen = next(iter([*matching, *(each for each in self.answers if each.pattern is None)]), None)
        if chosen is None:
            return Answered(
                HttpResponse(500, '{"message":"Internal server error"}'), "REST-RESPONSE-1", ("REST-SQS-1",)
            )
        if chosen.template.strip():
            try:
                body = render(chosen.template, variables_of(request, body))
            except NotModelledError as error:
                # The message is sent, and the status is known: only what the body says is not.
                body = f"(not modelled: {str(error).splitlines()[0]})"
        return Answered(HttpResponse(chosen.status, body), "REST-SQS-1", ("REST-MAP-1",))


def _matches(pattern: str, status: int) -> bool:
    try:
        return re.fullmatch(pattern, str(status)) is not None
    except re.error:
        raise NotModelledError(f"the selectionPattern {pattern} cannot be read") from None


def _success_json(answer: Mapping[str, Any], request: ApiRequest) -> str:
    """What SQS answers to API Gateway, which asks for JSON."""
    result = {
        "MD5OfMessageAttributes": answer.get("MD5OfMessageAttributes"),
        "MD5OfMessageBody": answer["MD5OfMessageBody"],
        "MD5OfMessageSystemAttributes": answer.get("MD5OfMessageSystemAttributes"),
        "MessageId": answer["MessageId"],
        "SequenceNumber": answer.get("SequenceNumber"),
    }
    metadata = {"RequestId": request.request_id}
    return json.dumps({"SendMessageResponse": {"ResponseMetadata": metadata, "SendMessageResult": result}})


def _error_json(error: AwsError) -> str:
    return json.dumps({"Error": {"Code": error.code, "Message": error.message, "Type": "Sender"}})


def _success_xml(answer: Mapping[str, Any], request: ApiRequest) -> str:
    result = "".join(f"<{name}>{answer[name]}</{name}>" for name in ("MessageId", "MD5OfMessageBody"))
    return (
        f"<SendMessageResponse><SendMessageResult>{result}</SendMessageResult><ResponseMetadata><RequestId>"
        f"{request.request_id}</RequestId></ResponseMetadata></SendMessageResponse>"
    )


def _error_xml(error: AwsError) -> str:
    return f"<ErrorResponse><Error><Code>{error.code}</Code><Message>{error.message}</Message></Error></ErrorResponse>"
