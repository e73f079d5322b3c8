"""The same command has the same trace hash, wherever and however it is run."""

from __future__ import annotations

import json
import locale
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from delivery_lab.api.lab import Lab
from scripts.other_pythons import FOLDER
from tests.lab_support import FOREIGN, ROOT

_STACK = "prod"
_RUN = ["run", _STACK, "--project", str(FOREIGN), "--workload", str(FOREIGN / "workload.yaml"), "--json", "--no-cache"]
_HERE = "{}.{}".format(*sys.version_info)
_NAMED = (name.removeprefix("LAB_PYTHON_").replace("_", ".") for name in os.environ if name.startswith("LAB_PYTHON_"))
_OTHERS = sorted({"3.11", "3.12", "3.13", *_NAMED} - {_HERE})


def _started(python: str, folder: Path, changes: Mapping[str, str]) -> subprocess.Popen[str]:
    environment = {**os.environ, **changes, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    words = [python, "-m", "delivery_lab.cli", *_RUN]
    return subprocess.Popen(words, cwd=folder, env=environment, stdout=-1, stderr=-1, text=True)


def _hash_of(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return str(json.loads(out.splitlines()[0])["traceHash"])


@cache
def _expected() -> str:
    """The hash of a run in this process."""
    return Lab.open(FOREIGN).simulate(_STACK, workload=FOREIGN / "workload.yaml").trace_hash


def test_a_run_in_another_process_with_other_surroundings_has_the_same_hash(tmp_path: Path) -> None:
    turkish = "tr_TR.UTF-8" if "tr_TR.utf8" in locale.locale_alias.values() else "C"
    first = {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONUTF8": "0"}
    second = {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LANG": turkish, "HOME": str(tmp_path), "COLUMNS": "20"}

    # Both at the same time: two commands in one project are in nobody's way.
    processes = [_started(sys.executable, tmp_path, first), _started(sys.executable, ROOT, second)]

    assert [_hash_of(process) for process in processes] == [_expected()] * 2


_THROUGH_A_SET = """
import time

def handle(event, context):
    for number, letter in enumerate({"a", "b", "c", "d", "e", "f", "g"}):
        time.sleep(number * ord(letter) / 10_000)
"""


def test_a_handler_that_goes_through_a_set_does_so_in_the_same_order_in_each_process(tmp_path: Path) -> None:
    """Python shuffles sets of texts anew in each process, and as PYTHONHASHSEED says."""
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "app.py").write_text(_THROUGH_A_SET, encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(
        "import pulumi\nimport pulumi_aws as aws\n"
        'aws.lambda_.Function("worker", name="worker", runtime="python3.12", handler="app.handle", timeout=30,\n'
        '    role="arn:aws:iam::123456789012:role/worker", code=pulumi.FileArchive("worker"))\n',
        encoding="utf-8",
    )
    (tmp_path / "jobs.yaml").write_text("send: [{invoke: worker, body: {}}]\n", encoding="utf-8")
    words = [sys.executable, "-m", "delivery_lab.cli", "run", "dev", "--workload", "jobs.yaml", "--json"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    environment.pop("PYTHONHASHSEED", None)
    surroundings = [environment, environment, environment | {"PYTHONHASHSEED": "77"}]

    started = [subprocess.Popen(words, cwd=tmp_path, env=one, stdout=-1, stderr=-1, text=True) for one in surroundings]

    assert len({_hash_of(process) for process in started}) == 1


def test_a_run_in_a_thread_and_again_in_this_process_has_the_same_hash() -> None:
    lab, found = Lab.open(FOREIGN), []

    def run() -> None:
        found.append(lab.simulate(_STACK, workload=FOREIGN / "workload.yaml").trace_hash)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    run()

    assert found == [_expected()] * 2


def test_tables_and_their_calls_are_the_same_in_a_thread() -> None:
    lab, found = Lab.open(ROOT), []

    def run() -> None:
        found.append(lab.simulate("visibility-safe", seed=3).trace_hash)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    run()

    assert found[0] == found[1]


def test_runs_in_two_threads_at_once_take_turns() -> None:
    labs, found = [Lab.open(FOREIGN), Lab.open(FOREIGN)], []
    together = threading.Barrier(2)  # threads neither begin nor end while handlers of another one run

    def run(lab: Lab) -> None:
        together.wait(60)
        found.append(lab.simulate(_STACK, workload=FOREIGN / "workload.yaml").trace_hash)
        together.wait(60)

    threads = [threading.Thread(target=run, args=(lab,)) for lab in labs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [_expected()] * 2


def _interpreter(version: str) -> str:
    """Another interpreter that has the lab's packages: named by a variable, or made by `make pythons`, as in CI.

    `LAB_PYTHON_3_12=/path/to/python`.
    """
    made = str(FOLDER / version / "python")
    return shutil.which(os.environ.get(f"LAB_PYTHON_{version.replace('.', '_')}", made)) or ""


@pytest.mark.parametrize("version", _OTHERS)
def test_a_run_on_another_python_has_the_same_hash(version: str, tmp_path: Path) -> None:
    python = _interpreter(version)
    if not python:
        pytest.skip(f"LAB_PYTHON_{version.replace('.', '_')} names none, and `make pythons` was not run")

    assert _hash_of(_started(python, tmp_path, {})) == _expected()
