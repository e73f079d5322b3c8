"""The shell steps of the GitHub Action, on a local repository with two commits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.lab_support import FOREIGN, ROOT

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")

Git = Callable[..., str]


def git_in(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
    ran = subprocess.run([str(GIT), *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A clone of one commit, as actions/checkout makes it; its origin has two: in the second one reporting is off."""
    origin = tmp_path / "origin"
    shutil.copytree(FOREIGN, origin / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    git_in(origin, "init", "--quiet", "--initial-branch", "main")
    git_in(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git_in(origin, "add", "--all")
    git_in(origin, "commit", "--quiet", "--message", "one")
    program = origin / "shop" / "__main__.py"
    before = program.read_text(encoding="utf-8")
    assert 'function_response_types=["ReportBatchItemFailures"]' in before
    program.write_text(
        before.replace('function_response_types=["ReportBatchItemFailures"]', "function_response_types=[]"), "utf-8"
    )
    git_in(origin, "commit", "--quiet", "--all", "--message", "two")
    git_in(tmp_path, "clone", "--quiet", "--depth", "1", origin.as_uri(), "workspace")
    return tmp_path / "workspace"


class Step:
    """A step of the action, and what it leaves."""

    def __init__(self, workspace: Path, tmp_path: Path, script: str, **variables: str) -> None:
        self._output, self._summary = tmp_path / "output", tmp_path / "summary"
        self._output.touch()
        self._summary.touch()
        environment = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            "HOME": str(tmp_path),
            "RUNNER_TEMP": str(tmp_path / "runner"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self._output),
            "GITHUB_STEP_SUMMARY": str(self._summary),
            **variables,
        }
        command = [str(ROOT / "action" / script)]
        self.ran = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)

    @property
    def outputs(self) -> dict[str, str]:
        lines = self._output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        return self._summary.read_text(encoding="utf-8")


def base_of(workspace: Path) -> str:
    return git_in(workspace.parent / "origin", "rev-parse", "HEAD^")


def test_a_change_that_loses_messages_gets_a_comment_findings_and_exit_code_5(workspace: Path, tmp_path: Path) -> None:
    step = Step(
        *(workspace, tmp_path, "compare.sh"),
        LAB_PROJECT="shop",
        LAB_STACKS="prod",
        LAB_BASE=base_of(workspace),
        LAB_WORKLOAD="shop/workload.yaml",
        LAB_FAIL_ON="worse",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    outputs = step.outputs
    assert (outputs["exit-code"], outputs["differs"]) == ("5", "true")
    assert "<title>" in Path(outputs["report"]).read_text(encoding="utf-8")
    comment = Path(outputs["comment"]).read_text(encoding="utf-8")
    assert comment == step.summary
    lines = comment.splitlines()
    assert lines[0] == "<!-- delivery-lab diff: orders -->"
    assert lines[1].endswith("messages will be lost"), comment
    results = json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]
    files = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert files == {"shop/Pulumi.prod.yaml"}
    assert git_in(workspace, "worktree", "list").count("\n") == 0


def test_a_change_that_does_nothing_is_no_difference(workspace: Path, tmp_path: Path) -> None:
    step = Step(
        workspace,
        tmp_path,
        "compare.sh",
        LAB_PROJECT="shop",
        LAB_BASE="HEAD",
        LAB_REPORT="false",
        LAB_WORKLOAD="shop/workload.yaml",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    assert (step.outputs["exit-code"], step.outputs["differs"]) == ("0", "false"), step.ran.stderr


def test_a_program_that_fails_is_told_in_the_comment(workspace: Path, tmp_path: Path) -> None:
    step = Step(
        *(workspace, tmp_path, "compare.sh"),
        LAB_PROJECT="shop",
        LAB_BASE=base_of(workspace),
        LAB_WORKLOAD="shop/none.yaml",
        LAB_REPORT="false",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    assert step.outputs["exit-code"] not in {"0", "5"}
    comment = Path(step.outputs["comment"]).read_text(encoding="utf-8")
    assert comment.splitlines()[0] == "<!-- delivery-lab diff: orders -->"
    assert "none.yaml" in comment


def test_a_base_that_cannot_be_had_is_an_error_with_the_fix(workspace: Path, tmp_path: Path) -> None:
    step = Step(workspace, tmp_path, "compare.sh", LAB_PROJECT="shop", LAB_BASE="0" * 40)

    assert step.ran.returncode == 1
    fix = "with actions/checkout say fetch-depth: 2"
    assert step.ran.stdout == f"::error::Delivery Lab: there is no commit {'0' * 40} to compare with; {fix}\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("0", ""),
        ("5", "::error::Delivery Lab: the change fails by fail-on: the job's summary says what gets worse\n"),
        ("2", "::error::Delivery Lab: stacks could not be compared: the job's summary says why\n"),
    ],
)
def test_the_job_ends_as_the_comparison_did(tmp_path: Path, code: str, told: str) -> None:
    step = Step(tmp_path, tmp_path, "result.sh", LAB_EXIT_CODE=code)

    assert (step.ran.returncode, step.ran.stdout) == (int(code), told)


@pytest.mark.parametrize("there", [True, False])
def test_the_project_and_the_lab_are_installed_together(tmp_path: Path, there: bool) -> None:
    recorded = tmp_path / "recorded"
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{recorded}"\n', encoding="utf-8")
    python.chmod(0o755)
    if there:
        (tmp_path / "needs.txt").touch()

    step = Step(
        *(tmp_path, tmp_path, "install.sh"),
        PATH=os.pathsep.join((str(python.parent), os.environ["PATH"])),
        LAB_REQUIREMENTS="needs.txt",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    words = recorded.read_text(encoding="utf-8").splitlines()
    assert words[:2] == ["-m", "pip"]
    assert words[-3:] == ([f"{ROOT}[check]", "-r", "./needs.txt"] if there else [*words[-3:-1], f"{ROOT}[check]"])
    assert ("::notice::" in step.ran.stdout) is not there


def test_every_input_is_used_and_every_script_is_there() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    steps = action["runs"]["steps"]

    assert all(f"inputs.{name}" in text.split("runs:", 1)[1] for name in action["inputs"])
    scripts = [word for step in steps for word in step.get("run", "").replace('"', " ").split() if "action/" in word]
    assert len(scripts) == 4
    for script in scripts:
        path = ROOT / script.removeprefix("$GITHUB_ACTION_PATH/")
        assert path.is_file()
        given = {name for step in steps if script in step.get("run", "") for name in step["env"]}
        used = path.read_text(encoding="utf-8")
        assert all(name in used for name in given), script
    # What a pull request says comes in through the environment and is never part of a script.
    assert not any("${{" in step.get("run", "") for step in steps)


def test_what_github_does_not_take_keeps_nobody_from_the_comment_and_the_result() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]

    uploads = [step for step in steps if "upload" in step.get("uses", "")]
    assert len(uploads) == 2
    assert all(step["continue-on-error"] is True for step in uploads)


def test_a_folder_that_is_not_there_is_an_error_with_the_fix(workspace: Path, tmp_path: Path) -> None:
    step = Step(workspace, tmp_path, "compare.sh", LAB_PROJECT="no shop", LAB_BASE="HEAD")

    assert step.ran.returncode == 1
    fix = "say where the project is (with: project: ...)"
    assert step.ran.stdout == f"::error::Delivery Lab: there is no folder no shop; {fix}\n"


def rename_the_stack(workspace: Path) -> None:
    """Check a third commit out, in which `prod` is gone and `next` is new."""
    origin = workspace.parent / "origin"
    git_in(origin, "mv", "shop/Pulumi.prod.yaml", "shop/Pulumi.next.yaml")
    git_in(origin, "commit", "--quiet", "--message", "three")
    git_in(workspace, "pull", "--quiet", "--ff-only")


def test_a_stack_that_is_new_gets_a_comment_that_says_so(workspace: Path, tmp_path: Path) -> None:
    rename_the_stack(workspace)

    step = Step(
        *(workspace, tmp_path, "compare.sh"),
        LAB_PROJECT="shop",
        LAB_BASE=base_of(workspace),
        LAB_WORKLOAD="shop/workload.yaml",
        LAB_REPORT="false",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    assert (step.outputs["exit-code"], step.outputs["differs"]) == ("0", "true")
    assert step.summary.splitlines()[1] == "### 1 stack is new, 1 stack is gone"


@pytest.mark.parametrize(("stacks", "looked_at"), [("prod next", True), ("prod", False)])
def test_a_stack_that_is_gone_keeps_no_other_from_being_checked(
    workspace: Path, tmp_path: Path, stacks: str, looked_at: bool
) -> None:
    rename_the_stack(workspace)

    step = Step(
        *(workspace, tmp_path, "compare.sh"),
        LAB_PROJECT="shop",
        LAB_STACKS=stacks,
        LAB_BASE=base_of(workspace),
        LAB_WORKLOAD="shop/workload.yaml",
    )

    assert step.ran.returncode == 0, step.ran.stderr
    assert "note: 'prod' is no stack of this commit: there is nothing of it to check" in step.ran.stderr.splitlines()
    assert [bool(step.outputs[name]) for name in ("sarif", "report")] == [looked_at, looked_at]
