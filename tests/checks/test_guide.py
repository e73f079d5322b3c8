"""The example of the guide: it is written to a file and found, as the guide says."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import delivery_lab as dl
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.registry import load_checks
from delivery_lab.cli.main import main
from tests.checks.world import write_project
from tests.lab_support import ROOT

GUIDE = ROOT / "docs" / "guides" / "add-a-check.md"
QUEUES = """
aws.sqs.Queue("short", message_retention_seconds=86_400)
aws.sqs.Queue("long", message_retention_seconds=259_200)
aws.sqs.Queue("usual")
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The guide's first block of code, in a file."""
    after = GUIDE.read_text(encoding="utf-8").partition("`my_checks.py`:\n")[2]
    block = after.partition("\nRun it together")[0]
    file = tmp_path / "my_checks.py"
    file.write_text(textwrap.dedent(block))
    return file


def test_the_example_is_a_check(example: Path) -> None:
    [check] = load_checks(example).values()
    assert (check.id, check.severity) == ("OWN-RETENTION-1", Severity.WARNING)


def test_the_example_finds_what_it_says_with_a_fix_that_can_be_tried(example: Path, tmp_path: Path) -> None:
    folder = write_project(tmp_path / "shop", QUEUES)

    [finding] = dl.check(folder, stack="prod", checks=example)

    assert finding.resources == ("short",)
    assert finding.values == {"short.messageRetentionSeconds": 86_400}
    assert finding.why == "A message of short expires after 1 d, which may be on a weekend."
    assert finding.fix == "set messageRetentionSeconds of short to 259200"
    urn = "urn:pulumi:prod::shop::aws:sqs/queue:Queue::short"
    assert finding.edits == (Edit(urn, ("messageRetentionSeconds",), 259_200),)
    assert dl.check(folder, stack="prod", checks=example, overrides={}) == (finding,)
    assert dl.check(folder, stack="prod") == ()


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_the_command_takes_the_file(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    folder = write_project(tmp_path / "shop", QUEUES)

    code = main(["check", "--project", str(folder), "--checks", str(example), "--fail-on", "warning", "--format", form])

    assert code == 5
    said = capsys.readouterr().out
    assert "OWN-RETENTION-1" in said
    assert "A message of short expires after 1 d, which may be on a weekend." in said
    if form == "sarif":
        assert '"text": "queue that keeps messages for less than a weekend"' in said


def test_what_the_example_finds_can_be_accepted(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accepting = "delivery-lab:accept:\n  OWN-RETENTION-1:short: it is emptied every hour\n"
    folder = write_project(tmp_path / "shop", QUEUES, config=accepting)

    [finding] = dl.check(folder, stack="prod", checks=example)

    assert finding.accepted == "it is emptied every hour"
    # Without the file nobody knows the id.
    assert main(["check", "--project", str(folder)]) == 2
    assert "delivery-lab:accept names OWN-RETENTION-1, which is no check" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "sarif"])
def test_a_file_that_is_missing_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    folder = write_project(tmp_path / "shop", QUEUES)

    code = main(["check", "--project", str(folder), "--checks", str(tmp_path / "none.py"), "--format", form])

    assert code == 2
    assert capsys.readouterr().err.count(f"there is no file {tmp_path}/none.py to load checks from") == 1
