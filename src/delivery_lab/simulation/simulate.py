"""The simulation: a variant in virtual time, with the real code of its functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery_lab.doing import simulating
from delivery_lab.errors import NotModelledError, UsageError, WorkloadError
from delivery_lab.events import NOT_KEPT, Journal, LogLine, Reader, Readers, Results, Run, Used, as_events
from delivery_lab.garbage import rare_garbage_collection
from delivery_lab.handlers import HandlerHost
from delivery_lab.handlers.kept import KeptEnvironments
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler, in_seconds, seconds
from delivery_lab.model.described import DescribedFunctions, Description
from delivery_lab.model.moto_operations import STORED
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import Caller, LongPoll, Pending, Runtime
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.simulation.answering import service_answers, web_answers
from delivery_lab.simulation.deployment import Deployment
from delivery_lab.simulation.fault_presets import all_faults
from delivery_lab.simulation.gateways import function_urls
from delivery_lab.simulation.log_contract import bytes_on_lambda, contract_line
from delivery_lab.simulation.message_sources import destinations_of, polled_of, sources_of
from delivery_lab.simulation.observing import SilentObserver
from delivery_lab.simulation.remembered import RememberedCreations
from delivery_lab.simulation.schedules import start_clocks, stopped_clocks
from delivery_lab.simulation.sending import Sender
from delivery_lab.simulation.stored_stack import roles_to_assume, stored_stack
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.model.dynamodb import DynamoDb
    from delivery_lab.model.moto_services import MotoServices


def simulate(
    stack: Stack,
    project_dir: Path,
    workload: Workload,
    seed: int,
    assumptions: Assumptions = DEFAULTS,
    on_deployed: Callable[[], None] = lambda: None,
    *,
    environments: KeptEnvironments | None = None,
    creations: RememberedCreations | None = None,
    results: Results | None = None,
) -> Run:
    """Deploy a stack in virtual time, send the workload, and let time pass until it is over.

    Args:
        stack: the stack, such as `Stack.of(graph)`.
        project_dir: folder of the Pulumi project.
        workload: what to send.
        seed: decides everything that is left to chance.
        assumptions: how to read what can be read in several ways.
        on_deployed: called once the stack is deployed, before anything is sent.
        environments: keeps loaded code from run to run (`simulation.prepared`).
        creations: remembers what dynamic resources ask AWS for, of this stack and no other.
        results: who reads a run of many events while it happens; its journal is not kept then.

    Raises:
        LabError: the stack, its code or the workload cannot be simulated; the message says why.
    """

    def simulated(results: Results | None, on_deployed: Callable[[], None]) -> Run:
        with rare_garbage_collection():
            # Not kept under a name: it is garbage by the time that is collected.
            return _Simulation(stack, project_dir, workload, seed, assumptions, environments, creations, results).run(
                on_deployed
            )

    run = simulated(results, on_deployed)
    if run.readers and results is not None and not results.hold(run):
        # What was known of the run when its journal was given up was not true of all of it.
        return simulated(None, lambda: None)
    return run


@dataclass(frozen=True, slots=True)
class RedriveRequest:
    """What to do with the dead-letter queues of a run.

    Attributes:
        fixed: the stack as it is updated to before the redrive, or None: as it was.
        queues: names of the dead-letter queues; none means all of them.
        messages_per_second: `MaxNumberOfMessagesPerSecond`, or None.
    """

    fixed: Stack | None = None
    queues: tuple[str, ...] = ()
    messages_per_second: int | None = None


def simulate_redrive(
    stack: Stack,
    project_dir: Path,
    workload: Workload,
    seed: int,
    redrive: RedriveRequest,
    assumptions: Assumptions = DEFAULTS,
) -> tuple[Run, Run]:
    """Run a workload to its end, move the dead-letter queues back, and go on.

    Returns:
        The run up to the redrive, and the whole run.

    Raises:
        LabError: as `simulate`.
        UsageError: the stack has no such dead-letter queue, or the workload ends before everything is at rest.
    """
    if workload.until_seconds is not None:
        raise UsageError(f"{workload.origin}: a redrive needs a workload that runs `until: drained`")
    with rare_garbage_collection():
        return _Simulation(stack, project_dir, workload, seed, assumptions).run_redrive(redrive)


class _Simulation:
    def __init__(
        self,
        stack: Stack,
        project_dir: Path,
        workload: Workload,
        seed: int,
        assumptions: Assumptions,
        environments: KeptEnvironments | None = None,
        creations: RememberedCreations | None = None,
        results: Results | None = None,
    ) -> None:
        self._stack = stack
        self._project_dir = project_dir
        self._workload = workload
        self._faults = all_faults(workload, stack)
        self._seed = seed
        self._scheduler = Scheduler()
        self._streams = RandomStreams(seed)
        self._journal = Journal()
        self._results = results
        self._readers: Readers = {}
        self._assumptions = assumptions
        self._environments = environments
        self._creations = creations
        self._account = Account(self._scheduler, self._streams, self._journal, assumptions)
        self._logs: list[LogLine] = []
        self._observer = SilentObserver(self._journal)
        self._effect = None if workload.effect is None else workload.effect.mark(stack, workload.origin)
        self._host: HandlerHost | None = None

    def run(self, on_deployed: Callable[[], None]) -> Run:
        with self._world((self._stack,)) as host:
            deployment = self._deploy(host, self._stack)
            on_deployed()
            if self._results is not None:
                self._journal.hand_on_to(partial(self._begin_reading, self._results, deployment))
            self._run_workload(host)
        if self._journal.handed_on:
            self._journal.hand_on()
        return self._result(deployment)

    def _begin_reading(self, results: Results, deployment: Deployment) -> Iterable[Reader]:
        """The run has too many events to keep them: have it read from now on."""
        self._readers = results.begin(self._result(deployment, so_far=True))
        return self._readers.values()

    def run_redrive(self, redrive: RedriveRequest) -> tuple[Run, Run]:
        stacks = (self._stack,) if redrive.fixed is None else (self._stack, redrive.fixed)
        with self._world(stacks) as host:
            deployment = self._deploy(host, self._stack)
            self._run_workload(host)
            before = self._result(deployment)
            if redrive.fixed is not None:
                self._refuse_streams()
                deployment = self._update(host, redrive.fixed)
            self._redrive(redrive)
            host.run()
        return before, self._result(deployment)

    @contextmanager
    def _world(self, stacks: Iterable[Stack]) -> Iterator[HandlerHost]:
        # The model of Lambda counts the cold start itself, since it is not taken off the timeout (LAM-INIT-1).
        fastest, slowest = self._assumptions.api_latency_seconds
        host = HandlerHost(
            self._scheduler,
            self._streams,
            self,
            self._on_log,
            self._observer,
            cold_start_seconds=0,
            api_latency_min_seconds=fastest,
            api_latency_max_seconds=slowest,
            web=self._account.web,
            kept=self._environments,
        )
        self._host = host
        with ExitStack() as entered:
            entered.enter_context(simulating(lambda: in_seconds(self._scheduler.now)))
            entered.enter_context(host)
            if any(stack.tables for stack in stacks):
                self._account.dynamodb = entered.enter_context(self._dynamodb())
            self._entered = entered
            yield host

    def call(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any] | LongPoll | Pending:
        """Answer an API call of a handler, whichever account the stack has by now."""
        if service in STORED and self._account.stored is None:
            self._account.stored = self._entered.enter_context(self._stored())
        return self._account.call(service, operation, parameters, caller)

    def _dynamodb(self) -> DynamoDb:
        # moto takes a quarter of a second to import: only stacks with tables pay for it.
        from delivery_lab.model.dynamodb import DynamoDb

        return DynamoDb("us-east-1", self._journal, self._scheduler, self._assumptions)

    def _stored(self) -> MotoServices:
        # moto takes a quarter of a second to import: only runs that call one of its services pay for it.
        from delivery_lab.model.moto_services import MotoServices

        stored = stored_stack(self._stack, self._project_dir)
        return MotoServices(stored, self._seed, self._scheduler, self._journal)

    def _deploy(self, host: HandlerHost, stack: Stack, before: Stack | None = None) -> Deployment:
        account = self._account
        account.use(self._runtime(host), concurrency=self._workload.account.concurrency)
        work = self._workload
        deployment = Deployment(
            stack, account, self._project_dir, work.topics, work.functions, before=before, creations=self._creations
        )
        self._refuse_strangers(stack)
        deployment.run()
        self._sender = Sender(
            account,
            deployment.sources,
            {table.name: table.physical_name or "" for table in stack.tables},
            refused_apis=deployment.refused_apis,
            function_urls=function_urls(stack),
            calls_urls=True,
            stack=stack.name,
            origin=self._workload.origin,
            scheduler=self._scheduler,
            journal=self._journal,
        )
        lines, origin = self._workload.answers, self._workload.origin
        account.answer_calls(tuple(service_answers(lines, origin)), tuple(web_answers(lines)))
        account.roles = roles_to_assume(stack)
        account.inject_faults([self._sender.fault(fault) for fault in self._faults])
        account.start()
        return deployment

    def _described(self) -> dict[str, Description]:
        """By name: the functions that the workload describes instead of running them."""
        found = {name: settings.description for name, settings in self._workload.functions.items()}
        return {name: description for name, description in found.items() if description is not None}

    def _runtime(self, host: HandlerHost) -> Runtime:
        """Who runs the functions of the stack."""
        described = self._described()
        if not described:
            return host
        return DescribedFunctions(
            described,
            host,
            seed=self._seed,
            functions=lambda: self._account.functions,
            scheduler=self._scheduler,
            journal=self._journal,
            log=self._on_log,
        )

    def _refuse_strangers(self, stack: Stack) -> None:
        known = sorted(function.label for function in stack.functions)
        for name in self._workload.functions:
            if name not in known:
                raise WorkloadError(
                    f"{self._workload.origin}: functions: the stack {stack.name} has no function {name} "
                    f"(there are: {', '.join(known) or 'none'})"
                )

    def _refuse_streams(self) -> None:
        """The streams of an updated stack would be new and empty here, which those of a real one are not."""
        for name in self._account.record_mappings:
            raise NotModelledError(
                f"{name} reads a stream or topic, and a redrive of {self._stack.name} with a fix is not modelled\n"
                "  nearest: a redrive without a fix"
            )

    def _update(self, host: HandlerHost, stack: Stack) -> Deployment:
        """Deploy a changed stack in place of the one that is there: queues keep their messages, tables their items."""
        before = self._account
        self._account = Account(self._scheduler, self._streams, self._journal, self._assumptions)
        self._account.dynamodb, self._account.stored = before.dynamodb, before.stored
        host.web = self._account.web
        deployment = self._deploy(host, stack, self._stack)
        for name, queue in before.queues.items():
            if name in self._account.queues:
                self._account.queues[name].take_over(queue)
        return deployment

    def _redrive(self, redrive: RedriveRequest) -> None:
        found = {
            q.dead_letter_queue.name: q.dead_letter_queue for q in self._account.queues.values() if q.dead_letter_queue
        }
        for name in redrive.queues or tuple(found):
            if name not in found:
                raise self._no_dead_letter_queue(name, found)
            parameters: dict[str, Any] = {"SourceArn": found[name].arn}
            if redrive.messages_per_second is not None:
                parameters["MaxNumberOfMessagesPerSecond"] = redrive.messages_per_second
            self._account.sqs.call("StartMessageMoveTask", parameters, Caller("redrive", None))
        if not found:
            raise self._no_dead_letter_queue("", found)

    def _no_dead_letter_queue(self, name: str, found: Iterable[str]) -> UsageError:
        known = ", ".join(sorted(found)) or "none"
        what = f"dead-letter queue {name}" if name else "dead-letter queue that could be moved back"
        return UsageError(
            f"the stack {self._stack.name} has no {what}: SQS moves messages out of queues that are the dead-letter "
            f"queue of an SQS queue (RDR-SOURCE-1; there are: {known})"
        )

    def _run_workload(self, host: HandlerHost) -> None:
        if not self._workload.send and not self._account.buses.clockworks:
            what = f"nothing is sent, and nothing of the stack {self._stack.name} goes off by a schedule"
            raise WorkloadError(f"{self._workload.origin}: {what}\n  fix: say under send what is sent")
        self._sender.schedule_lines(self._workload.lines(), self._streams.stream("workload"))
        until = self._workload.until_seconds
        start_clocks(self._account, until)
        host.run(None if until is None else seconds(until))

    def _result(self, deployment: Deployment, *, so_far: bool = False) -> Run:
        parking_queues, described = deployment.parking_queues, self._described()
        queues = self._account.queues.values()
        redriven = {q.dead_letter_queue.name for q in queues if q.dead_letter_queue is not None}
        dead_letter_queues = frozenset(redriven | destinations_of(self._account))
        return Run(
            stack=self._stack.name,
            place="simulation",
            workload=self._workload.name,
            poison=self._workload.mark_of_poison,
            effect=self._effect,
            seed=self._seed,
            virtual_seconds=in_seconds(self._scheduler.now),
            events=NOT_KEPT if self._journal.handed_on else as_events(self._journal.entries),
            rules=self._journal.rules,
            trace_hash="" if so_far else self._journal.hash(),
            sources=sources_of(self._account, self._stack, self._workload, dead_letter_queues | parking_queues),
            dead_letter_queues=dead_letter_queues,
            logs=tuple(self._logs),
            notes=(
                *deployment.notes,
                *self._sender.notes,
                *(self._host.notes if self._host is not None else ()),
                *self._idle_faults(),
                *stopped_clocks(self._account),
            ),
            parking_queues=parking_queues,
            polled=tuple(polled_of(self._account)),
            assumptions=self._assumptions,
            account_concurrency=self._workload.account.concurrency,
            functions={
                function.label: "described" if function.label in described else "executed"
                for function in deployment.stack.functions
            },
            depths={queue.name: len(queue.messages) for queue in queues},
            used=dict(self._journal.meter.counts),
            readers=self._readers,
        )

    def _idle_faults(self) -> Iterator[str]:
        """Faults that never happened: the workload asks for something that this run had no place for."""
        for number in self._account.faults.idle:
            yield f"fault {number} of the workload never happened: {self._faults[number - 1].words}"

    # -- logs ---------------------------------------------------------------------------------------------

    def _on_log(self, line: LogLine) -> None:
        """Take a line of the log contract into the journal; keep the others as they are."""
        self._account.functions.tails.note(line.request_id, line.text)
        self._journal.meter.count(Used("logs", line.function, "bytes"), bytes_on_lambda(line.text))
        told = contract_line(line)
        if told is None or not self._observer.follows(told):
            self._logs.append(line)
        else:
            self._journal.append(told)
