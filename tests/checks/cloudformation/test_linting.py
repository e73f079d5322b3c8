from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings, unmapped_types
from delivery_lab.checks.cloudformation.linting import _runner
from delivery_lab.checks.cloudformation.rules import VALUE_RULES
from delivery_lab.errors import UsageError
from delivery_lab.program.graph import Graph
from delivery_lab.stack.stack import Stack
from tests.checks.cloudformation.programs import graph_of

TOO_LONG = 'aws.sqs.Queue("q", visibility_timeout_seconds=99999)'


def test_without_cfn_lint_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(tmp_path, TOO_LONG)
    real_import = builtins.__import__

    def no_cfn_lint(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("cfnlint"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_cfn_lint)
    _runner.cache_clear()
    with pytest.raises(UsageError) as caught:
        cloudformation_findings(Stack.of(graph))

    assert str(caught.value) == (
        "checking the values of resources needs cfn-lint, which is not installed: pip install 'delivery-lab[check]'"
    )
    assert caught.value.exit_code == 2


def test_a_stack_without_mapped_resources_needs_no_cfn_lint() -> None:
    assert cloudformation_findings(Stack.of(Graph("p", "s", {}, {}, {}))) == []


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "eu-nowhere-1"])
def test_every_region_is_checked(tmp_path: Path, region: str) -> None:
    graph = graph_of(tmp_path, TOO_LONG, f"{{'aws:region': {region}}}")

    assert [finding.check for finding in cloudformation_findings(Stack.of(graph))] == ["CFN-E3034"]
    assert [finding.check for finding in cloudformation_findings(Stack.of(graph), region)] == ["CFN-E3034"]


def test_a_configuration_file_of_cfn_lint_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(tmp_path, TOO_LONG)
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E3034]\n")
    monkeypatch.chdir(tmp_path)
    _runner.cache_clear()

    assert [finding.check for finding in cloudformation_findings(Stack.of(graph))] == ["CFN-E3034"]


def test_the_same_stack_gives_the_same_findings_again(tmp_path: Path) -> None:
    bad = graph_of(tmp_path, TOO_LONG + '\naws.sqs.Queue("r", delay_seconds=901)')
    first = cloudformation_findings(Stack.of(bad))
    good = graph_of(tmp_path, 'aws.sqs.Queue("q")')

    assert cloudformation_findings(Stack.of(good)) == []
    assert cloudformation_findings(Stack.of(bad)) == first
    assert [finding.resources for finding in first] == [("q",), ("r",)]


def test_every_rule_is_one_of_cfn_lint() -> None:
    assert set(_runner("us-east-1").rules) >= VALUE_RULES  # type: ignore[attr-defined]  # no part of what the lab uses


def test_types_without_a_mapping_are_listed(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        'aws.s3.Bucket("b")\naws.sqs.Queue("q")\naws.kms.Key("k")\naws.kms.Key("l")\n'
        'aws.s3.Bucket.get("theirs", "somebody-elses")',
    )
    assert unmapped_types(Stack.of(graph)) == ("aws:kms/key:Key", "aws:s3/bucket:Bucket")
