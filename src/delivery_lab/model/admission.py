"""Which invokes Lambda takes: by the concurrency of account and function, and by how fast environments may start."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.events import SERVICE_ERROR, Journal
from delivery_lab.limits.functions import (
    ENVIRONMENT_BURST,
    ENVIRONMENTS_PER_SECOND,
    REQUESTS_PER_SECOND_AND_CONCURRENCY,
)
from delivery_lab.model.clock import Scheduler, in_seconds
from delivery_lab.model.deployed_functions import DeployedFunction, Rate
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.invokes import Throttled


class Admission:
    """Decides whether an invoke may run now.

    Args:
        scheduler: the run's clock.
        journal: where is noted what a decision rests on.
        functions: the functions of the account, which may become more.
        account_concurrency: concurrent executions of the account.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        journal: Journal,
        functions: Mapping[str, DeployedFunction],
        account_concurrency: int,
    ) -> None:
        self._scheduler = scheduler
        self._journal = journal
        self._functions = functions
        self._account_concurrency = account_concurrency
        self._rate = Rate()

    def refusal(self, function: DeployedFunction, fault: InjectedFault | None) -> Throttled | None:
        """Why an invoke of a function is refused now, None where it is taken."""
        if fault is not None and fault.kind is FaultKind.THROTTLE:
            return Throttled("ConcurrentInvocationLimitExceeded", "SIM-FAULT-1")
        if fault is not None and fault.kind is FaultKind.ERROR:
            return Throttled(SERVICE_ERROR, "SIM-FAULT-1", SERVICE_ERROR, 500)
        reserved = function.config.reserved_concurrency
        if reserved is not None:
            if function.running >= reserved:
                return Throttled("ReservedFunctionConcurrentInvocationLimitExceeded", "LAM-CONC-2")
        elif not function.has_provisioned_free and self._running_unreserved() >= self.unreserved():
            return Throttled("ConcurrentInvocationLimitExceeded", "LAM-CONC-1")
        if not function.ready and function.next_idle() is None and not self._may_start(function):
            return Throttled("FunctionInvocationRateLimitExceeded", "LAM-SCALE-1")
        return None

    def note_rate(self, function: DeployedFunction, now: int) -> None:
        """Say so where AWS's limit of requests a second, which is not applied, would be exceeded (LAM-CONC-4)."""
        reserved = function.config.reserved_concurrency
        if reserved is None and function.has_provisioned_free:
            reserved = function.provisioned.executions
        rate = self._rate if reserved is None else function.rate
        concurrency = self.unreserved() if reserved is None else reserved
        if rate.count(now) > REQUESTS_PER_SECOND_AND_CONCURRENCY * concurrency:
            self._journal.rely_on("LAM-CONC-4")

    def unreserved(self) -> int:
        """The account's concurrency that no function has for itself, reserved (LAM-CONC-2) or ready (LAM-PROV-2)."""
        return self._account_concurrency - sum(function.allocated for function in self._functions.values())

    def _running_unreserved(self) -> int:
        return sum(
            function.running - function.running_provisioned
            for function in self._functions.values()
            if function.config.reserved_concurrency is None
        )

    def _may_start(self, function: DeployedFunction) -> bool:
        now = self._scheduler.now
        earned = in_seconds(now - function.starts_at) * ENVIRONMENTS_PER_SECOND
        function.starts = min(ENVIRONMENT_BURST, function.starts + earned)
        function.starts_at = now
        return function.starts >= 1
