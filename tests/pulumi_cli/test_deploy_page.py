"""The commands of docs/deploy.md, as they are written there."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from delivery_lab.program import naming
from scripts.write_engine_runs import COMMANDS_NOT_RUN
from tests.lab_support import ROOT
from tests.live.support import EMULATOR_PYTHON
from tests.pulumi_cli.support import COMMAND_SECONDS, Project

pytestmark = pytest.mark.engine

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The indented commands of a section, each with its continued lines."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if re.match(r" {7}\S| {7} +\S", line)]
    found: list[str] = []
    for line in lines:
        text = line.strip()
        if found and _goes_on(found[-1]):
            found[-1] += "\n" + text
        else:
            found.append(text)
    return found


def _goes_on(command: str) -> bool:
    """Whether a command has not come to its end: a backslash, or something that is still open."""
    return command.endswith("\\") or command.count('"') % 2 == 1 or command.count("$(") > command.count(")")


class Shell:
    """Runs commands one after the other in one shell's environment, answering questions with yes."""

    def __init__(self, project: Project) -> None:
        self._folder = project.folder
        port = project.emulator.url.rpartition(":")[2]
        home = project.folder.parent / "user"
        home.mkdir()
        # What the page leaves to the account: where AWS is. Names of APIs do not resolve on this machine.
        (home / ".curlrc").write_text(f'connect-to = "::127.0.0.1:{port}"\n')
        aws = home / "bin" / "aws"
        aws.parent.mkdir()
        # Version 1 of the AWS CLI has an old address for SQS that wins over the variable; an option wins over both.
        aws.write_text(f'#!/bin/sh\nexec {EMULATOR_PYTHON.parent}/aws --endpoint-url {project.emulator.url} "$@"\n')
        aws.chmod(0o755)
        self._environment = {
            **project.environment,
            "PATH": os.pathsep.join([str(aws.parent), project.environment["PATH"]]),
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": naming.ACCOUNT_ID,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": naming.DEFAULT_REGION,
        }
        # The page logs in to a folder of the user; the variable would win over that.
        del self._environment["PULUMI_BACKEND_URL"]
        self._variables = home / "variables"
        self._variables.touch()

    def run(self, command: str) -> str:
        """Run a command; what it exports and assigns is there for the next one."""
        script = f"set -a; source {self._variables}; set -e\n{command}\nexport -p > {self._variables}\n"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            cwd=self._folder,
            env=self._environment,
            input="yes\n" * 5,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"{command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout


def _asked(command: str) -> str:
    """A command as a test can run it.

    Pulumi asks before it changes anything, and only at a terminal: `--yes` is the answer. It takes `~` from the list of
    users and not from HOME, which is a folder of the test here.
    """
    asking = r"^pulumi (up|destroy|stack rm \S+)"
    return re.sub(asking, r"pulumi \1 --yes", command.replace("file://~/", "file://$HOME/"))


def _is_run(command: str) -> bool:
    return not any(word in command for word in COMMANDS_NOT_RUN)


def test_every_command_of_the_steps_works_as_written(user_project: Project) -> None:
    project = user_project
    project.use_emulator("batch-partial")
    shell = Shell(project)
    steps = [command for command in commands("Steps") if _is_run(command)]
    assert len(steps) > 10
    outputs: list[tuple[str, str]] = []
    for command in steps:
        outputs.append((command, shell.run(_asked(command))))
    answer = next(text for command, text in outputs if command.startswith("curl"))
    assert '"enqueued": 10' in answer
    assert "34 created" in next(text for command, text in outputs if command == "pulumi up")
    assert (project.folder / "stacks" / "Pulumi.batch-partial.yaml").exists()
