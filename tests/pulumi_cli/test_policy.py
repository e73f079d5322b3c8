"""The policy pack in a preview of the real engine."""

from __future__ import annotations

import pytest

from tests.pulumi_cli.support import Project

pytestmark = pytest.mark.engine


def test_a_variant_with_accepted_findings_passes(user_project: Project) -> None:
    user_project.use_emulator("batch-partial")
    user_project.run("stack", "init", "batch-partial")
    output = user_project.run("preview", "--policy-pack", "policy")
    assert "delivery-lab" in output
    assert "mandatory" not in output


def test_a_finding_that_is_not_accepted_stops_the_first_preview(user_project: Project) -> None:
    user_project.use_emulator("batch-unreported", **{"delivery-lab:accept": None})
    user_project.run("stack", "init", "batch-unreported")
    assert "CHK-REPORT-3" in user_project.run("preview", "--policy-pack", "policy", fails=True)


def test_a_lowered_queue_is_found_once_it_is_deployed(user_project: Project) -> None:
    user_project.use_emulator("visibility-short", **{"delivery-lab:accept": None})
    user_project.run("stack", "init", "visibility-short")
    user_project.up()
    output = user_project.run("preview", "--policy-pack", "policy", fails=True)
    assert "CHK-VT-1" in output
    user_project.destroy()
