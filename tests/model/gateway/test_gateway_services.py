"""Integrations that send to a queue by themselves: parameter mappings, templates, and what the caller sees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import RequestAnswered
from delivery_lab.model.gateway.answers import HTTP, REST, ApiKind, HttpResponse
from delivery_lab.model.gateway.services import AnswerMapping, MappedQueue, ServiceIntegration, TemplatedQueue
from delivery_lab.model.http_api import ApiStage, ProxyRoute
from tests.model.support import World, succeed

FORM = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
ACCEPTED = (AnswerMapping(202),)


class Front:
    """One API whose only route sends to the queue `jobs`."""

    def __init__(self, kind: ApiKind = HTTP, *, is_permitted: bool = True, path: str = "/jobs/{id}") -> None:
        self.world = World(succeed)
        self.queue = self.world.queue()
        self.kind = kind
        self.path = path
        self.is_permitted = is_permitted

    def ask(self, service: ServiceIntegration, body: str = "", path: str = "/jobs/7", **headers: str) -> HttpResponse:
        route = ProxyRoute("POST", self.path, service=service, is_permitted=self.is_permitted)
        api = self.world.account.create_api("api", (route,), self.kind, ApiStage("v1", {"tenant": "blue"}))
        found: list[HttpResponse] = []
        api.request("POST", path, body, headers, found.append)
        self.world.run()
        return found[0]

    def mapped(self, expression: str, body: str = "", path: str = "/jobs/7", **headers: str) -> str:
        """The body of the message that a mapping of an HTTP API makes."""
        service = MappedQueue({"QueueUrl": self.queue.url, "MessageBody": expression})
        assert self.ask(service, body, path, **headers).status == 200
        return self.sent

    def templated(self, template: str, body: str = "{}", path: str = "/jobs/7", **headers: str) -> str:
        """The body of the message that a mapping template of a REST API makes."""
        assert self.ask(self.template(template), body, path, **headers).status == 202
        return self.sent

    def template(self, template: str, answers: tuple[AnswerMapping, ...] = ACCEPTED) -> TemplatedQueue:
        return TemplatedQueue(self.queue.url, "", {"application/json": template}, FORM, answers=answers)

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.queue.messages]

    @property
    def sent(self) -> str:
        (body,) = self.bodies
        return body

    @property
    def rules(self) -> list[str | None]:
        return [event.rule for event in self.world.events(RequestAnswered)]


BODY = json.dumps({"id": "a", "lines": [{"price": 2.5}], "unit price": 3, "deep": {"x": [1, 2]}})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ("$request.body", BODY),
        ("$request.body.id", "a"),
        ("$request.body.lines[0].price", "2.5"),
        ("$request.body['unit price']", None),
        ("$request.body.deep", '{"x":[1,2]}'),
        ("$request.header.X-Tenant", "green"),
        ("$request.querystring.tag", "a,b"),
        ("$request.path.id", "7"),
        ("$request.path", "/jobs/7"),
        ("$stageVariables.tenant", "blue"),
        ("$context.stage", "v1"),
        ("${request.path.id}", "7"),
        ("order ${request.path.id} of ${stageVariables.tenant}", "order 7 of blue"),
    ],
)
def test_http_map_1_what_a_parameter_names(expression: str, value: str | None) -> None:
    front = Front()
    path = "/jobs/7?tag=a&tag=b"
    if value is None:
        with pytest.raises(NotModelledError, match="is not modelled"):
            front.mapped(expression, BODY, path)
        return
    assert front.mapped(expression, BODY, path, **{"x-tenant": "green"}) == value


def test_http_map_1_a_part_of_a_body_is_looked_for_in_its_first_100_kb() -> None:
    front = Front()
    body = json.dumps({"id": "a", "rest": "x" * 102_400})
    service = MappedQueue({"QueueUrl": front.queue.url, "MessageBody": "$request.body.id"})

    assert front.ask(service, body).status == 400
    assert front.bodies == []


@pytest.mark.parametrize("expression", ["$request.body.nothing", "$request.header.nothing", "$request.querystring.x"])
def test_http_map_2_what_the_request_lacks_is_400_and_nothing_is_sent(expression: str) -> None:
    front = Front()
    service = MappedQueue({"QueueUrl": front.queue.url, "MessageBody": expression})

    answer = front.ask(service, BODY)

    message = f"Unable to resolve property MessageBody from source {expression}."
    assert answer == HttpResponse(400, json.dumps({"message": message}))
    assert (front.bodies, front.rules) == ([], ["HTTP-MAP-2"])


def test_http_sqs_1_every_parameter_of_the_reference_is_sent() -> None:
    front = Front()
    parameters = {
        "QueueUrl": front.queue.url,
        "MessageBody": "$request.body.id",
        "DelaySeconds": "5",
        "MessageAttributes": "$request.body.attributes",
        "Region": "us-east-1",
    }
    attributes = {"tenant": {"DataType": "String", "StringValue": "blue"}}

    answer = front.ask(MappedQueue(parameters), json.dumps({"id": "a", "attributes": attributes}))

    (message,) = front.queue.messages
    assert (message.body, message.attributes) == ("a", attributes)
    assert message.visible_at == 5_000_000
    assert (answer.status, message.id in answer.body) == (200, True)
    assert front.rules == ["HTTP-SQS-1"]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"Queue": "x"}, "the parameter Queue = 'x'"),
        ({"Region": "eu-west-1"}, "the parameter Region = 'eu-west-1'"),
        ({"MessageAttributes": "text"}, "no object of attributes"),
    ],
)
def test_http_sqs_1_a_parameter_that_is_not_modelled_is_refused(more: dict[str, str], what: str) -> None:
    front = Front()

    with pytest.raises(NotModelledError, match=what):
        front.ask(MappedQueue({"QueueUrl": front.queue.url, "MessageBody": "x", **more}))


def test_http_sqs_2_the_caller_gets_the_error_of_sqs() -> None:
    front = Front()
    answer = front.ask(MappedQueue({"QueueUrl": "https://nowhere", "MessageBody": "x"}))

    assert answer.status == 400
    assert "NonExistentQueue" in answer.body
    assert front.rules == ["HTTP-SQS-2"]


def test_http_sqs_2_a_role_that_may_not_send_is_answered_with_403() -> None:
    front = Front(is_permitted=False)

    assert front.ask(MappedQueue({"QueueUrl": front.queue.url, "MessageBody": "x"})).status == 403
    assert front.bodies == []


@pytest.mark.parametrize(
    ("template", "body", "message"),
    [
        ("Action=SendMessage&MessageBody=$input.body", '{"id": 1}', '{"id": 1}'),
        ("Action=SendMessage&MessageBody=$util.urlEncode($input.body)", '{"a": "b & c + d"}', '{"a": "b & c + d"}'),
        ("Action=SendMessage&MessageBody=$input.json('$.a')", '{"a": {"b": [1, "x"]}}', '{"b":[1,"x"]}'),
        ("Action=SendMessage&MessageBody=$input.path('$.a.b')", '{"a": {"b": "text"}}', "text"),
        ("Action=SendMessage&MessageBody=$input.params('id')", "{}", "7"),
        ("Action=SendMessage&MessageBody=$input.params('tag')", "{}", "b"),
        ("Action=SendMessage&MessageBody=$input.params('X-Trace')", "{}", "t"),
        ("Action=SendMessage&MessageBody=$!stageVariables.tenant-$context.httpMethod", "{}", "blue-POST"),
        ("Action=SendMessage&MessageBody=${stageVariables['tenant']}s", "{}", "blues"),
        ("Action=SendMessage##\n&MessageBody=x##\n", "{}", "x"),
        ("#set($id = $input.params('id'))\nAction=SendMessage&MessageBody=order-${id}", "{}", "order-7"),
        ('#set($all = "a $context.stage")Action=SendMessage&MessageBody=$all', "{}", "a v1"),
        ("Action=SendMessage&MessageBody=#if($input.path('$.x') == 'a')yes#{else}no#end", '{"x": "a"}', "yes"),
        (
            "Action=SendMessage&MessageBody=#if($input.path('$.x') > 3)big#elseif(!$input.path('$.y'))none#end",
            "{}",
            None,
        ),
        (
            "Action=SendMessage&MessageBody=#foreach($n in $input.path('$.n'))$n#if($foreach.hasNext),#end#end",
            '{"n": [1, 2, 3]}',
            "1,2,3",
        ),
        ("Action=SendMessage&MessageBody=$util.escapeJavaScript($input.path('$.q'))", '{"q": "a\\"b"}', 'a\\"b'),
        (
            "Action=SendMessage&MessageBody=$util.base64Encode('a')$util.base64Decode('Yg==')$util.urlDecode('c%20d')",
            "{}",
            "YQ==bc d",
        ),
        ('Action=SendMessage&MessageBody=$util.parseJson(\'{"k": {"n": [4, 5]}}\').k.n[1]', "{}", "5"),
        ("Action=SendMessage&MessageBody=$input.path('$.n').size()", '{"n": [1, 2]}', "2"),
        ("Action=SendMessage&MessageBody=$context.identity.sourceIp", "{}", "192.0.2.1"),
        ("#set($n = 1 + 2 * 3)Action=SendMessage&MessageBody=$n", "{}", "7"),
        ("Action=SendMessage&MessageBody=x$input.path('$.nothing')", "{}", "x"),
    ],
)
def test_rest_vtl_1_what_templates_write(template: str, body: str, message: str | None) -> None:
    front = Front(REST)
    path = "/jobs/7?tag=a&tag=b"
    if message is None:
        with pytest.raises(NotModelledError, match="computes None > 3"):
            front.templated(template, body, path)
        return
    assert front.templated(template, body, path, **{"x-trace": "t"}) == message


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("#macro(x)a#end", "the directive #macro"),
        ("#parse('x')", "the directive #parse"),
        ("$input.path('$..id')", "the JSON path $..id is not modelled"),
        ("$input.path('$.a[*]')", "the JSON path $.a[*] is not modelled"),
        ("$input.xml('$')", "uses $input.xml('$'), which is not modelled"),
        ("$util.toJson('x')", "uses $util.toJson('x'), which is not modelled"),
        ("$context.authorizer", "$context.authorizer is not modelled"),
        ("$input.json('$.nothing')", "$input.json('$.nothing') finds nothing, or null"),
        ("$nothing", "uses $nothing, and nothing sets $nothing"),
        ("$input.path('$.a').matches('x')", "where the method matches is not modelled"),
        ("$input.path('$')", "an object or a list; how API Gateway writes it is not modelled"),
        ("#set($context.responseOverride.status = 400)", "#set of $context.responseOverride.status"),
        ("#if(true)x", "a directive without #end"),
        ("x#end", "#end without #if or #foreach"),
        ("$input.path('$.a", "a text without its end"),
    ],
)
def test_rest_vtl_1_the_rest_of_the_language_is_refused_by_name(template: str, what: str) -> None:
    front = Front(REST)

    with pytest.raises(NotModelledError) as refusal:
        front.templated(template, '{"a": "text"}')

    assert what in str(refusal.value)
    assert front.bodies == []


def test_rest_vtl_2_line_breaks_behind_directives_and_around_names_are_not_written() -> None:
    template = "#if($input.path('$.a'))\n#set($x = 'y')\n#end\n  Action=SendMessage##\n&MessageBody=$x"

    assert Front(REST).templated(template, '{"a": 1}') == "y"


def test_rest_vtl_3_a_body_that_is_no_json_is_400() -> None:
    front = Front(REST)
    answer = front.ask(front.template("Action=SendMessage&MessageBody=$input.json('$')"), "{no")

    assert (answer.status, front.bodies, front.rules) == (400, [], ["REST-VTL-3"])


def test_rest_vtl_1_a_body_that_is_not_encoded_is_cut_where_a_form_is() -> None:
    front = Front(REST)

    with pytest.raises(NotModelledError, match=r"the field c[\s\S]*needs \$util.urlEncode"):
        front.templated("Action=SendMessage&MessageBody=$input.body", '{"a": "b & c"}')


@pytest.mark.parametrize("action", ["", "Action=SendMessageBatch&", "Action=DeleteMessage&"])
def test_rest_sqs_1_other_actions_are_refused(action: str) -> None:
    front = Front(REST)

    with pytest.raises(NotModelledError, match="an SQS integration calls the action"):
        front.templated(f"{action}MessageBody=x")


def test_rest_sqs_1_attributes_delay_and_the_action_of_the_uri() -> None:
    front = Front(REST)
    template = (
        "MessageBody=x&DelaySeconds=3&MessageAttribute.1.Name=tenant&MessageAttribute.1.Value.DataType=String"
        "&MessageAttribute.1.Value.StringValue=$stageVariables.tenant"
        f"&QueueUrl=$util.urlEncode('{front.queue.url}')"
    )
    service = TemplatedQueue("", "SendMessage", {"application/json": template}, FORM, answers=ACCEPTED)

    assert front.ask(service, "{}").status == 202
    (message,) = front.queue.messages
    assert message.attributes == {"tenant": {"DataType": "String", "StringValue": "blue"}}
    assert message.visible_at == 3_000_000
    assert front.rules == ["REST-SQS-1"]


def test_rest_sqs_1_sqs_takes_json_as_well() -> None:
    front = Front(REST)
    headers = {
        "integration.request.header.Content-Type": "'application/x-amz-json-1.0'",
        "integration.request.header.X-Amz-Target": "'AmazonSQS.SendMessage'",
    }
    template = {"application/json": '{"MessageBody": "$input.params(\'id\')"}'}

    assert front.ask(TemplatedQueue(front.queue.url, "", template, headers, answers=ACCEPTED), "{}").status == 202
    assert front.sent == "7"


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({}, "sends a body of the type application/json"),
        ({"integration.request.header.Content-Type": "'text/plain'"}, "sends a body of the type text/plain"),
        ({"integration.request.header.Content-Type": "'application/x-amz-json-1.0'"}, "calls nothing"),
    ],
)
def test_rest_sqs_1_a_body_of_another_type_is_refused(parameters: dict[str, str], what: str) -> None:
    front = Front(REST)
    service = TemplatedQueue(front.queue.url, "SendMessage", {"application/json": "{}"}, parameters, answers=ACCEPTED)

    with pytest.raises(NotModelledError, match=what):
        front.ask(service, "{}")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'text'", "text"),
        ("method.request.body", BODY),
        ("method.request.body.id", "a"),
        ("method.request.querystring.tag", "a"),
        ("method.request.header.X-Tenant", "green"),
        ("method.request.path.id", "7"),
        ("context.stage", "v1"),
        ("stageVariables.tenant", "blue"),
    ],
)
def test_rest_map_1_what_a_request_parameter_names(expression: str, value: str) -> None:
    front = Front(REST)
    parameters = {
        "integration.request.querystring.Action": "'SendMessage'",
        "integration.request.querystring.MessageBody": expression,
        "integration.request.querystring.MessageGroupId": "method.request.querystring.nothing",
    }
    service = TemplatedQueue(front.queue.url, "", {}, parameters, answers=ACCEPTED)

    assert front.ask(service, BODY, "/jobs/7?tag=a", **{"x-tenant": "green"}).status == 202
    assert front.sent == value


def test_rest_map_1_other_mappings_are_refused() -> None:
    front = Front(REST)
    service = TemplatedQueue(
        front.queue.url, "", {}, {"integration.request.querystring.MessageBody": "method.request.multivalueheader.x"}
    )

    with pytest.raises(NotModelledError, match=r"the mapping method\.request\.multivalueheader\.x is not modelled"):
        front.ask(service)


@pytest.mark.parametrize(
    ("passthrough", "templates", "status"),
    [
        ("WHEN_NO_MATCH", {"application/json": "no"}, 202),
        ("WHEN_NO_TEMPLATES", {"application/json": "no"}, 415),
        ("WHEN_NO_TEMPLATES", {}, 202),
        ("NEVER", {}, 415),
    ],
)
def test_rest_pass_1_a_body_without_a_template_for_its_type(
    passthrough: str, templates: dict[str, str], status: int
) -> None:
    front = Front(REST)
    service = TemplatedQueue(front.queue.url, "", templates, FORM, passthrough, ACCEPTED)

    answer = front.ask(service, "Action=SendMessage&MessageBody=x", **{"Content-Type": "text/plain; charset=utf-8"})

    assert answer.status == status
    assert front.bodies == (["x"] if status == 202 else [])
    assert front.rules == ["REST-SQS-1" if status == 202 else "REST-PASS-1"]


def test_rest_response_1_without_an_integration_response_the_message_is_sent_and_the_caller_gets_500() -> None:
    front = Front(REST)
    answer = front.ask(front.template("Action=SendMessage&MessageBody=x", ()), "{}")

    assert answer == HttpResponse(500, '{"message":"Internal server error"}')
    assert (front.bodies, front.rules) == (["x"], ["REST-RESPONSE-1"])


@pytest.mark.parametrize(
    ("answers", "permitted", "status"),
    [
        ((AnswerMapping(200), AnswerMapping(400, "4\\d{2}")), True, 200),
        ((AnswerMapping(200), AnswerMapping(400, "4\\d{2}")), False, 400),
        ((AnswerMapping(200),), False, 200),
        ((AnswerMapping(200, "200"),), False, 500),
    ],
)
def test_rest_sqs_1_the_integration_response_whose_pattern_the_status_matches(
    answers: tuple[AnswerMapping, ...], permitted: bool, status: int
) -> None:
    front = Front(REST, is_permitted=permitted)

    assert front.ask(front.template("Action=SendMessage&MessageBody=x", answers), "{}").status == status


def test_rest_sqs_1_the_answer_is_made_of_what_sqs_answers() -> None:
    front = Front(REST)
    template = '#set($r = $input.path(\'$.SendMessageResponse.SendMessageResult\'))\n{"id": "$r.MessageId"}'
    answer = front.ask(front.template("Action=SendMessage&MessageBody=x", (AnswerMapping(200, None, template),)), "{}")

    (message,) = front.queue.messages
    assert json.loads(answer.body) == {"id": message.id}


def test_rest_sqs_1_the_answer_as_it_comes() -> None:
    front = Front(REST)
    answer: Any = json.loads(front.ask(front.template("Action=SendMessage&MessageBody=x"), "{}").body)

    result = answer["SendMessageResponse"]["SendMessageResult"]
    assert result["MD5OfMessageBody"] == "9dd4e461268c8034f5c8564e155c67a6"
    assert set(result) == {
        "MD5OfMessageAttributes",
        "MD5OfMessageBody",
        "MD5OfMessageSystemAttributes",
        "MessageId",
        "SequenceNumber",
    }


def test_rest_vtl_1_the_context_variables_of_aws_s_first_example() -> None:
    """api-gateway-mapping-variable-examples.html, example 1, as far as it needs neither keys nor signed requests."""
    front = Front(REST)
    names = ("stage", "requestId", "apiId", "resourcePath", "httpMethod", "identity.sourceIp", "identity.userAgent")
    template = " ".join(f"$context.{name}" for name in names)

    written = front.templated(f'Action=SendMessage&MessageBody=$util.urlEncode("{template}")', "{}", "/jobs/7")

    stage, request_id, api, path, method, address, agent = written.split(" ", 6)
    assert (stage, api, path, method, address) == ("v1", "api", "/jobs/{id}", "POST", "192.0.2.1")
    assert request_id.count("-") == 4
    assert agent


@pytest.mark.parametrize(
    "name",
    ["resourceId", "identity.accountId", "identity.apiKey", "identity.caller", "identity.user", "identity.userArn"],
)
def test_the_other_context_variables_of_the_example_are_refused_by_name(name: str) -> None:
    front = Front(REST)

    with pytest.raises(NotModelledError, match=rf"\$context.{name} is not modelled"):
        front.templated(f"Action=SendMessage&MessageBody=$context.{name}", "{}", "/jobs/7")
