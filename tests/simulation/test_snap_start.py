"""SnapStart of a function: without effect on $LATEST, refused where something invokes a version."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import InvokeStarted
from tests.simulation.test_simulate import Folder

_ON = "publish=True, snap_start={'apply_on': 'PublishedVersions'}"
_NOTE = "worker: snapStart has no effect, since nothing in this stack invokes a version or an alias of it (LAM-SNAP-1)"
_ALIAS = 'live = aws.lambda_.Alias("live", name="live", function_name=worker.name, function_version=worker.version)\n'
_RULE = """
rule = aws.cloudwatch.EventRule("rule", event_pattern='{"source": ["shop"]}')
aws.cloudwatch.EventTarget("feed", rule=rule.name, arn=worker.qualified_arn)
"""
_OTHERS = """
others = aws.sqs.Queue("others", visibility_timeout_seconds=60)
aws.lambda_.EventSourceMapping("through", event_source_arn=others.arn, function_name=worker.qualified_arn)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    ("function", "notes"),
    [(_ON, [_NOTE]), ("publish=True, snap_start={'apply_on': 'None'}", [])],
    ids=["on", "off"],
)
def test_lam_snap_1_a_mapping_without_a_qualifier_invokes_latest(
    folder: Folder, function: str, notes: list[str]
) -> None:
    run = folder.run(function=function)

    assert [note for note in run.notes if "snapStart" in note] == notes
    assert any(isinstance(event, InvokeStarted) for event in run.events)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (_ALIAS, "live means a version of it"),
        (_RULE, "feed invokes it by 1"),
        (_OTHERS, "through invokes it by 1"),
    ],
    ids=["alias", "target of a rule", "mapping"],
)
def test_lam_snap_1_what_invokes_a_version_is_refused(folder: Folder, more: str, why: str) -> None:
    refused = folder.refusal(NotModelledError, function=_ON, more=more)

    assert refused.splitlines()[1] == (
        f"  worker: snapStart = {{'applyOn': 'PublishedVersions'}}, and {why}; nearest: a cold start of fixed length "
        "(LAM-INIT-1)"
    )
