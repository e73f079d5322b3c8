"""Lambda: concurrency, environments, cold starts, timeouts (semantics.md section C)."""

from __future__ import annotations

import json

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import EnvironmentStarted, InvokeEnded, InvokeRefused, Journal
from delivery_lab.limits import functions as limits
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import Throttled
from delivery_lab.model.runtime import FunctionConfig
from tests.model.support import COLD_START_SECONDS, TESTS, Behaviour, Call, FakeRuntime, Script, World, fail


def takes(seconds: float) -> Behaviour:
    return lambda call: Script(seconds, '"done"')


def _small_account(limit: int, behave: Behaviour, *configs: FunctionConfig) -> tuple[World, Lambda]:
    """A Lambda service of an account with few concurrent executions."""
    world = World()
    runtime = FakeRuntime(world.scheduler, behave)
    service = Lambda(world.scheduler, world.streams, Journal(), runtime, account_concurrency=limit)
    for config in configs:
        service.add(config)
    return world, service


def _config(name: str, reserved: int | None = None, timeout: int = 3) -> FunctionConfig:
    return FunctionConfig(name, f"arn:{name}", "app.handler", timeout_seconds=timeout, reserved_concurrency=reserved)


# -- environments ---------------------------------------------------------------------------------------------


def test_lam_env_1_an_environment_takes_one_invoke_at_a_time_and_is_used_again() -> None:
    world = World(takes(1))
    world.function()
    world.invoke()
    world.invoke()
    world.run()
    world.invoke()
    world.run()

    assert [call.environment for call in world.calls[:2]] == [1, 2]
    assert world.calls[2].environment in (1, 2)
    assert len(world.events(EnvironmentStarted)) == 2


def test_lam_env_2_the_environment_used_last_is_used_first() -> None:
    durations = iter([3.0, 1.0, 2.0, 0.1, 0.1, 0.1])
    world = World(lambda call: Script(next(durations)))
    world.function()
    for _ in range(3):
        world.invoke()
    world.run()  # they end in the order 2, 3, 1
    for _ in range(3):
        world.invoke()
    world.run()

    assert [call.environment for call in world.calls[3:]] == [1, 3, 2]
    assert "LAM-ENV-2" in world.journal.rules


def test_lam_env_2_none_is_shut_down_while_the_run_lasts() -> None:
    world = World()
    world.function()
    world.invoke()
    world.wait(86_400)
    world.invoke()
    world.wait(1)

    assert [call.environment for call in world.calls] == [1, 1]


def test_lam_init_1_a_cold_start_takes_a_quarter_of_a_second_that_is_not_taken_off_the_timeout() -> None:
    world = World(takes(2.999))
    world.function(timeout=3)
    _, first = world.invoke()
    world.run()
    assert world.calls[0].at_seconds == COLD_START_SECONDS
    assert world.calls[0].deadline_seconds == COLD_START_SECONDS + 3
    assert (world.now, first[0].error) == (3.249, None)

    world.invoke()
    world.run()
    assert world.calls[1].at_seconds == 3.249
    assert [event.rule for event in world.events(EnvironmentStarted)] == ["LAM-INIT-1"]


# -- timeout and errors ---------------------------------------------------------------------------------------


def test_lam_time_1_the_timeout_ends_the_invoke_with_an_error() -> None:
    world = World(takes(60))
    world.function(timeout=5)
    request_id, results = world.invoke()
    world.run()

    assert world.now == COLD_START_SECONDS + 5
    (result,) = results
    assert (result.request_id, result.error, result.timed_out) == (request_id, "Sandbox.Timedout", True)
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 5.00 seconds",
    }
    (end,) = world.events(InvokeEnded)
    assert (end.rule, end.error) == ("LAM-TIME-1", "Sandbox.Timedout")


@pytest.mark.parametrize("timeout", [0, 901])
def test_lam_time_1_a_timeout_out_of_bounds_is_refused(timeout: int) -> None:
    world = World()
    with pytest.raises(DeploymentRefusedError) as caught:
        world.function(timeout=timeout)

    assert str(caught.value) == (
        f"AWS would refuse worker: ValidationException: Value {timeout} at 'timeout' failed to satisfy constraint: "
        "1 to 900 seconds (LAM-TIME-1)\n  fix: set timeout from 1 to 900 seconds"
    )
    for allowed in (1, 900):
        world.function(f"worker-{allowed}", timeout=allowed)


def test_lam_time_2_a_timeout_ends_the_environment_and_the_next_invoke_gets_a_fresh_one() -> None:
    world = World(takes(60))
    world.function(timeout=5)
    world.invoke()
    world.run()
    world.runtime.behave = takes(1)
    world.invoke()
    world.run()

    assert world.runtime.stopped == [("worker", 1)]
    assert [call.environment for call in world.calls] == [1, 2]
    assert world.calls[1].at_seconds == 5.25 + COLD_START_SECONDS


def test_lam_time_2_a_process_that_ends_itself_ends_the_environment_too() -> None:
    world = World(lambda call: Script(payload='{"errorType":"Runtime.ExitError"}', error="Runtime.ExitError"))
    world.function()
    world.invoke()
    world.run()
    world.invoke()
    world.run()

    assert [call.environment for call in world.calls] == [1, 2]
    assert len(world.events(EnvironmentStarted)) == 2


def test_lam_err_1_a_function_error_is_an_answer_and_the_environment_is_used_again() -> None:
    world = World(fail)
    world.function()
    accepted, results = world.invoke()
    world.run()
    world.invoke()
    world.run()

    assert [(result.request_id, result.payload, result.error) for result in results] == [
        (accepted, '{"errorType":"RuntimeError"}', "RuntimeError")
    ]
    assert not results[0].timed_out
    assert [call.environment for call in world.calls] == [1, 1]
    assert world.runtime.stopped == []
    assert [event.rule for event in world.events(InvokeEnded)] == ["LAM-ERR-1"] * 2


def test_an_answer_never_comes_before_invoke_has_returned() -> None:
    world = World(takes(0))
    world.function()
    world.invoke()
    world.run()
    _, results = world.invoke()  # a warm one that takes no time at all

    assert results == []
    world.run()
    assert len(results) == 1


# -- concurrency ----------------------------------------------------------------------------------------------


def test_lam_conc_1_functions_without_reservation_share_what_the_account_has_left() -> None:
    world, service = _small_account(110, takes(1), _config("kept", reserved=10), _config("one"), _config("other"))
    answers = [service.invoke(name, "{}", lambda result: None, by=TESTS) for name in ["one", "other"] * 50]
    assert not any(isinstance(answer, Throttled) for answer in answers)

    for name in ("one", "other"):
        assert service.invoke(name, "{}", lambda result: None, by=TESTS) == Throttled(
            "ConcurrentInvocationLimitExceeded", "LAM-CONC-1"
        )
    assert isinstance(service.invoke("kept", "{}", lambda result: None, by=TESTS), str)
    world.run()
    assert isinstance(service.invoke("one", "{}", lambda result: None, by=TESTS), str)


def test_lam_conc_1_the_account_has_1000_by_default() -> None:
    world = World(takes(1))
    world.function()
    answers = [world.invoke()[0] for _ in range(1_001)]

    assert not any(isinstance(answer, Throttled) for answer in answers[:1_000])
    assert answers[1_000] == Throttled("ConcurrentInvocationLimitExceeded", "LAM-CONC-1")


def test_lam_conc_2_reserved_concurrency_is_a_ceiling() -> None:
    world = World(takes(1))
    world.function(reserved=2)
    answers = [world.invoke()[0] for _ in range(3)]

    assert answers[2] == Throttled("ReservedFunctionConcurrentInvocationLimitExceeded", "LAM-CONC-2")
    (event,) = world.events(InvokeRefused)
    assert (event.rule, event.function, event.by.name) == ("LAM-CONC-2", "worker", "tests")
    world.run()
    assert isinstance(world.invoke()[0], str)


def test_lam_conc_2_reserved_concurrency_is_kept_for_the_function() -> None:
    _, service = _small_account(105, takes(1), _config("kept", reserved=5), _config("greedy"))
    greedy = [service.invoke("greedy", "{}", lambda result: None, by=TESTS) for _ in range(101)]
    kept = [service.invoke("kept", "{}", lambda result: None, by=TESTS) for _ in range(6)]

    assert [isinstance(answer, str) for answer in greedy] == [True] * 100 + [False]
    assert [isinstance(answer, str) for answer in kept] == [True] * 5 + [False]


def test_lam_conc_2_with_zero_nothing_runs() -> None:
    world = World()
    world.function(reserved=0)

    assert world.invoke()[0] == Throttled("ReservedFunctionConcurrentInvocationLimitExceeded", "LAM-CONC-2")
    world.run()
    assert world.calls == []


def test_lam_conc_2_a_cold_start_counts_as_running() -> None:
    world = World()
    world.function(reserved=1)
    world.invoke()
    world.wait(COLD_START_SECONDS / 2)

    assert isinstance(world.invoke()[0], Throttled)


def test_lam_conc_3_at_least_100_stay_unreserved() -> None:
    world = World()
    world.function("big", reserved=890)
    world.function("free")
    world.function("rest", reserved=10)

    with pytest.raises(DeploymentRefusedError) as caught:
        world.function("more", reserved=5)
    assert str(caught.value) == (
        "AWS would refuse more: InvalidParameterValueException: Specified ReservedConcurrentExecutions for function "
        "decreases account's UnreservedConcurrentExecution below its minimum value of [100]. (LAM-CONC-3)\n"
        "  fix: reserve nothing, or have the account's quota of 1000 raised"
    )


def test_lam_conc_3_names_what_could_be_reserved() -> None:
    world = World()
    with pytest.raises(DeploymentRefusedError, match="fix: reserve at most 900, or have"):
        world.function(reserved=901)
    World().function(reserved=900)


def test_lam_conc_3_a_refused_function_takes_nothing_from_the_others() -> None:
    world = World()
    with pytest.raises(DeploymentRefusedError):
        world.function("greedy", reserved=950)

    world.function("modest", reserved=900)
    assert list(world.account.functions.names) == ["modest"]


def test_lam_scale_1_a_function_starts_1000_environments_at_once_and_100_a_second_after() -> None:
    world, service = _small_account(100_000, takes(1_000), _config("worker", timeout=900), _config("other"))

    def started(attempts: int, name: str = "worker") -> int:
        answers = [service.invoke(name, "{}", lambda result: None, by=TESTS) for _ in range(attempts)]
        assert all(
            answer == Throttled("FunctionInvocationRateLimitExceeded", "LAM-SCALE-1")
            for answer in answers
            if isinstance(answer, Throttled)
        )
        return sum(isinstance(answer, str) for answer in answers)

    assert started(1_200) == 1_000
    assert started(5, "other") == 5  # per function
    world.wait(0.5)
    assert started(100) == 50
    world.wait(10)
    assert started(1_200) == 1_000
    world.wait(60)  # not saved up beyond 1,000
    assert started(1_200) == 1_000


def test_lam_scale_1_warm_environments_do_not_count() -> None:
    world, service = _small_account(100_000, takes(1), _config("worker"))
    for _ in range(1_000):
        service.invoke("worker", "{}", lambda result: None, by=TESTS)
    world.run()
    answers = [service.invoke("worker", "{}", lambda result: None, by=TESTS) for _ in range(1_000)]

    assert all(isinstance(answer, str) for answer in answers)


def test_the_limits_are_those_of_the_documentation() -> None:
    assert limits.ACCOUNT_CONCURRENCY == 1_000
    assert limits.UNRESERVED_MINIMUM == 100
    assert limits.SYNCHRONOUS_PAYLOAD.maximum == 6 * 1_048_576


def test_lam_conc_4_more_than_ten_requests_a_second_and_concurrent_execution_are_taken_and_the_run_says_so() -> None:
    world = World(takes(0.001))
    world.function(reserved=1)
    world.invoke()
    world.run()
    for number in range(10):
        world.at(1 + number / 100, world.invoke)
    world.run()
    assert "LAM-CONC-4" not in world.journal.rules

    world.invoke()
    world.run()
    assert len(world.calls) == 12
    assert "LAM-CONC-4" in world.journal.rules


def test_requests_have_ids_of_their_own_and_the_payload_arrives_unchanged() -> None:
    seen: list[Call] = []

    def behave(call: Call) -> Script:
        seen.append(call)
        return Script(payload='{"ok": true}')

    world = World(behave)
    world.function()
    first, results = world.invoke(payload='{"n": 1}')
    second, _ = world.invoke(payload='{"n": 2}')
    world.run()

    assert first != second
    assert [call.event for call in seen] == [{"n": 1}, {"n": 2}]
    assert results[0].payload == '{"ok": true}'
