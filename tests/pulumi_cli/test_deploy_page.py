"""The commands of docs/deploy.md, as they are written there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery_lab.live.emulator import Emulator
from delivery_lab.program import naming
from scripts.write_engine_runs import COMMANDS_NOT_RUN, COMMANDS_REFUSED
from tests.lab_support import ROOT
from tests.live.support import EMULATOR_PYTHON, missing
from tests.pulumi_cli.support import COMMAND_SECONDS, Project, everything

pytestmark = pytest.mark.engine

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The indented commands of a section, each with its continued lines and without a comment behind it."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if re.match(r" {4,}\S", line)]
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


def _aws_cli() -> str:
    """The AWS CLI of the page, version 2. It is not on PyPI, Debian has it."""
    for folder in os.environ["PATH"].split(os.pathsep):
        found = shutil.which("aws", path=folder)
        if found and subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=False
        ).stdout.startswith("aws-cli/2."):
            return found
    return missing("version 2 of the AWS CLI is missing: apt-get install awscli")


_AWS = """#!/bin/sh
# Debian's version 2 is older than the two commands of redrives; version 1 of the emulator's environment has them.
case "$2" in *-message-move-task*) cli={old} ;; *) cli={new} ;; esac
exec "$cli" --endpoint-url {url} "$@"
"""


class Shell:
    """Runs commands one after the other in one shell's environment, answering questions with yes.

    Args:
        project: where they are run.
        logs_in: whether they log in to a state themselves; otherwise they find that of the project.
    """

    def __init__(self, project: Project, *, logs_in: bool = False) -> None:
        self._folder = project.folder
        home = project.folder.parent / "user"
        aws = home / "bin" / "aws"
        aws.parent.mkdir(parents=True)
        # What the page leaves to the account: where AWS is. The variable for it is not known to every version.
        aws.write_text(
            _AWS.format(old=EMULATOR_PYTHON.parent / "aws", new=_aws_cli(), url=project.emulator.url), encoding="utf-8"
        )
        aws.chmod(0o755)
        self._environment = {
            **project.environment,
            "PATH": os.pathsep.join([str(aws.parent), project.environment["PATH"]]),
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": naming.ACCOUNT_ID,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": naming.DEFAULT_REGION,
            "AWS_PAGER": "",
        }
        if logs_in:
            # The variable would win over the folder of the user.
            del self._environment["PULUMI_BACKEND_URL"]
        self._variables = home / "variables"
        self._variables.touch()

    def run(self, command: str) -> str:
        """Run a command; what it exports and assigns is there for the next one."""
        done = self._done(command)
        assert done.returncode == 0, f"{command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, command: str) -> str:
        """Run a command that the emulator refuses, and return the refusal."""
        done = self._done(command)
        assert done.returncode != 0, f"{command} is not refused any more:\n{done.stdout}"
        return done.stderr

    def until(self, command: str, text: str) -> str:
        """Run a command that ends when it is interrupted, and interrupt it once it has written a line with a text."""
        written: list[str] = []
        with subprocess.Popen(
            ["bash", "-c", self._script(command)],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            guard = threading.Timer(COMMAND_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
            guard.start()
            try:
                for line in process.stdout:
                    written.append(line)
                    if text in line:
                        break
                # As Ctrl-C does at a terminal: to all processes of the command.
                os.killpg(process.pid, signal.SIGINT)
                process.communicate()
            finally:
                guard.cancel()
        return "".join(written)

    def _done(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", self._script(command)],
            cwd=self._folder,
            env=self._environment,
            input="yes\n" * 5,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def _script(self, command: str) -> str:
        return f"set -a; source {self._variables}; set -e\n{command}\nexport -p > {self._variables}\n"


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
    shell = Shell(project, logs_in=True)
    steps = [command for command in commands("Steps") if _is_run(command)]
    assert len(steps) > 10
    outputs: list[tuple[str, str]] = []
    for command in steps:
        if command.startswith("aws logs tail"):
            outputs.append((command, shell.until(command, '"event": "')))
        elif command.startswith(tuple(COMMANDS_REFUSED)):
            assert "is not valid for this endpoint" in shell.refused(command)
        else:
            outputs.append((command, shell.run(_asked(command))))
    answers = [text for command, text in outputs if command.startswith("curl")]
    assert ["--aws-sigv4" in command for command in steps if command.startswith("curl")] == [False, True]
    assert all('"enqueued": 10' in answer for answer in answers)
    assert "34 created" in next(text for command, text in outputs if command == "pulumi up")
    assert (project.folder / "stacks" / "Pulumi.batch-partial.yaml").exists()


SECTIONS = ("The stream and MSK stacks", "The sns, s3 and apigateway stacks", "The async and sync stacks")
USES = {
    "aws kinesis put-record": ("stream-default", '"SequenceNumber"'),
    "aws dynamodb put-item": ("dynamodb-stream", ""),
    "aws sns publish": ("sns-sqs-raw", '"MessageId"'),
    "echo": ("s3-sqs", ""),
    "aws lambda invoke": ("async-default", '"StatusCode": 202'),
    'curl -sS -X POST "$(pulumi stack output ApiEndpoint)/produce"': (
        "msk-bounded",
        "Worker init failed: No module named",
    ),
    'curl -sS -X POST "$(pulumi stack output ApiEndpoint)/enqueue"': ("apigateway-sqs-safe", '{"accepted": true}'),
    'curl -sS -X POST "$(pulumi stack output ApiEndpoint)/call"': ("sync-retry", '"id"'),
}
"""Commands of the other sections by their beginning: the stack that they are for, and a part of their answer."""
FOLLOWING = {"echo": "aws s3 rm"}
"""By the beginning of a command: that of another, which is run after it."""


def _of_sections() -> list[str]:
    return [command for heading in SECTIONS for command in commands(heading) if _is_run(command)]


def _beginning_with(beginning: str) -> str:
    [found] = [command for command in _of_sections() if command.startswith(beginning)]
    return found


def test_every_command_of_the_other_sections_is_run_or_has_its_reason() -> None:
    beginnings = (*USES, *FOLLOWING.values())
    assert [command for command in _of_sections() if not command.startswith(beginnings)] == []


@pytest.mark.parametrize("beginning", USES)
def test_a_command_of_the_other_sections_works_as_written(own_project: Project, beginning: str) -> None:
    project = own_project
    stack, answer = USES[beginning]
    project.use_emulator(stack)
    project.run("stack", "init", stack)
    project.up()
    shell = Shell(project)
    assert answer in shell.run(_asked(_beginning_with(beginning)))
    if beginning in FOLLOWING:
        shell.run(_beginning_with(FOLLOWING[beginning]))
    project.destroy()
    # A function that still runs writes its log into a group that the emulator makes anew. On AWS its role may not.
    assert everything(project.emulator).keys() <= {"log groups"}


def test_the_settings_for_an_emulator_are_those_that_the_tests_deploy_with() -> None:
    section = PAGE.partition("\n## Another account, or an emulator\n")[2].partition("\n## ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    given = yaml.safe_load("\n".join(lines))
    ours: dict[str, Any] = dict(Emulator("http://localhost:4566", Path(), Path()).configuration())
    [endpoints], [all_endpoints] = given.pop("aws:endpoints"), ours.pop("aws:endpoints")
    assert {**given, "aws:region": naming.DEFAULT_REGION, "aws:accessKey": naming.ACCOUNT_ID} == ours
    # The provider of the tests keeps its records of MSK in parameters; the page names what the MSK stacks need besides.
    assert {**endpoints, **dict.fromkeys(("ec2", "kafka", "ssm"), "http://localhost:4566")} == all_endpoints
