"""The components from a git URL, as other projects add them: cloned at a version, installed, generated and deployed."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from delivery_lab.live.emulator import Emulator
from tests.live.git_server import HOST, serving
from tests.live.packages import CLI, Engine, copy_repository, make_engine, make_environment
from tests.live.support import require
from tests.pulumi_cli.support import client

pytestmark = [pytest.mark.engine, pytest.mark.emulator]

VERSION = "1.2.3"

PROJECT = """
name: events
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: .venv
"""

PROGRAM = """
import pulumi
from lab_delivery_lab import KafkaConsumer, MskCluster

cluster = MskCluster("events")
events = KafkaConsumer(
    "events", topic_name="events", cluster_arn=cluster.cluster_arn, consumer={"maximum_retry_attempts": 3}
)
pulumi.export("brokers", cluster.bootstrap_servers)
pulumi.export("consumer", events.function_name)
pulumi.export("failures", events.failure_destination_arn)
"""


def make_repository(folder: Path) -> None:
    """Make a bare repository of what is in this one, with a release."""
    source = folder.with_suffix(".source")
    copy_repository(source)

    def git(*words: str) -> None:
        who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
        subprocess.run(["git", *who, *words], cwd=source, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--message=A release")
    git("tag", f"v{VERSION}")
    git("clone", "--bare", str(source), str(folder))


@pytest.fixture
def engine(emulator: Emulator, tmp_path: Path) -> Iterator[Engine]:
    """The engine, which reaches a git server with this repository."""
    require(CLI / "pulumi", "make pulumi")
    made = make_engine(tmp_path / "engine", emulator)
    (tmp_path / "trusted").mkdir()
    make_repository(tmp_path / "repositories" / "lab" / "delivery-lab.git")
    with serving(tmp_path / "repositories", tmp_path / "trusted" / "certificate.pem") as reached:
        # pip installs the plugin's requirements into an environment of its own: here it finds them all installed.
        installed = {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
        yield replace(made, environment={**made.environment, **reached, **installed})
    shutil.rmtree(tmp_path)


def test_kafka_components_are_added_from_a_git_url_and_deployed(engine: Engine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
    (project / "requirements.txt").write_text("pulumi>=3.200\n", encoding="utf-8")
    (project / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    make_environment(project)

    engine.pulumi(project, "package", "add", f"https://{HOST}/lab/delivery-lab.git@{VERSION}")
    added = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))["packages"]
    assert added == {"delivery-lab": f"{HOST}/lab/delivery-lab.git@{VERSION}"}

    engine.stack(project)
    with engine.deployed(project) as outputs:
        assert set(outputs) == {"brokers", "consumer", "failures"}
        functions = client(engine.emulator, "lambda").list_functions()["Functions"]
        assert outputs["consumer"] in [each["FunctionName"] for each in functions]
