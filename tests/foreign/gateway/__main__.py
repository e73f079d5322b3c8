"""Orders by five ways in: routes of an HTTP API to a function, to SQS and to an event bus, and two REST APIs."""

import json

import pulumi
import pulumi_aws as aws

region = aws.config.region

dead = aws.sqs.Queue("dead")
orders = aws.sqs.Queue(
    "orders",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})),
)

lambda_role = aws.iam.Role("lambda-role", assume_role_policy="{}")
worker = aws.lambda_.Function(
    "worker",
    role=lambda_role.arn,
    runtime="python3.11",
    handler="app.handler",
    timeout=10,
    code=pulumi.FileArchive("./worker"),
)
aws.lambda_.EventSourceMapping("orders-to-worker", event_source_arn=orders.arn, function_name=worker.name)

front = aws.lambda_.Function(
    "front",
    role=lambda_role.arn,
    runtime="python3.11",
    handler="app.handler",
    timeout=60,
    code=pulumi.FileArchive("./front"),
    environment={"variables": {"QUEUE": orders.url}},
)
for api in ("http", "rest"):
    aws.lambda_.Permission(
        f"{api}-may-invoke-front",
        action="lambda:InvokeFunction",
        function=front.name,
        principal="apigateway.amazonaws.com",
    )

gateway_role = aws.iam.Role("gateway-role", assume_role_policy="{}")
bus = aws.cloudwatch.EventBus("bus")
placed = aws.cloudwatch.EventRule("placed", event_bus_name=bus.name, event_pattern='{"source": ["orders"]}')
aws.sqs.QueuePolicy(
    "bus-may-send",
    queue_url=orders.url,
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": orders.arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": placed.arn}},
                }
            ]
        }
    ),
)
aws.cloudwatch.EventTarget(
    "placed-to-orders", event_bus_name=bus.name, rule=placed.name, arn=orders.arn, input_path="$.detail"
)
aws.iam.RolePolicy(
    "gateway-may-send",
    role=gateway_role.id,
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": orders.arn},
                {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus.arn},
            ]
        }
    ),
)

# An HTTP API: one route to the function without a payloadFormatVersion, one to the queue, one to an event bus.
http = aws.apigatewayv2.Api("http", protocol_type="HTTP")
aws.apigatewayv2.Stage("http-stage", api_id=http.id, name="v1", auto_deploy=True)
to_front = aws.apigatewayv2.Integration(
    "to-front", api_id=http.id, integration_type="AWS_PROXY", integration_uri=front.arn, integration_method="POST"
)
to_orders = aws.apigatewayv2.Integration(
    "to-orders",
    api_id=http.id,
    integration_type="AWS_PROXY",
    integration_subtype="SQS-SendMessage",
    payload_format_version="1.0",
    credentials_arn=gateway_role.arn,
    request_parameters={
        "QueueUrl": orders.url,
        "MessageBody": "$request.body.order",
        "MessageAttributes": "$request.body.attributes",
    },
)
to_bus = aws.apigatewayv2.Integration(
    "to-bus",
    api_id=http.id,
    integration_type="AWS_PROXY",
    integration_subtype="EventBridge-PutEvents",
    credentials_arn=gateway_role.arn,
    payload_format_version="1.0",
    request_parameters={"EventBusName": bus.name, "Source": "orders", "DetailType": "order", "Detail": "$request.body"},
)
to_metrics = aws.apigatewayv2.Integration(
    "to-metrics",
    api_id=http.id,
    integration_type="AWS_PROXY",
    integration_subtype="Kinesis-PutRecord",
    credentials_arn=gateway_role.arn,
    request_parameters={"StreamName": "metrics", "Data": "$request.body", "PartitionKey": "any"},
)
for name, key, integration in (
    ("by-front", "ANY /orders/{id}", to_front),
    ("by-queue", "POST /queue", to_orders),
    ("by-bus", "POST /bus", to_bus),
    ("by-metrics", "POST /metrics", to_metrics),
):
    aws.apigatewayv2.Route(name, api_id=http.id, route_key=key, target=integration.id.apply("integrations/{}".format))

# A REST API of resources: a proxy method, and a direct SQS integration with a mapping template.
rest = aws.apigateway.RestApi("rest")
by_id = aws.apigateway.Resource("by-id", rest_api=rest.id, parent_id=rest.root_resource_id, path_part="orders")
one = aws.apigateway.Resource("one", rest_api=rest.id, parent_id=by_id.id, path_part="{id}")
queue_resource = aws.apigateway.Resource(
    "queue-resource", rest_api=rest.id, parent_id=rest.root_resource_id, path_part="queue"
)
any_one = aws.apigateway.Method(
    "any-one", rest_api=rest.id, resource_id=one.id, http_method="ANY", authorization="NONE"
)
aws.apigateway.Integration(
    "one-to-front",
    rest_api=rest.id,
    resource_id=one.id,
    http_method=any_one.http_method,
    integration_http_method="POST",
    type="AWS_PROXY",
    uri=front.invoke_arn,
)
post_queue = aws.apigateway.Method(
    "post-queue", rest_api=rest.id, resource_id=queue_resource.id, http_method="POST", authorization="NONE"
)
send = aws.apigateway.Integration(
    "queue-to-orders",
    rest_api=rest.id,
    resource_id=queue_resource.id,
    http_method=post_queue.http_method,
    integration_http_method="POST",
    type="AWS",
    credentials=gateway_role.arn,
    uri=orders.name.apply(lambda name: f"arn:aws:apigateway:us-east-1:sqs:path/123456789012/{name}"),
    request_parameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
    request_templates={
        "application/json": (
            "Action=SendMessage&MessageBody=$util.urlEncode($input.json('$.order'))"
            "&MessageAttribute.1.Name=source&MessageAttribute.1.Value.StringValue=$context.stage"
            "&MessageAttribute.1.Value.DataType=String"
        )
    },
)
accepted = aws.apigateway.MethodResponse(
    "accepted-response",
    rest_api=rest.id,
    resource_id=queue_resource.id,
    http_method=post_queue.http_method,
    status_code="202",
)
if pulumi.Config().get_bool("answers") is not False:
    aws.apigateway.IntegrationResponse(
        "accepted",
        rest_api=rest.id,
        resource_id=queue_resource.id,
        http_method=post_queue.http_method,
        status_code="202",
        response_templates={
            "application/json": '{"id": "$input.path(\'$.SendMessageResponse.SendMessageResult.MessageId\')"}'
        },
        opts=pulumi.ResourceOptions(depends_on=[send, accepted]),
    )
deployment = aws.apigateway.Deployment("deployment", rest_api=rest.id)
aws.apigateway.Stage("rest-stage", rest_api=rest.id, deployment=deployment.id, stage_name="prod")

# A REST API in an OpenAPI document, as many programs write them.
described = aws.apigateway.RestApi(
    "described",
    body=front.arn.apply(
        lambda arn: json.dumps(
            {
                "swagger": "2.0",
                "info": {"title": "described", "version": "1.0"},
                "paths": {
                    "/{proxy+}": {
                        "x-amazon-apigateway-any-method": {
                            "x-amazon-apigateway-integration": {
                                "uri": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}"
                                "/invocations",
                                "httpMethod": "POST",
                                "type": "aws_proxy",
                            }
                        }
                    }
                },
            }
        )
    ),
)
described_deployment = aws.apigateway.Deployment("described-deployment", rest_api=described.id)
aws.apigateway.Stage("described-stage", rest_api=described.id, deployment=described_deployment.id, stage_name="example")
