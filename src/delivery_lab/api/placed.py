"""Runs of a stack in a real place: on the emulator of AWS on this machine."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from delivery_lab.api.expected import judged, read_expectations
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.simulated import Simulation
from delivery_lab.api.timing import Phase, timed
from delivery_lab.errors import UsageError
from delivery_lab.events import EnvironmentStarted
from delivery_lab.places.known import know
from delivery_lab.places.local import LONGEST_SECONDS, check_speed, deployed, run_locally
from delivery_lab.program.graph import Graph
from delivery_lab.results.figures import Outcome
from delivery_lab.results.outcome import outcome_of
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab

EMULATOR_VARIABLE = "DELIVERY_LAB_EMULATOR"
"""Names the interpreter of the emulator's environment where that is not the project's own `.local-env`."""

UNKNOWN = {
    "cost": "what a run costs is computed of simulations only",
    "alarms": "no metrics of CloudWatch are read",
    "deliveries.recognised": "conditional writes that were refused are not seen: what functions log is counted",
    "traceHash": "real time is not the same twice",
}
"""What a run on the emulator cannot tell, and why."""
NOT_CHECKED = "invariants are not checked: what is seen of a real place comes late and in another order"


def emulator_python(root: Path) -> Path:
    """The interpreter that has the emulator."""
    named = os.environ.get(EMULATOR_VARIABLE)
    return Path(named) if named else root / ".local-env" / "bin" / "python"


def run_on_emulator(
    lab: Lab,
    stack: str,
    *,
    speed: float = 1.0,
    longest_seconds: float = LONGEST_SECONDS,
    **options: Unpack[RunOptions],
) -> Simulation:
    """Deploy a stack on an emulator on this machine, send its workload, and say what became of the messages.

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
    expectations = read_expectations(asked.expectations)
    phases: list[Phase] = []
    with timed("simulation", phases):
        simulated = replace(lab, on_run=None).run(stack, **options)
        environments = environments_of(simulated)
    python, call = emulator_python(lab.project.root), asked.call
    # What is refused is refused before anything is started.
    know(Stack.of(simulated.graph), lab.project.root, simulated.workload, call.seed, asked.assumptions)
    with (
        timed("local", phases) as lap,
        deployed(python, lab.project, stack, call.overrides, asked.program, speed=speed) as place,
    ):
        lap("deployment")
        graph, workload = asked.deployed(without_place(place.graph))
        known = know(Stack.of(graph), lab.project.root, workload, call.seed, asked.assumptions)
        run = run_locally(
            place,
            known,
            seed=call.seed,
            assumptions=asked.assumptions,
            longest_seconds=longest_seconds,
            environments=environments,
        )
    seen = outcome_of(run)
    run = replace(run, notes=(*run.notes, *_notes(speed), *_timeouts(seen, simulated.outcome, speed)))
    outcome = judged(seen.model_copy(update={"unknown": UNKNOWN}), expectations, {})
    words = f"--on local --speed {speed:g}" if speed != 1 else "--on local"
    return Simulation(outcome, graph, workload, run, replace(call, place=words), tuple(phases))


def check_deployable(lab: Lab, options: RunOptions, speed: float) -> None:
    """Refuse what cannot be deployed on the emulator, or be told of a run there.

    Raises:
        UsageError: there is no program, or an option does not go with it.
    """
    if lab.project.state is not None:
        raise UsageError("--on local deploys a program, and a state has none\n  fix: leave --state out")
    if options.get("prices"):
        raise UsageError("--on local computes no cost\n  fix: leave --prices out")
    check_speed(speed)


def environments_of(simulated: Simulation) -> Counter[str]:
    """How many execution environments each function had in a simulation."""
    events = simulated.whole_run().events
    return Counter(event.function for event in events if isinstance(event, EnvironmentStarted))


def without_place(graph: Graph) -> Graph:
    """The graph without the settings of the provider, which are those of the emulator."""
    return replace(graph, config={key: value for key, value in graph.config.items() if not key.startswith("aws:")})


def _notes(speed: float) -> list[str]:
    """What a reader of the figures should know."""
    notes = [
        "ran on the emulator of AWS on this machine, polled by the lab's own pollers: this says nothing about AWS's",
        "execution environments were started before the run; each first invoke waited as a cold start is assumed to",
        NOT_CHECKED,
    ]
    if speed != 1:
        notes.append(f"all clocks ran {speed:g} times as fast: what is computed seems to take {speed:g} times as long")
    return notes


def _timeouts(found: Outcome, simulated: Outcome, speed: float) -> list[str]:
    """Says that functions reached their timeouts that do not in the simulation: this machine computes slower."""
    here, there = found.invocations.timed_out, simulated.invocations.timed_out
    if here <= there:
        return []
    told = f"{here} of {found.invocations.total} invokes reached their timeout, {there or 'none'} in the simulation"
    fewer = f"at a lower --speed than {speed:g}" if speed > 1 else "on a machine that has less to do"
    return [f"{told}: if this machine is too slow for what they compute, there are fewer {fewer}"]
