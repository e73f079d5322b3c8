"""An HTTP API whose routes stand in an OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Lab
from tests.lab_support import ROOT

PROJECT = str(ROOT / "tests" / "foreign" / "openapi")
NORTH = ("--set", "aws:region=us-east-1")


def test_requests_take_the_routes_of_the_document(lab: Lab) -> None:
    said = lab("run", "dev", "--project", PROJECT, "--workload", f"{PROJECT}/workload.yaml", "--json", *NORTH)

    assert said.code == 0, said.err
    found = said.json()
    assert found["requests"]["answers"] == {"200": 2, "201": 1}
    assert (found["messages"]["sent"], found["messages"]["remaining"]) == (1, 1)


@pytest.mark.parametrize(
    ("request_line", "problem"),
    [
        ("{method: DELETE, path: /orders}", "api: integrationType HTTP_PROXY; nearest: AWS_PROXY"),
        ("{method: GET, path: /health}", "api: GET /health of its body has no x-amazon-apigateway-integration"),
    ],
)
def test_what_is_not_modelled_is_refused_when_a_request_goes_there(
    lab: Lab, tmp_path: Path, request_line: str, problem: str
) -> None:
    file = tmp_path / "refused.yaml"
    file.write_text(f"send: [{{at: 0, http: {request_line}}}]\n")

    said = lab("run", "dev", "--project", PROJECT, "--workload", str(file), *NORTH)

    assert said.code == 1
    assert problem in said.err
