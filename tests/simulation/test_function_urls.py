"""URLs of functions: requests to them, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError, WorkloadError
from delivery_lab.events import RequestAnswered
from delivery_lab.places.known import know
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.simulation.test_simulate import Folder

_URL = "aws.lambda_.FunctionUrl('url', function_name=worker.name, authorization_type='NONE')\n"
_REQUEST = "send: [{at: 0, http: {method: POST, path: '/orders/1?full=1', body: {id: 7}}}]\n"
_API = "aws.apigatewayv2.Api('api', protocol_type='HTTP', target=worker.invoke_arn)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _answers(folder: Folder, code: str, workload: str = _REQUEST, **parts: str) -> list[tuple[int, str | None]]:
    handler = f"import json, time\ndef handle(event, context):\n    {code}\n"
    run = folder.run(handler, workload, **{"more": _URL, **parts})
    return [(event.status, event.rule) for event in run.events if isinstance(event, RequestAnswered)]


def test_url_event_1_the_function_gets_the_event_of_format_2_0(folder: Folder) -> None:
    looks = (
        "assert event['version'] == '2.0' and event['routeKey'] == '$default', event; "
        "assert event['rawPath'] == '/orders/1' and event['queryStringParameters'] == {'full': '1'}, event; "
        "assert json.loads(event['body']) == {'id': 7}, event; "
        "assert event['requestContext']['http']['method'] == 'POST', event; "
        "assert event['headers']['host'].endswith('.lambda-url.us-east-1.on.aws'), event; "
        "return {'statusCode': 201}"
    )

    assert _answers(folder, looks) == [(201, "URL-EVENT-1")]


def test_url_event_1_a_request_lasts_as_long_as_the_function(folder: Folder) -> None:
    assert _answers(folder, "time.sleep(45); return 'done'", timeout="60") == [(200, "URL-EVENT-1")]


@pytest.mark.parametrize(
    "code",
    ["raise ValueError(1)", "time.sleep(60)", "return {'statusCode': 'none'}"],
    ids=["fails", "times out", "cannot be read"],
)
def test_url_error_1_a_function_that_fails_is_answered_with_502(folder: Folder, code: str) -> None:
    assert _answers(folder, code) == [(502, "URL-ERROR-1")]


def test_url_throttle_1_a_throttled_request_is_answered_with_429(folder: Folder) -> None:
    two = "send: [{at: 0, every: 0.1, times: 2, http: {method: GET, path: /}}]\n"

    found = _answers(folder, "time.sleep(1)", two, function="reserved_concurrent_executions=1,")

    assert sorted(found) == [(200, "URL-EVENT-1"), (429, "URL-THROTTLE-1")]


def test_url_size_1_a_request_that_lambda_does_not_take_is_answered_with_413(folder: Folder) -> None:
    large = "send: [{at: 0, http: {method: POST, path: /, body: '" + "x" * (6 * 2**20) + "'}}]\n"

    assert _answers(folder, "return 1", large) == [(413, "URL-SIZE-1")]


def test_url_auth_1_with_iam_the_caller_is_authorised(folder: Folder) -> None:
    assert _answers(folder, "return 1", more=_URL.replace("NONE", "AWS_IAM")) == [(200, "URL-EVENT-1")]


def test_a_request_without_api_goes_to_the_api_beside_a_url(folder: Folder) -> None:
    permission = (
        "aws.lambda_.Permission('let', action='lambda:InvokeFunction', function=worker.name,\n"
        "    principal='apigateway.amazonaws.com')\n"
    )
    both = "send:\n- {at: 0, http: {method: GET, path: /}}\n- {at: 1, http: {method: GET, path: /, api: url}}\n"

    assert _answers(folder, "return 1", both, more=_API + permission + _URL) == [
        (200, "HTTP-PAYLOAD-1"),
        (200, "URL-EVENT-1"),
    ]


def test_two_urls_have_to_be_chosen_from(folder: Folder) -> None:
    message = folder.refusal(WorkloadError, more=_URL + _URL.replace("'url'", "'other'"), workload=_REQUEST)

    assert message.endswith("or `api:` to choose one (APIs of dev: other, url)")


def test_a_url_that_streams_is_refused_when_a_request_is_sent_to_it(folder: Folder) -> None:
    streams = _URL.replace("'NONE'", "'NONE', invoke_mode='RESPONSE_STREAM'")

    why = "url: invokeMode RESPONSE_STREAM; nearest: BUFFERED"

    (note,) = folder.run(more=streams).notes
    assert note == f"url uses what is not modelled ({why}); a run that sends a request to it is refused"
    assert folder.refusal(NotModelledError, more=streams, workload=_REQUEST) == (
        f"a request is sent to url, which uses what is not modelled:\n  {why}"
    )


_OF_ALIAS = _URL.replace("'NONE'", "'NONE', qualifier='live'")
_LIVE = "aws.lambda_.Alias('live', name='live', function_name=worker.name, function_version=worker.version)\n"


def test_lam_version_1_a_url_of_an_alias_invokes_the_code_of_this_program(folder: Folder) -> None:
    run = folder.run(function="publish=True,", more=_LIVE + _OF_ALIAS, workload=_REQUEST)

    (answered,) = [event for event in run.events if isinstance(event, RequestAnswered)]
    assert answered.status == 200


def test_a_url_of_an_alias_that_is_not_there_is_refused_when_a_request_is_sent_to_it(folder: Folder) -> None:
    message = folder.refusal(NotModelledError, more=_OF_ALIAS, workload=_REQUEST)

    assert message.endswith("  url: qualifier live is not in this stack; nearest: an Alias resource of its function")


def test_a_real_place_does_not_call_urls(folder: Folder) -> None:
    folder.run(more=_URL, workload=_REQUEST)
    stack = Stack.of(evaluate(read_project(folder.root), "dev"))

    with pytest.raises(NotModelledError) as caught:
        know(stack, folder.root, read_workload(folder.root / "load.yaml"), 1, DEFAULTS)

    assert str(caught.value).endswith(
        "a request is sent to the URL of a function, url, which only the simulation calls\n"
        "  nearest: --on simulation, or a line of send that invokes the function itself, with the event of a request "
        "as body: {invoke: worker, body: {...}}"
    )
