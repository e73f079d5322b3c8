"""A REST API that sends to a queue itself: no function is in between."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_aws import apigateway, iam, sqs

from components.api import ENQUEUE
from components.iam import Statement, document
from components.settings import QueueApiSettings

STAGE = "live"
_FORM = "'application/x-www-form-urlencoded'"
_SUCCESS = r"2\d{2}"
_ENCODED = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
_PLAIN = "Action=SendMessage&MessageBody=$input.body"
_ACCEPTED = {"statusCode": "202", "responseTemplates": {"application/json": '{"accepted": true}'}}
_REFUSED = {"statusCode": "502", "responseTemplates": {"application/json": '{"message": "not accepted"}'}}


class QueueApi(pulumi.ComponentResource):
    """The REST API `<name>` with one method, `POST /enqueue`, whose body becomes a message.

    API Gateway acts with the role `<name>-role`, which may send to the queue and do nothing else. The API is written as
    an OpenAPI document, and deployed anew whenever that changes.

    Args:
        name: logical name of the API, and prefix of the other children's names.
        queue: the queue to send to.
        settings: authorization, throttling, and what template and answers are like.
        opts: resource options.

    Attributes:
        endpoint: URL of the API; requests go to `<endpoint>/enqueue`.
        role: the role.
    """

    def __init__(
        self,
        name: str,
        queue: sqs.Queue,
        settings: QueueApiSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:api:QueueApi", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = iam.Role(f"{name}-role", assume_role_policy=_trust(), opts=child)
        send = Statement("SendToQueue", ("sqs:SendMessage",), queue.arn)
        policy = iam.RolePolicy(f"{name}-policy", role=self.role.id, policy=document([send.as_json()]), opts=child)
        body = pulumi.Output.json_dumps(_described(name, queue, self.role, settings), sort_keys=True)
        api = apigateway.RestApi(name, body=body, opts=child)
        deployment = apigateway.Deployment(
            f"{name}-deployment",
            rest_api=api.id,
            triggers={"body": body},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        stage = apigateway.Stage(
            f"{name}-stage", rest_api=api.id, deployment=deployment.id, stage_name=STAGE, opts=child
        )
        apigateway.MethodSettings(
            f"{name}-throttling",
            rest_api=api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "throttling_burst_limit": settings.throttling.burst_limit,
                "throttling_rate_limit": settings.throttling.rate_limit,
            },
            opts=child,
        )
        self.endpoint = stage.invoke_url
        self.register_outputs({"endpoint": self.endpoint})


def _trust() -> pulumi.Output[str]:
    service = {"Service": "apigateway.amazonaws.com"}
    return document([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}])


def _described(name: str, queue: sqs.Queue, role: iam.Role, settings: QueueApiSettings) -> dict[str, Any]:
    """The API as an OpenAPI document with API Gateway's extensions."""
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": queue.arn.apply(_integration_uri),
        "credentials": role.arn,
        "passthroughBehavior": "never",
        "requestParameters": {"integration.request.header.Content-Type": _FORM},
        "requestTemplates": {"application/json": _ENCODED if settings.encode_body else _PLAIN},
        "responses": {_SUCCESS: _ACCEPTED, "default": _REFUSED} if settings.tell_errors else {"default": _ACCEPTED},
    }
    operation: dict[str, Any] = {
        "responses": {status: {"description": text} for status, text in (("202", "accepted"), ("502", "refused"))},
        "x-amazon-apigateway-integration": integration,
    }
    if settings.authorization == "iam":
        operation["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
    return {
        "openapi": "3.0.1",
        "info": {"title": name, "version": "1"},
        "paths": {ENQUEUE: {"post": operation}},
    }


def _integration_uri(queue_arn: str) -> str:
    """What API Gateway calls a queue by, such as `arn:aws:apigateway:us-east-1:sqs:path/123456789012/jobs`."""
    _, partition, _, region, account, name = queue_arn.split(":")
    return f"arn:{partition}:apigateway:{region}:sqs:path/{account}/{name}"
