from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN
from tests.program.conftest import MakeProject

STATEMENT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def policy_of(make_project: MakeProject, given: str) -> Any:
    program = f"""
import json
import pulumi
import pulumi_aws as aws
role = aws.iam.Role("role", assume_role_policy={given})
pulumi.export("policy", role.assume_role_policy)
"""
    graph = evaluate(make_project(program), "dev")
    [role] = graph.of_type("aws:iam/role:Role")
    assert role.inputs["assumeRolePolicy"] == role.outputs["assumeRolePolicy"] == graph.outputs["policy"]
    return role.inputs["assumeRolePolicy"]


def test_a_policy_given_as_an_object_becomes_text_as_pulumi_aws_makes_it(make_project: MakeProject) -> None:
    assert json.loads(policy_of(make_project, repr(DOCUMENT))) == DOCUMENT


def test_a_policy_given_as_text_stays_as_it_is(make_project: MakeProject) -> None:
    text = json.dumps(DOCUMENT, indent=2)
    assert policy_of(make_project, repr(text)) == text


@pytest.mark.parametrize("where", ["Version", "Statement"])
def test_an_object_that_only_a_deployment_completes_is_not_known(make_project: MakeProject, where: str) -> None:
    unknown = "aws.ssm.Parameter('p', type='String', value='x').version.apply(str)"
    given = repr({**DOCUMENT, where: "later"}).replace("'later'", unknown)
    assert policy_of(make_project, given) is UNKNOWN
