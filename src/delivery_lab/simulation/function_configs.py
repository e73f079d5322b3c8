"""Functions of a stack as the model takes them: what is run, described, or refused when it is invoked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.errors import HandlerLoadError
from delivery_lab.limits.functions import EPHEMERAL_STORAGE, MEMORY, TIMEOUT
from delivery_lab.model.runtime import CodeSource, FunctionConfig
from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation import supported
from delivery_lab.simulation.function_inputs import check_inputs, notes_on_inputs
from delivery_lab.simulation.images import image_code, image_handler, image_way_out, is_image
from delivery_lab.simulation.layers import Layers, layers_of
from delivery_lab.simulation.qualifiers import qualifiers_of
from delivery_lab.simulation.snap_start import snap_start_notes
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack

_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):function:[\w-]+(:[\w$-]+)?")
_RUNTIME = "python3.13"
"""What a function runs on whose runtime cannot be told."""


@dataclass(frozen=True, slots=True)
class ConfiguredFunction:
    """A function for the model.

    Attributes:
        config: what the model takes.
        notes: what a reader of the result should know.
    """

    config: FunctionConfig
    notes: tuple[str, ...]


def configured(
    function: Function, arn: str, settings: FunctionSettings, stack: Stack, project_dir: Path
) -> ConfiguredFunction:
    """A function as the model takes it.

    Args:
        function: the function.
        arn: its ARN.
        settings: what the workload says of it.
        stack: its stack.
        project_dir: folder that paths of code start from.

    Raises:
        WorkloadError: what the workload says of it cannot be.
        ProgramError: the AWS provider would refuse it.
        DeploymentRefusedError: Lambda would refuse it.
    """
    check_inputs(stack, function)
    described, imaged = settings.duration is not None, settings.image is not None
    problems = supported.function_problems(stack, function, described=described, imaged=imaged)
    runs = not problems and not described
    code, missing = _code(function, settings, stack, project_dir) if runs else (CodeSource(), "")
    runs = runs and not missing
    variables: dict[str, Any] = {} if described else {**function.variables, **settings.environment}
    secret = tuple(sorted(name for name, value in variables.items() if SECRET in str(value)))
    unknown = tuple(sorted({*secret, *(name for name, value in variables.items() if value is UNKNOWN)}))
    layers = layers_of(function, stack, project_dir) if runs else Layers()
    config = FunctionConfig(
        name=function.label,
        arn=arn,
        handler=image_handler(stack, function, settings, project_dir) if imaged else function.handler.known or "",
        timeout_seconds=_or(function.timeout_seconds.known, TIMEOUT.default),
        memory_mb=_or(function.memory_mb.known, MEMORY.default),
        temporary_mb=_or(function.temporary_mb.known, EPHEMERAL_STORAGE.default),
        environment={name: str(value) for name, value in variables.items() if name not in unknown},
        unknown_variables=unknown,
        reserved_concurrency=function.reserved_concurrency.certain(),
        code=code,
        qualifiers={} if problems else qualifiers_of(stack, function),
        layers=layers.here,
        absent_layers=layers.absent,
        region=arn.split(":")[3],
        account_id=arn.split(":")[4],
        runtime=function.runtime.known or _RUNTIME,
        described=described,
        refusal=_refusal(function, stack, problems, described=described) if problems else missing,
    )
    notes = (*_notes(function, settings, unknown, secret, layers), *snap_start_notes(stack, function))
    return ConfiguredFunction(config, notes)


def is_function_arn(reference: str) -> bool:
    """Whether a text is the ARN of a function, or of a version or alias of one."""
    return _FUNCTION_ARN.fullmatch(reference) is not None


def elsewhere(arn: str, refusal: str) -> FunctionConfig:
    """A function of another stack, of which nothing is known: it has the shortest timeout that there is.

    Args:
        arn: its ARN, which is its name here.
        refusal: what ends a run that invokes it.
    """
    place = _FUNCTION_ARN.fullmatch(arn)
    assert place is not None
    return FunctionConfig(
        name=arn,
        arn=arn,
        handler="",
        timeout_seconds=TIMEOUT.minimum,
        region=place["region"],
        account_id=place["account"],
        refusal=refusal,
    )


def _code(function: Function, settings: FunctionSettings, stack: Stack, project_dir: Path) -> tuple[CodeSource, str]:
    """The code of a function, and why it is not here: only a run that invokes the function depends on that."""
    if settings.image is not None:
        return image_code(function, settings, project_dir), ""
    try:
        files = code_files(function.code, project_dir, function.label)
    except HandlerLoadError as error:
        return CodeSource(), "\n  ".join([f"{error}", *_makers(stack)])
    return CodeSource(files.roots, files.inline, files.plain), ""


def _makers(stack: Stack) -> list[str]:
    """Commands of the stack that may make what is missing."""
    found = [each for each in stack.graph.resources.values() if each.type.startswith("command:local:")]
    return [
        f"or: run what {each.name} would run in a deployment: {each.inputs['create']}"
        for each in found
        if isinstance(each.inputs.get("create"), str)
    ]


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _notes(
    function: Function, settings: FunctionSettings, unknown: tuple[str, ...], secret: tuple[str, ...], layers: Layers
) -> list[str]:
    said = []
    if settings.duration is not None:
        said.append(f"{function.label} is described in the workload: its code is not run")
    if settings.image is not None:
        said.append(f"{function.label} is a container image: the code in {settings.image} is run, and not the image")
    for name in unknown:
        why = (
            "is made of a secret, which the lab does not decrypt"
            if name in secret
            else "is known only after deployment"
        )
        said.append(f"{function.label}: the environment variable {name} {why}; reading it ends the run")
    return [*said, *notes_on_inputs(function), *layers.notes]


def _refusal(function: Function, stack: Stack, problems: list[str], *, described: bool) -> str:
    """What ends a run that invokes the function: why, and what to write into the workload."""
    out = supported.way_out(stack, function, described=described)
    if is_image(function) and not described:
        out = [*image_way_out(function), *(line.replace("fix:", "or:") for line in out)]
    what = f"the function {function.label} is invoked, and uses what is not modelled:"
    return "\n  ".join([what, *problems, *out])
