"""Failures that are written down and run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.failure_file import FailureFile, read_failure, write_failure
from delivery_lab.api.failures import failure_of, replay
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.errors import LabError, UsageError
from tests.lab_support import ROOT


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.open(ROOT, cached=True)


def written(lab: Lab, folder: Path, stack: str, options: RunOptions) -> Path:
    case = explore_seeds(lab, stack, options, 1).failing_case()
    assert case is not None
    return write_failure(failure_of(lab, case), folder)


@pytest.fixture(scope="module")
def losing(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> FailureFile:
    """A failure of `batch-unreported`."""
    return read_failure(
        written(lab, tmp_path_factory.mktemp("failure"), "batch-unreported", {"expect": ["messages.lost == 0"]})
    )


def test_a_failure_is_replayed_with_the_same_trace(lab: Lab, tmp_path: Path) -> None:
    path = written(
        lab,
        tmp_path,
        "batch-unreported",
        {
            "expect": ["messages.sent == 12", "messages.lost == 0"],
            "body": ["count=12"],
            "overrides": {"batch.worker.batchSize": 4},
        },
    )

    found = replay(Lab.open(ROOT, cached=True), path)

    assert found.fails
    assert found.same_trace
    assert (found.changes, found.figures, found.violations) == ((), (), ())
    assert found.rules == ((), ())
    assert found.file.failed == ["messages.lost == 0 (4)"]
    assert found.file.overrides == ["batch.worker.batchSize=4"]
    assert found.timeline()[0].text == "sent to batch-queue: 3"
    assert path.name == write_failure(found.file, tmp_path).name


def test_an_assumption_with_which_alone_it_fails_stands_in_the_file(lab: Lab, tmp_path: Path) -> None:
    path = written(lab, tmp_path, "concurrency-trap", {"expect": ["messages.healthyDeadLettered <= 35"]})

    found = replay(lab, path)

    assert [text.partition("=")[0] for text in found.file.assume] == ["ESM-THROTTLE-3"]
    assert (found.fails, found.same_trace) == (True, True)


def test_what_has_changed_since_is_told(lab: Lab, losing: FailureFile, tmp_path: Path) -> None:
    content = losing
    older = content.model_copy(
        update={
            "versions": content.versions.model_copy(update={"model": "0.9", "packages": {"pulumi": "1.0"}}),
            "figures": {**content.figures, "messages.lost": 7},
            "rules": [*content.rules, "SQS-GONE-1"],
            "resources": {**content.resources, "aws:sqs/queue:Queue batch-queue": "0000"},
            "trace_hash": "0000",
        }
    )

    found = replay(lab, write_failure(older, tmp_path))

    assert (found.fails, found.same_trace) == (True, False)
    assert found.changes[0] == f"the model was 0.9 and is {content.versions.model}"
    assert f"pulumi was 1.0 and is {content.versions.packages['pulumi']}" in found.changes
    assert found.changes[-1] == "aws:sqs/queue:Queue batch-queue has other inputs or other code"
    assert found.figures == (("messages.lost", 7, 3),)
    assert found.rules == ((), ("SQS-GONE-1",))


def test_a_run_that_holds_has_no_case(lab: Lab) -> None:
    assert explore_seeds(lab, "batch-partial", {"expect": ["messages.lost == 0"]}, 1).failing_case() is None


def test_answers_of_the_projects_file_are_said_once(losing: FailureFile) -> None:
    assert losing.workload.answers == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("schemaVersion: 1", "schemaVersion: 9"),
            ":3: schemaVersion is 9, and this version of Delivery Lab (0.2.0) reads 1",
        ),
        (("kind: expectation", "kind: hunch"), ":4: kind: has to be 'expectation' or 'invariant', not 'hunch'"),
        (("seed: 20260101", "sed: 20260101"), ": seed is missing"),
        (("traceHash:", "hash:"), "hash is no key of a failure file"),
        (("kind: expectation", "kind: [expectation"), " is no failure file: "),
    ],
)
def test_a_file_that_is_malformed_is_refused_with_its_line(
    losing: FailureFile, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = write_failure(losing, tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        read_failure(path)

    assert message in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_and_a_folder_that_cannot_be_written_are_told(
    losing: FailureFile, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="there is no failure file"):
        read_failure(tmp_path / "none.yaml")
    with pytest.raises(LabError, match="cannot be written: No such file or directory"):
        write_failure(losing, tmp_path / "nowhere")


def test_texts_that_could_be_read_as_something_else_stay_texts(losing: FailureFile, tmp_path: Path) -> None:
    texts = ["on", "1e3", "~", "0x10", "a: b", "2001-01-01", "null", "{n}", "x #y", "-", "job-{n}\n"]
    content = losing.model_copy(update={"notes": texts})

    assert read_failure(write_failure(content, tmp_path)).notes == texts
