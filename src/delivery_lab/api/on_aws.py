"""Runs of a stack that is deployed to AWS: its state says what there is, and credentials of the caller reach it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

from delivery_lab.api.asked import Asked
from delivery_lab.api.expected import judged, read_expectations
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.placed import NOT_CHECKED, UNKNOWN
from delivery_lab.api.simulated import Simulation
from delivery_lab.api.timing import Phase, timed
from delivery_lab.errors import ProjectError, UsageError
from delivery_lab.live.aws import Aws
from delivery_lab.places.addresses import deployed_addresses
from delivery_lab.places.deployed import Follower, Patience
from delivery_lab.places.followable import address_of, check_followable, name_of, planned
from delivery_lab.places.known import KnownStack, know
from delivery_lab.places.local import LONGEST_SECONDS
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.deployment import known_arn
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab

_UNKNOWN = UNKNOWN | {
    "deliveries.total": "messages that were received and reached no function are not seen",
    "messages.expired": "what retention took looks like what was deleted",
}
_NOTES = (
    "ran on AWS, where others may invoke the same functions: their invokes and throttles are counted too",
    "this way of running was tested on an emulator of AWS, and never on AWS",
    NOT_CHECKED,
)

Allow = Callable[[str], bool]
"""Asked before something is sent to what the project did not make; the text says to what."""


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A deployed stack and what is to be sent to it.

    Attributes:
        asked: what the run is asked for.
        graph: the stack as it is deployed.
        known: the model of it.
        account: id of its account.
        region: its region.
    """

    asked: Asked
    graph: Graph
    known: KnownStack
    account: str
    region: str

    def strangers(self, root: Path) -> list[str]:
        """What is sent to and that the project in a folder did not make.

        Args:
            root: folder of the project.
        """
        try:
            ours = read_project(root).name
        except ProjectError:
            ours = ""
        made = {
            resource.outputs.get(output)
            for resource in self.graph.resources.values()
            for output in ("arn", "url", "executionArn")
            if not resource.external and resource.urn.split("::")[1] == ours
        }
        sent = {name_of(self.known, arrival): address_of(self.known, arrival) for arrival in self.known.arrivals}
        return [name for name, address in sent.items() if address not in made]


def deployed_stack(lab: Lab, stack: str, graph: Graph | None = None, **options: Unpack[RunOptions]) -> DeployedStack:
    """Read a deployed stack, and refuse what cannot be followed there.

    Args:
        lab: the project, opened by its state (`Lab.of_state`).
        stack: name of the stack.
        graph: the stack as it is deployed; by default that of the state.
        options: as for `Lab.run`, but for `prices`.

    Raises:
        UsageError: there is no state, or an option does not go with a deployed stack.
        LabError: it cannot be followed there; the message says why.
    """
    if graph is None and lab.project.state is None:
        raise UsageError(
            "--on aws runs what is deployed, and its state says what that is\n"
            "  fix: pulumi stack export --show-secrets > state.json, and --state state.json"
        )
    if options.get("prices"):
        raise UsageError("--on aws computes no cost\n  fix: leave --prices out")
    asked = lab.asked(stack, options, judges=True)
    found = lab.graph(stack, options.get("overrides"), asked.program) if graph is None else graph
    whole, workload = asked.deployed(found)
    known = know(Stack.of(whole), lab.project.root, workload, asked.call.seed, asked.assumptions)
    check_followable(known)
    addresses = deployed_addresses(whole, known.stack)
    for name in {name_of(known, arrival) for arrival in known.arrivals if arrival.target == "http"} - addresses.keys():
        raise UsageError(
            f"--on aws: the state of {stack} has no invokeUrl of a stage of {name}: where it is asked is not known\n"
            "  fix: pulumi up, then pulumi stack export"
        )
    return DeployedStack(asked, whole, known, *_where(known))


def _where(known: KnownStack) -> tuple[str, str]:
    account_model = known.account
    arns = [queue.arn for queue in account_model.queues.values()]
    arns += [stream.arn for stream in account_model.streams_by_name.values()]
    arns += [known_arn(function) for function in known.stack.functions]
    places = {tuple(arn.split(":")[3:5]) for arn in arns}
    if len(places) != 1:
        told = ", ".join(sorted(" ".join(each) for each in places))
        raise UsageError(
            f"--on aws: the resources of {known.stack.name} are in several places ({told}): one is followed"
        )
    region, account = places.pop()
    if not (account.isdecimal() and region):
        raise UsageError(
            f"--on aws: {known.stack.name} is not deployed: its state names no account\n"
            "  fix: pulumi up, then pulumi stack export"
        )
    return account, region


def plan_on_aws(lab: Lab, stack: str, **options: Unpack[RunOptions]) -> tuple[str, ...]:
    """The calls that a run would make; none is made.

    Raises:
        LabError: as for `run_on_aws`.
    """
    found = deployed_stack(lab, stack, **options)
    return (f"account {found.account}, region {found.region}", *planned(found.known))


class AwsOptions(TypedDict, total=False):
    """How a run on AWS is made."""

    allow: Required[Allow]
    """Asked before something is sent to what the project did not make."""
    longest_seconds: float
    """A run that is not drained by then ends."""
    patience: Patience | None
    """How long it waits for what AWS says late."""
    graph: Graph | None
    """The stack as it is deployed; by default that of the state."""
    session: Any
    """boto3's session; by default that of the environment."""


def run_on_aws(
    lab: Lab,
    stack: str,
    *,
    allow: Allow,
    longest_seconds: float = LONGEST_SECONDS,
    patience: Patience | None = None,
    graph: Graph | None = None,
    session: Any = None,
    **options: Unpack[RunOptions],
) -> Simulation:
    """Send the workload to a deployed stack, follow it until nothing moves, and say what became of the messages.

    Args:
        lab: the project, opened by its state.
        stack: name of the stack.
        allow: asked before something is sent to what the project did not make.
        longest_seconds: a run that is not drained by then ends.
        patience: how long it waits for what AWS says late.
        graph: the stack as it is deployed; by default that of the state.
        session: boto3's session; by default that of the environment.
        options: as for `Lab.run`, but for `prices`.

    Raises:
        UsageError: there is no state, the credentials are none or of another account, or it was not allowed.
        PlaceError: AWS refuses a request; the message says what to do.
        LabError: the stack cannot be followed there; the message says why.
    """
    found = deployed_stack(lab, stack, graph, **options)
    asked, call = found.asked, found.asked.call
    expectations = read_expectations(asked.expectations)
    aws = Aws(found.account, found.region) if session is None else Aws(found.account, found.region, session)
    phases: list[Phase] = []
    with timed("aws", phases):
        apis = deployed_addresses(found.graph, found.known.stack)
        follower = Follower(aws, found.known, call.seed, Patience() if patience is None else patience, apis=apis)
        strangers = found.strangers(lab.project.root)
        if strangers and not allow(_question(found, strangers)):
            raise UsageError(
                f"--on aws: {', '.join(strangers)} was not made by this project, and nothing was sent\n"
                "  fix: --yes, if the messages may go there"
            )
        told = follower.run(longest_seconds)
    run = replace(told.run, notes=(*told.run.notes, *_NOTES))
    unknown = _UNKNOWN | told.unknown
    outcome = judged(outcome_of(run).model_copy(update={"unknown": unknown}), expectations, {})
    return Simulation(outcome, found.graph, found.known.workload, run, replace(call, place="--on aws"), tuple(phases))


def _question(found: DeployedStack, strangers: list[str]) -> str:
    count = sum(name_of(found.known, arrival) in strangers for arrival in found.known.arrivals)
    queues = ", ".join(strangers)
    where = f"account {found.account} ({found.region})"
    return f"{count} messages go to {queues} in {where}, which this project did not make. Send them?"
