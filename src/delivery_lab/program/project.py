"""A Pulumi project folder: `Pulumi.yaml` and the stack files beside it, as the CLI finds and reads them.

Sources: semantics.md I1; https://www.pulumi.com/docs/iac/concepts/projects/project-file/
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery_lab.errors import ProjectError, StackFileError, StackNotFoundError
from delivery_lab.program.patience import PROGRAM_TIMEOUT_SECONDS
from delivery_lab.program.yamlfile import YamlFile, kind_of, read_yaml

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")
_OPTIONS = frozenset({"virtualenv", "toolchain", "typechecker", "module", "binary"})
"""Of the runtime python (https://www.pulumi.com/docs/iac/concepts/projects/project-file/#runtime-options)."""
_TOOLCHAINS = ("pip", "poetry", "uv")
_STACK_NAME = re.compile(r"([\w.-]+/){0,2}[\w.-]+", re.ASCII)
"""Names that Pulumi takes (https://www.pulumi.com/docs/iac/concepts/stacks/#stack-naming)."""

EDITOR_LINE = "yaml-language-server:"
"""Begin of a comment that names a file's schema to editors."""
_LOOKED_AT = 64 * 1024
"""So many characters of a stack file are searched for its first comment: it may be of any size, and no stack file."""


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack, as its file tells of it.

    Attributes:
        name: name of the stack.
        path: its file.
        description: the first comment line of the file that is for people, "" if there is none.
        exists: whether the file is there; a stack without one has an empty config.
    """

    name: str
    path: Path
    description: str = ""
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi project with the Python runtime.

    Attributes:
        name: name of the project.
        root: folder of `Pulumi.yaml`.
        file: the project file.
        program: what is run: a folder with a `__main__.py`, or a Python file.
        module: the module to run instead of `program` (runtime option `module`), "" for none.
        stack_dir: folder of the stack files.
        config: the `config:` block, as it stands there.
        source: the project file with its line numbers.
        state: the state that stands for the program, None for the program itself.
        state_stack: the stack that the state is of.
        notes: what of the project file the lab does not follow.
        program_timeout_seconds: how long the program may take on a real clock to describe its resources.
    """

    name: str
    root: Path
    file: Path
    program: Path
    module: str
    stack_dir: Path
    config: Mapping[str, Any]
    source: YamlFile = field(repr=False)
    state: Path | None = None
    state_stack: str = ""
    notes: tuple[str, ...] = ()
    program_timeout_seconds: float = field(default=PROGRAM_TIMEOUT_SECONDS, compare=False)

    @property
    def program_dir(self) -> Path:
        """The folder that the program runs in, and that its modules are imported from."""
        return self.program if self.program.is_dir() else self.program.parent

    def label(self, path: Path) -> str:
        """A path as messages name it: relative to the project when it is inside."""
        try:
            return str(path.relative_to(self.root))
        except ValueError:
            return str(path)

    def stacks(self) -> tuple[StackFile, ...]:
        """All stacks of the project that have a file, by name; of a state its only one."""
        if self.state is not None:
            return (StackFile(self.state_stack, self.state),)
        suffix = self.file.suffix
        found = []
        for path in sorted(self.stack_dir.glob(f"Pulumi.*{suffix}")):
            name = path.name[len("Pulumi.") : -len(suffix)]
            if name and path.is_file():
                found.append(StackFile(name, path, _first_comment(path)))
        return tuple(found)

    def stack(self, name: str) -> StackFile:
        """The stack of that name.

        In a project that has no stack file at all every name is that of a stack with an empty config: Pulumi writes
        the file with the first setting, and many repositories leave their stack files out.

        Raises:
            StackNotFoundError: there are stack files, but none of that name; names the nearest stacks and all of them.
            StackFileError: what stands in the place of its file is none.
        """
        if self.state is not None:
            if name not in ("", self.state_stack):
                raise StackNotFoundError(f"the state {self.state} is of the stack {self.state_stack}, not of {name}")
            return StackFile(self.state_stack, self.state)
        path = self.stack_dir / f"Pulumi.{name.replace('/', '-')}{self.file.suffix}"
        if name and path.is_file():
            return StackFile(name, path, _first_comment(path))
        if name and os.path.lexists(path):
            raise StackFileError(
                f"{self.label(path)} is no file: a folder, a pipe, or a link that leads nowhere\n"
                "  fix: put a file in its place, or remove it"
            )
        names = [stack.name for stack in self.stacks()]
        where = self.label(self.stack_dir)
        where = "the project's folder" if where == "." else where
        if not names:
            if not _STACK_NAME.fullmatch(name):
                raise StackNotFoundError(
                    f"'{name}' cannot be the name of a stack: letters, digits, '-', '_' and '.' can, with the "
                    "organization and the project before it if need be (org/project/stack)"
                )
            return StackFile(name, path, exists=False)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.7)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise StackNotFoundError(f"no stack '{name}' in {where} of {self.root}{hint}\n  stacks: {', '.join(names)}")


def find_project(start: Path) -> Project:
    """Read the project that a folder belongs to: its own or that of the nearest folder above, as the CLI does.

    Raises:
        ProjectError: neither the folder nor one above it holds a project file.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in PROJECT_FILES):
            return read_project(folder)
    raise ProjectError(f"{start} is no Pulumi project: neither it nor a folder above it has a Pulumi.yaml")


def read_project(folder: Path) -> Project:
    """Read the project in a folder.

    Raises:
        ProjectError: no folder, no project file, another runtime than Python, or no program.
        StackFileError: the project file is malformed.
    """
    root = folder.resolve()
    if not root.is_dir():
        why = "it is a file; name the folder that has it" if root.exists() else "there is no such folder"
        raise ProjectError(f"{folder} is no Pulumi project: {why}")
    file = next((root / name for name in PROJECT_FILES if (root / name).is_file()), None)
    if file is None:
        raise ProjectError(f"{root} is no Pulumi project: it has no Pulumi.yaml")
    source = read_yaml(file, file.name)
    name = source.value.get("name")
    if not isinstance(name, str) or not name:
        raise StackFileError(f"{source.where('name')}: 'name' has to be the project's name, found {kind_of(name)}")
    options = _runtime_options(source)
    module = str(options.get("module") or "")
    return Project(
        name=name,
        root=root,
        file=file,
        program=_program(root, source, module),
        module=module,
        stack_dir=_stack_dir(root, source),
        config=_config_block(source),
        source=source,
        notes=tuple(_notes(root, source, options)),
    )


def _runtime_options(source: YamlFile) -> Mapping[str, Any]:
    runtime = source.value.get("runtime")
    name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        found = f"'{name}'" if isinstance(name, str) else kind_of(name)
        raise ProjectError(f"{source.where('runtime')}: the lab runs programs with the runtime 'python', found {found}")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    if options is not None and not isinstance(options, dict):
        raise StackFileError(
            f"{source.where('runtime', 'options')}: 'runtime.options' has to be a mapping, found {kind_of(options)}"
        )
    return options or {}


def _notes(root: Path, source: YamlFile, options: Mapping[str, Any]) -> Iterator[str]:
    """What of the runtime options has no effect here.

    Raises:
        StackFileError: an option has a value that Pulumi refuses.
    """
    for name in options.keys() - _OPTIONS:
        yield f"{source.where('runtime', 'options', name)}: '{name}' is no option of the runtime python"
    for name in _OPTIONS & options.keys():
        if not isinstance(options[name], str):
            where = source.where("runtime", "options", name)
            raise StackFileError(f"{where}: '{name}' has to be a text, found {kind_of(options[name])}")
    toolchain = options.get("toolchain")
    if toolchain not in (None, *_TOOLCHAINS):
        where = source.where("runtime", "options", "toolchain")
        raise StackFileError(f"{where}: 'toolchain' has to be one of {', '.join(_TOOLCHAINS)}, not '{toolchain}'")
    folder = options.get("virtualenv")
    if folder and not (root / folder).is_dir():
        yield (
            f"{source.where('runtime', 'options', 'virtualenv')}: there is no folder {folder}: a deployment needs it; "
            f"here the program runs with {sys.executable}"
        )


def _program(root: Path, source: YamlFile, module: str) -> Path:
    main = source.value.get("main") or ""
    if not isinstance(main, str):
        raise StackFileError(f"{source.where('main')}: 'main' has to be a path, found {kind_of(main)}")
    program = (root / main).resolve() if main else root
    if not program.exists():
        raise ProjectError(f"{source.where('main')}: the program 'main: {main}' does not exist in {root}")
    if program.is_dir() and not module and not (program / "__main__.py").is_file():
        raise ProjectError(f"{program} has no __main__.py, which is what Pulumi runs as the program")
    return program


def _stack_dir(root: Path, source: YamlFile) -> Path:
    key = "stackConfigDir"
    folder = source.value.get(key)
    if folder is None and isinstance(source.value.get("config"), str):
        # The deprecated spelling: `config: <folder>`.
        key, folder = "config", source.value["config"]
    if folder is None:
        return root
    if not isinstance(folder, str):
        raise StackFileError(f"{source.where(key)}: '{key}' has to be a folder, found {kind_of(folder)}")
    return (root / folder).resolve()


def _config_block(source: YamlFile) -> Mapping[str, Any]:
    block = source.value.get("config")
    if block is None or isinstance(block, str):
        return {}
    if not isinstance(block, dict):
        raise StackFileError(f"{source.where('config')}: 'config' has to be a mapping, found {kind_of(block)}")
    return block


def _first_comment(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as lines:
            first = lines.read(_LOOKED_AT).splitlines()
            comments = (line.lstrip("# \t").strip() for line in first if line.startswith("#"))
            return next((comment for comment in comments if not comment.startswith(EDITOR_LINE)), "")
    except (OSError, UnicodeDecodeError):
        # `list` shows the stack in any case; reading it for a run reports what is wrong with the file.
        return ""
