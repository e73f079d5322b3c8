"""What cfn-lint says is kept where nothing that it depends on is in doubt, and used where all of that is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings, kept, linting
from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.checks.finding import Finding
from delivery_lab.program.graph import Graph
from delivery_lab.program.kept_files import cache_folder
from delivery_lab.stack.stack import Stack
from tests.checks.cloudformation.programs import graph_of

TOO_LONG = 'aws.sqs.Queue("q", visibility_timeout_seconds=99999)'


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Regions for which cfn-lint was asked; the cache folder is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    found: list[str] = []
    real = linting._asked

    def ask(template: str, region: str) -> list[Match]:
        found.append(region)
        return real(template, region)

    monkeypatch.setattr(linting, "_asked", ask)
    kept._made_by.cache_clear()
    return found


def check(graph: Graph, region: str | None = None) -> list[Finding]:
    return cloudformation_findings(Stack.of(graph), region, cached=True)


def answers() -> list[Path]:
    folder = cache_folder() / "values"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_the_same_template_is_asked_for_once_and_findings_are_the_same(tmp_path: Path, asked: list[str]) -> None:
    graph = graph_of(tmp_path, TOO_LONG)

    first, second = check(graph), check(graph)

    assert asked == ["us-east-1"]
    assert [finding.check for finding in first] == ["CFN-E3034"]
    assert second == first == cloudformation_findings(Stack.of(graph))


def test_another_template_or_region_is_asked_for(tmp_path: Path, asked: list[str]) -> None:
    check(graph_of(tmp_path, TOO_LONG))
    check(graph_of(tmp_path, TOO_LONG.replace("99999", "99998")))
    check(graph_of(tmp_path, TOO_LONG), "eu-central-1")

    assert asked == ["us-east-1", "us-east-1", "eu-central-1"]
    assert len(answers()) == 3


def test_without_leave_nothing_is_kept_or_used(tmp_path: Path, asked: list[str]) -> None:
    graph = graph_of(tmp_path, TOO_LONG)

    cloudformation_findings(Stack.of(graph))
    cloudformation_findings(Stack.of(graph))

    assert len(asked) == 2
    assert answers() == []


def test_what_depends_on_secrets_is_not_kept(tmp_path: Path, asked: list[str]) -> None:
    graph = graph_of(tmp_path, 'aws.sqs.Queue("q", visibility_timeout_seconds=pulumi.Output.secret(99999))')

    assert check(graph) == check(graph)
    assert len(asked) == 2
    assert answers() == []


def test_downloaded_schemas_leave_nothing_kept(tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / "cache/aws/cfn-lint/schemas").mkdir(parents=True)
    graph = graph_of(tmp_path, TOO_LONG)

    assert check(graph) == check(graph)
    assert len(asked) == 2


@pytest.mark.parametrize("what", ["day", "package"])
def test_another_day_or_another_cfn_lint_is_asked_anew(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    graph = graph_of(tmp_path, TOO_LONG)
    check(graph)
    if what == "package":
        monkeypatch.setattr(kept, "code_stamps", lambda *_: ["cfnlint/rules/_rule.py 1"])
        kept._made_by.cache_clear()
    else:
        now = kept._now()
        monkeypatch.setattr(kept, "_now", lambda: now.replace(year=2999))
    check(graph)

    assert len(asked) == 2
    assert len(answers()) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"{}",
        b"[1]",
        b'[["E3034"]]',
        json.dumps([["E3034", "error", "m", "s", "u", 1, "r", []]]).encode(),
        json.dumps([["E3034", "error", "m", "s", "u", "v", "r", [None]]]).encode(),
        json.dumps([["E3034", "error", "m", "s", "u", "v", "r", "path"]]).encode(),
    ],
)
def test_what_is_no_answer_is_not_used(tmp_path: Path, asked: list[str], content: bytes) -> None:
    graph = graph_of(tmp_path, TOO_LONG)
    found = check(graph)
    [place] = answers()
    place.write_bytes(content)

    assert check(graph) == found
    assert len(asked) == 2


def test_a_file_that_others_may_have_written_is_not_used(tmp_path: Path, asked: list[str]) -> None:
    graph = graph_of(tmp_path, TOO_LONG)
    check(graph)
    [place] = answers()
    place.chmod(0o666)

    check(graph)

    assert len(asked) == 2


def test_a_folder_that_cannot_be_written_changes_nothing(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    graph = graph_of(tmp_path, TOO_LONG)

    assert [finding.check for finding in check(graph)] == ["CFN-E3034"]
