from __future__ import annotations

from typing import Any

import pulumi

from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.settings import FunctionSettings
from tests.components.world import World, deploy

FUNCTION = "aws:lambda/function:Function"
POLICY = "aws:iam/rolePolicy:RolePolicy"
LAYER_ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:shared:3"
LOGS_ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:resize-logs"


def _world(**settings: Any) -> World:
    args = PythonFunctionArgs(
        source="batch_worker",
        settings=FunctionSettings.model_validate(settings),
        code=LAYER_ARN,
        environment={"BUCKET": "pictures"},
        statements=[Statement("ReadPictures", ("s3:GetObject",), "arn:aws:s3:::pictures/*")],
    )

    def program() -> None:
        PythonFunction("resize", args)

    return deploy(program)


def test_the_function_is_made_of_what_it_was_told() -> None:
    function = _world(timeoutSeconds=7, memoryMb=512, reservedConcurrency=3).one(FUNCTION, "resize")
    code = function.inputs.pop("code")
    assert isinstance(code, pulumi.FileArchive)
    assert code.path == "functions/batch_worker"
    assert function.inputs == {
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "handler.lambda_handler",
        "layers": [LAYER_ARN],
        "role": "arn:aws:iam:eu-west-1:123456789012:resize-role",
        "timeout": 7,
        "memorySize": 512,
        "reservedConcurrentExecutions": 3,
        "environment": {
            "variables": {
                "POWERTOOLS_SERVICE_NAME": "resize",
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "BUCKET": "pictures",
            }
        },
        "loggingConfig": {"logFormat": "Text", "logGroup": "resize-logs"},
    }


def test_without_a_reservation_the_function_shares_the_pool_of_the_account() -> None:
    assert "reservedConcurrentExecutions" not in _world().one(FUNCTION, "resize").inputs


def test_a_reservation_of_none_at_all_is_kept_apart_from_no_reservation() -> None:
    assert _world(reservedConcurrency=0).one(FUNCTION, "resize").inputs["reservedConcurrentExecutions"] == 0


def test_the_role_is_for_lambda_and_allows_what_is_needed_and_nothing_else() -> None:
    world = _world()
    trust = world.one("aws:iam/role:Role", "resize-role").document("assumeRolePolicy")
    assert trust["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]
    policy = world.one(POLICY, "resize-policy")
    assert policy.inputs["role"] == "resize-role-id"
    assert policy.document("policy") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "WriteOwnLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{LOGS_ARN}:*",
            },
            {
                "Sid": "ReadPictures",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": "arn:aws:s3:::pictures/*",
            },
        ],
    }
    assert world.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []


def test_the_policy_and_the_log_group_exist_before_the_function_does() -> None:
    world = _world(logRetentionDays=7)
    function = world.one(FUNCTION, "resize")
    assert "aws:iam/rolePolicy:RolePolicy::resize-policy" in function.dependencies
    assert "aws:cloudwatch/logGroup:LogGroup::resize-logs" in function.dependencies
    assert world.position(POLICY, "resize-policy") < world.position(FUNCTION, "resize")
    assert world.one("aws:cloudwatch/logGroup:LogGroup", "resize-logs").inputs == {"retentionInDays": 7}


def test_children_parents_inputs_and_outputs() -> None:
    world = _world(timeoutSeconds=7)
    component = world.one("delivery-lab:function:PythonFunction", "resize")
    assert component.inputs == {
        "source": "batch_worker",
        "timeoutSeconds": 7,
        "memoryMb": 256,
        "logRetentionDays": 30,
    }
    children = [resource for resource in world.resources if resource.custom]
    assert {child.parent for child in children} == {"delivery-lab:function:PythonFunction::resize"}
    assert world.component_outputs["delivery-lab:function:PythonFunction"] == {
        "name": "resize",
        "arn": "arn:aws:lambda:eu-west-1:123456789012:resize",
    }
