"""A run on the emulator on this machine: real queues and functions, and the pollers of the model in real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import UsageError
from delivery_lab.events import Journal, Run
from delivery_lab.live import emulator as emulators
from delivery_lab.live.brokers import running_brokers
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.emulator import Emulator
from delivery_lab.live.errors import place_error
from delivery_lab.live.functions import RealFunctions
from delivery_lab.live.making import ResourceMaker
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings
from delivery_lab.live.provider.creator import Creator
from delivery_lab.live.queues import RealQueue
from delivery_lab.live.topics import TopicWriter
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.configuration import note_configuration
from delivery_lab.model.faults import Faults
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.places.addresses import emulated_addresses
from delivery_lab.places.feeders import FEEDERS
from delivery_lab.places.feeding import RealFeeds, feeds_of
from delivery_lab.places.invoking import invokes_of, topics_of
from delivery_lab.places.known import KnownStack
from delivery_lab.places.pollers import RealPollers, RealServices, pollers_of
from delivery_lab.places.seen import seen_run
from delivery_lab.places.sending import RealSender, services_of
from delivery_lab.program import naming
from delivery_lab.program.answers import ProgramAnswers
from delivery_lab.program.engine import evaluate
from delivery_lab.program.facts import RealPlace
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import Project
from delivery_lab.rules.assumptions import Assumptions

FASTEST = 50.0
"""Beyond this, what is computed takes longer than what is waited for."""
LONGEST_SECONDS = 3600.0
"""A run that is not drained by then ends, in seconds of the place."""
MOST_ENVIRONMENTS = 16
"""So many of a function are started before a run; each takes half a second of a processor."""
LATE_SECONDS = 0.3
"""A run that was later than that, in seconds of the place, says so."""
_CONNECTIONS = 128
_ANSWER_SECONDS = 1000
"""For how long an invoke is waited for: longer than any function may run."""


@dataclass(frozen=True, slots=True)
class EmulatorSession:
    """boto3's session of the emulator's account.

    Attributes:
        url: where the emulator answers.
    """

    url: str

    def client(self, service: str, *, region_name: str, config: Config) -> Any:
        """A client that asks the emulator."""
        session: Any = boto3.Session(
            aws_access_key_id=naming.ACCOUNT_ID,
            aws_secret_access_key="test",  # noqa: S106 - the emulator checks none
            region_name=region_name,
        )
        return session.client(service, endpoint_url=self.url, config=config)


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """The emulator with a stack deployed on it.

    Attributes:
        emulator: the emulator.
        graph: the stack, with the ids that resources have there.
    """

    emulator: Emulator
    graph: Graph

    def client(self, service: str) -> Any:
        """A client that asks once and waits for as long as a function may run."""
        config = Config(
            retries={"total_max_attempts": 1}, read_timeout=_ANSWER_SECONDS, max_pool_connections=_CONNECTIONS
        )
        return EmulatorSession(self.emulator.url).client(service, region_name=naming.DEFAULT_REGION, config=config)


def check_speed(speed: float) -> None:
    """Refuse a speed that makes no sense.

    Raises:
        UsageError: it does not.
    """
    if not 1 <= speed <= FASTEST:
        raise UsageError(f"--speed {speed:g}: from 1 (real time) to {FASTEST:g} times as fast")


@contextmanager
def deployed(
    python: Path,
    project: Project,
    stack: str,
    overrides: tuple[str, ...],
    answers: ProgramAnswers,
    *,
    speed: float = 1.0,
    own_mappings: bool = False,
) -> Iterator[LocalPlace]:
    """Start an emulator, and deploy a stack on it. Whatever ends the block, nothing of it is left.

    Args:
        python: the interpreter of the emulator's environment.
        project: the project.
        stack: name of the stack.
        overrides: settings to change.
        answers: what the program gets from the outside.
        speed: how many times faster the clocks of the emulator are.
        own_mappings: whether the emulator's own mappings poll. Else they are disabled, for others to poll.

    Raises:
        EmulatorError: the emulator does not start.
        LabError: the program failed, or a resource could not be created.
    """
    check_speed(speed)
    with emulators.running(python, speed) as emulator:
        region = naming.DEFAULT_REGION
        settings = emulator.configuration(region)
        cloud = Cloud(ProviderSettings(region, dict.fromkeys(emulators.ENDPOINTS, emulator.url)))
        maker = ResourceMaker(Creator(cloud), project.program_dir, project.name, settings, own_mappings)
        graph = evaluate(project, stack, overrides, answers, place=RealPlace(maker, settings))
        yield LocalPlace(emulator, graph)


def run_locally(
    place: LocalPlace,
    known: KnownStack,
    *,
    seed: int,
    assumptions: Assumptions,
    longest_seconds: float = LONGEST_SECONDS,
    environments: Mapping[str, int] | None = None,
) -> Run:
    """Send the workload to a deployed stack, poll its queues, and say what was seen.

    Args:
        place: where it is deployed.
        known: the stack and the workload.
        seed: draws what the workload and the pollers leave to chance.
        assumptions: how the pollers take what AWS does not say.
        longest_seconds: the run ends then, in seconds of the place.
        environments: how many execution environments of each function are started before the run.

    Raises:
        PlaceError: the emulator stopped answering, or refused a request.
        BrokersError: the stack has Kafka topics, and their brokers do not start.
    """
    with ExitStack() as running:
        brokers = {
            name: running.enter_context(
                running_brokers({topic.name: len(topic.partitions) for topic in cluster.topics.values()})
            )
            for name, cluster in known.account.clusters.items()
        }
        start_environments(place, known, environments or {}, assumptions)
        return _LocalRun(place, known, brokers, seed, assumptions).run(longest_seconds)


def start_environments(
    place: LocalPlace, known: KnownStack, environments: Mapping[str, int], assumptions: Assumptions
) -> None:
    """Start execution environments before a run: on a busy machine a cold start takes seconds.

    Args:
        place: where the stack is deployed.
        known: the stack.
        environments: how many of each function.
        assumptions: how long a cold start takes; each first invoke waits for so long.
    """
    for function in known.stack.functions:
        wanted = min(environments.get(function.label, 0), MOST_ENVIRONMENTS)
        if wanted:
            place.emulator.prepare(known.physical_name(function), wanted, assumptions.cold_start_seconds)


def _take_attributes(queue: SqsQueue, client: Any) -> None:
    """Take over what a queue was changed to after it was created: dynamic resources lower its visibility timeout."""
    try:
        answer = client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["VisibilityTimeout"])
    except (BotoCoreError, ClientError) as error:
        raise place_error(f"GetQueueAttributes of {queue.name}", error) from error
    queue.set_attributes(queue.attributes.changed(answer["Attributes"]))


def _writers_of(known: KnownStack, brokers: Mapping[str, str], scheduler: RealTimeScheduler) -> dict[str, TopicWriter]:
    """What writes to each topic; where two clusters have one of a name, the first one's is meant, as simulated."""
    found: dict[str, TopicWriter] = {}
    for name, cluster in reversed(known.account.clusters.items()):
        if cluster.topics:
            found |= dict.fromkeys(cluster.topics, TopicWriter(brokers[name], cluster.topics, scheduler))
    return found


class _LocalRun:
    def __init__(
        self, place: LocalPlace, known: KnownStack, brokers: Mapping[str, str], seed: int, assumptions: Assumptions
    ) -> None:
        self._place, self._known = place, known
        self._seed, self._assumptions = seed, assumptions
        self._journal = Journal()
        self._clock = RealClock(place.emulator.speed, place.emulator.agreed_at)
        self._scheduler = RealTimeScheduler(self._clock)
        client, account = place.client("sqs"), known.account
        for queue in account.queues.values():
            _take_attributes(queue, client)
        self._queues = {
            name: RealQueue.of(queue, client, self._scheduler, self._journal) for name, queue in account.queues.items()
        }
        physical = {function.label: known.physical_name(function) for function in known.stack.functions}
        faults = Faults(known.faults, self._scheduler, RandomStreams(seed), self._journal)
        self._functions = RealFunctions(
            account.functions.configuration,
            physical,
            place.client("lambda"),
            faults,
            scheduler=self._scheduler,
            journal=self._journal,
        )
        self._feeds: RealFeeds | None = None
        if account.feeds or account.pipes:
            self._feeds = feeds_of(known, self._queues, faults, place.client, seed, self._scheduler, self._journal)
        self._brokers = brokers
        self._writers = _writers_of(known, brokers, self._scheduler)
        topics = place.client("sns") if topics_of(account) else None
        self._invokes = invokes_of(account, self._functions, self._queues, topics, seed)
        self._sender = RealSender(
            self._queues,
            emulated_addresses(place.graph, known.stack, place.emulator.url),
            {name: stream.physical_name for name, stream in account.streams_by_name.items()},
            known.tables,
            # Making a client takes longer than a request: it is done before the clock of the run begins.
            {name: place.client(name) for name in services_of(known.arrivals) - set(FEEDERS.values())},
            self._scheduler,
            self._journal,
            self._invokes,
            self._writers,
        )

    def run(self, longest_seconds: float) -> Run:
        services = RealServices(
            self._queues,
            self._functions,
            self._place.client,
            self._brokers,
            self._writers,
            {} if self._feeds is None else self._feeds.stages,
            self._scheduler,
            self._journal,
        )
        pollers = pollers_of(self._known.account, services, self._seed, self._assumptions)
        try:
            self._clock.begin()
            self._note_configuration()
            if self._feeds is not None:
                self._feeds.start()
            self._sender.schedule(self._known.arrivals)
            pollers.start()
            until = self._known.workload.until_seconds
            drained = self._scheduler.run_until(
                self._goes_on if until is not None else self._drained(pollers),
                seconds(longest_seconds if until is None else until),
            )
        finally:
            self._sender.close()
            self._functions.close()
            pollers.close()
        notes = [] if drained or until is not None else [f"not drained after {longest_seconds:g} s: the run was ended"]
        late_seconds = in_seconds(self._scheduler.late)
        if late_seconds > LATE_SECONDS:
            notes.append(f"this machine was up to {late_seconds:.1f} s late: what shares a batch hangs on that too")
        if self._feeds is not None:
            self._feeds.check()
        run = seen_run(
            self._known,
            self._journal,
            self._queues,
            self._functions,
            self._place.client("logs"),
            self._place.client("lambda"),
            self._clock,
            seed=self._seed,
            took_seconds=in_seconds(self._scheduler.now),
            notes=tuple(notes),
        )
        return replace(run, late_seconds=late_seconds)

    def _note_configuration(self) -> None:
        account = self._known.account
        written = len(account.journal.events)
        mappings = (*account.mappings.values(), *account.record_mappings.values())
        note_configuration(account.journal, account.queues.values(), account.functions, mappings, 0)
        for event in account.journal.events[written:]:
            self._journal.append(event)

    def _goes_on(self) -> bool:
        """Not over, while the emulator runs."""
        self._place.emulator.check()
        return False

    def _drained(self, pollers: RealPollers) -> Callable[[], bool]:
        """Whether all is sent, nothing runs, and nothing waits where somebody polls; twice in a row."""
        calm = [0]

        def over() -> bool:
            self._place.emulator.check()
            busy = self._sender.pending > 0 or self._functions.running > 0 or self._invokes.open > 0
            busy = busy or not (self._feeds is None or self._feeds.is_idle)
            calm[0] = 0 if busy or not pollers.are_idle else calm[0] + 1
            return calm[0] >= 2

        return over
