"""Provisioned concurrency: environments that are kept ready, what they count against, and what Lambda refuses."""

from __future__ import annotations

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import EnvironmentStarted, InvokeStarted, Journal
from delivery_lab.model.clock import seconds
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import Throttled
from delivery_lab.model.provisioned import Provisioned
from delivery_lab.model.runtime import PROVISIONED, Environment, FunctionConfig
from tests.model.support import COLD_START_SECONDS, TESTS, Behaviour, FakeRuntime, Script, World

_QUALIFIERS = {"$LATEST": "$LATEST", "7": "7", "live": "7", "next": "$LATEST"}


class _Lambda:
    """One account with a function `worker` and another one, and what is kept ready of `worker`."""

    def __init__(
        self,
        executions: int,
        behave: Behaviour = lambda call: Script(1),
        *,
        reserved: int | None = None,
        account: int = 1_000,
        named: str = "live",
    ) -> None:
        self.world = World()
        self.journal = Journal()
        self.runtime = FakeRuntime(self.world.scheduler, behave)
        self.service = Lambda(
            self.world.scheduler, self.world.streams, self.journal, self.runtime, account_concurrency=account
        )
        self.service.add(
            FunctionConfig("worker", "arn:worker", "a.b", reserved_concurrency=reserved, qualifiers=_QUALIFIERS)
        )
        self.service.add(FunctionConfig("other", "arn:other", "a.b"))
        self.service.provision("worker", Provisioned("ready", executions, named, frozenset({named})))

    def invoke(self, times: int = 1, function: str = "worker") -> list[str]:
        """Invoke now, so often; why each was refused, "" where it was not."""
        answers = [self.service.invoke(function, "{}", lambda _: None, by=TESTS) for _ in range(times)]
        return [answer.reason if isinstance(answer, Throttled) else "" for answer in answers]

    def wait(self, for_seconds: float) -> None:
        self.world.scheduler.run(self.world.scheduler.now + seconds(for_seconds))

    @property
    def began_at(self) -> list[float]:
        return [call.at_seconds for call in self.runtime.calls]

    @property
    def environments(self) -> list[int]:
        return [event.environment for event in self.journal.events if isinstance(event, InvokeStarted)]

    @property
    def cold(self) -> list[int]:
        return [event.environment for event in self.journal.events if isinstance(event, EnvironmentStarted)]


def test_lam_prov_1_invokes_beyond_what_is_provisioned_begin_with_a_cold_start() -> None:
    lambda_ = _Lambda(2)

    lambda_.invoke(3)
    lambda_.wait(10)

    assert lambda_.began_at == [0, 0, COLD_START_SECONDS]
    assert lambda_.cold == [3]
    assert {"LAM-PROV-1", "LAM-PROV-2", "LAM-PROV-4"} <= set(lambda_.journal.rules)


def test_lam_prov_1_an_invoke_by_another_name_is_refused_as_it_would_get_none_of_them() -> None:
    lambda_ = _Lambda(2)

    lambda_.service.check_qualifier("worker", "live")
    lambda_.service.check_qualifier("other", "$LATEST")
    with pytest.raises(NotModelledError) as caught:
        lambda_.service.check_qualifier("worker", "$LATEST")

    assert str(caught.value) == (
        "worker is invoked by $LATEST, and ready keeps environments ready for invokes by live alone: a function that "
        "has both kinds of invokes is not modelled\n"
        "  nearest: invoke worker by live, or leave ready out"
    )


def test_lam_prov_1_the_code_is_told_how_its_environment_came_into_being() -> None:
    lambda_ = _Lambda(1)
    told: list[tuple[int, bool]] = []
    made = lambda_.runtime.new_environment

    def note(function: FunctionConfig, number: int) -> Environment:
        told.append((number, function.initialization == PROVISIONED))
        return made(function, number)

    lambda_.runtime.new_environment = note  # type: ignore[method-assign]
    lambda_.invoke(2)

    assert told == [(1, True), (2, False)]


def test_lam_prov_2_the_other_functions_have_so_much_less_of_the_account() -> None:
    lambda_ = _Lambda(100, account=210)

    assert lambda_.invoke(111, "other")[109:] == ["", "ConcurrentInvocationLimitExceeded"]
    assert lambda_.invoke(101)[99:] == ["", "ConcurrentInvocationLimitExceeded"]


def test_lam_prov_2_what_runs_in_a_ready_environment_takes_nothing_of_what_is_left() -> None:
    lambda_ = _Lambda(100, account=210)

    assert set(lambda_.invoke(210)) == {""}
    assert lambda_.invoke(1, "other") == ["ConcurrentInvocationLimitExceeded"]


def test_lam_prov_2_it_counts_against_the_reserved_concurrency_of_the_function() -> None:
    lambda_ = _Lambda(2, reserved=3)

    assert lambda_.invoke(4) == ["", "", "", "ReservedFunctionConcurrentInvocationLimitExceeded"]
    assert set(lambda_.invoke(997, "other")) == {""}
    assert lambda_.invoke(1, "other") == ["ConcurrentInvocationLimitExceeded"]


@pytest.mark.parametrize(
    ("executions", "named", "reserved", "account", "message", "fix"),
    [
        (
            1,
            "$LATEST",
            None,
            1_000,
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            "set publish of worker, and name its version or an alias of it as qualifier",
        ),
        (
            1,
            "next",
            None,
            1_000,
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
            "set publish of worker, and name its version or an alias of it as qualifier",
        ),
        (
            3,
            "live",
            2,
            1_000,
            (
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                "function"
            ),
            "set provisionedConcurrentExecutions to 2 at most, or reserve more for worker",
        ),
        (
            901,
            "live",
            None,
            1_000,
            (
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
                "its minimum value of [100]."
            ),
            "set provisionedConcurrentExecutions to 900 at most, or have the account's quota of 1000 raised",
        ),
        (
            1,
            "live",
            None,
            10,
            (
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
                "its minimum value of [10]."
            ),
            "leave ready out, or have the account's quota of 10 raised",
        ),
    ],
    ids=["unpublished", "an alias of it", "beyond reserved", "beyond the account", "a new account"],
)
def test_lam_prov_3_what_lambda_does_not_keep_ready_is_refused(
    executions: int, named: str, reserved: int | None, account: int, message: str, fix: str
) -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        _Lambda(executions, named=named, reserved=reserved, account=account)

    assert str(caught.value) == (
        f"AWS would refuse ready: InvalidParameterValueException: {message} (LAM-PROV-3)\n  fix: {fix}"
    )


def test_lam_prov_3_as_many_as_are_reserved_are_kept_ready() -> None:
    assert _Lambda(2, reserved=2).invoke(3) == ["", "", "ReservedFunctionConcurrentInvocationLimitExceeded"]


def test_lam_prov_4_a_ready_environment_is_taken_before_one_on_demand_and_a_used_one_before_an_unused_one() -> None:
    lambda_ = _Lambda(2)
    lambda_.invoke(1)
    lambda_.wait(10)
    lambda_.invoke(3)  # in 1 again, in 2 for the first time, and in 3 on demand
    lambda_.wait(10)
    lambda_.invoke(3)
    lambda_.wait(10)

    assert lambda_.environments == [1, 1, 2, 3, 2, 1, 3]
    assert lambda_.cold == [3]


def test_lam_prov_4_what_takes_the_place_of_one_that_ended_begins_with_a_cold_start() -> None:
    ends = iter(["Runtime.ExitError", None, None])
    lambda_ = _Lambda(1, lambda call: Script(1, error=next(ends)))
    for _ in range(3):
        lambda_.invoke(1)
        lambda_.wait(10)

    assert (lambda_.environments, lambda_.cold) == ([1, 2, 2], [2])
    assert lambda_.began_at == [0, 10 + COLD_START_SECONDS, 20]
