"""A program can list the keys of its configuration, as it can under the CLI."""

from __future__ import annotations

import os

from delivery_lab.program.engine import evaluate
from tests.program.conftest import MakeProject

_PROGRAM = """
import json, os, pulumi
pulumi.export("keys", sorted(json.loads(os.environ["PULUMI_CONFIG"])))
"""


def test_the_configuration_is_in_the_environment_of_the_program_only(make_project: MakeProject) -> None:
    made = make_project(_PROGRAM, stacks={"dev": "config: {a: 1, aws:region: eu-west-1}"})

    assert evaluate(made, "dev").outputs["keys"] == ["aws:region", "demo:a"]
    assert "PULUMI_CONFIG" not in os.environ
