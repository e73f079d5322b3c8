"""AWS Lambda: who may run now, in which execution environment, and for how long (semantics.md section C)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from delivery_lab.events import (
    TIMED_OUT,
    Actor,
    ContractLine,
    EnvironmentStarted,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    Journal,
    LinesRepeated,
)
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.model import function_settings
from delivery_lab.model.admission import Admission
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.deployed_functions import DeployedFunction, Sandbox
from delivery_lab.model.faults import FaultKind, Faults, InjectedFault
from delivery_lab.model.invokes import Done, InvokeResult, InvokesAgain, Rehearsal, Throttled
from delivery_lab.model.lateness import lateness
from delivery_lab.model.log_tail import LoggedEnd, LogTails, log_tail
from delivery_lab.model.loops import NO_LINEAGE, Lineage, Loops
from delivery_lab.model.payloads import Payload, text_of
from delivery_lab.model.provisioned import Provisioned, refuse_beside
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import (
    COLD_START_SECONDS,
    MINIMUM_INVOKE_SECONDS,
    PROVISIONED,
    FunctionConfig,
    InvokeRequest,
    InvokeResponse,
    Runtime,
)
from delivery_lab.model.tracing import Traces
from delivery_lab.rule_ids import RuleId

EXITED = "Runtime.ExitError"
_REQUEST_ID = "{request id}"
INJECTED_FAILURE = "InjectedFailure"


class Lambda:
    """The Lambda service of one account and region.

    Args:
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
        runtime: runs the code.
        account_concurrency: concurrent executions of the account.
        cold_start_seconds: how long a new environment takes before it begins (LAM-INIT-1).
        invoke_seconds: how long each invoke takes at most before its code begins (LAM-DURATION-1).
    """

    def __init__(
        self,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        runtime: Runtime,
        *,
        account_concurrency: int = ACCOUNT_CONCURRENCY,
        cold_start_seconds: float = COLD_START_SECONDS,
        invoke_seconds: float = 0.0,
    ) -> None:
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._runtime = runtime
        self._account_concurrency = account_concurrency
        self._cold_start_seconds = cold_start_seconds
        self._latest = seconds(invoke_seconds)
        self._late = lateness("invoke", "", invoke_seconds, streams)
        self._functions: dict[str, DeployedFunction] = {}
        self._calling_aws: set[str] = set()
        self._working_on: dict[str, Payload] = {}
        self._lines: dict[str, list[ContractLine]] = {}  # of invokes that may be told again
        journal.listen(ContractLine, self._note_line)
        self._admission = Admission(scheduler, journal, self._functions, account_concurrency)
        self.loops = Loops()
        self.traces = Traces(scheduler, streams)
        self.tails = LogTails()
        self.faults = Faults((), scheduler, streams, journal)

    def add(self, config: FunctionConfig) -> None:
        """Create a function.

        Raises:
            DeploymentRefusedError: Lambda would refuse one of its settings.
        """
        function_settings.check(config, self._account_concurrency, self._admission.unreserved())
        self._functions[config.name] = DeployedFunction(config)

    def provision(self, name: str, provisioned: Provisioned) -> None:
        """Keep environments of a function ready (LAM-PROV-1).

        Raises:
            DeploymentRefusedError: Lambda would refuse it.
            KeyError: there is no such function.
        """
        function = self._functions[name]
        unreserved = self._admission.unreserved()
        function_settings.check_provisioned(function.config, provisioned, self._account_concurrency, unreserved)
        function.provisioned, function.ready = provisioned, provisioned.executions
        self._journal.rely_on("LAM-PROV-1", "LAM-PROV-2", "LAM-PROV-4")

    def check_qualifier(self, name: str, qualifier: str) -> None:
        """Refuse an invoke for which none of the environments that are kept ready is meant (LAM-PROV-1).

        Raises:
            NotModelledError: the function has such environments, for invokes by another version or alias.
        """
        refuse_beside(name, qualifier, self._functions[name].provisioned)

    def configuration(self, name: str) -> FunctionConfig:
        """The configuration of a function.

        Raises:
            KeyError: there is no such function.
        """
        return self._functions[name].config

    def set_timeout(self, name: str, timeout_seconds: int) -> None:
        """Change a function's timeout, as `UpdateFunctionConfiguration` does: no mapping is looked at (ESM-VT-3)."""
        function = self._functions[name]
        function.config = replace(function.config, timeout_seconds=timeout_seconds)

    @property
    def names(self) -> Iterable[str]:
        """Names of all functions."""
        return self._functions

    # -- invoking -----------------------------------------------------------------------------------------

    def invoke(
        self,
        name: str,
        payload: Payload,
        done: Done,
        *,
        by: Actor,
        note: bool = False,
        rehearsal: Rehearsal | None = None,
        request_id: str | None = None,
        lineage: Lineage = NO_LINEAGE,
        trace: str = "",
        tail: str = "",
    ) -> str | Throttled:
        """Invoke a function now.

        Args:
            name: name of the function.
            payload: the event; not as JSON text only where nothing of the function reads that.
            done: called with the result at the instant at which the invoke ends; never before this returns.
            by: who invokes.
            note: whether the result is to carry a rehearsal.
            rehearsal: tell this again instead of running the code.
            request_id: the invoke's id where it has one already, as a retried asynchronous event has (ASY-ID-1).
            lineage: what the chain of events has run through before (ASY-LOOP-1).
            trace: trace header of the request, "" without one (LAM-TRACE-1).
            tail: the version that the log names where the result is to carry its end, else "" (SYN-LOG-1).

        Returns:
            The request id, or why the invoke was refused.
        """
        function = self._functions[name]
        if self.faults.replaces_code(name):
            self._replace_code(function)
        fault = self.faults.of_function(name, payload)
        throttled = self._admission.refusal(function, fault)
        if throttled is not None:
            refused = InvokeRefused(
                self._scheduler.now, throttled.rule, name, throttled.reason, status=throttled.status, by=by
            )
            self._journal.append(refused)
            return throttled
        function.running += 1
        self._admission.note_rate(function, self._scheduler.now)
        self._journal.rely_on("LAM-DURATION-1")
        request_id = request_id or self.new_request_id(name)
        self.loops.begin(name, request_id, lineage)
        if rehearsal is None or fault is not None:  # else no code runs that could read it
            self.traces.begin(name, request_id, trace)
        if tail:
            self.tails.open(request_id, tail)
        start = self._scheduler.now
        if fault is not None and fault.kind is FaultKind.COLD_START:
            function.end_idle()
        sandbox = function.take_idle()
        if sandbox is not None:
            self._journal.rely_on("LAM-ENV-2")
        elif function.ready:
            function.ready -= 1
            sandbox = self._new_sandbox(function)
        else:
            sandbox = self._cold_start(function)
            start += seconds(self._cold_start_seconds)
        function.running_provisioned += sandbox.provisioned
        self._journal.append(InvokeStarted(self._scheduler.now, "LAM-ENV-1", name, request_id, sandbox.number, by))
        invocation = _Invocation(self, function, sandbox, request_id, done, note)
        invocation.began_cold = start > self._scheduler.now
        start += self._late()
        if fault is not None and fault.kind is FaultKind.FAILURE:
            self._scheduler.at(start + seconds(MINIMUM_INVOKE_SECONDS), invocation.fail)
        elif fault is not None or rehearsal is None:
            late = fault.delay if fault is not None and fault.kind is FaultKind.LATENCY else 0
            self._scheduler.at(start + late, invocation.begin, payload, fault)
        else:
            self._journal.rely_on("SIM-REPEAT-1")
            self._scheduler.at(start + rehearsal.duration, invocation.repeat, rehearsal)
        return request_id

    def again(self, name: str, rehearsal: Rehearsal) -> InvokesAgain | None:
        """See `delivery_lab.model.invokes.TellsAgain`."""
        function = self._functions[name]
        idle = function.next_idle()
        if not self.faults.are_none or idle is None or self._admission.refusal(function, None) is not None:
            return None

        def begin(instant: int) -> tuple[str, int]:
            self._admission.note_rate(function, instant)
            return self.new_request_id(name), instant + self._late() + rehearsal.duration

        return InvokesAgain(idle.number, self._latest + rehearsal.duration, begin)

    def _replace_code(self, function: DeployedFunction) -> None:
        """From now on invokes begin with code that is loaded anew; what runs ends with the code that it has."""
        self._journal.rely_on("LAM-CODE-1", "LAM-CODE-2")
        function.release += 1
        function.end_idle()

    def new_request_id(self, name: str) -> str:
        """An id for an invoke of a function."""
        return self._streams.uuid("request id", name)

    def event_of(self, request_id: str) -> str | None:
        """The event that the code of an invoke works on, as JSON text; None where the invoke is not running."""
        event = self._working_on.get(request_id)
        return None if event is None else text_of(event)

    def note_api_call(self, request_id: str | None) -> None:
        """An invoke called an AWS API: telling it again would leave that out, so it is not rehearsed (SIM-REPEAT-1)."""
        if request_id is not None:
            self._calling_aws.add(request_id)

    def _note_line(self, line: ContractLine) -> None:
        """Keep what an invoke says that may be told again."""
        if line.invoke in self._lines:
            self._lines[line.invoke].append(line)

    def _note_end_of_process(self, response: InvokeResponse) -> None:
        if response.error == EXITED:
            self._journal.rely_on("LAM-TIME-2")
        else:
            self._journal.rely_on("LAM-INIT-2", "LAM-INIT-3")

    def _cold_start(self, function: DeployedFunction) -> Sandbox:
        function.starts -= 1
        sandbox = self._new_sandbox(function)
        name, number = function.config.name, sandbox.number
        self._journal.append(EnvironmentStarted(self._scheduler.now, "LAM-INIT-1", name, number))
        return sandbox

    def _new_sandbox(self, function: DeployedFunction) -> Sandbox:
        """One more environment: one of those that are kept ready as long as fewer of them run (LAM-PROV-4)."""
        function.environments += 1
        lateness = self.faults.lateness_of_clock(function.config.name)
        if lateness:
            self._journal.rely_on("SIM-CLOCK-1")
        number, provisioned, config = function.environments, function.has_provisioned_free, function.config
        if provisioned:
            config = replace(config, initialization=PROVISIONED)
        environment = self._runtime.new_environment(config, number)
        return Sandbox(number, environment, function.release, lateness, provisioned)


class _Invocation:
    """One invoke from its acceptance to its end, which is an answer or the timeout, whichever is first."""

    def __init__(
        self, service: Lambda, function: DeployedFunction, sandbox: Sandbox, request_id: str, done: Done, note: bool
    ) -> None:
        self._service = service
        self._note = note
        self._function = function
        self._sandbox = sandbox
        self._request_id = request_id
        self._done = done
        self._began = service._scheduler.now
        self.began_cold = False
        self._cut: Timer | None = None

    def begin(self, payload: Payload, fault: InjectedFault | None = None) -> None:
        """Hand the event to the code. The timeout counts from here: initialisation has a limit of its own."""
        scheduler = self._service._scheduler
        self._began = scheduler.now
        self._service._working_on[self._request_id] = payload
        if self._note:
            self._service._lines[self._request_id] = []
        deadline = scheduler.now + seconds(self._function.config.timeout_seconds)
        self._timer = scheduler.at(deadline, self._time_out)
        if fault is not None and fault.kind in (FaultKind.CRASH, FaultKind.TIMEOUT):
            worked = self._service.faults.instant_in_work(fault, deadline - scheduler.now)
            if worked < deadline - scheduler.now:
                self._cut = scheduler.after(worked, self._cut_short, fault)
        trace, lateness = self._service.traces.of(self._request_id), self._sandbox.lateness
        request = InvokeRequest(self._request_id, payload, deadline, trace, lateness)
        self._sandbox.environment.start(request, self._finish)

    def fail(self) -> None:
        """The invoke fails before the code runs, because the workload says so."""
        self._function.free(self._sandbox)
        payload = json.dumps({"errorType": INJECTED_FAILURE, "errorMessage": "a fault of the workload"})
        self._end(payload, INJECTED_FAILURE, "SIM-FAULT-1")

    def _cut_short(self, fault: InjectedFault) -> None:
        """The code goes no further: its process is killed, or it waits for something until the timeout."""
        self._service.faults.note(fault)
        self._sandbox.environment.stop()
        if fault.kind is FaultKind.CRASH:
            self._timer.cancel()
            message = f"RequestId: {self._request_id} Error: Runtime exited with error: signal: killed"
            self._end(json.dumps({"errorType": EXITED, "errorMessage": message}), EXITED, "SIM-FAULT-1")

    def _finish(self, response: InvokeResponse) -> None:
        self._timer.cancel()
        if self._cut is not None:
            self._cut.cancel()
        if response.ended:  # there is no process left that could be used again (LAM-TIME-2, LAM-INIT-2)
            self._sandbox.environment.stop()
            self._service._note_end_of_process(response)
        else:
            self._function.free(self._sandbox)
        rehearsal = self._rehearsal(response) if self._note else None
        self._end(response.payload, response.error, "LAM-ERR-1" if response.error else "LAM-ENV-1", rehearsal)

    def repeat(self, rehearsal: Rehearsal) -> None:
        """Tell again what the code did the last time, at the end of the time that it took (SIM-REPEAT-1)."""
        now = self._service._scheduler.now
        if rehearsal.lines:
            function = self._function.config.name
            lines = LinesRepeated(now, None, function, self._request_id, rehearsal.invoke, rehearsal.lines)
            self._service._journal.append(lines)
        self._function.free(self._sandbox)
        told = rehearsal.response
        response = InvokeResponse(told.payload.replace(_REQUEST_ID, self._request_id), told.error)
        rule: RuleId = "LAM-ERR-1" if response.error else "LAM-ENV-1"
        self._end(response.payload, response.error, rule, rehearsal)

    def _rehearsal(self, response: InvokeResponse) -> Rehearsal | None:
        """What this invoke did; None where telling it again would leave out calls of AWS or the end of the process."""
        if self._request_id in self._service._calling_aws or response.ended:
            return None
        lines = tuple(line.told(0, None) for line in self._service._lines[self._request_id])
        told = InvokeResponse(response.payload.replace(self._request_id, _REQUEST_ID), response.error)
        return Rehearsal(self._request_id, self._service._scheduler.now - self._began, told, lines)

    def _time_out(self) -> None:
        # The environment is gone with everything in it: the next invoke starts another one (LAM-TIME-2).
        self._sandbox.environment.stop()
        timeout = self._function.config.timeout_seconds
        message = f"RequestId: {self._request_id} Error: Task timed out after {timeout:.2f} seconds"
        payload = json.dumps({"errorType": TIMED_OUT, "errorMessage": message})
        self._end(payload, TIMED_OUT, "LAM-TIME-1")

    def _end(self, payload: str, error: str | None, rule: RuleId, rehearsal: Rehearsal | None = None) -> None:
        self._function.running -= 1
        self._function.running_provisioned -= self._sandbox.provisioned
        self._service._calling_aws.discard(self._request_id)
        self._service._working_on.pop(self._request_id, None)
        self._service._lines.pop(self._request_id, None)
        self._service.loops.end(self._request_id)
        trace = self._service.traces.end(self._request_id)
        now, function = self._service._scheduler.now, self._function.config.name
        self._service._journal.append(InvokeEnded(now, rule, function, self._request_id, self._sandbox.number, error))
        self._done(InvokeResult(self._request_id, payload, error, rehearsal, self._log(payload, error, now), trace))

    def _log(self, payload: str, error: str | None, now: int) -> str | None:
        """The end of the log where the caller asked for it (SYN-LOG-1)."""
        lines = self._service.tails.close(self._request_id)
        if lines is None:
            return None
        self._service._journal.rely_on("SYN-LOG-1")
        init_seconds = self._service._cold_start_seconds if self.began_cold else None
        memory_mb, duration = self._function.config.memory_mb, now - self._began
        return log_tail(lines, LoggedEnd(self._request_id, payload, error, now, duration, init_seconds, memory_mb))
