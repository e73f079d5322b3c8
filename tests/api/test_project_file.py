"""`delivery-lab.yaml`: read strictly, and behind what a command and a workload say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import delivery_lab as dl
from delivery_lab.api.project_file import ProjectFile, read_project_file
from delivery_lab.errors import StackFileError, UsageError
from delivery_lab.program.project import read_project
from tests.lab_support import ROOT

CATALOG = ROOT / "tests" / "foreign" / "catalog"
ANSWERS = (CATALOG / "answers.yaml").read_text()
DEFAULTS = "workload: workload.yaml\nseed: 7\n" + ANSWERS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    shutil.copytree(CATALOG, folder)
    return folder


def write(project: Path, text: str, name: str = "delivery-lab.yaml") -> None:
    (project / name).write_text(text)


def test_without_a_file_a_project_says_nothing(project: Path) -> None:
    assert read_project_file(read_project(project)) == (ProjectFile(), "delivery-lab.yaml")


def test_a_project_is_run_with_what_its_file_says(project: Path) -> None:
    write(project, DEFAULTS)

    simulation = dl.Lab.open(project).run("dev")

    assert (simulation.outcome.messages.processed, simulation.outcome.seed) == (4, 7)
    assert simulation.replay.endswith("--seed 7")


def test_what_the_caller_says_comes_before_the_file(project: Path, tmp_path: Path) -> None:
    write(project, DEFAULTS)
    other = tmp_path / "other.yaml"
    other.write_text("send: [{queue: changes, body: {id: 1}}]\n")
    first = tmp_path / "first.yaml"
    first.write_text("answers: [{service: ssm, operation: GetParameter, answer: {Parameter: {Value: '1'}}}]\n")

    simulation = dl.Lab.open(project).run("dev", workload=other, seed=3, answers=first)

    assert (simulation.outcome.messages.sent, simulation.outcome.seed) == (1, 3)
    (mapping,) = simulation.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert mapping.inputs["batchSize"] == 1
    assert f"--answers {first}" in simulation.replay


def test_a_workload_answers_the_program_before_the_file_does(project: Path, tmp_path: Path) -> None:
    write(project, DEFAULTS)
    other = tmp_path / "other.yaml"
    other.write_text(
        "send: [{queue: changes, body: {id: 1}}]\n"
        "answers: [{service: ssm, operation: GetParameter, answer: {Parameter: {Value: '4'}}}]\n"
    )

    simulation = dl.Lab.open(project).run("dev", workload=other)

    (mapping,) = simulation.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert mapping.inputs["batchSize"] == 4


def test_workloads_are_chosen_by_stack_and_the_name_before_a_pattern(project: Path) -> None:
    write(project, ANSWERS + "workload: {'*': workload.yaml, prod: other.yaml}\n")
    write(project, "send: [{queue: changes, body: {id: 1}}]\n", "other.yaml")
    lab = dl.Lab.open(project)

    assert [lab.workload(stack).name for stack in ("dev", "prod")] == ["workload", "other"]


def test_what_is_accepted_for_the_project_is_accepted_in_each_stack(project: Path) -> None:
    write(project, ANSWERS + "accept: {CHK-REPORT-1: one record fails them all, CHK-FIFO-1: no such queue here}\n")

    found = {finding.check: finding.accepted for finding in dl.Lab.open(project).check("dev")}

    assert found["CHK-REPORT-1"] == "one record fails them all"
    assert "CHK-ACCEPT-1" not in found


def test_what_the_project_expects_is_expected_of_each_run(project: Path) -> None:
    write(project, DEFAULTS + "expect: [messages.lost == 0, invocations.total < 2]\n")

    expected = dl.Lab.open(project).run("dev").outcome.expectations

    assert [(each.text, each.holds) for each in expected or ()] == [
        ("messages.lost == 0", True),
        ("invocations.total < 2", False),
    ]


def test_functions_that_the_stack_does_not_have_are_noted(project: Path) -> None:
    write(project, DEFAULTS + "functions: {index: {duration: 2}, other: {duration: 1}}\n")

    simulation = dl.Lab.open(project).run("dev")

    assert simulation.run.functions == {"index": "described"}
    assert "delivery-lab.yaml: functions: this stack has no function other" in simulation.notes


def test_the_same_keys_may_stand_in_pyproject(project: Path) -> None:
    write(project, '[tool.delivery-lab]\nsettings = "a:B"\nworkload = "workload.yaml"\nseed = 9\n', "pyproject.toml")

    file, origin = read_project_file(read_project(project))

    assert (file.workload, file.seed, origin) == ("workload.yaml", 9, "pyproject.toml: tool.delivery-lab")


def test_two_places_are_one_too_many(project: Path) -> None:
    write(project, "seed: 1\n")
    write(project, "[tool.delivery-lab]\nseed = 9\n", "pyproject.toml")

    with pytest.raises(UsageError, match=r"both delivery-lab.yaml and pyproject.toml: tool.delivery-lab say something"):
        read_project_file(read_project(project))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds: 3\n", "delivery-lab.yaml:1: seeds is no key of delivery-lab.yaml"),
        ("seed: '3'\n", "delivery-lab.yaml:1: seed: has to be a valid integer, not '3'"),
        ("\nanswers: [{http: x}]\n", "delivery-lab.yaml:2: answers.1: http is a method and an address"),
        ("external: {a: {kind: q}}\n", "delivery-lab.yaml:1: external.a.kind: has to be 'queue'"),
        ("functions: {f: {fails: {}}}\n", "delivery-lab.yaml:1: functions.f.fails: name at least one of"),
    ],
)
def test_what_is_malformed_is_refused_with_file_line_and_key(project: Path, text: str, message: str) -> None:
    write(project, text)

    with pytest.raises(UsageError) as refused:
        read_project_file(read_project(project))

    assert str(refused.value).startswith(message)


def test_an_answer_that_aws_does_not_give_is_said_of_the_file(project: Path) -> None:
    write(project, "answers: [{service: ssm, operation: GetParamter, answer: {}}]\n")

    with pytest.raises(UsageError, match=r"^delivery-lab.yaml: answers 1: ssm has no operation GetParamter; did you"):
        dl.Lab.open(project).check("dev")


def test_a_check_that_there_is_not_cannot_be_accepted(project: Path) -> None:
    write(project, ANSWERS + "accept: {CHK-NONE-1: because}\n")

    with pytest.raises(StackFileError, match=r"^delivery-lab.yaml: accept names CHK-NONE-1, which is no check"):
        dl.Lab.open(project).check("dev")
