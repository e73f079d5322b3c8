"""Runs on the emulator that are polled by the emulator's own mappings, and read as a deployed stack is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.on_aws import DeployedStack, deployed_stack
from delivery_lab.api.placed import UNKNOWN, check_deployable, emulator_python, environments_of, without_place
from delivery_lab.api.simulated import Simulation
from delivery_lab.api.timing import Phase, timed
from delivery_lab.errors import NotModelledError
from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock
from delivery_lab.places.addresses import emulated_addresses
from delivery_lab.places.deployed import Follower, Patience
from delivery_lab.places.local import LONGEST_SECONDS, EmulatorSession, deployed, start_environments
from delivery_lab.results.outcome import outcome_of

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab

_PATIENCE = Patience(look_seconds=0.2, settled_seconds=1.0, late_seconds=10.0, quiet_seconds=10.0)
"""The emulator counts at once, and writes logs with the answer."""
_UNKNOWN = UNKNOWN | {
    "deliveries.total": "messages that were received and reached no function are not seen",
    "invocations.failed": "the emulator's log names no errors",
    "invocations.timedOut": "the emulator's log names no errors",
    "invocations.throttled": "the emulator's mappings begin no more batches than the function has reserved",
}


def run_on_own_mappings(
    lab: Lab,
    stack: str,
    *,
    speed: float = 1.0,
    longest_seconds: float = LONGEST_SECONDS,
    **options: Unpack[RunOptions],
) -> Simulation:
    """Deploy a stack on an emulator on this machine and let the emulator's own mappings poll.

    Args:
        lab: the project.
        stack: name of the stack.
        speed: how many times faster all clocks there are.
        longest_seconds: a run that is not drained by then ends, in seconds of the emulator's clock.
        options: as for `Lab.run`, but for `prices`.

    Raises:
        UsageError: there is nothing that could be deployed, or an option is malformed.
        LabError: it cannot be run there; the message says why. Nothing is left running or lying about.
    """
    check_deployable(lab, options, speed)
    asked = lab.asked(stack, options, judges=True)
    simulated = replace(lab, on_run=None).run(stack, **options)
    # What is refused is refused before anything is started.
    _check_followable(deployed_stack(lab, stack, simulated.graph, **options))
    call, phases = asked.call, list[Phase]()
    with (
        timed("own mappings", phases),
        deployed(
            emulator_python(lab.project.root),
            lab.project,
            stack,
            call.overrides,
            asked.program,
            speed=speed,
            own_mappings=True,
        ) as place,
    ):
        found = deployed_stack(lab, stack, without_place(place.graph), **options)
        start_environments(place, found.known, environments_of(simulated), asked.assumptions)
        emulator = place.emulator
        aws = Aws(found.account, found.region, EmulatorSession(emulator.url))
        clock = RealClock(emulator.speed, emulator.agreed_at)
        apis = emulated_addresses(place.graph, found.known.stack, emulator.url)
        told = Follower(aws, found.known, call.seed, _PATIENCE, clock=clock, apis=apis).run(longest_seconds)
    run = replace(told.run, place="local")
    outcome = outcome_of(run).model_copy(update={"unknown": _UNKNOWN | told.unknown})
    return Simulation(outcome, found.graph, found.known.workload, run, replace(call, place="--on local"), tuple(phases))


def _check_followable(found: DeployedStack) -> None:
    if any(arrival.target == "event" for arrival in found.known.arrivals):
        raise NotModelledError(
            f"{found.known.workload.origin}: the emulator gives each retry of an asynchronous event another id, and no "
            "mapping is asked\n  nearest: without --own-mappings"
        )
