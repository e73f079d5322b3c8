"""Small Pulumi projects written to a temporary folder."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from delivery_lab.program.project import Project, read_project

MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Write a project and read it.

    The first argument is the program; `stacks` gives the text of each stack file, `files` any other files,
    `project` the text of Pulumi.yaml, `folder` the name of the project's folder.
    """

    def make(
        program: str = "",
        *,
        stacks: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        project: str = "name: demo\nruntime: python\n",
        folder: str = "demo",
    ) -> Project:
        root = tmp_path / folder
        texts = {"Pulumi.yaml": project, "__main__.py": program, **(files or {})}
        texts |= {f"Pulumi.{name}.yaml": text for name, text in (stacks or {"dev": ""}).items()}
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return read_project(root)

    return make
