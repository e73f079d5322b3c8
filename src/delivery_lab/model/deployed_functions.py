"""Functions as they are at a moment: what runs, which environments wait, how many may be started."""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery_lab.limits.functions import ENVIRONMENT_BURST
from delivery_lab.model.clock import MICROSECONDS_PER_SECOND
from delivery_lab.model.provisioned import NONE_PROVISIONED, Provisioned
from delivery_lab.model.runtime import Environment, FunctionConfig


@dataclass(slots=True)
class Sandbox:
    """An execution environment.

    Attributes:
        number: from 1, among those of its function.
        environment: runs the code.
        release: which code it has loaded.
        lateness: by how many microseconds its clock is late (SIM-CLOCK-1).
        provisioned: whether it is one of those that are kept ready (LAM-PROV-1).
    """

    number: int
    environment: Environment
    release: int = 0
    lateness: int = 0
    provisioned: bool = False


@dataclass(slots=True)
class Rate:
    """Requests in the second that is running."""

    second: int = 0
    requests: int = 0

    def count(self, now_us: int) -> int:
        """Count one more; returns how many there were in its second."""
        second = now_us // MICROSECONDS_PER_SECOND
        self.requests = self.requests + 1 if second == self.second else 1
        self.second = second
        return self.requests


@dataclass(slots=True)
class DeployedFunction:
    """A function with what it has at the moment.

    Attributes:
        config: its settings.
        running: how many of its invokes run.
        idle: its environments that wait, the most recently used one last.
        environments: how many it has ever had.
        starts: environments that may still be started at once; refilled over time (LAM-SCALE-1).
        starts_at: when that was counted.
        rate: its requests in the second that is running.
        release: how often its code has been replaced.
        provisioned: which environments are kept ready.
        ready: how many of these have not been used yet.
        running_provisioned: how many of these work on an invoke.
    """

    config: FunctionConfig
    running: int = 0
    idle: list[Sandbox] = field(default_factory=list)
    environments: int = 0
    starts: float = ENVIRONMENT_BURST
    starts_at: int = 0
    rate: Rate = field(default_factory=Rate)
    release: int = 0
    provisioned: Provisioned = NONE_PROVISIONED
    ready: int = 0
    running_provisioned: int = 0

    @property
    def allocated(self) -> int:
        """What it has of the account's concurrency for itself, whether it runs or not (LAM-CONC-2, LAM-PROV-2)."""
        reserved = self.config.reserved_concurrency
        return self.provisioned.executions if reserved is None else reserved

    @property
    def has_provisioned_free(self) -> bool:
        """Whether the next invoke has one of the environments that are kept ready (LAM-PROV-1)."""
        return self.running_provisioned < self.provisioned.executions

    def next_idle(self) -> Sandbox | None:
        """The environment that waits for the next invoke, None where that begins another (LAM-ENV-2, LAM-PROV-4)."""
        if self.has_provisioned_free:
            return next((each for each in reversed(self.idle) if each.provisioned), None)
        return self.idle[-1] if self.idle else None

    def take_idle(self) -> Sandbox | None:
        """Take the environment that waits for the next invoke, if one does."""
        found = self.next_idle()
        if found is not None and found is self.idle[-1]:
            self.idle.pop()
        elif found is not None:
            self.idle = [each for each in self.idle if each is not found]
        return found

    def free(self, sandbox: Sandbox) -> None:
        """Keep an environment for the next invoke, the most recently used one first (LAM-ENV-2).

        It ends if the code that it has loaded is the function's no more (LAM-CODE-2).
        """
        if sandbox.release == self.release:
            self.idle.append(sandbox)
        else:
            sandbox.environment.stop()

    def end_idle(self) -> None:
        """Lambda may end environments at any time; those that work go on."""
        for sandbox in self.idle:
            sandbox.environment.stop()
        self.idle.clear()
        self.ready = 0  # whatever takes the place of one that ended begins with a cold start (LAM-PROV-4)
