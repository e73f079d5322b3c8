"""The Lambda API as handlers call it."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import ApiCallRefused, FunctionCalled, InvokeRefused, InvokeStarted
from delivery_lab.limits.functions import LOOP_PASSES
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.runtime import AwsError, Caller, Pending
from tests.model.events import EventsWorld, failing
from tests.model.support import COLD_START_SECONDS, Script

ARN = "arn:aws:lambda:us-east-1:123456789012:function:worker"


def _refused(world: EventsWorld, **parameters: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        world.invoke_api(**parameters)
    return caught.value


def test_syn_error_1_a_function_that_fails_is_an_answer_with_status_200() -> None:
    world = EventsWorld(failing(1, takes_seconds=2))

    answer = world.invoke_api(Payload=b"{}")
    world.run()

    assert answer.at_seconds == COLD_START_SECONDS + 2
    assert (answer.answer["StatusCode"], answer.answer["FunctionError"]) == (200, "Unhandled")
    assert len(world.calls) == 1


def test_a_call_takes_as_long_as_the_function_runs() -> None:
    world = EventsWorld(lambda call: Script(4.0, '{"ok": true}'))

    answer = world.invoke_api(Payload=b"{}")
    world.run()

    assert answer.at_seconds == COLD_START_SECONDS + 4
    assert answer.answer == {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "Payload": b'{"ok": true}',
        "ResponseMetadata": {"RequestId": world.calls[0].request_id},
    }


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_syn_id_1_the_answer_has_the_request_id_that_the_function_sees(kind: str) -> None:
    world = EventsWorld()

    answers = [world.invoke_api(InvocationType=kind, Payload=b"{}") for _ in range(2)]
    world.run()

    seen = [call.request_id for call in world.calls]
    assert [answer.answer["ResponseMetadata"]["RequestId"] for answer in answers] == seen
    assert len(set(seen)) == 2


def test_syn_throttle_1_is_a_429_with_its_reason_and_no_retry() -> None:
    world = EventsWorld(reserved=0)

    error = _refused(world)

    assert (error.code, error.status) == ("TooManyRequestsException", 429)
    assert error.details == {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"}
    world.run()
    assert len(world.events(InvokeRefused)) == 1


def test_a_failure_of_lambda_itself_is_a_500() -> None:
    world = EventsWorld()
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, function="worker")])

    error = _refused(world)

    assert (error.code, error.status) == ("ServiceException", 500)


@pytest.mark.parametrize(
    ("kind", "payload", "code", "status"),
    [
        ("RequestResponse", b"{", "InvalidRequestContentException", 400),
        ("Event", b"\xff", "InvalidRequestContentException", 400),
        ("Event", b'{"a": NaN}', "InvalidRequestContentException", 400),
        ("RequestResponse", b"[" * 100_000, "InvalidRequestContentException", 400),
        ("RequestResponse", b'"' + b"x" * 6_291_455 + b'"', "RequestTooLargeException", 413),
        ("Event", b'"' + b"x" * 1_048_575 + b'"', "RequestTooLargeException", 413),
    ],
)
def test_syn_payload_1_is_json_of_limited_size(kind: str, payload: bytes, code: str, status: int) -> None:
    error = _refused(EventsWorld(), InvocationType=kind, Payload=payload)

    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize("payload", [b'"x"', '"x"', io.BytesIO(b'"x"'), b'"' + b"x" * 1_048_573 + b'"'])
def test_syn_payload_1_may_be_bytes_text_or_a_file_up_to_the_limit(payload: Any) -> None:
    world = EventsWorld()

    world.invoke_api(InvocationType="Event", Payload=payload)
    world.run()

    assert world.calls[0].event.strip("x") == ""


@pytest.mark.parametrize("name", ["worker", ARN, f"{ARN}:$LATEST", "123456789012:function:worker", "worker:$LATEST"])
def test_syn_name_1_a_function_is_known_by_its_name_and_arn(name: str) -> None:
    world = EventsWorld()

    world.invoke_api(FunctionName=name)
    world.run()

    assert len(world.calls) == 1


def test_syn_name_1_a_function_that_does_not_exist_is_a_404() -> None:
    error = _refused(EventsWorld(), FunctionName="nobody")

    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert error.message == "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody:$LATEST"


def test_a_dry_run_runs_nothing() -> None:
    world = EventsWorld()

    assert world.invoke_api(InvocationType="DryRun").answer == {"StatusCode": 204, "Payload": b""}
    world.run()
    assert world.calls == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ClientContext": "e30="}, "Invoke with ClientContext = 'e30=' is not modelled\n  nearest: leave it out"),
        ({"Qualifier": "live"}, "Invoke of worker with the qualifier live is not modelled\n  nearest: $LATEST"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(NotModelledError) as caught:
        EventsWorld().invoke_api(**parameters)

    assert str(caught.value) == message


def test_an_invocation_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AwsError) as caught:
        EventsWorld().invoke_api(InvocationType="event")

    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    assert "'event' at 'invocationType'" in caught.value.message


def test_a_setting_without_effect_passes() -> None:
    EventsWorld().invoke_api(LogType="None", Qualifier="$LATEST")


def test_other_operations_are_refused_by_name() -> None:
    with pytest.raises(
        NotModelledError, match=r"^the Lambda operation GetFunction is not modelled \(modelled: Invoke\)"
    ):
        EventsWorld().account.call("lambda", "GetFunction", {"FunctionName": "worker"}, Caller("caller", None))


def test_calls_are_written_down_with_the_invoke_that_made_them() -> None:
    world = EventsWorld(reserved=1)

    for _ in range(2):
        try:
            world.invoke_api(Caller("caller", "r1"))
        except AwsError:
            continue

    assert [(event.by.invoke, event.status) for event in world.events(FunctionCalled)] == [
        ("r1", 200), ("r1", 429),
    ]  # fmt: skip


def test_asy_loop_1_a_synchronous_caller_gets_an_error_of_its_own() -> None:
    world = EventsWorld()
    world.account.functions.loops.begin("worker", "r1", {"worker": LOOP_PASSES - 1})

    error = _refused(world, caller=Caller("worker", "r1"))

    assert (error.code, error.status) == ("RecursiveInvocationException", 400)


@pytest.mark.parametrize(
    ("fault", "at_seconds"),
    [
        (InjectedFault(FaultKind.LATENCY, function="worker", delay=seconds(7)), COLD_START_SECONDS + 7 + 0.1),
        (InjectedFault(FaultKind.LATENCY, service="lambda", delay=seconds(7)), 7 + COLD_START_SECONDS + 0.1),
        (InjectedFault(FaultKind.FAILURE, function="worker"), COLD_START_SECONDS + 0.001),
    ],
)
def test_sim_fault_1_delays_and_failures_happen_when_the_workload_says(fault: InjectedFault, at_seconds: float) -> None:
    world = EventsWorld()
    world.account.inject_faults([fault])

    answer = world.invoke_api()
    world.run()

    assert answer.at_seconds == at_seconds
    assert ("FunctionError" in answer.answer) == (fault.kind is FaultKind.FAILURE)


def test_sim_fault_1_holds_for_its_time_its_ids_and_its_share() -> None:
    world = EventsWorld()
    late = InjectedFault(FaultKind.THROTTLE, Occasion(seconds(10), seconds(20)), function="worker")
    some = InjectedFault(FaultKind.FAILURE, Occasion(ids=frozenset({"b"})), function="worker")
    often = InjectedFault(FaultKind.ERROR, Occasion(seconds(100), share=0.3), function="worker")
    world.account.inject_faults([late, some, often])
    faults = world.account.faults

    def happens(at_seconds: float, payload: str = "{}") -> FaultKind | None:
        world.run(at_seconds)
        fault = faults.of_function("worker", payload)
        return fault.kind if fault else None

    assert [happens(at) for at in (0, 9.99, 10, 19.99, 20)] == [
        None, None, FaultKind.THROTTLE, FaultKind.THROTTLE, None,
    ]  # fmt: skip
    assert happens(21, '{"id": "b"}') is FaultKind.FAILURE
    assert happens(22, '{"Records": [{"body": "{\\"id\\": \\"b\\"}"}]}') is FaultKind.FAILURE
    assert happens(23, '{"Records": [{"body": "no JSON"}, {}]}') is None
    encoded = base64.b64encode(b'{"id": "b"}').decode()
    assert happens(24, json.dumps({"Records": [{"kinesis": {"data": encoded}}]})) is FaultKind.FAILURE
    assert happens(25, json.dumps({"records": {"topic-0": [{"value": encoded}]}})) is FaultKind.FAILURE
    assert happens(26, '{"Records": [{"dynamodb": {"NewImage": {"id": {"S": "b"}}}}]}') is FaultKind.FAILURE
    assert happens(27, '{"Records": [{"dynamodb": {"Keys": {"id": {"S": "b"}}}}]}') is FaultKind.FAILURE
    assert happens(28, '{"Records": [{"kinesis": {"data": "no base64"}}, null], "records": {"t-0": [{}]}}') is None
    hits = sum(happens(100 + n) is FaultKind.ERROR for n in range(1_000))
    assert 250 < hits < 350


@pytest.mark.parametrize(
    ("service", "operation", "throttle", "internal"),
    [
        ("sqs", "SendMessage", "RequestThrottled", "InternalFailure"),
        ("sns", "Publish", "Throttled", "InternalError"),
        ("events", "PutEvents", "ThrottlingException", "InternalException"),
        ("s3", "PutObject", "SlowDown", "InternalError"),
        ("dynamodb", "PutItem", "ProvisionedThroughputExceededException", "InternalServerError"),
        ("lambda", "Invoke", "TooManyRequestsException", "ServiceException"),
    ],
)
def test_sim_fault_1_services_answer_with_their_own_errors(
    service: str, operation: str, throttle: str, internal: str
) -> None:
    for kind, code in ((FaultKind.THROTTLE, throttle), (FaultKind.ERROR, internal)):
        world = EventsWorld()
        world.account.inject_faults([InjectedFault(kind, service=service, operation=operation)])
        with pytest.raises(AwsError) as caught:
            world.account.call(service, operation, {}, Caller("caller", None))
        assert caught.value.code == code
        assert [event.code for event in world.events(ApiCallRefused)] == [code]


def test_sim_fault_1_of_one_queue_leaves_the_others_alone() -> None:
    world = EventsWorld()
    bad, good = world.queue("bad"), world.queue("good")
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, service="sqs", queue_url=bad.url)])

    def send(url: str) -> Any:
        answer = world.account.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": "x"}, Caller("c", None))
        assert not isinstance(answer, Pending)
        return answer

    with pytest.raises(AwsError):
        send(bad.url)
    send(good.url)
    assert len(good.messages) == 1


def _tail(answer: dict[str, Any]) -> list[str]:
    return base64.b64decode(answer["LogResult"]).decode().splitlines()


def test_syn_log_1_an_answer_has_the_end_of_the_log_where_it_is_asked_for() -> None:
    world = EventsWorld(lambda call: Script(0.5, "{}"))

    asked = world.invoke_api(LogType="Tail")
    request_id = world.events(InvokeStarted)[0].invoke
    world.account.functions.tails.note(request_id, "working")
    world.account.functions.tails.note("another", "elsewhere")
    world.run()
    again = world.invoke_api(LogType="Tail")
    silent = world.invoke_api()
    world.run()

    assert _tail(asked.answer) == [
        f"START RequestId: {request_id} Version: $LATEST",
        "working",
        f"END RequestId: {request_id}",
        (
            f"REPORT RequestId: {request_id}\tDuration: 500.00 ms\tBilled Duration: 750 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 128 MB\tInit Duration: 250.00 ms\t"
        ),
    ]
    assert "Init Duration" not in _tail(again.answer)[-1]
    assert "LogResult" not in silent.answer


def test_syn_log_1_errors_and_timeouts_are_logged_and_no_more_than_4_kb_are_answered() -> None:
    error = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": ['  File "a.py", line 1, in f\n    g()\n']}
    world = EventsWorld(lambda call: Script(0.1, json.dumps(error), "ValueError"))
    failed = world.invoke_api(LogType="Tail")
    world.run()
    world.runtime.behave = lambda call: Script(1_000)
    late = world.invoke_api(LogType="Tail")
    world.account.functions.tails.note(world.events(InvokeStarted)[1].invoke, "x" * 5_000)
    world.run()

    assert _tail(failed.answer)[1:5] == [
        "[ERROR] ValueError: no",
        "Traceback (most recent call last):",
        '\u00a0\u00a0File "a.py", line 1, in f',
        "\u00a0\u00a0\u00a0\u00a0g()",
    ]
    assert len(base64.b64decode(late.answer["LogResult"])) == 4_096
    assert "Task timed out after" in _tail(late.answer)[-2]


def test_lam_trace_1_a_function_that_is_invoked_belongs_to_the_trace_of_its_caller() -> None:
    world = EventsWorld()
    traces = world.account.functions.traces
    caller = traces.begin("caller", "r1")
    world.invoke_api(Caller("caller", "r1"))
    called = traces.of(world.events(InvokeStarted)[0].invoke)
    own = traces.begin("other", "r2")

    assert re.fullmatch(r"Root=1-6955b900-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", caller)
    assert called.partition(";")[0] == caller.partition(";")[0] != own.partition(";")[0]
    assert called != caller
    world.run()
    assert traces.of(world.events(InvokeStarted)[0].invoke) == ""
