"""What a run of a stack in virtual time answers."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from delivery_lab.api.plausible import Tried
from delivery_lab.api.timing import Phase
from delivery_lab.api.writing import write_file
from delivery_lab.errors import UsageError
from delivery_lab.events import Run
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.graph import Graph
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.json_text import json_of
from delivery_lab.results.marks import idle_mark
from delivery_lab.results.outcome import MessageOutcome, Outcome, messages_of
from delivery_lab.results.timeline import Line, messages_called, shortened, shortened_timeline, story, timeline
from delivery_lab.rules.alternatives import alternatives_of
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import PRESETS
from delivery_lab.stack.stack import Stack

_NAMES = 5
"""So many names of messages are offered where a name is unknown."""


QUICK_EVENTS = 3_000
"""A run of at most so many events is quick: counted, so that no machine and no load decides what is told of it."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line that a handler wrote and that is not of the log contract; `at_seconds` is virtual time."""

    at_seconds: float
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a run was asked for.

    Attributes:
        stack: name of the stack.
        root: folder of the project.
        workload_file: the workload's file; None for the stack's default and for one that was built in code.
        built: whether the workload was built in code.
        overrides: settings changed, as texts.
        body: fields of bodies set, as texts.
        seed: the seed.
        assume: alternative assumptions, as texts.
        answers: the file of answers, None without.
        expect: what has to hold besides what the workload expects.
        faults: name of a preset or a file of faults, "" without.
        prices: the price list, None for that of the package.
        place: how the command names the place where it runs, "" for the simulation.
    """

    stack: str
    root: Path
    workload_file: Path | None = None
    built: bool = False
    overrides: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    seed: int = DEFAULT_SEED
    assume: tuple[str, ...] = ()
    answers: Path | None = None
    expect: tuple[str, ...] = ()
    faults: str = ""
    prices: Path | None = None
    place: str = ""

    def with_seed(self, seed: int) -> Call:
        """The same run with another seed."""
        return replace(self, seed=seed)

    def command(self, workload_file: Path | None = None) -> str:
        """The command line that runs it again, as a shell takes it.

        Args:
            workload_file: where a workload that was built in code has been written to (`Workload.write`); without it
                the command names the file FILE.
        """
        words = ["delivery-lab", "run", self.stack, *self.place.split()]
        if self.root != Path.cwd():
            words += ["--project", _short(self.root)]
        file = workload_file or self.workload_file
        if file is not None or self.built:
            words += ["--workload", "FILE" if file is None else _short(file)]
        if self.answers is not None:
            words += ["--answers", _short(self.answers)]
        if self.faults:
            words += ["--faults", self.faults if self.faults in PRESETS else _short(Path(self.faults))]
        if self.prices is not None:
            words += ["--prices", _short(self.prices)]
        repeated = {"--set": self.overrides, "--body": self.body, "--assume": self.assume, "--expect": self.expect}
        for option, values in repeated.items():
            for value in values:
                words += [option, value]
        if self.seed != DEFAULT_SEED:
            words += ["--seed", str(self.seed)]
        return shlex.join(words)


def _short(path: Path) -> str:
    """A path relative to the current folder if it is below it, else in full."""
    relative = os.path.relpath(path)
    return str(path.resolve()) if relative.startswith("..") else relative


@dataclass(frozen=True, slots=True)
class Simulation:
    """A stack that was run in virtual time.

    Attributes:
        outcome: what became of the messages, counted.
        graph: the stack's resources.
        workload: what was sent.
        run: every event.
        call: what was asked for.
        phases: how long each part of the work took on a real clock.
        tried: outcomes with an end of a plausible range, by rule and value.
    """

    outcome: Outcome
    graph: Graph
    workload: Workload
    run: Run
    call: Call
    phases: tuple[Phase, ...] = ()
    tried: Tried = field(default_factory=dict, repr=False)

    @property
    def conclusion(self) -> str:
        """What the run comes to, in a sentence or two."""
        return conclusion(self.outcome)

    @property
    def replay(self) -> str:
        """The command line that runs it again; a workload that was built in code stands there as FILE."""
        return self.call.command()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know: warnings of the program, parts that were left out."""
        mark = idle_mark(self.run)
        return (*self.graph.warnings, *self.run.notes, *(() if mark is None else (mark,)))

    @property
    def printed(self) -> tuple[PrintedLine, ...]:
        """What handlers wrote besides the log contract."""
        return tuple(PrintedLine(in_seconds(line.instant), line.function, line.text) for line in self.run.logs)

    @property
    def open_alternatives(self) -> tuple[str, ...]:
        """Rules that the run relies on and that can be assumed otherwise, where that was not tried."""
        if self.outcome.model.readings is not None:
            return ()
        return tuple(
            dict.fromkeys(rule for rule, _, _ in alternatives_of(self.outcome.model.assumptions, self.run.assumptions))
        )

    @property
    def quick(self) -> bool:
        """Whether it took so little that its alternatives can be tried without being asked for."""
        return self.kept and len(self.run.events) <= QUICK_EVENTS

    @property
    def violations(self) -> tuple[str, ...]:
        """Invariants that the run breaks, in words: a bug of the lab. A run in a real place is not checked."""
        return () if self.call.place else tuple(map(str, violations_of(self.run, self.outcome)))

    @property
    def kept(self) -> bool:
        """Whether all its events are kept. Else a timeline runs it again, which takes the memory that was saved."""
        return not self.run.readers

    def whole_run(self) -> Run:
        """The run with all its events."""
        if self.kept:
            return self.run
        from delivery_lab.simulation.simulate import simulate

        return simulate(Stack.of(self.graph), self.call.root, self.workload, self.run.seed, self.run.assumptions)

    def each_message(self) -> Iterator[MessageOutcome]:
        """What became of each message for each of its consumers, also where the outcome does not list them."""
        return messages_of(self.run) if self.outcome.per_message_omitted else iter(self.outcome.per_message)

    def write_messages(self, path: Path) -> None:
        """Write what became of each message into a file: a JSON object a line, as `perMessage` has them.

        Raises:
            LabError: the file cannot be written.
        """
        write_file(path, (f"{json_of(message)}\n" for message in self.each_message()), "--per-message")

    def timeline(self, message: str | None = None) -> Sequence[Line]:
        """What happened when, each line with the rule behind it.

        Args:
            message: name of a message, as the timeline calls it, where only its way is wanted: over topics, buckets,
                queues, functions and dead-letter queues.

        Raises:
            UsageError: no message of the run is called so.
        """
        run = self.whole_run()
        if message is None:
            return timeline(run)
        called = messages_called(run)
        if message not in called:
            near = difflib.get_close_matches(message, called, n=1)
            known = f"did you mean {near[0]}?" if near else f"there are {', '.join(list(called)[:_NAMES]) or 'none'}"
            raise UsageError(f"no message of this run is called {message!r}: {known}")
        return story(run, called[message])

    def shortened_timeline(self, message: str | None = None) -> list[str]:
        """What the command shows of `timeline`: its lines as texts, the middle of a long one summarised.

        Args:
            message: name of a message, where only its way is wanted.

        Raises:
            UsageError: no message of the run is called so.
        """
        return shortened_timeline(self.whole_run()) if message is None else shortened(self.timeline(message))
