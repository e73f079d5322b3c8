"""Runs a Pulumi program without the Pulumi CLI and without a cloud, and returns the graph of its resources.

The program runs in this process and speaks to an engine in this process over the SDK's own protocol, the one the
CLI speaks. It is a preview, in which what AWS would answer is known for common types.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
import runpy
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import pulumi
import pulumi.runtime

from delivery_lab.errors import LabError, ModelError, ProgramError
from delivery_lab.garbage import rare_garbage_collection
from delivery_lab.program import naming
from delivery_lab.program.answers import NO_ANSWERS, ProgramAnswers
from delivery_lab.program.aws_calls import answering_aws
from delivery_lab.program.config import StackConfig, full_key, read_stack_config, with_provider, with_told
from delivery_lab.program.defaults import check_types, declarations, merge_project_config, refuse_missing
from delivery_lab.program.endings import failures_in_a_line, limited_end
from delivery_lab.program.eventloop import run_to_end
from delivery_lab.program.facts import RealPlace
from delivery_lab.program.failures import explain, located
from delivery_lab.program.frames import Frames
from delivery_lab.program.graph import Graph
from delivery_lab.program.isolation import isolated
from delivery_lab.program.leaving import staying
from delivery_lab.program.native.translation import in_known_terms
from delivery_lab.program.network import offline
from delivery_lab.program.overrides import apply_overrides
from delivery_lab.program.placeholders import watched_invokes
from delivery_lab.program.plugins import Plugins
from delivery_lab.program.process_hooks import own_limits, own_signals, threads_failures
from delivery_lab.program.processes import announced_processes, ending_copies
from delivery_lab.program.project import Project
from delivery_lab.program.pythons_names import PutBack, whole
from delivery_lab.program.references import AskedOutputs, watched_references
from delivery_lab.program.regions import check_region
from delivery_lab.program.registrar import Registrar
from delivery_lab.program.registration import Urns, ordered
from delivery_lab.program.service import PulumiLog, Stubs, serving
from delivery_lab.program.state import read_state
from delivery_lab.program.wire import Decoder
from delivery_lab.turns import TURN

_LATE = "the program has not ended"


def load_config(
    project: Project, stack: str, overrides: Sequence[str] = (), answers: ProgramAnswers = NO_ANSWERS
) -> StackConfig:
    """Read the configuration of a stack as the program will get it.

    Args:
        project: the project.
        stack: name of the stack.
        overrides: `PATH=VALUE` texts, see `delivery_lab.program.overrides.apply_overrides`.
        answers: has the settings that the stack's file leaves out.

    Raises:
        StackNotFoundError: there is no such stack.
        StackFileError: its file, or the project's `config:` block, is malformed.
        SettingsError: a value is missing, or of another type than the project declares.
        UsageError: an override is malformed or addresses what is not there.
    """
    config = with_told(read_stack_config(project, project.stack(stack)), answers.config, answers.config_origin)
    config = merge_project_config(project, config)
    config = apply_overrides(config, overrides, {full_key(project.name, each.key) for each in declarations(project)})
    refuse_missing(project, config)
    check_types(project, config)
    return config


def evaluate(
    project: Project,
    stack: str,
    overrides: Sequence[str] = (),
    answers: ProgramAnswers = NO_ANSWERS,
    on_evaluated: Callable[[], None] = lambda: None,
    place: RealPlace | None = None,
) -> Graph:
    """Run the project's program for one stack.

    Args:
        project: the project.
        stack: name of the stack.
        overrides: `PATH=VALUE` texts that change settings.
        answers: what the program gets from the outside.
        on_evaluated: called when the program has ended, while its modules are still imported.
        place: where the resources are created as they are registered; None for nowhere, with computed outputs.

    Returns:
        The resources it registered, with its outputs and warnings.

    Raises:
        UsageError: as `load_config`; `SettingsError` also when the program refused its settings.
        ProgramError: the program failed.
        NotModelledError: it asks for something that needs a cloud or a plugin, and nothing answers it.
    """
    if project.state is not None:
        return read_state(project.state, project.root, overrides)
    frames = Frames(project)
    # Its modules and classes are garbage as soon as it has ended.
    with TURN, failures_in_a_line(frames), rare_garbage_collection(collecting=limited_end()):
        return _evaluate(frames, project, stack, overrides, answers, on_evaluated, place)


def _evaluate(
    frames: Frames,
    project: Project,
    stack: str,
    overrides: Sequence[str],
    answers: ProgramAnswers,
    on_evaluated: Callable[[], None],
    place: RealPlace | None,
) -> Graph:
    config = load_config(project, stack, overrides, answers)
    if place is not None:
        config = with_provider(config, place.settings)
    notes = tuple(_region_notes(config))
    decoder = Decoder(project.program_dir)
    plugins = Plugins(project, config)
    maker = None if place is None else place.maker
    registrar = Registrar(Urns(config.stack, project.name), _region(config), decoder, frames, answers, plugins, maker)
    pulumi_log, outputs = PulumiLog(), AskedOutputs()
    with (
        isolated(project),
        announced_processes(project, config.stack),
        plugins,
        serving(registrar, pulumi_log) as stubs,
        watched_invokes(stubs.monitor, frames, registrar.calls),
        watched_references(answers.stacks, frames, outputs),
        # Where resources are created, calls of AWS are what creates them.
        answering_aws(answers, frames, registrar.refuse_at) if place is None else contextlib.nullcontext(),
        offline(frames, registrar.warnings.append),
        staying(frames, registrar.refuse_at),
        own_signals(frames, registrar.refuse_at),
        own_limits(frames),
        threads_failures(frames),
        whole(frames, registrar.refuse_at) as put_back,
    ):
        for name, value in answers.environment.items():
            os.environ.setdefault(name, value)
        plugins.engine_address = stubs.address
        late: list[str] = []

        def on_late(frame: FrameType | None) -> None:
            put_back.forget()
            late.append(frames.of_frame(frame))

        raised = contextvars.copy_context().run(_run, project, config, stubs, on_late, put_back)
        if late:
            registrar.refuse_at(put_back.explained(_LATE) or _too_late(project, late[0]), late[0])
        failure = _failure(raised, registrar, pulumi_log, project, config)
        if isinstance(failure, ModelError):
            failure = put_back.explained(str(failure)) or failure
        on_evaluated()
    # The exception and its frames hold tasks and futures of the run, which are not wanted any longer.
    raised = None
    if failure is not None:
        raise failure
    return _graph(project, config, registrar, pulumi_log, decoder, outputs, notes)


def _region(config: StackConfig) -> str:
    held = config.values.get("aws:region")
    if held is not None and not held.secret:
        return held.text
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or naming.DEFAULT_REGION


def _region_notes(config: StackConfig) -> Iterator[str]:
    """Where the program is deployed to, for whoever has said it nowhere and has no stack file to say it in.

    Raises:
        SettingsError: no region has such a name.
    """
    said = check_region(_region(config), config.where(("aws:region",)) or "AWS_REGION")
    if said:
        yield said
    if not config.has_file and "aws:region" not in config.values:
        yield f"aws:region is not set; the region is {_region(config)}"


def _too_late(project: Project, position: str) -> ProgramError:
    at = f"({position})" if position else "and waits for something"
    return ProgramError(
        f"the program has not ended after {project.program_timeout_seconds:g} s of real time {at}\n"
        "  fix: give it what it waits for, or more time with --program-timeout SECONDS"
    )


def _run(
    project: Project,
    config: StackConfig,
    stubs: Stubs,
    on_late: Callable[[FrameType | None], None],
    put_back: PutBack,
) -> BaseException | None:
    """Run the program to its end, and return what it raised. Works on a copy of the SDK's context variables."""
    pulumi.runtime.reset_options()
    pulumi.runtime.configure(_settings(project, config, stubs))
    pulumi.runtime.set_all_config(config.texts(), config.secret_keys())
    # A program asks for the region by `aws.config.region`, which is the one it is deployed to.
    os.environ.setdefault("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION") or naming.DEFAULT_REGION)
    # boto3 looks for its region here, and for credentials on the machine's own address where nothing gives any.
    os.environ.setdefault("AWS_DEFAULT_REGION", _region(config))
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    # The language host passes it in the environment too: the one place where a program can list its keys.
    os.environ["PULUMI_CONFIG"] = json.dumps(config.texts())
    try:
        return run_to_end(
            lambda: pulumi.runtime.run_in_stack(lambda: _execute(project, put_back.restore)),
            project.program_timeout_seconds,
            on_late,
            put_back.forget,
        )
    finally:
        _reset_sdk()


def _settings(project: Project, config: StackConfig, stubs: Stubs) -> pulumi.runtime.Settings:
    return pulumi.runtime.Settings(
        project=project.name,
        stack=config.stack,
        monitor=stubs.monitor,
        engine=stubs.engine,
        dry_run=True,
        organization="organization",
        root_directory=str(project.root),
    )


def _reset_sdk() -> None:
    """Make the SDK forget the run.

    Its settings are context variables, but each also keeps a value as the default for all other contexts, which would
    keep the run's channels and threads alive. That default is what was set last while the variable was None: so they
    are set to None first, and then to what they are after the import.
    """
    pulumi.runtime.reset_options()
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project="project", stack="stack", root_directory="root_directory", organization="organization"
        )
    )


def _execute(project: Project, restore: Callable[[], None]) -> None:
    with ending_copies():
        try:
            if project.module:
                runpy.run_module(project.module, run_name="__main__", alter_sys=True)
            else:
                runpy.run_path(str(project.program), run_name="__main__")
        finally:
            restore()


def _failure(
    raised: BaseException | None, registrar: Registrar, pulumi_log: PulumiLog, project: Project, config: StackConfig
) -> LabError | None:
    """What the run ends with, if it failed: what the engine refused comes before what the program made of it."""
    if registrar.failure is not None:
        return located(registrar.failure, registrar.position, raised, project)
    if raised is not None:
        return _with_questions(explain(raised, project, config), registrar)
    if pulumi_log.errors:
        return ProgramError("the program logged an error, which fails a deployment: " + "\n  ".join(pulumi_log.errors))
    return None


def _questions(registrar: Registrar) -> list[str]:
    """What the program asked that only a cloud can answer, with where it did."""
    called = ((token, registrar.calls.get(token)) for token in sorted(registrar.asked))
    return [f"{token} ({position})" if position else token for token, position in called]


def _with_questions(failure: LabError, registrar: Registrar) -> LabError:
    """What a program raised, with what it had asked a cloud before: the answers were placeholders."""
    if not registrar.asked:
        return failure
    return type(failure)(
        f"{failure}\n  before that it got placeholders for what only the cloud can answer: "
        f"{', '.join(_questions(registrar))}\n  fix: say what they answer, such as answers: "
        f'[{{token: "{min(registrar.asked)}", answer: {{...}}}}], or give the program such values through its config'
    )


def _graph(
    project: Project,
    config: StackConfig,
    registrar: Registrar,
    pulumi_log: PulumiLog,
    decoder: Decoder,
    outputs: AskedOutputs,
    notes: tuple[str, ...],
) -> Graph:
    stack = registrar.stack_registration()
    questions = _questions(registrar)
    resources = [found.resource(decoder) for found in ordered(registrar.registrations.values())]
    graph = Graph(
        project=project.name,
        stack=config.stack,
        resources={resource.urn: resource for resource in resources},
        outputs=decoder.properties(stack.state).values if stack is not None else {},
        config=config.plain(),
        warnings=(
            *config.warnings,
            *notes,
            *project.notes,
            *sorted(registrar.warnings),
            *outputs.notes(),
            *(f"{asked} is answered by the cloud only: what the program makes of it is unknown" for asked in questions),
            *pulumi_log.warnings,
        ),
        config_lines=config.lines(),
    )
    return in_known_terms(graph)
