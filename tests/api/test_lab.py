"""What a project that was opened answers, on a program from elsewhere."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

import delivery_lab as dl
from delivery_lab.api.lab import Lab
from delivery_lab.errors import ProjectError, StackNotFoundError, UsageError, WorkloadError
from tests.lab_support import FOREIGN

WORKLOAD = FOREIGN / "workload.yaml"
SHORT = {"visibilityTimeout": "11"}
TOO_LONG = {"visibilityTimeout": "50000"}


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.open(FOREIGN)


@pytest.fixture(scope="module")
def simulation(lab: Lab) -> dl.Simulation:
    return lab.run("prod", workload=WORKLOAD)


def test_an_outcome_is_the_same_from_the_function_the_lab_and_a_text_as_path(
    lab: Lab, simulation: dl.Simulation
) -> None:
    outcome = dl.simulate(str(FOREIGN), stack="prod", workload=str(WORKLOAD))

    assert outcome == simulation.outcome == lab.simulate("prod", workload=WORKLOAD)
    assert (outcome.messages.sent, outcome.messages.dead_lettered) == (11, 1)
    assert outcome.latency_seconds.p95 is not None


def test_a_run_says_what_it_comes_to_and_what_happened(simulation: dl.Simulation) -> None:
    assert simulation.conclusion == (
        "1 poison message ends in the dead-letter queue; 10 of 11 are not named as failed by the response, "
        "and more is not known of the work."
    )
    assert simulation.timeline()[0].text == "sent to jobs: message 1"
    assert [phase.name for phase in simulation.phases] == [
        *("program", "deployment", "handlers", "simulation", "outcome")
    ]


def test_a_program_is_evaluated_once_for_the_same_settings(lab: Lab, simulation: dl.Simulation) -> None:
    assert lab.graph("prod") is simulation.graph


def test_everybody_who_asks_to_is_told_of_a_run() -> None:
    told: list[dl.Simulation] = []
    outcome = Lab.open(FOREIGN, told.append).simulate("prod", workload=WORKLOAD)

    assert [found.outcome for found in told] == [outcome]


def test_a_workload_is_looked_for_in_the_project_too(
    lab: Lab, simulation: dl.Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lab.simulate("prod", workload="workload.yaml").trace_hash == simulation.outcome.trace_hash


def test_in_another_process_it_is_the_same_project_without_what_it_knows(lab: Lab) -> None:
    again = pickle.loads(pickle.dumps(lab))
    assert (again.project.root, again.stack_names()) == (FOREIGN, ["prod"])


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda lab: dl.simulate("/nowhere", stack="a"), ProjectError, "/nowhere is no Pulumi project: there is no"),
        (lambda lab: lab.simulate("prd"), StackNotFoundError, "no stack 'prd' in the project's folder of "),
        (lambda lab: lab.stack_names(["x-*"]), StackNotFoundError, "no stack matches 'x-*'\n  stacks: prod"),
        (lambda lab: lab.simulate("prod"), WorkloadError, f"no workload in {FOREIGN}/workloads is for the stack prod"),
        (lambda lab: lab.simulate("prod", workload="no.yaml"), WorkloadError, "there is no workload file no.yaml"),
        (
            lambda lab: lab.simulate("prod", workload=WORKLOAD, overrides="a=1"),
            UsageError,
            "--set is given as one text, 'a=1': give a mapping, or a list of texts",
        ),
        (
            lambda lab: lab.simulate("prod", workload=WORKLOAD, overrides={"a=b": 1}),
            UsageError,
            "--set: the name 'a=b' has a '=': give the value as the value of the mapping",
        ),
        (
            lambda lab: lab.simulate("prod", workload=WORKLOAD, overrides={"a": object}),
            UsageError,
            "--set: the value of 'a' has no form in a stack file: Object of type type is not JSON serializable",
        ),
        (
            lambda lab: lab.simulate("prod", workload=WORKLOAD, assume={"SQS-STALE-2": "maybe"}),
            UsageError,
            "--assume SQS-STALE-2=maybe: SQS-STALE-2 can be ",
        ),
    ],
)
def test_what_is_wrong_is_said_as_the_command_says_it(
    lab: Lab, ask: object, error: type[Exception], message: str
) -> None:
    assert callable(ask)
    with pytest.raises(error) as caught:
        ask(lab)
    assert str(caught.value).startswith(message)


def test_settings_bodies_and_assumptions_are_mappings_or_texts(tmp_path: Path) -> None:
    lab = Lab.open(FOREIGN)
    jobs = dl.Workload(send=[dl.Send(queue="jobs", times=3, body={"id": "a-{n}"})])
    as_mappings = lab.run(
        "prod",
        workload=jobs,
        overrides={"aws:region": "eu-west-1"},
        body={"name": "12"},
        assume={"LAM-INIT-1": "0"},
        seed=7,
    )
    as_texts = lab.run(
        "prod",
        workload=jobs,
        overrides=["aws:region=eu-west-1"],
        body=['name="12"'],
        assume=["LAM-INIT-1=0"],
        seed=7,
    )

    assert as_mappings.outcome == as_texts.outcome
    assert as_mappings.outcome.model.assumed == {"LAM-INIT-1": "0"}


def test_the_command_that_replays_a_run_gives_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from delivery_lab.cli.main import main

    jobs = dl.Workload(send=[dl.Send(queue="jobs", times=3, body={"id": "a b-{n}", "text": "1e3"})])
    found = Lab.open(FOREIGN).run("prod", workload=jobs, body={"count": 2}, seed=7)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "jobs.yaml"
    found.workload.write(file)

    command = found.call.command(file)
    assert command == (f"delivery-lab run prod --project {FOREIGN} --workload jobs.yaml --body count=2 --seed 7")
    assert found.replay == command.replace("jobs.yaml", "FILE")
    assert main([*command.split()[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["traceHash"] == found.outcome.trace_hash


def test_two_stacks_are_compared_under_the_workload_of_the_first(tmp_path: Path) -> None:
    shutil.copytree(FOREIGN, tmp_path / "orders")
    (tmp_path / "orders" / "Pulumi.dev.yaml").write_text((FOREIGN / "Pulumi.prod.yaml").read_text())
    jobs = dl.Workload(send=[dl.Send(queue="jobs", times=3, body={"id": "a-{n}"})])

    difference = dl.diff(tmp_path / "orders", "prod", "dev", workload=jobs)

    assert difference.nothing_differs
    assert difference.figures == ()
    assert difference.figure("messages.dead_lettered") == difference.figure("messages.deadLettered")
    with pytest.raises(KeyError, match=r"there is no figure messages\.gone"):
        difference.figure("messages.gone")
    assert difference.as_json()["nothingDiffers"] is True


def test_a_value_that_code_reads_is_shown_also_where_it_is_the_name_of_the_stack(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    shutil.copytree(FOREIGN, folder)
    program = (folder / "__main__.py").read_text()
    assert "import pulumi_aws as aws" in program
    (folder / "__main__.py").write_text(
        program + 'aws.lambda_.Function("other", runtime="python3.13", handler="app.handler", role="r",\n'
        '    name=f"other-{pulumi.get_stack()}", code=pulumi.FileArchive("./worker"),\n'
        '    environment={"variables": {"STAGE": pulumi.get_stack()}})\n'
    )
    (folder / "Pulumi.dev.yaml").write_text((FOREIGN / "Pulumi.prod.yaml").read_text())
    jobs = dl.Workload(send=[dl.Send(queue="jobs", body={"id": "a"})])

    difference = dl.diff(folder, "prod", "dev", workload=jobs)

    assert [
        (change.sign, change.what.strip(), change.before, change.after) for change in difference.comparison.resources
    ] == [
        ("~", "aws:lambda/function:Function other", None, None),
        ("~", "environment.variables.STAGE", "prod", "dev"),
    ]


def test_findings_come_with_their_notes_and_as_json(lab: Lab) -> None:
    examined = lab.examine("prod", overrides=SHORT)

    assert examined.findings == dl.check(FOREIGN, stack="prod", overrides=SHORT)
    assert "CHK-VT-2" in {finding.check for finding in examined.findings}
    assert {finding.severity for finding in examined.findings} <= set(dl.Severity)
    assert [entry["check"] for entry in examined.as_json()] == [finding.check for finding in examined.findings]
    assert set(next(examined.as_json())) == {
        "schemaVersion", "stack", "check", "severity", "resources", "values", "why", "fix", "source", "accepted",
            "places",
    }  # fmt: skip


def test_without_cfn_lint_the_other_checks_run_and_a_note_says_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cfnlint" else find_spec(name))

    examined = lab.examine("prod", overrides=TOO_LONG)

    assert examined.notes[-1] == (
        "value ranges of resources are not checked: that needs the extra `check` (pip install 'delivery-lab[check]')"
    )
    assert not any(finding.check.startswith("CFN-") for finding in examined.findings)
    monkeypatch.undo()
    whole = lab.check("prod", TOO_LONG)
    assert any(finding.check.startswith("CFN-") for finding in whole)
    assert examined.findings == tuple(finding for finding in whole if not finding.check.startswith("CFN-"))
