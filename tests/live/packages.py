"""Pulumi's CLI for programs that add this repository as a package.

What Pulumi runs is a copy of the repository, as `pulumi package add` would clone it. Its virtual environments see the
packages of this one, so that nothing large is installed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from delivery_lab.live.emulator import Emulator
from tests.lab_support import ROOT
from tests.pulumi_cli.support import everything

CLI = ROOT / ".pulumi-cli"
FOLDERS = ("components", "functions", "scripts", "examples")
FILES = ("PulumiPlugin.yaml", "Pulumi.yaml", "__main__.py", "requirements.txt", "src/delivery_lab/_version.py")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".venv", "sdks", "node_modules", "bin", "Pulumi.*.yaml")
STEP_SECONDS = 600


@dataclass(frozen=True)
class Engine:
    """Pulumi's CLI with a home and a backend of its own.

    Attributes:
        clone: the copy of this repository that programs add.
        environment: variables of its processes.
        emulator: where stacks are deployed to.
    """

    clone: Path
    environment: dict[str, str]
    emulator: Emulator

    def pulumi(self, project: Path, *words: str, succeeds: bool = True) -> str:
        """Run one command in a project, and return what it writes."""
        return self.run(project, "pulumi", *words, "--non-interactive", succeeds=succeeds)

    def run(self, project: Path, *command: str, succeeds: bool = True) -> str:
        """Run a program in a project, and return what it writes."""
        done = subprocess.run(
            command,
            cwd=project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        written = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, f"{' '.join(command)}\n{written[-6000:]}"
        return written

    def stack(self, project: Path) -> None:
        """Create the stack `live`, which is deployed to the emulator."""
        text = yaml.safe_dump({"config": self.emulator.configuration("us-east-1")})
        (project / "Pulumi.live.yaml").write_text(text, encoding="utf-8")
        self.pulumi(project, "stack", "init", "live")
        self.pulumi(project, "config", "set", "--secret", "shopKey", "s3cret")

    @contextlib.contextmanager
    def deployed(self, project: Path) -> Iterator[dict[str, str]]:
        """Deploy a stack, see that a second time nothing changes, and at the end destroy it, with nothing left.

        Yields:
            Its outputs.
        """
        before = everything(self.emulator)
        self.pulumi(project, "up", "--yes", "--skip-preview")
        self.pulumi(project, "preview", "--expect-no-changes")
        assert everything(self.emulator) != before
        yield self.outputs(project)
        self.pulumi(project, "destroy", "--yes", "--skip-preview")
        assert everything(self.emulator) == before

    def outputs(self, project: Path) -> dict[str, str]:
        """The stack's outputs."""
        told = self.pulumi(project, "stack", "output", "--json")
        outputs = json.loads(told)
        assert isinstance(outputs, dict)
        return outputs


def copy_repository(clone: Path) -> None:
    """Copy what `pulumi package add` clones, without what was built and generated in it."""
    clone.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, clone / name, ignore=NOT_COPIED)
    for name in FILES:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)


def make_engine(folder: Path, emulator: Emulator) -> Engine:
    """An engine with a home of its own, in which the provider of the tests is installed."""
    folder.mkdir(exist_ok=True)
    clone, home, state = (folder / name for name in ("clone", "home", "state"))
    for path in (home, state):
        path.mkdir()
    copy_repository(clone)
    make_environment(clone)
    launcher = home / "plugins" / f"resource-aws-v{version('pulumi-aws')}" / "pulumi-resource-aws"
    launcher.parent.mkdir(parents=True)
    source = ROOT / "src"
    launcher.write_text(
        f'#!/bin/sh\nPYTHONPATH={source} exec {sys.executable} -m delivery_lab.live.provider "$@"\n', encoding="utf-8"
    )
    launcher.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
        "PATH": f"{CLI}:{os.environ['PATH']}",
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    return Engine(clone, environment, emulator)


def make_environment(folder: Path) -> None:
    """A virtual environment that sees the packages of this one, pip among them; Pulumi installs into it."""
    target = folder / ".venv"
    venv.create(target, with_pip=False, symlinks=True)
    packages = next(target.glob("lib/python*/site-packages"))
    (packages / "of_the_tests.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
