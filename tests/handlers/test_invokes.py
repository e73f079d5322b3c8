from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import ModelError
from tests.handlers.world import World


def test_the_context(world: World) -> None:
    assert world.run_code(
        """
        import time
        def handler(event, context):
            first = context.get_remaining_time_in_millis()
            time.sleep(2)
            return [context.function_name, context.function_version, context.invoked_function_arn,
                    context.memory_limit_in_mb, context.aws_request_id, context.log_group_name,
                    context.log_stream_name[:21], context.identity, context.client_context,
                    first, context.get_remaining_time_in_millis()]
        """,
        memory_mb=512,
    ) == [
        "worker", "$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:worker", "512", "r1", "/aws/lambda/worker",
        "2026/01/01/[$LATEST]" + world.host.streams.stream("no").choice([""]) + _log_stream_start(world), None, None,
        29750, 27750,
    ]  # fmt: skip


@pytest.mark.parametrize(("own", "told"), [("", "/aws/lambda/worker-4f2a9c1"), ("/jobs/worker", "/jobs/worker")])
def test_code_is_told_the_name_that_the_function_has_on_aws(world: World, own: str, told: str) -> None:
    assert (
        world.run_code(
            """
        import os
        def handler(event, context):
            return [context.function_name, context.log_group_name, os.environ["AWS_LAMBDA_FUNCTION_NAME"],
                    os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]]
        """,
            arn="arn:aws:lambda:us-east-1:123456789012:function:worker-4f2a9c1",
            own_log_group=own,
        )
        == ["worker-4f2a9c1", told] * 2
    )


def _log_stream_start(world: World) -> str:
    from delivery_lab.model.randomness import RandomStreams

    return RandomStreams(world.seed).uuid("log stream", "worker", "1")[0]


def test_the_event_is_fresh_in_each_invoke(world: World) -> None:
    function = world.function("def handler(event, context):\n    event['seen'] = len(event)\n    return event")
    with world.host:
        environment = world.environment(function)
        assert [world.result(environment, {"a": 1}) for _ in range(2)] == [{"a": 1, "seen": 1}] * 2


def failure(world: World, text: str) -> tuple[str | None, dict[str, Any]]:
    with world.host:
        response = world.invoke(world.environment(world.function(text)))
    return response.error, json.loads(response.payload)


def test_an_exception_is_the_answer(world: World) -> None:
    error, payload = failure(
        world,
        """
        class Unhappy(Exception): ...
        def inner(): raise Unhappy("no läuft")
        def handler(event, context): inner()
        """,
    )
    file = "/var/task/app.py"  # where it is in Lambda
    assert error == "Unhappy"
    stack = payload.pop("stackTrace")
    assert payload == {"errorMessage": "no läuft", "errorType": "Unhappy", "requestId": "r1"}
    assert [frame.split("\n")[:2] for frame in stack] == [
        [f'  File "{file}", line 4, in handler', "    def handler(event, context): inner()"],
        [f'  File "{file}", line 3, in inner', '    def inner(): raise Unhappy("no läuft")'],
    ]


def test_a_result_that_is_no_json(world: World) -> None:
    error, payload = failure(world, "def handler(e, c): return {1, 2}")
    assert error == "Runtime.MarshalError"
    assert payload["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_a_result_that_is_too_large(world: World) -> None:
    error, payload = failure(world, "def handler(e, c): return 'x' * 6291555")
    assert error == "Function.ResponseSizeTooLarge"
    assert payload == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }


def test_a_result_of_just_the_size(world: World) -> None:
    assert len(world.run_code("def handler(e, c): return 'x' * 6291554")) == 6291554


@pytest.mark.parametrize(
    ("leave", "message"),
    [
        ("sys.exit(3)", "RequestId: r1 Error: Runtime exited with error: exit status 3"),
        ("sys.exit()", "RequestId: r1 Error: Runtime exited without providing a reason"),
        ("sys.exit('why')", "RequestId: r1 Error: Runtime exited with error: exit status 1"),
        ("os._exit(4)", "RequestId: r1 Error: Runtime exited with error: exit status 4"),
    ],
)
def test_a_process_that_ends_itself_begins_anew(world: World, leave: str, message: str) -> None:
    function = world.function(
        f"""
        import os, sys
        seen = []
        def handler(event, context):
            seen.append(event)
            if event == "leave": {leave}
            return len(seen)
        """
    )
    with world.host:
        environment = world.environment(function)
        assert world.result(environment) == 1
        response = world.invoke(environment, "leave")
        before = world.scheduler.now
        assert world.result(environment) == 1
        assert world.scheduler.now - before == 251_000
    assert response.error == "Runtime.ExitError"
    assert json.loads(response.payload) == {"errorMessage": message, "errorType": "Runtime.ExitError"}


def test_cold_start_and_least_duration(world: World) -> None:
    function = world.function("def handler(event, context): return 1")
    with world.host:
        environment = world.environment(function)
        world.invoke(environment)
        world.invoke(environment)
    assert [instant for instant, _ in world.answers] == [0.251, 0.252]


def test_importing_may_take_time_of_its_own(world: World) -> None:
    assert world.run_code("import time\ntime.sleep(3)\ndef handler(e, c): return time.monotonic()") == 3.25


def test_start_returns_at_once(world: World) -> None:
    function = world.function("print('ran')\ndef handler(event, context): return 1")
    with world.host:
        world.start(world.environment(function))
        assert (world.answers, world.text) == ([], [])
        world.scheduler.run()
    assert len(world.answers) == 1


def test_a_busy_or_stopped_environment_is_not_invoked(world: World) -> None:
    function = world.function("def handler(event, context): return 1")
    with world.host:
        environment = world.environment(function)
        world.start(environment)
        with pytest.raises(ModelError, match="environment 1 of worker is busy and cannot be invoked"):
            world.start(environment)
        environment.stop()
        environment.stop()
        with pytest.raises(ModelError, match="environment 1 of worker has been stopped and cannot be invoked"):
            world.start(environment)
        world.scheduler.run()
    assert world.answers == []
