from __future__ import annotations

import yaml

from tests.policy.engine import ROOT

PACK = ROOT / "policy"


def test_the_pack_runs_in_the_environment_of_the_project() -> None:
    description = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())

    assert description["runtime"] == {"name": "python", "options": {"virtualenv": "../.venv"}}
    # Where `make setup` puts it.
    assert "VENV := .venv\n" in (ROOT / "Makefile").read_text()


def test_an_environment_of_its_own_gets_the_lab_with_what_the_checks_need() -> None:
    lines = [line for line in (PACK / "requirements.txt").read_text().splitlines() if not line.startswith("#")]

    assert lines == ["-e ..[check,project]"]


def test_only_the_main_file_makes_a_pack_because_that_never_returns() -> None:
    makers = [path.name for path in sorted(PACK.glob("*.py")) if "PolicyPack(" in path.read_text()]

    assert makers == ["__main__.py"]
