"""Functions whose code is a container image: the workload says of which folder the image is made."""

from __future__ import annotations

import json
import re
from pathlib import Path

from delivery_lab.errors import WorkloadError
from delivery_lab.model.runtime import CodeSource
from delivery_lab.simulation.workload_functions import FunctionSettings
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack

_COMMAND = re.compile(r"^\s*CMD\s+(\[.*\])\s*$", re.MULTILINE)


def is_image(function: Function) -> bool:
    """Whether the code of a function is a container image."""
    return function.package_type.known == "Image"


def image_code(function: Function, settings: FunctionSettings, project_dir: Path) -> CodeSource:
    """The folder that an image is made of, as code.

    Args:
        function: the function.
        settings: what the workload says of it; it has an `image`.
        project_dir: folder of the project, where a relative path begins.

    Raises:
        WorkloadError: there is no such folder.
    """
    folder = _folder(settings, project_dir)
    if not folder.is_dir():
        raise WorkloadError(
            f"functions.{function.label}.image: there is no folder {folder}\n"
            "  fix: name the folder with the files that the image has in /var/task; paths start at the project's folder"
        )
    return CodeSource((("", str(folder)),))


def image_handler(stack: Stack, function: Function, settings: FunctionSettings, project_dir: Path) -> str:
    """The handler of an image: of the workload, of `imageConfig.commands`, or of CMD in its Dockerfile.

    Raises:
        WorkloadError: none of them says it, or the function is no image.
    """
    if not is_image(function):
        raise WorkloadError(
            f"functions.{function.label}.image: {function.name} is no container image (packageType Image)\n"
            "  fix: leave image out; its code is what the program names"
        )
    config = stack.graph.resources[function.urn].inputs.get("imageConfig")
    commands = config.get("commands") if isinstance(config, dict) else None
    named = settings.handler or _first(commands) or _command_of(_folder(settings, project_dir) / "Dockerfile")
    if not named:
        raise WorkloadError(
            f"functions.{function.label}: neither imageConfig.commands nor a CMD in a Dockerfile says which handler "
            f"{function.name} has\n"
            f"  fix: functions: {{{function.label}: {{image: {settings.image}, handler: module.function}}}}"
        )
    return named


def image_way_out(function: Function) -> list[str]:
    """What to write into the workload so that an image can be run."""
    line = f"functions: {{{function.label}: {{image: ./folder, handler: module.function}}}}"
    return [f"fix: say in the workload which folder its image is made of: {line}"]


def _folder(settings: FunctionSettings, project_dir: Path) -> Path:
    return (project_dir / (settings.image or ".")).resolve()


def _command_of(dockerfile: Path) -> str:
    if not dockerfile.is_file():
        return ""
    found = _COMMAND.findall(dockerfile.read_text(encoding="utf-8", errors="replace"))
    try:
        return _first(json.loads(found[-1])) if found else ""
    except ValueError:
        return ""


def _first(commands: object) -> str:
    return commands[0] if isinstance(commands, list) and commands and isinstance(commands[0], str) else ""
