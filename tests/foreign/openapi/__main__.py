"""An HTTP API whose routes stand in an OpenAPI document, beside one that is a resource."""

import json

import pulumi
import pulumi_aws as aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
role = aws.iam.Role("role", assume_role_policy=TRUST)
front = aws.lambda_.Function(
    "front", runtime="python3.12", handler="app.handler", role=role.arn, code=pulumi.FileArchive("./front")
)
orders = aws.sqs.Queue("orders")
sender = aws.iam.Role("sender", assume_role_policy=TRUST.replace("lambda", "apigateway"))
aws.iam.RolePolicy(
    "sends",
    role=sender.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": orders.arn}],
        }
    ),
)


def lambda_integration(version):
    """An integration with the function, as a document has it."""
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": pulumi.Output.concat(
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", front.arn, "/invocations"
        ),
        "payloadFormatVersion": version,
    }


def integrated(with_it):
    """An operation."""
    return {"x-amazon-apigateway-integration": with_it}


api = aws.apigatewayv2.Api(
    "api",
    protocol_type="HTTP",
    body=pulumi.Output.json_dumps(
        {
            "openapi": "3.0.1",
            "info": {"title": "api", "version": "1.0"},
            "paths": {
                "/orders": {
                    "post": integrated({"$ref": "#/components/x-amazon-apigateway-integrations/shared"}),
                    "put": integrated(
                        {
                            "type": "AWS_PROXY",
                            "integrationSubtype": "SQS-SendMessage",
                            "payloadFormatVersion": "1.0",
                            "credentials": sender.arn,
                            "requestParameters": {"QueueUrl": orders.url, "MessageBody": "$request.body"},
                        }
                    ),
                    "delete": integrated({"type": "http_proxy", "httpMethod": "POST", "uri": "https://example.org"}),
                },
                "/health": {"get": {"responses": {"200": {"description": "of the documentation only"}}}},
                "/$default": {
                    "x-amazon-apigateway-any-method": {"isDefaultRoute": True, **integrated(lambda_integration("1.0"))}
                },
            },
            "components": {"x-amazon-apigateway-integrations": {"shared": lambda_integration("2.0")}},
        }
    ),
)
aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default", auto_deploy=True)
aws.lambda_.Permission(
    "permission",
    action="lambda:InvokeFunction",
    function=front.name,
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*"),
)
