"""Projects of other people's style, run as they are: `tests/foreign/*`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROJECTS = ROOT / "tests" / "foreign"
RECEIPTS = str(PROJECTS / "receipts")

WITHOUT_FILE = "note: dev: there is no stack file Pulumi.dev.yaml: the config of stack 'dev' is empty\n"


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def workload(project: str) -> tuple[str, str]:
    return "--workload", str(Path(project) / "workload.yaml")


def test_a_stack_without_a_file_is_listed_as_what_any_name_is(lab: Lab) -> None:
    said = lab("list", "--project", RECEIPTS, "--json")

    assert (said.code, said.out) == (0, "")
    assert said.err == (
        "note: receipts has no stack file; any name is a stack with an empty config, such as dev in "
        "delivery-lab check dev\n"
    )


def test_a_setting_that_a_stack_without_a_file_lacks_is_named_with_the_ways_to_give_it(lab: Lab) -> None:
    said = lab("check", "dev", "--project", RECEIPTS)

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: dev: Missing required configuration variable 'receipts:sender'\n"
        "        please set a value using the command `pulumi config set receipts:sender <value>`\n"
        "  fix: give it with --set sender=VALUE, or in a stack file Pulumi.dev.yaml\n"
    )


def test_a_stack_without_a_file_runs_with_what_set_gives(lab: Lab) -> None:
    settings = ("--set", "sender=shop@example.org", "--set", "attempts=3", "--set", "aws:region=eu-west-1")
    said = lab("run", "dev", "--project", RECEIPTS, *workload(RECEIPTS), *settings, "--json", "--logs")

    assert said.code == 0
    assert said.json()["messages"]["deadLettered"] == 1
    assert said.json()["deliveries"]["maxPerMessage"] == 3
    assert said.err == WITHOUT_FILE + "0.250 s mailer: shop@example.org eu-west-1 -> a@example.org\n"


def test_the_region_that_a_program_asks_for_is_said_where_nothing_sets_it(lab: Lab) -> None:
    said = lab("run", "dev", "--project", RECEIPTS, *workload(RECEIPTS), "--set", "sender=x", "--json", "--logs")

    assert said.err == (
        WITHOUT_FILE + "note: dev: aws:region is not set; the region is us-east-1\n"
        "0.250 s mailer: x us-east-1 -> a@example.org\n"
    )


def test_findings_of_a_stack_without_a_file_are_placed_in_the_project_file(lab: Lab) -> None:
    said = lab("check", "dev", "--project", RECEIPTS, "--set", "sender=x", "--format", "sarif")

    results = said.json()["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {"tests/foreign/receipts/Pulumi.yaml"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "--all"), "has no stack file, so --all is none; name a stack: its config is empty"),
        (("run",), "name the stacks to run, or say --all (stacks: no stack file; any name is a stack with an empty"),
        (("check", "a b"), "'a b' cannot be the name of a stack: "),
    ],
)
def test_what_names_no_stack_is_refused_where_there_is_no_file(lab: Lab, words: tuple[str, ...], message: str) -> None:
    said = lab(*words, "--project", RECEIPTS)

    assert said.code == 2
    assert message in said.err
