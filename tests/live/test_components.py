"""The components as a package in Pulumi's own engine: programs in Python and TypeScript that add this repository.

What Pulumi runs is a copy of the repository, as `pulumi package add` would clone it. Its virtual environments see the
packages of this one, so that nothing large is installed again.
"""

from __future__ import annotations

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

import boto3
import pytest
import yaml

from delivery_lab.live.emulator import Emulator
from tests.lab_support import ROOT
from tests.live.support import require

pytestmark = [pytest.mark.engine, pytest.mark.emulator]

CLI = ROOT / ".pulumi-cli"
FOLDERS = ("components", "functions", "scripts", "examples")
FILES = ("PulumiPlugin.yaml", "Pulumi.yaml", "__main__.py", "requirements.txt", "src/delivery_lab/_version.py")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".venv", "sdks", "node_modules", "bin", "Pulumi.*.yaml")
STEP_SECONDS = 300


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

    def outputs(self, project: Path) -> dict[str, str]:
        """The stack's outputs."""
        told = self.pulumi(project, "stack", "output", "--json")
        outputs = json.loads(told)
        assert isinstance(outputs, dict)
        return outputs


@pytest.fixture(scope="module")
def engine(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine, with the provider of the tests."""
    require(CLI / "pulumi", "make pulumi")
    folder = tmp_path_factory.mktemp("engine")
    clone, home, state = (folder / name for name in ("clone", "home", "state"))
    for path in (clone, home, state):
        path.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, clone / name, ignore=NOT_COPIED)
    for name in FILES:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    _environment(clone)
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
    yield Engine(clone, environment, emulator)
    shutil.rmtree(folder)


def _environment(folder: Path) -> None:
    """A virtual environment that sees the packages of this one; Pulumi installs into it."""
    target = folder / ".venv"
    venv.create(target, with_pip=True, symlinks=True)
    packages = next(target.glob("lib/python*/site-packages"))
    (packages / "of_the_tests.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")


def _deployed_and_destroyed(engine: Engine, project: Path) -> dict[str, str]:
    """Deploy a stack, see that a second time nothing changes, destroy it, and return its outputs."""
    engine.pulumi(project, "up", "--yes", "--skip-preview")
    engine.pulumi(project, "preview", "--expect-no-changes")
    outputs = engine.outputs(project)
    sqs = boto3.client(
        "sqs",
        endpoint_url=engine.emulator.url,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
    )
    url = outputs["ordersQueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "360"}
    engine.pulumi(project, "destroy", "--yes", "--skip-preview")
    left = sqs.list_queues().get("QueueUrls", [])
    assert [each for each in left if "orders" in each] == []
    return outputs


def test_a_python_program_adds_the_package_and_is_deployed(engine: Engine) -> None:
    project = engine.clone / "examples" / "python"
    given = (project / "Pulumi.yaml").read_text(encoding="utf-8")
    (project / "Pulumi.yaml").write_text(given.partition("packages:")[0], encoding="utf-8")
    (project / "requirements.txt").write_text("pulumi>=3.200\n", encoding="utf-8")
    _environment(project)
    engine.pulumi(project, "package", "add", str(engine.clone))
    named = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))["packages"]
    assert list(named) == ["delivery-lab"]
    engine.stack(project)

    outputs = _deployed_and_destroyed(engine, project)
    assert set(outputs) == {"ordersQueueUrl", "ordersDlqUrl", "ordersFunction", "invoicesQueueUrl", "invoicesTable"}

    program = (project / "__main__.py").read_text(encoding="utf-8")
    longer = program.replace("function_timeout_seconds=FUNCTION_TIMEOUT_SECONDS", "function_timeout_seconds=5")
    wrong = longer.replace('"maximum_concurrency": 20', '"maximum_concurrency": 20, "batch_siz": 5')
    (project / "__main__.py").write_text(longer, encoding="utf-8")
    written = engine.pulumi(project, "preview", succeeds=False)
    assert "BatchWorker resource 'orders' has a problem: 1 argument of BatchWorker 'orders' cannot be used" in written
    assert "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds" in written
    (project / "__main__.py").write_text(wrong, encoding="utf-8")
    written = engine.pulumi(project, "preview", succeeds=False)
    assert (
        "property worker.batch_siz with value 5 has a problem: 5: unknown key; fix: did you mean batchSize?" in written
    )
    assert "s3cret" not in written


def test_a_typescript_program_is_checked_and_deployed(engine: Engine) -> None:
    require(Path(shutil.which("npm") or "/npm-is-missing"), "install Node 20")
    project = engine.clone / "examples" / "typescript"
    engine.pulumi(project, "install")
    engine.run(project, "npx", "--no-install", "tsc", "--noEmit")
    engine.stack(project)

    outputs = _deployed_and_destroyed(engine, project)
    names = {"ordersQueueUrl", "ordersDlqUrl", "ordersFunction", "stockTable", "stockFailures"}
    assert set(outputs) == names

    program = (project / "index.ts").read_text(encoding="utf-8")
    (project / "index.ts").write_text(
        program.replace("maximumConcurrency: 20", 'maximumConcurrency: "20"'), encoding="utf-8"
    )
    written = engine.run(project, "npx", "--no-install", "tsc", "--noEmit", succeeds=False)
    assert "Type 'string' is not assignable to type 'number'" in written
