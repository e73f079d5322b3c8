"""`delivery-lab schema` prints what the files in `schemas/` hold."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import FOREIGN, ROOT


@pytest.mark.parametrize("kind", ["workload", "stack", "project"])
def test_the_schema_is_the_one_that_our_own_files_name(lab: Lab, kind: str) -> None:
    said = lab("schema", kind)

    assert (said.code, said.err) == (0, "")
    assert said.out == (ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")


def test_the_schema_of_stacks_is_that_of_the_project(lab: Lab) -> None:
    said = lab("schema", "stack", "--project", str(FOREIGN))

    assert said.code == 0
    assert said.json()["title"] == "Stack of orders"


def test_another_kind_of_file_is_wrong_usage(lab: Lab) -> None:
    said = lab("schema", "result")

    assert said.code == 2
    assert said.err.startswith("error: Invalid value for 'workload|stack|project': ")
