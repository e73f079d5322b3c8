"""The pytest plugin as a user has it: installed, in a session of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab_support import FOREIGN, ROOT

_CONCLUSION = (
    "1 poison message ends in the dead-letter queue; 10 of 11 are not named as failed by the response, "
    "and more is not known of the work."
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder for the module path by which the package counts as installed, with its entry point for pytest."""
    folder = tmp_path / "site"
    metadata = folder / "delivery_lab-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: delivery-lab\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\ndelivery_lab = delivery_lab.pytest_plugin\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project, which has a package `lab` of its own."""
    folder = tmp_path / "orders"
    shutil.copytree(FOREIGN, folder)
    (folder / "lab").mkdir()
    (folder / "lab" / "__init__.py").write_text("DEAD = 'dead'\n")
    program = folder / "__main__.py"
    program.write_text("import lab\nassert lab.DEAD == 'dead'\n" + program.read_text())
    return folder


def _pytest(project: Path, installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-W", "error", "-q", "--color=no", *words]
    path = os.pathsep.join([str(installed), str(ROOT / "src")])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=project, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def _section(out: str) -> list[str]:
    lines = out.splitlines()
    begun = next(number for number, line in enumerate(lines) if "- Delivery Lab -" in line)
    section = []
    for line in lines[begun + 1 :]:
        if line.startswith(("=", "_", "-")):
            break
        section.append(line)
    return section


def _seeds(out: str) -> list[str]:
    """The seeds of the commands that replay runs."""
    return [line.rpartition(" --seed ")[2] for line in out.splitlines() if " --seed " in line]


def test_the_fixture_evaluates_a_project_that_has_a_lab_of_its_own_once(project: Path, installed: Path) -> None:
    (project / "test_orders.py").write_text(
        "import lab\n"
        "import delivery_lab as dl\n"
        "def test_one(delivery_lab):\n"
        "    assert lab.DEAD == 'dead'\n"
        "    outcome = delivery_lab.simulate('prod', workload='workload.yaml')\n"
        "    assert outcome.messages.processed == 10\n"
        "def test_two(delivery_lab):\n"
        "    assert isinstance(delivery_lab, dl.Lab)\n"
        "    assert delivery_lab.graph('prod') is delivery_lab.run('prod', workload='workload.yaml').graph\n"
        "    assert delivery_lab.check('prod') == ()\n"
    )
    done = _pytest(project, installed)

    assert "2 passed" in done.stdout, done.stdout
    assert "Delivery Lab" not in done.stdout


def test_a_failed_test_shows_what_its_run_came_to_and_how_to_replay_it(project: Path, installed: Path) -> None:
    (project / "test_orders.py").write_text(
        "def test_lost(delivery_lab):\n"
        "    outcome = delivery_lab.simulate('prod', workload='workload.yaml', body={'seconds': 2}, seed=7)\n"
        "    assert outcome.messages.dead_lettered == 0\n"
        "def test_without(): assert 1 == 2\n"
    )
    done = _pytest(project, installed)

    assert done.stdout.count("- Delivery Lab -") == 1
    replay = "delivery-lab run prod --workload workload.yaml --body seconds=2 --seed 7"
    assert _section(done.stdout) == [
        f"prod: {_CONCLUSION}",
        f"  replay: {replay}",
    ]
    again = subprocess.run(
        [sys.executable, "-m", "delivery_lab.cli", *shlex.split(replay)[1:]],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert _CONCLUSION in again.stdout


def test_of_many_runs_those_are_shown_whose_outcomes_the_failing_code_held(project: Path, installed: Path) -> None:
    (project / "test_orders.py").write_text(
        "import pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def calm(delivery_lab):\n"
        "    return delivery_lab.simulate('prod', workload='workload.yaml', seed=1)\n"
        "def test_first(calm):\n"
        "    assert calm.messages.sent == 11\n"
        "def test_second(calm, delivery_lab):\n"
        "    for seed in range(2, 7):\n"
        "        delivery_lab.simulate('prod', workload='workload.yaml', seed=seed)\n"
        "    assert calm.messages.sent == 12\n"
        "def test_third(delivery_lab):\n"
        "    for seed in range(2, 7):\n"
        "        assert delivery_lab.simulate('prod', workload='workload.yaml', seed=seed).messages.sent == 11\n"
        "    raise ValueError\n"
    )
    _, second, third = _pytest(project, installed).stdout.split("- Delivery Lab -")

    assert _seeds(second) == ["1"]
    assert _seeds(third) == ["4", "5", "6"]


def test_a_workload_built_in_code_is_written_to_a_file_for_the_replay(project: Path, installed: Path) -> None:
    (project / "test_orders.py").write_text(
        "import delivery_lab as dl\n"
        "def test_lost(delivery_lab):\n"
        "    jobs = dl.Workload(send=[dl.Send(queue='jobs', times=2, body={'broken': True})], poison='broken')\n"
        "    simulation = delivery_lab.run('prod', workload=jobs)\n"
        "    assert simulation.outcome.messages.dead_lettered == 0\n"
    )
    done = _pytest(project, installed)

    file = ".pytest_cache/d/delivery-lab/prod-1.yaml"
    assert _section(done.stdout)[-1] == f"  replay: delivery-lab run prod --workload {file}"
    assert '"times": 2' in (project / file).read_text()


def test_the_project_can_be_elsewhere_and_a_missing_one_is_explained(project: Path, installed: Path) -> None:
    elsewhere = project.parent / "suite"
    elsewhere.mkdir()
    (elsewhere / "pytest.ini").write_text("[pytest]\n")
    (elsewhere / "test_orders.py").write_text(
        "def test_stacks(delivery_lab): assert delivery_lab.stack_names() == ['prod']\n"
    )
    without = _pytest(elsewhere, installed)
    (elsewhere / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef delivery_lab_project(): return '../orders'\n"
    )
    found = _pytest(elsewhere, installed)

    assert "is no Pulumi project: neither it nor a folder above it has a Pulumi.yaml" in without.stdout
    assert "fix: define a fixture `delivery_lab_project` that returns its folder" in without.stdout
    assert "1 passed" in found.stdout, found.stdout


def test_a_session_that_does_not_use_the_fixture_gets_nothing(project: Path, installed: Path) -> None:
    (project / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish(session):\n"
        "    has = session.config.pluginmanager.has_plugin\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('delivery_lab'))\n"
        "    print('plugin', has('delivery_lab'), 'hook', has('delivery_lab_runs'), *ours)\n"
    )
    (project / "test_other.py").write_text("def test_other(): pass\n")
    done = _pytest(project, installed, "-s")

    assert "plugin True hook False delivery_lab delivery_lab._version delivery_lab.pytest_plugin\n" in done.stdout, (
        done.stdout
    )


def test_the_plugin_imports_nothing_but_pytest() -> None:
    code = (
        "import pytest, sys\nbefore = set(sys.modules)\nimport delivery_lab.pytest_plugin\n"
        "loaded = {name for name in set(sys.modules) - before}\n"
        "print(*sorted(name for name in loaded if name.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["delivery_lab", "delivery_lab._version", "delivery_lab.pytest_plugin"]
