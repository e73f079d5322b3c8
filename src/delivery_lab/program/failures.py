"""What a failed program is reported as: its own message and line, not a page of asyncio."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import pulumi

from delivery_lab.errors import LabError, ProgramError, SettingsError, text_of
from delivery_lab.input_files import read_bytes
from delivery_lab.program.config import SECRET, StackConfig
from delivery_lab.program.frames import Frames
from delivery_lab.program.project import Project

_OF_OTHER_NAMES = {"pkg_resources": "'setuptools<81'"}
"""Packages that SDKs import and that are installed under another name: pulumi-aws 5 reads its version by this one."""


def explain(error: BaseException, project: Project, config: StackConfig) -> LabError:
    """Turn what a program raised into an error for the user.

    Args:
        error: what the program raised.
        project: the program's project.
        config: the configuration it ran with; settings it complains about are looked up there.
    """
    frames = Frames(project)
    if isinstance(error, pulumi.RunError):
        return SettingsError(_with_lines(error, config))
    if isinstance(error, SystemExit):
        return ProgramError(_located(f"the program called sys.exit({_code(error)}) before it was done", error, frames))
    if isinstance(error, SyntaxError) and error.filename:
        label = frames.label(error.filename) or error.filename
        return ProgramError(f"the program cannot be read: {type(error).__name__}: {error.msg} ({label}:{error.lineno})")
    if isinstance(error, ModuleNotFoundError) and _is_foreign(error.name, project):
        return ProgramError(_located(_missing_package(str(error.name), project), error, frames))
    told = _located(f"the program raised {_summary(error)}", error, frames)
    variable = _missing_variable(error)
    hint = (
        f"\n  fix: set it in the shell, or in delivery-lab.yaml: environment: {{{variable}: VALUE}}" if variable else ""
    )
    return ProgramError(told + _versions(error, project) + hint)


def located(failure: LabError, position: str, error: BaseException | None, project: Project) -> LabError:
    """An error of the engine with the line of the program that asked for what it refused."""
    if not position and error is not None:
        inner = Frames(project).of_exception(error)
        position = inner[-1][0] if inner else ""
    there = not position or f"({position})" in str(failure)
    return failure if there else type(failure)(f"{failure} ({position})")


def _code(error: SystemExit) -> str:
    """What a program gave `sys.exit`, which may be any object."""
    try:
        return repr(error.code)
    except Exception:  # noqa: BLE001 - the program's own
        return type(error.code).__name__


def _missing_variable(error: BaseException) -> str:
    """The environment variable that a program asked for and did not find, "" if that is not what happened."""
    trace = traceback.extract_tb(error.__traceback__)
    asked = bool(trace) and trace[-1].filename in (os.__file__, "<frozen os>")
    return str(error.args[0]) if isinstance(error, KeyError) and asked and error.args else ""


def _versions(error: BaseException, project: Project) -> str:
    """Which version of a Pulumi package is installed, and which one the project asks for, where its API is not as used.

    A program for another major version fails at an argument, a class or a module that this one has not. Where the
    project asks for none, a mistake in writing is as likely, and nothing is said.
    """
    package = _misused_package(error)
    if not package:
        return ""
    name = package.replace("_", "-")
    try:
        installed = version(name)
    except PackageNotFoundError:
        return ""
    spelled = name.replace("-", "[-_]")
    wanted = re.compile(rf"\s*({spelled}(?![\w-])[^;#]*)", re.IGNORECASE)
    for file in (project.root / "requirements.txt", project.program_dir / "requirements.txt"):
        for number, line in enumerate(_lines_of(file), start=1):
            found = wanted.match(line)
            if found is not None:
                asked = f"requirements.txt:{number} asks for {found[1].strip()}"
                return f"\n  {name} {installed} is installed here; {asked}"
    return ""


def _misused_package(error: BaseException) -> str:
    """The Pulumi package that has not what a program uses of it, "" where that is not what happened."""
    module = ""
    if isinstance(error, ImportError):
        module = error.name or ""
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        module = error.obj.__name__
    elif isinstance(error, TypeError) and "unexpected keyword argument" in text_of(error):
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        module = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    top = module.partition(".")[0]
    return top if top != "pulumi" and "pulumi" in top.split("_") else ""


def _lines_of(file: Path) -> list[str]:
    try:
        return read_bytes(file).decode(errors="replace").splitlines()
    except OSError:
        return []


def _summary(error: BaseException) -> str:
    text = text_of(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _located(message: str, error: BaseException, frames: Frames) -> str:
    """The message with the innermost line of the project, and the way there when it is longer than one frame."""
    found = frames.of_exception(error)
    cause = error.__cause__
    if not found and cause is not None:
        found = frames.of_exception(cause)
    if not found:
        return message
    lines = [f"{message} ({found[-1][0]})"]
    if len(found) > 1:
        lines.extend(f"  {position} in {function}" for position, function in _shortened(found))
    return "\n".join(lines)


def _shortened(found: Sequence[tuple[str, str]], most: int = 8) -> Sequence[tuple[str, str]]:
    return found if len(found) <= most else [*found[: most // 2], ("...", "..."), *found[-most // 2 :]]


def _is_foreign(name: str | None, project: Project) -> bool:
    """Whether a missing module is a package to install, and not one of the project's own."""
    if not name:
        return False
    top = name.partition(".")[0]
    if top != name and top in sys.modules:  # it is there, and has no such module
        return False
    folder = project.program_dir
    return not (folder / top).is_dir() and not (folder / f"{top}.py").is_file()


def _missing_package(name: str, project: Project) -> str:
    requirements = project.root / "requirements.txt"
    needed = name.replace("_", "-") if name.startswith("pulumi_") else "<what the project needs>"
    needed = _OF_OTHER_NAMES.get(name, needed)
    listed = requirements.is_file() and name not in _OF_OTHER_NAMES
    install = f"-r {requirements}" if listed else needed
    return (
        f"the program imports '{name}', which is not installed for the Python that runs it, {sys.executable}; "
        f"the lab runs programs in its own process, so install the project's requirements there: "
        f"{sys.executable} -m pip install {install}"
    )


def _names(line: str, key: str) -> bool:
    """Whether a line speaks of a key, and not of a longer one that begins with it."""
    return re.search(rf"{re.escape(key)}(?![\w.])", line) is not None


def _with_lines(error: Exception, config: StackConfig) -> str:
    """The message as it is, and for each setting it complains about the line of the stack file."""
    lines = text_of(error).split("\n")
    for problem in getattr(error, "problems", None) or ():
        path = getattr(problem, "path", None)
        where = config.where(tuple(path)) if isinstance(path, tuple | list) else None
        if where is None:
            continue
        key = str(getattr(problem, "key", "") or ".".join(str(part) for part in path or ()))
        at = next((number for number, line in enumerate(lines) if _names(line, key)), None)
        if at is None:
            lines.append(f"  {key} ({where})")
        elif where not in lines[at]:
            lines[at] += f" ({where})"
    if isinstance(error, pulumi.ConfigMissingError | pulumi.ConfigTypeError):
        where = config.where((error.key,)) or (config.file.label if config.has_file else "")
        lines[0] += f" ({where})" if where else ""
    if isinstance(error, pulumi.ConfigMissingError):
        lines.append(f"  fix: {config.how_to_set(error.key)}")
    if isinstance(error, pulumi.ConfigTypeError) and error.value == SECRET:
        lines.append(f"  the lab does not decrypt secrets; give it a value with --set {error.key}=VALUE")
    return "\n".join(lines)
