"""What is known of a deployed stack: the model of it, which nothing runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.faults import REFUSALS, InjectedFault
from delivery_lab.model.mapping.destinations import QueueDestination, TopicDestination
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.kafka import TopicConsumer
from delivery_lab.model.mapping.stream import StreamConsumer
from delivery_lab.model.pipes.stage import TargetStage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsApi, Environment, FunctionConfig
from delivery_lab.places.feeders import FEEDERS
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.simulation.deployment import Deployment, known_arn
from delivery_lab.simulation.gateways import function_urls
from delivery_lab.simulation.remembered import RememberedCreations
from delivery_lab.simulation.send_lines import Arrival
from delivery_lab.simulation.sending import Sender
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack

FED = tuple(FEEDERS)
"""What hands on what it gets: on the emulator these are the model's own."""
SENT = ("event", "http", "invoke", "queue", "stream", "table", "topic", *FED)
"""What a workload may send to in a real place."""
_RUN_FUNCTIONS = ("event", "http", "invoke")
"""What runs a function that no mapping invokes."""
_HANDED_ON_TO = ("queue", "topic", "bus")
"""Kinds of targets that feeds and pipes hand on to in real time."""
FAULTS = ("failure", "throttle")
"""Faults of functions that can happen in a real place: before a function is asked, where the lab asks it."""


class _NothingRuns:
    """The runtime of a model in which nothing runs."""

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        """Nobody asks for one."""
        raise NotImplementedError(f"{function.name} runs somewhere else")


class _CreatedAlready(RememberedCreations):
    """What dynamic resources do was done where the stack is deployed."""

    def create(self, _urn: str, _create: Callable[[AwsApi], None], _account: AwsApi) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class KnownStack:
    """A stack as it was deployed, and what is to be sent to it.

    Attributes:
        stack: the stack.
        workload: what is sent.
        account: its queues, functions and mappings with their settings; nothing moves in it.
        deployment: how it was made.
        arrivals: everything that is sent, checked.
        faults: what happens besides.
    """

    stack: Stack
    workload: Workload
    account: Account
    deployment: Deployment
    arrivals: tuple[Arrival, ...]
    faults: tuple[InjectedFault, ...] = ()

    @property
    def tables(self) -> dict[str, str]:
        """Names of the tables in DynamoDB, by their names in the stack."""
        return {table.name: table.physical_name or "" for table in self.stack.tables}

    @staticmethod
    def physical_name(function: Function) -> str:
        """What a function is called in AWS."""
        return known_arn(function).rpartition(":")[2]


def know(stack: Stack, project_dir: Path, workload: Workload, seed: int, assumptions: Assumptions) -> KnownStack:
    """Read a stack as the simulation does, and refuse what a real place cannot run.

    Raises:
        LabError: the simulation would refuse it.
        NotModelledError: a run in a real place cannot be read, or not driven; the message says which part.
    """
    scheduler, journal, streams = Scheduler(), Journal(), RandomStreams(seed)
    account, deployment = modelled(
        stack, project_dir, workload, assumptions, scheduler=scheduler, streams=streams, journal=journal
    )
    _refuse_workload(workload, account)
    _refuse_stack(stack, account)
    arrivals = tuple(workload.arrivals(streams.stream("workload")))
    for arrival in arrivals:
        if arrival.target not in SENT:
            raise NotModelledError(
                f"{workload.origin}: a real place is sent HTTP requests, invokes, messages for queues and topics, "
                "records for streams and Kafka topics, events for buses, objects, items for tables, and no "
                f"{arrival.target}\n  nearest: --on simulation"
            )
        if account.clusters and arrival.target in _RUN_FUNCTIONS:
            raise NotModelledError(
                f"{workload.origin}: {arrival.target} runs a function of a stack with a Kafka cluster: "
                "the brokers that stand in for it take no TLS and no sign-in, which functions that produce use\n"
                "  nearest: send to the topic, or --on simulation"
            )
    tables = {table.name: table.physical_name or "" for table in stack.tables}
    sender = Sender(
        account,
        deployment.sources,
        tables,
        refused_apis=deployment.refused_apis,
        function_urls=function_urls(stack),
        stack=stack.name,
        origin=workload.origin,
        scheduler=scheduler,
        journal=journal,
    )
    sender.schedule(arrivals)  # refuses what is addressed to nobody
    _refuse_qualifiers(arrivals, account, workload.origin)
    faults = tuple(sender.fault(fault) for fault in workload.faults)
    return KnownStack(stack, workload, account, deployment, arrivals, faults)


def modelled(
    stack: Stack,
    project_dir: Path,
    workload: Workload,
    assumptions: Assumptions,
    *,
    scheduler: Scheduler,
    streams: RandomStreams,
    journal: Journal,
) -> tuple[Account, Deployment]:
    """A stack in an account of the model in which no function runs.

    Raises:
        LabError: the simulation would refuse it.
    """
    account = Account(scheduler, streams, journal, assumptions)
    account.use(_NothingRuns(), concurrency=workload.account.concurrency)
    deployment = Deployment(
        stack, account, project_dir, workload.topics, workload.functions, creations=_CreatedAlready()
    )
    with ExitStack() as entered:
        if stack.tables:
            # moto takes a quarter of a second to import: only stacks with tables pay for it.
            from delivery_lab.model.dynamodb import DynamoDb

            account.dynamodb = entered.enter_context(DynamoDb("us-east-1", journal, scheduler, assumptions))
        deployment.run()
    return account, deployment


def _can_happen(fault: Fault, account: Account) -> bool:
    """Whether a fault can happen in a real place: where the lab invokes a function, or hands on to a queue."""
    if fault.service is None:
        return fault.function is not None and fault.kind in FAULTS
    sends = (fault.service, fault.operation) == ("sqs", "SendMessage") and fault.kind in REFUSALS
    return sends and bool(account.feeds)


def _refuse_workload(workload: Workload, account: Account) -> None:
    refused = [fault for fault in workload.faults if not _can_happen(fault, account)]
    behind_apis = any(send.http is not None for send in workload.send)
    told: Mapping[str, object] = {
        "faults": workload.fault_preset or refused or (workload.faults and behind_apis),
        "answers": workload.answers,
        "functions": workload.functions,
        "external": workload.external,
    }
    used = [name for name, value in told.items() if value]
    if used:
        but = (
            f" but {' and '.join(FAULTS)} of functions that no API invokes, and error and throttle of what feeds send"
            if used[0] == "faults"
            else ""
        )
        raise NotModelledError(
            f"{workload.origin}: {used[0]} are what the simulation makes up; a real place has none of it{but}\n"
            "  nearest: --on simulation, or a workload without"
        )


def _refuse_qualifiers(arrivals: Sequence[Arrival], account: Account, origin: str) -> None:
    """Real places read the event invoke configs of functions, and not those of their versions and aliases."""
    for arrival in arrivals:
        if (
            arrival.target in ("event", "invoke")
            and ":" in arrival.name
            and arrival.name not in account.functions.names
        ):
            name, _, qualifier = arrival.name.partition(":")
            raise NotModelledError(
                f"{origin}: a real place invokes a function by no version or alias: {name} by {qualifier}\n"
                f"  nearest: {name}, or --on simulation"
            )


def _refuse_stack(stack: Stack, account: Account) -> None:
    ours = {function.label for function in stack.functions}
    for mapping in (*account.mappings.values(), *account.record_mappings.values()):
        if mapping.config.function not in ours and mapping.config.name not in account.pipes:
            raise NotModelledError(
                f"{stack.name}: {mapping.config.name} invokes {mapping.config.function}, which is not in this stack: "
                "what it does there cannot be seen\n  nearest: --on simulation"
            )
    for name, mapping in account.record_mappings.items():
        if reason := _why_not_read(mapping):
            raise NotModelledError(f"{stack.name}: {name} {reason}\n  nearest: --on simulation")
    for arn in destinations_of_events(account):
        if arn.split(":")[2] not in ("sqs", "sns"):
            raise NotModelledError(
                f"{stack.name}: {arn.rpartition(':')[2]} is a destination of asynchronous invokes: in real "
                "time only queues and topics are\n  nearest: --on simulation"
            )
    refusals = [why for cluster in account.clusters.values() for why in cluster.refusals.values()]
    if refusals:
        raise NotModelledError(f"{stack.name}: {refusals[0]}")
    _refuse_feeds(stack, account)


def _refuse_feeds(stack: Stack, account: Account) -> None:
    for feed in account.feeds:
        for target in (feed.target, feed.dead_letters):
            if target is not None and target.kind not in _HANDED_ON_TO:
                raise NotModelledError(
                    f"{stack.name}: {feed.name} hands on to the {target.kind} {target.name}: in real time only queues, "
                    "topics and buses are handed on to\n  nearest: --on simulation"
                )
    for name, stage in stages_of(account).items():
        if not (isinstance(stage, TargetStage) and stage.target.kind in _HANDED_ON_TO):
            raise NotModelledError(
                f"{stack.name}: {name} reads a queue, or hands on to something else than queues, topics and buses, for "
                "which there is no pipe in real time yet\n  nearest: --on simulation"
            )
    for name in sorted(account.buses.clockworks):
        raise NotModelledError(
            f"{stack.name}: {name} goes off by a calendar: the day of a simulation is made up, and that of a real "
            "place is today\n  nearest: --on simulation"
        )


def stages_of(account: Account) -> dict[str, Invoker | None]:
    """What the pipes of a stack hand their batches to, by the name of the pipe; None for those that read a queue."""
    readers = {name: account.record_mappings.get(name) for name in sorted(account.pipes)}
    return {name: reader.functions if isinstance(reader, StreamConsumer) else None for name, reader in readers.items()}


def destinations_of_events(account: Account) -> list[str]:
    """ARNs of all destinations and dead-letter queues of functions, and of their versions and aliases."""
    configs = account.events.configs.values()
    told = [arn for config in configs for arn in (config.on_success, config.on_failure, config.dead_letter)]
    return [arn for arn in told if arn is not None]


def _why_not_read(mapping: StreamConsumer | TopicConsumer) -> str:
    """Why a mapping of records has no poller in real time, "" where it has one."""
    if isinstance(mapping, StreamConsumer) and mapping.config.consumer_arn is not None:
        return "reads as an enhanced fan-out consumer, for which there is no poller in real time yet"
    if mapping.config.starting_position_instant is not None:
        return "begins AT_TIMESTAMP: the day of a simulation is made up, and that of a real place is today"
    destination = mapping.destination
    if destination is not None and not isinstance(destination, (QueueDestination, TopicDestination)):
        return f"discards to {destination.name}: only queues and Kafka topics are on-failure destinations in real time"
    return ""
