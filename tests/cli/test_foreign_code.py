"""Projects whose code or data is not as plain as a folder and a table on demand: `tests/foreign/*`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from delivery_lab.program.processes import remove_what_was_made
from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROJECTS = ROOT / "tests" / "foreign"
THUMBNAILS = str(PROJECTS / "thumbnails")
VISITS = str(PROJECTS / "visits")
NETWORK = str(PROJECTS / "network")
BUNDLED = PROJECTS / "bundled"
VERSIONS = str(PROJECTS / "versions")

NORTH = ("--set", "aws:region=us-east-1")


def workload(project: str) -> tuple[str, str]:
    return "--workload", str(Path(project) / "workload.yaml")


def report(tmp_path: Path, functions: str) -> tuple[str, str]:
    """A workload that invokes the image without a Dockerfile."""
    file = tmp_path / "report.yaml"
    file.write_text(f"functions: {functions}\nsend: [{{at: 0, invoke: report, body: {{day: 1}}}}]\n", encoding="utf-8")
    return "--workload", str(file)


# -- container images -----------------------------------------------------------------------------------------


def test_an_image_is_run_from_the_folder_that_the_workload_names(lab: Lab) -> None:
    said = lab("run", "dev", "--project", THUMBNAILS, *workload(THUMBNAILS), *NORTH, "--json", "--logs")

    assert (said.json()["messages"]["processed"], said.json()["messages"]["deadLettered"]) == (1, 1)
    assert "note: dev: resize is a container image: the code in ./docker is run, and not the image\n" in said.err
    assert said.err.endswith("0.250 s resize: a.jpg [64, 128]\n")


def test_an_image_without_a_folder_is_refused_with_the_line_to_add_and_only_when_it_is_invoked(
    lab: Lab, tmp_path: Path
) -> None:
    said = lab("run", "dev", "--project", THUMBNAILS, *report(tmp_path, "{}"), *NORTH)

    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "error: the function report is invoked, and uses what is not modelled:\n"
        "  report: imageUri = '123456789012.dkr.ecr.us-east-1.amazonaws.com/report:7'; "
        "nearest: code in a local folder (pulumi.FileArchive)\n"
        "  fix: say in the workload which folder its image is made of: "
        "functions: {report: {image: ./folder, handler: module.function}}\n"
        "  or: describe it in the workload: functions: {report: {duration: 0.2}}\n"
    )


def test_an_image_whose_handler_the_workload_names(lab: Lab, tmp_path: Path) -> None:
    functions = "{report: {image: report, handler: main.run}}"
    said = lab("run", "dev", "--project", THUMBNAILS, *report(tmp_path, functions), *NORTH, "--logs")

    assert (said.code, "report: report 1" in said.err) == (0, True)


@pytest.mark.parametrize(
    ("functions", "code", "message"),
    [
        (
            "{report: {image: report}}",
            2,
            (
                "functions.report: neither imageConfig.commands nor a CMD in a Dockerfile says which handler "
                "report has\n"
                "  fix: functions: {report: {image: report, handler: module.function}}\n"
            ),
        ),
        (
            "{report: {image: nowhere, handler: main.run}}",
            2,
            (
                f"functions.report.image: there is no folder {THUMBNAILS}/nowhere\n"
                "  fix: name the folder with the files that the image has in /var/task; "
                "paths start at the project's folder\n"
            ),
        ),
        (
            "{report: {handler: main.run}}",
            2,
            "code and handler go together, such as code: ./worker and handler: app.handler\n",
        ),
        ("{report: {image: a, duration: 1}}", 2, "a function with a duration is not run, so it has no use for image\n"),
    ],
)
def test_what_cannot_be_said_of_an_image(lab: Lab, tmp_path: Path, functions: str, code: int, message: str) -> None:
    said = lab("run", "dev", "--project", THUMBNAILS, *report(tmp_path, functions), *NORTH)

    assert (said.code, said.out) == (code, "")
    assert said.err.endswith(message)


def test_a_function_that_is_no_image_has_none(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "visits.yaml"
    file.write_text("functions: {count: {image: count}}\nsend: [{queue: visits, body: {page: a}}]\n", encoding="utf-8")
    said = lab("run", "dev", "--project", VISITS, "--workload", str(file), *NORTH)

    assert said.code == 2
    assert said.err.startswith("error: functions.count.image: count is no container image (packageType Image)\n")


# -- provisioned capacity -------------------------------------------------------------------------------------


def test_a_table_with_too_little_capacity_throttles_and_boto3_tries_again(lab: Lab) -> None:
    assumed = ("--assume", "DDB-CAPACITY-6=none")
    said = lab("run", "dev", "--project", VISITS, *workload(VISITS), *NORTH, *assumed)

    assert "dynamodb UpdateItem is refused: ProvisionedThroughputExceededException  [DDB-CAPACITY-1]" in said.out
    assert "note: dev: pages: its capacity stays as the program gives it; scaling is not simulated\n" in said.err


def test_a_table_with_enough_capacity_throttles_nobody(lab: Lab) -> None:
    settings = ("--assume", "DDB-CAPACITY-6=none", "--set", "writes=20")
    said = lab("run", "dev", "--project", VISITS, *workload(VISITS), *NORTH, *settings, "--json")

    assert (said.json()["messages"]["processed"], said.json()["invocations"]["failed"]) == (120, 0)


def test_how_much_is_saved_up_at_the_start_decides_how_many_messages_are_dead_lettered(lab: Lab) -> None:
    def dead(*assumed: str) -> int:
        said = lab("run", "dev", "--project", VISITS, *workload(VISITS), *NORTH, *assumed, "--json")
        count: int = said.json()["messages"]["deadLettered"]
        return count

    assert 0 < dead() < dead("--assume", "DDB-CAPACITY-6=none")


# -- remote components ----------------------------------------------------------------------------------------


def test_a_remote_component_is_listed_and_the_run_goes_on_without_it(lab: Lab) -> None:
    said = lab("run", "dev", "--project", NETWORK, *workload(NETWORK), *NORTH, "--json", "--logs")

    assert said.json()["messages"]["processed"] == 1
    assert said.err.splitlines()[1:] == [
        (
            "note: dev: 'vpc' (awsx:ec2:Vpc) is a remote component: a plugin makes its resources, and the lab runs no "
            "plugins; its resources are not in this stack, and what the program reads of it is unknown"
        ),
        "note: dev: worker: the environment variable FIRST is known only after deployment; reading it ends the run",
        "note: dev: worker: the environment variable VPC is known only after deployment; reading it ends the run",
        "0.250 s worker: one",
    ]


def test_a_run_that_depends_on_what_a_remote_component_makes_is_refused(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    file.write_text("send: [{at: 0, queue: jobs, body: where}]\n", encoding="utf-8")
    said = lab("run", "dev", "--project", NETWORK, "--workload", str(file), *NORTH)

    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "error: function worker reads the environment variable VPC, which is known only after deployment, at "
        f"{NETWORK}/worker/app.py:9 in handler\n"
        "  fix: give it a value in the workload: functions: {worker: {environment: {VPC: VALUE}}}\n"
    )


# -- bundles that are made while the program runs -------------------------------------------------------------


# Another process of the tests may run the project where it is.
_MADE = shutil.ignore_patterns("bundle", "__pycache__")


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "bundled", ignore=_MADE))


def test_a_process_of_the_program_is_said_before_it_starts_and_what_it_made_is_removed(lab: Lab, bundled: Path) -> None:
    before = sorted(bundled.rglob("*"))
    said = lab("run", "dev", "--project", str(bundled), *workload(str(bundled)), *NORTH, "--logs")

    assert said.code == 0
    assert said.err.splitlines()[:2] == [
        (
            f"note: dev: the program starts a process: {sys.executable} build.py bundle (__main__.py:10); "
            f"what it adds to {bundled} is removed when the lab ends"
        ),
        (
            f"note: dev: the program starts a process: true (__main__.py:11); what it adds to {bundled} is removed "
            "when the lab ends"
        ),
    ]
    assert said.err.endswith("worker: made ['one']\n")
    assert (bundled / "bundle/app.py").is_file()
    remove_what_was_made()
    assert sorted(bundled.rglob("*")) == before


def test_what_was_there_before_a_process_stays(lab: Lab, bundled: Path) -> None:
    (bundled / "bundle").mkdir()
    (bundled / "bundle/own.txt").write_text("own", encoding="utf-8")
    before = sorted(bundled.rglob("*"))
    lab("check", "dev", "--project", str(bundled), *NORTH)

    remove_what_was_made()
    assert sorted(bundled.rglob("*")) == before


def test_a_bundle_that_a_command_of_the_deployment_makes_is_asked_for_when_it_is_invoked(
    lab: Lab, bundled: Path, tmp_path: Path
) -> None:
    file = tmp_path / "later.yaml"
    file.write_text("send: [{at: 0, invoke: later, body: {}}]\n", encoding="utf-8")
    said = lab("run", "dev", "--project", str(bundled), "--workload", str(file), *NORTH)

    assert said.code == 1
    assert said.err.endswith(
        f"error: the code of later is missing: there is no {bundled}/packed\n"
        "  fix: create it, or correct the path in the program (paths start at the project's folder)\n"
        f"  or: run what pack would run in a deployment: {sys.executable} build.py packed\n"
    )
    said = lab("run", "dev", "--project", str(bundled), *workload(str(bundled)), *NORTH)
    assert (
        f"'pack' (command:local:Command) is a command that a deployment runs, and the lab does not: {sys.executable} "
        "build.py packed; where it makes the code of a function, run it before the lab\n"
    ) in said.err
    remove_what_was_made()


# -- versions of the provider ---------------------------------------------------------------------------------


def test_what_differs_between_versions_of_pulumi_aws_is_followed(lab: Lab) -> None:
    """With versions 5 and 6 `scripts/provider_versions.py` runs the same project."""
    said = lab("run", "dev", "--project", VERSIONS, *workload(VERSIONS), *NORTH, "--json", "--logs")

    assert (said.json()["messages"]["processed"], said.json()["messages"]["deadLettered"]) == (3, 1)
    assert said.err.endswith("6.000 s worker: request v1 us-east-1 123456789012\n")
