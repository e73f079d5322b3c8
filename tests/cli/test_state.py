"""What is deployed, in place of a program: `--state`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

DEPLOYED = ROOT / "tests" / "foreign" / "deployed"
STATE = ("--state", str(DEPLOYED / "state.json"))


def test_a_state_is_checked(lab: Lab) -> None:
    said = lab("check", *STATE, "--json", "--fail-on", "never")

    assert said.code == 0
    assert "CHK-REPORT-1" in said.out
    assert '"stack": "prod"' in said.out


@pytest.mark.parametrize(("workload", "kind"), [("executed", "3 live"), ("described", "")])
def test_a_state_is_run_with_code_that_is_given_or_a_description(lab: Lab, workload: str, kind: str) -> None:
    said = lab("run", *STATE, "--workload", str(DEPLOYED / f"{workload}.yaml"), "--json", "--logs")

    assert (said.code, said.json()["stack"], said.json()["messages"]["processed"]) == (0, "prod", 3)
    assert kind in said.err


def test_a_secret_of_a_state_ends_the_run_only_where_code_reads_it(lab: Lab) -> None:
    said = lab("run", *STATE, "--workload", str(DEPLOYED / "reading.yaml"))

    assert said.code == 1
    assert "error: function worker reads the environment variable KEY, which is known only after deployment" in said.err


def test_a_state_and_its_program_are_compared(lab: Lab) -> None:
    workload = ("--workload", str(DEPLOYED / "described.yaml"))
    said = lab("diff", "prod", "prod", *STATE, "--project", str(DEPLOYED / "program"), *workload)

    assert said.code == 0
    assert "jobs" in said.out
    assert "visibilityTimeoutSeconds: 60 -> 180" in said.out


def test_a_file_that_is_no_state_is_wrong_usage(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_text("{}")

    said = lab("check", "--state", str(file))

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {file} is no state: it has neither deployment.resources nor steps")


def changed(*settings: str) -> list[str]:
    pairs = [word for setting in settings for word in ("--set", setting)]
    return ["run", *STATE, "--workload", str(DEPLOYED / "described.yaml"), *pairs]


def test_a_visibility_timeout_below_the_function_timeout_is_run_as_it_is_deployed(lab: Lab) -> None:
    """AWS compares the two where a mapping is created or updated (ESM-VT-3); this one is there already."""
    said = lab(*changed("jobs.visibilityTimeoutSeconds=20"), "--json")
    checked = lab("check", *STATE, "--set", "jobs.visibilityTimeoutSeconds=20", "--json", "--fail-on", "never")

    assert said.code == 0, said.err
    assert said.json()["messages"]["processed"] == 3
    assert "CHK-VT-1" in checked.out


def test_a_mapping_that_set_updates_is_validated_by_aws(lab: Lab) -> None:
    said = lab(*changed("jobs.visibilityTimeoutSeconds=20", "map.batchSize=1"))

    assert said.code == 1
    assert "Queue visibility timeout: 20 seconds is less than Function timeout: 30 seconds" in said.err


def test_a_state_without_settings_says_how_set_is_written(lab: Lab) -> None:
    said = lab(*changed("worker.batch=1"))

    assert said.code == 2
    assert "--set worker.batch=1: 'worker' has no input 'batch'" in said.err


def test_the_program_of_a_comparison_is_what_set_changes(lab: Lab) -> None:
    workload = ("--workload", str(DEPLOYED / "described.yaml"))
    words = ("diff", "prod", "prod", *STATE, "--project", str(DEPLOYED / "program"), *workload)
    said = lab(*words, "--set", "aws:region=eu-west-1")

    assert said.code == 0, said.err
