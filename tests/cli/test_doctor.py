"""`delivery-lab doctor`."""

from __future__ import annotations

import json
import sys

import pytest

from delivery_lab.api import installation
from delivery_lab.handlers import no_network
from tests.cli.conftest import Lab


@pytest.fixture(autouse=True)
def no_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)


def test_each_part_is_told_with_its_version_and_what_it_is_for(lab: Lab) -> None:
    said = lab("doctor", "--json")

    parts = {part["name"]: part for part in map(json.loads, said.out.splitlines())}
    assert said.code == 0
    assert parts["pulumi"]["neededFor"] == "deployments and files for --state"
    assert parts["moto"]["found"]
    assert parts["moto"]["required"]
    assert parts["node"] == {
        "name": "node",
        "kind": "command",
        "found": None,
        "neededFor": "Pulumi programs in JavaScript; functions in it are described, never run",
        "required": False,
        "fix": "https://nodejs.org",
    }


def test_what_is_missing_is_said_with_the_way_to_get_it(lab: Lab) -> None:
    said = lab("doctor")

    assert said.code == 0
    assert "note: pulumi is missing, needed for deployments and files for --state\n  fix: https://" in said.err
    assert "boto3" in said.out


def test_without_a_part_that_everything_needs_it_fails(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_package", lambda name: None if name == "moto" else "1.0")

    said = lab("doctor")

    assert said.code == 1
    assert "note: moto is missing" in said.err


def test_a_command_that_tells_no_version_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/bin/false")

    assert installation._command("node", "--version") is None


@pytest.mark.skipif(not no_network.is_offered(), reason="this system has no such filter")
def test_it_says_that_handlers_run_under_the_filter_of_the_kernel(lab: Lab) -> None:
    said = lab("doctor", "--json")

    assert json.loads(said.out.splitlines()[-1]) == {
        "name": "network filter",
        "kind": "kernel",
        "found": "seccomp",
        "neededFor": "keeping handlers' C libraries off the network in `delivery-lab` "
        "(where the lab is a library it is not used)",
        "required": False,
        "fix": "",
    }


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        ("print('this system does not offer it: Function not implemented')", "this system does not offer it: Function"),
        ("raise SystemExit(3)", "the process that tried it failed."),
    ],
)
def test_where_there_is_no_filter_it_says_what_protects(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, probe: str, why: str
) -> None:
    monkeypatch.setattr(installation, "_PROBE", probe)
    said = lab("doctor")

    assert said.code == 0
    assert "note: network filter is missing, needed for keeping handlers' C libraries off the network" in said.err
    assert f"\n  fix: {why}" in said.err
    assert "Without it the clients that docs/protection.md lists are refused by name" in said.err


def test_an_interpreter_that_does_not_start_is_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    assert installation._network_filter().found is None
