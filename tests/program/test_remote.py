from __future__ import annotations

import pytest
from pulumi.runtime.proto import resource_pb2

from delivery_lab.program.remote import command_note


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("make bundle", ": make bundle"),
        ("#!/bin/sh\nset -eu\n\n# the layer\ncd layer\nmake\n", ": cd layer ..."),
        ("set -e\n", ": set -e"),
        ("a" * 300, ": " + "a" * 200 + " ..."),
        ("a" * 300 + "\nmake", ": " + "a" * 200 + " ..."),
        ("", ": "),
        (["make"], ""),
    ],
)
def test_a_command_is_told_by_its_first_line(command: object, shown: str) -> None:
    request = resource_pb2.RegisterResourceRequest(name="pack", type="command:local:Command")
    assert command_note(request, {"create": command}) == (
        f"'pack' (command:local:Command) is a command that a deployment runs, and the lab does not{shown}; "
        "where it makes the code of a function, run it before the lab"
    )
