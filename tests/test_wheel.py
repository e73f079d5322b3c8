"""The package as it is installed: what the wheel holds, and that it works beside a project's own packages alone.

Nothing is downloaded: the fresh environment gets links to those packages of this one that the wheel asks for, and to
what a project brings itself (pulumi-aws). So a package that the wheel needs and does not ask for is missing there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import delivery_lab as dl
from tests.lab_support import FOREIGN, ROOT

BROUGHT_BY_THE_PROJECT = "pulumi-aws"

USER_CODE = '''
"""A user's file."""

import delivery_lab as dl

JOBS = dl.Workload(
    send=[dl.Send(queue="jobs", times=3, body={"id": "{n}"}), dl.Send(http=dl.HttpRequest(path="/a"))],
    faults=[dl.Fault(function="worker", kind="failure", for_seconds=3)],
    topics={"t": dl.TopicSettings(partitions=2, retention_hours=24)},
)


def lost(stack: str) -> int:
    outcome = dl.simulate(".", stack=stack, workload=JOBS, overrides={"visibilityTimeout": 60})
    return outcome.messages.lost


def open_findings(lab: dl.Lab) -> list[dl.Finding]:
    return [found for found in lab.check("prod") if found.accepted is None and found.severity is dl.Severity.ERROR]


def test_prod(delivery_lab: dl.Lab) -> None:
    simulation = delivery_lab.run("prod", workload=JOBS)
    p95: float | None = simulation.outcome.latency_seconds.p95
    assert p95 is not None and lost("prod") == 0 and open_findings(delivery_lab) == []
    assert dl.diff(".", "prod", "dev").figure("messages.lost").differs, simulation.replay
    assert dl.explain("SQS-DLQ-1").statement


dl.simulat  # type: ignore[attr-defined]
dl.Send(queue=3, body=1)  # type: ignore[arg-type]
dl.simulate(".", stack="prod").messages.gone  # type: ignore[attr-defined]
dl.Lab.open(".").run("prod", sed=1)  # type: ignore[call-arg]
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    (site,) = folder.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(wheel) as content:
        (metadata,) = (name for name in content.namelist() if name.endswith("/METADATA"))
        asked = Parser().parsestr(content.read(metadata).decode()).get_all("Requires-Dist", [])
    for name in _needed([*map(Requirement, asked), Requirement(BROUGHT_BY_THE_PROJECT)]):
        _link(name, site)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-index", "--no-deps"]
    _run(*pip, "--disable-pip-version-check", str(wheel))
    return folder / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project with two stacks."""
    folder = tmp_path / "orders"
    shutil.copytree(FOREIGN, folder)
    text = (folder / "Pulumi.prod.yaml").read_text()
    (folder / "Pulumi.dev.yaml").write_text(text.replace('"60"', '"11"'))
    return folder


def _needed(asked: list[Requirement]) -> Iterator[str]:
    """The names of the packages that some requirements lead to."""
    seen: set[str] = set()
    while asked:
        requirement = asked.pop()
        name = canonicalize_name(requirement.name)
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        if name in seen or not (requirement.marker is None or any(map(requirement.marker.evaluate, environments))):
            continue
        seen.add(name)
        yield name
        asked += map(Requirement, distribution(name).requires or [])


def _link(name: str, site: Path) -> None:
    """Link what a package has installed at the top of this environment's folder of packages."""
    found = distribution(name)
    for top in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
        link = site / top
        if not link.exists():
            link.symlink_to(Path(str(found.locate_file(top))))


def _run(*command: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
    source = ROOT / "src"
    package = {str(path.relative_to(source)) for path in source.rglob("*.py")} | {"delivery_lab/py.typed"}
    package |= {str(path.relative_to(source)) for path in source.rglob("delivery_lab/cost/lists/*.json")}
    package.add("delivery_lab/limits/values.json")
    package |= {
        str(path.relative_to(source))
        for folder in ("assets", "templates")
        for path in source.rglob(f"delivery_lab/report/{folder}/*")
    }
    described = {name for name in names if name.startswith("delivery_lab-")}

    assert wheel.name == f"delivery_lab-{dl.__version__}-py3-none-any.whl"
    assert names - described == package
    assert {name.partition("/")[2] for name in described} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip


def test_every_command_works_beside_the_packages_of_a_project_alone(installed: Path, project: Path) -> None:
    command = str(installed / "delivery-lab")

    checked = _run(command, "check", "--fail-on", "never", cwd=project)
    assert checked.stderr.count("pip install 'delivery-lab[check]'") == 1
    assert "CHK-VT-2" in checked.stdout
    ran = _run(command, "run", "prod", "--workload", "workload.yaml", cwd=project)
    assert "10 of 11 are not named as failed by the response, and more is not known of the work." in ran.stdout
    differing = _run(command, "diff", "prod", "dev", "--workload", "workload.yaml", cwd=project)
    assert "visibilityTimeout" in differing.stdout
    explained = _run(command, "explain", "SQS-DLQ-1", cwd=project)
    assert explained.stdout.startswith("SQS-DLQ-1 (")
    assert _run(command, "--version").stdout.startswith(f"delivery-lab {dl.__version__} (model ")


def test_code_of_users_passes_mypy_in_strict_mode_and_mistakes_in_it_are_found(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER_CODE)
    words = ["--strict", "--config-file=", "--no-incremental", "--cache-dir", str(tmp_path / "cache")]
    done = _run(
        sys.executable, "-m", "mypy", *words, "--python-executable", str(installed / "python"), "user.py", cwd=tmp_path
    )
    assert done.stdout == "Success: no issues found in 1 source file\n"
