from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.openapi import definition, operations_of

FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:f/invocations"
IN_YAML = f"""\
openapi: 3.0.1
info: {{title: api, version: 2024-01-01}}
paths:
  /orders/{{id}}:
    get:
      responses:
        200: {{description: ok}}
      x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: "{FUNCTION}"}}
"""


@pytest.mark.parametrize("write", [str, lambda text: json.dumps(definition(text))])
def test_a_definition_may_be_written_in_yaml_and_in_json(write: Any) -> None:
    found = definition(write(IN_YAML))

    assert found is not None
    (operation,) = operations_of(found)
    assert (operation.method, operation.path) == ("GET", "/orders/{id}")
    assert operation.integration == {"type": "aws_proxy", "httpMethod": "POST", "uri": FUNCTION}


@pytest.mark.parametrize("body", [None, UNKNOWN, "[]", "a text", "a: [", "a: 1\na: 2", "{", ""])
def test_what_is_no_mapping_is_no_definition(body: Any) -> None:
    assert definition(body) is None
