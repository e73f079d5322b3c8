"""APIs that may not invoke the functions behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

HTTP = """
worker = function()
api = aws.apigatewayv2.Api("orders", protocol_type="HTTP", target=worker.arn)
"""
ROUTED = """
worker = function()
api = aws.apigatewayv2.Api("orders", protocol_type="HTTP")
to = aws.apigatewayv2.Integration("to", api_id=api.id, integration_type="AWS_PROXY", integration_uri=worker.arn{more})
for key in ("POST /orders", "GET /orders"):
    aws.apigatewayv2.Route(key, api_id=api.id, route_key=key, target=to.id.apply(lambda id: f"integrations/{{id}}"))
"""
REST = """
worker = function()
api = aws.apigateway.RestApi("orders")
method = aws.apigateway.Method("post", rest_api=api.id, resource_id=api.root_resource_id, http_method="POST",
                               authorization="NONE")
aws.apigateway.Integration("to", rest_api=api.id, resource_id=api.root_resource_id, http_method=method.http_method,
                           integration_http_method="POST", type="AWS_PROXY", uri=worker.invoke_arn)
"""
PERMISSION = """
aws.lambda_.Permission("may", action="lambda:InvokeFunction", function=worker.name,
                       principal="{principal}", source_arn={source})
"""
OWN = 'pulumi.Output.concat(api.execution_arn, "/*/*")'


def _found(folder: Path, program: str) -> list[tuple[tuple[str, ...], str]]:
    stack = Stack.of(graph_of(folder / "shop", program))
    return [(found.resources, found.source) for found in CHECKS["CHK-API-1"].findings(stack)]


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        (HTTP, "HTTP-PERMISSION-1"),
        (ROUTED.format(more=""), "HTTP-PERMISSION-1"),
        (REST, "REST-PERMISSION-1"),
        (HTTP + PERMISSION.format(principal="sns.amazonaws.com", source="None"), "HTTP-PERMISSION-1"),
        (
            HTTP
            + PERMISSION.format(
                principal="apigateway.amazonaws.com", source="'arn:aws:execute-api:eu-west-1:123456789012:other/*/*'"
            ),
            "HTTP-PERMISSION-1",
        ),
    ],
    ids=["a target", "routes", "a REST API", "one for another service", "one for another API"],
)
def test_a_function_without_a_permission_is_found_once(tmp_path: Path, program: str, rule: str) -> None:
    assert _found(tmp_path, program) == [(("orders", "worker"), rule)]


@pytest.mark.parametrize(
    "program",
    [
        HTTP + PERMISSION.format(principal="apigateway.amazonaws.com", source=OWN),
        REST + PERMISSION.format(principal="apigateway.amazonaws.com", source=OWN),
        HTTP + PERMISSION.format(principal="apigateway.amazonaws.com", source="None"),
        ROUTED.format(more=", credentials_arn=role.arn"),
    ],
    ids=["its own", "that of a REST API", "one for all APIs", "a role of the integration"],
)
def test_what_lets_an_api_in(tmp_path: Path, program: str) -> None:
    assert _found(tmp_path, program) == []


def test_the_finding_says_what_callers_get(tmp_path: Path) -> None:
    (found,) = CHECKS["CHK-API-1"].findings(Stack.of(graph_of(tmp_path / "shop", HTTP)))

    assert found.why == ("worker has no permission that lets orders invoke it: its requests are answered with 500.")
    assert found.fix == (
        "add an aws.lambda_.Permission of worker for apigateway.amazonaws.com, with the executionArn of orders and "
        "/*/* as sourceArn"
    )
