from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery_lab.errors import ProjectError, StackFileError, StackNotFoundError
from delivery_lab.program.project import find_project, read_project


def project_folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "__main__.py").write_text("", encoding="utf-8")
    return tmp_path


def test_a_project_is_read_with_runtime_as_text(tmp_path: Path) -> None:
    project = read_project(project_folder(tmp_path, "name: shop\nruntime: python\n"))
    assert (project.name, project.root, project.program, project.stack_dir) == ("shop", tmp_path, tmp_path, tmp_path)
    assert project.program_dir == tmp_path


def test_a_project_is_read_with_runtime_as_mapping_and_the_yml_extension(tmp_path: Path) -> None:
    project_folder(tmp_path, "").joinpath("Pulumi.yaml").unlink()
    (tmp_path / "Pulumi.yml").write_text("name: shop\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    (tmp_path / "Pulumi.dev.yml").write_text("config: {}\n")
    (tmp_path / "Pulumi.other.yaml").write_text("config: {}\n")
    assert [stack.name for stack in read_project(tmp_path).stacks()] == ["dev"]


def test_main_may_be_a_folder_or_a_file(tmp_path: Path) -> None:
    project_folder(tmp_path, "name: shop\nruntime: python\nmain: infra\n")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").write_text("")
    folder = read_project(tmp_path)
    assert (folder.program, folder.program_dir) == (tmp_path / "infra", tmp_path / "infra")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: infra/__main__.py\n")
    file = read_project(tmp_path)
    assert (file.program, file.program_dir) == (tmp_path / "infra" / "__main__.py", tmp_path / "infra")


@pytest.mark.parametrize("key", ["stackConfigDir", "config"])
def test_stack_files_may_live_in_a_folder_of_their_own(tmp_path: Path, key: str) -> None:
    project_folder(tmp_path, f"name: shop\nruntime: python\n{key}: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.b.yaml").write_text("config: {}\n# not the first line, but the first comment\n")
    (tmp_path / "stacks" / "Pulumi.a.yaml").write_text("# What a is about.\n# More of it.\nconfig: {}\n")
    (tmp_path / "Pulumi.ignored.yaml").write_text("")
    project = read_project(tmp_path)
    assert [(stack.name, stack.description) for stack in project.stacks()] == [
        ("a", "What a is about."),
        ("b", "not the first line, but the first comment"),
    ]
    assert project.stack("a").path == tmp_path / "stacks" / "Pulumi.a.yaml"


def test_the_comment_of_a_file_without_end_is_not_looked_for(tmp_path: Path) -> None:
    project = read_project(project_folder(tmp_path, "name: shop\nruntime: python\n"))
    (tmp_path / "Pulumi.dev.yaml").write_text("x" * 100_000 + "\n# about\n")
    assert project.stack("dev").description == ""


def test_a_slash_in_a_stack_name_is_a_dash_in_its_file(tmp_path: Path) -> None:
    project = read_project(project_folder(tmp_path, "name: shop\nruntime: python\n"))
    (tmp_path / "Pulumi.org-dev.yaml").write_text("# about\n")
    assert project.stack("org/dev").description == "about"


def test_the_project_of_a_folder_below_is_found(tmp_path: Path) -> None:
    project_folder(tmp_path, "name: shop\nruntime: python\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_project(tmp_path / "a" / "b").root == tmp_path


def test_an_unknown_stack_names_the_nearest_and_all(tmp_path: Path) -> None:
    project = read_project(project_folder(tmp_path, "name: shop\nruntime: python\nstackConfigDir: stacks\n"))
    (tmp_path / "stacks").mkdir()
    for name in ("batch-partial", "batch-single", "visibility"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("")
    with pytest.raises(StackNotFoundError) as caught:
        project.stack("batch-partal")
    assert str(caught.value) == (
        f"no stack 'batch-partal' in stacks of {tmp_path}; did you mean batch-partial?\n"
        "  stacks: batch-partial, batch-single, visibility"
    )
    assert caught.value.exit_code == 2
    with pytest.raises(StackNotFoundError) as caught:
        project.stack("zzz")
    assert str(caught.value) == (
        f"no stack 'zzz' in stacks of {tmp_path}\n  stacks: batch-partial, batch-single, visibility"
    )


@pytest.mark.parametrize("name", ["dev", "acme/dev", "acme/shop/eu-1_a.b"])
def test_without_any_stack_file_every_name_is_a_stack(tmp_path: Path, name: str) -> None:
    stack = read_project(project_folder(tmp_path, "name: shop\nruntime: python\n")).stack(name)
    assert (stack.name, stack.exists) == (name, False)


@pytest.mark.parametrize("name", ["", "a b", "a/b/c/d", "/dev", "dev/"])
def test_a_name_that_no_stack_can_have_is_refused(tmp_path: Path, name: str) -> None:
    project = read_project(project_folder(tmp_path, "name: shop\nruntime: python\n"))
    with pytest.raises(StackNotFoundError) as caught:
        project.stack(name)
    assert str(caught.value) == (
        f"'{name}' cannot be the name of a stack: letters, digits, '-', '_' and '.' can, with the organization and the "
        "project before it if need be (org/project/stack)"
    )


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            "name: x\nruntime: nodejs\n",
            ProjectError,
            "Pulumi.yaml:2: the lab runs programs with the runtime 'python', found 'nodejs'",
        ),
        (
            "name: x\nruntime: {name: go}\n",
            ProjectError,
            "Pulumi.yaml:2: the lab runs programs with the runtime 'python', found 'go'",
        ),
        ("name: x\n", ProjectError, "Pulumi.yaml: the lab runs programs with the runtime 'python', found nothing"),
        ("runtime: python\n", StackFileError, "Pulumi.yaml: 'name' has to be the project's name, found nothing"),
        (
            "name: 3\nruntime: python\n",
            StackFileError,
            "Pulumi.yaml:1: 'name' has to be the project's name, found a number",
        ),
        (
            "name: x\nruntime: python\nmain: src\n",
            ProjectError,
            "Pulumi.yaml:3: the program 'main: src' does not exist in {root}",
        ),
        (
            "name: x\nruntime: python\nmain: [src]\n",
            StackFileError,
            "Pulumi.yaml:3: 'main' has to be a path, found a list",
        ),
        (
            "name: x\nruntime: python\nstackConfigDir: 1\n",
            StackFileError,
            "Pulumi.yaml:3: 'stackConfigDir' has to be a folder, found a number",
        ),
        (
            "name: x\nruntime: python\nconfig: [1]\n",
            StackFileError,
            "Pulumi.yaml:3: 'config' has to be a mapping, found a list",
        ),
        (
            "name: x\nruntime:\n  name: python\n  options: 3\n",
            StackFileError,
            "Pulumi.yaml:4: 'runtime.options' has to be a mapping, found a number",
        ),
        ("- a\n", StackFileError, "Pulumi.yaml:1: the file has to be a mapping of keys to values, found a list"),
        ("name: x\nname: y\n", StackFileError, "Pulumi.yaml:2: the key 'name' is there twice, first in line 1"),
    ],
)
def test_a_malformed_project_file_is_refused_with_its_line(
    tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    project_folder(tmp_path, text)
    with pytest.raises(error, match=f"^{re.escape(message.format(root=tmp_path))}$"):
        read_project(tmp_path)


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f"^{re.escape(str(tmp_path))} is no Pulumi project: it has no Pulumi.yaml$"):
        read_project(tmp_path)
    gone = tmp_path / "gone"
    with pytest.raises(ProjectError, match=f"^{re.escape(str(gone))} is no Pulumi project: there is no such folder$"):
        read_project(gone)
    with pytest.raises(ProjectError, match=r"neither it nor a folder above it has a Pulumi\.yaml$"):
        find_project(tmp_path)


def test_a_missing_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    assert str(caught.value) == f"{tmp_path} has no __main__.py, which is what Pulumi runs as the program"


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path.name)])
def test_what_stands_in_the_place_of_a_stack_file_is_not_taken_for_none(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "Pulumi.dev.yaml")
    with pytest.raises(StackFileError) as caught:
        read_project(project_folder(tmp_path, "name: shop\nruntime: python\n")).stack("dev")

    assert str(caught.value) == (
        "Pulumi.dev.yaml is no file: a folder, a pipe, or a link that leads nowhere\n"
        "  fix: put a file in its place, or remove it"
    )


def test_a_file_is_no_project(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.yaml"
    file.write_text("name: shop\nruntime: python\n")

    with pytest.raises(ProjectError) as refused:
        read_project(file)

    assert str(refused.value) == f"{file} is no Pulumi project: it is a file; name the folder that has it"
