from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from delivery_lab.checks.acceptance import Acceptance, read_acceptances
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.registry import CHECKS, find_all, load_checks
from delivery_lab.checks.sarif import CheckedStack, sarif
from delivery_lab.errors import UsageError
from delivery_lab.rules import RULES
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

OWN = '''
from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity


class _OfQueues(Check):
    """A base for others."""


class NamelessQueue(_OfQueues):
    """Says something about every queue."""

    id = "OWN-NAME-1"
    title = "queue without a name"
    severity = Severity.NOTE
    why = "Its name changes with each deployment."
    fix = "Set name."
    source = "https://example.org/names"

    def find(self, stack):
        for queue in stack.queues:
            yield Found((queue.name,), {f"{queue.name}.name": None}, "It has no name.", f"set name of {queue.name}")
'''


def written(folder: Path, text: str) -> Path:
    file = folder / "own.py"
    file.write_text(textwrap.dedent(text))
    return file


def test_checks_say_what_they_are() -> None:
    for check in CHECKS.values():
        assert check.why.endswith("."), check.id
        assert check.fix.endswith("."), check.id
        assert "|" not in f"{check.title}{check.why}{check.fix}", check.id
        assert check.source in RULES or check.source.startswith("https://"), check.id


def test_a_check_that_repeats_a_schema_is_told_with_an_id_of_a_schema() -> None:
    repeated = [schema for check in CHECKS.values() for schema in check.same_as]
    assert len(repeated) == len(set(repeated))
    assert all(re.fullmatch(r"CFN-[EW]\d{4}", schema) for schema in repeated)


def test_ours_are_all_there_theme_by_theme() -> None:
    assert len(CHECKS) > 46
    assert all(check_id == check.id and check_id.startswith("CHK-") for check_id, check in CHECKS.items())
    assert list(CHECKS)[:5] == ["CHK-VT-1", "CHK-VT-2", "CHK-VT-3", "CHK-HB-1", "CHK-DLQ-1"]
    assert list(CHECKS)[-1] == "CHK-SEC-3"


def test_a_file_of_checks_is_tried_together_with_ours(tmp_path: Path) -> None:
    own = load_checks(written(tmp_path, OWN))
    graph = graph_of(tmp_path / "shop", "aws.sqs.Queue('jobs')\naws.sqs.Queue('more')")

    findings = find_all(Stack.of(graph), {**CHECKS, **own})

    assert list(own) == ["OWN-NAME-1"]
    assert [(each.check, each.severity, each.resources, each.fix, each.source) for each in findings] == [
        ("OWN-NAME-1", Severity.NOTE, ("jobs",), "set name of jobs", "https://example.org/names"),
        ("OWN-NAME-1", Severity.NOTE, ("more",), "set name of more", "https://example.org/names"),
    ]


def test_what_a_check_of_ones_own_finds_can_be_accepted_and_shown_in_a_review(tmp_path: Path) -> None:
    checks = {**CHECKS, **load_checks(written(tmp_path, OWN))}
    accepting = {"delivery-lab:accept": {"OWN-NAME-1:jobs": "by design"}}
    findings = find_all(Stack.of(graph_of(tmp_path / "shop", "aws.sqs.Queue('jobs')")), checks)

    log = sarif([CheckedStack("prod", "Pulumi.prod.yaml", findings)], "1.0", checks=checks)

    assert read_acceptances(accepting, checks) == (Acceptance("OWN-NAME-1", "jobs", "by design"),)
    [said] = [rule for rule in log["runs"][0]["tool"]["driver"]["rules"] if rule["id"] == "OWN-NAME-1"]
    assert said["shortDescription"]["text"] == "queue without a name"


def test_checks_come_family_by_family_and_by_number(tmp_path: Path) -> None:
    ids = ["OWN-B-10", "OWN-B-9", "OWN-A-1"]
    rest = OWN.partition("class NamelessQueue")[2]
    classes = [f"class Own{index}{rest.replace('OWN-NAME-1', name)}" for index, name in enumerate(ids)]
    text = OWN.partition("class NamelessQueue")[0] + "\n\n".join(classes)
    assert list(load_checks(written(tmp_path, text))) == ["OWN-A-1", "OWN-B-9", "OWN-B-10"]


HERE = "check NamelessQueue in delivery_lab_checks_of_own"
WRONG = {
    "no title": (
        '    title = "queue without a name"\n',
        "",
        f"{HERE} has no title: a check has id, title, why, fix, source as texts, and severity",
    ),
    "no severity": (
        "Severity.NOTE",
        '"note"',
        f"{HERE} has no severity: set it to Severity.ERROR, Severity.WARNING or Severity.NOTE",
    ),
    "an id of another form": (
        "OWN-NAME-1",
        "names",
        f"{HERE} has the id 'names': an id is capital letters and a number, such as OWN-QUEUE-1",
    ),
    "an id of ours": (
        "OWN-NAME-1",
        "CHK-VT-1",
        "{file} defines CHK-VT-1, which is an id of the lab: choose another, such as OWN-CHK-VT-1",
    ),
    "no check": (
        "    def find(",
        "    def look(",
        (
            "{file} defines no check\n"
            "  fix: define a class that derives from delivery_lab.checks.check.Check and has find"
        ),
    ),
    "raises": (
        "class _OfQueues",
        "raise ValueError('no')\nclass _OfQueues",
        "{file} cannot be loaded: ValueError: no",
    ),
    "an id twice": (
        '"https://example.org/names"\n',
        '"https://example.org/names"\n    find = print\n\n\nclass Other(NamelessQueue):\n',
        "NamelessQueue and Other have the same id OWN-NAME-1: give one of them an id of its own",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = written(tmp_path, OWN.replace(old, new))
    with pytest.raises(UsageError) as caught:
        load_checks(file)
    assert str(caught.value) == message.format(file=file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_checks(tmp_path / "none.py")
    assert str(caught.value) == f"there is no file {tmp_path}/none.py to load checks from"


def test_checks_are_described_without_what_they_need_to_look() -> None:
    program = """
        import sys
        from delivery_lab.checks.registry import CHECKS
        assert CHECKS["CHK-VT-1"].title
        heavy = {"pulumi", "pulumi_aws", "boto3", "botocore", "cfnlint", "grpc", "moto"}
        print(sorted(heavy & set(sys.modules)))
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
