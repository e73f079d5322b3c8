"""The HTTP API through which work comes into a stack."""

from __future__ import annotations

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.settings import ApiSettings

ENQUEUE = "/enqueue"
PRODUCE = "/produce"
_AUTHORIZATION_TYPES = {"iam": "AWS_IAM", "none": "NONE"}


class EnqueueApi(pulumi.ComponentResource):
    """An HTTP API `<name>` with one route, `POST /enqueue` unless told otherwise, that hands requests to a function.

    Args:
        name: logical name of the API, and prefix of the other children's names.
        producer: the function that takes the requests (payload format 2.0).
        settings: authorization and throttling.
        opts: resource options.
        path: path of the route.

    Attributes:
        endpoint: URL of the API without a path; requests go to `<endpoint><path>`.
    """

    def __init__(
        self,
        name: str,
        producer: lambda_.Function,
        settings: ApiSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        path: str = ENQUEUE,
    ) -> None:
        super().__init__("delivery-lab:api:EnqueueApi", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        api = apigatewayv2.Api(name, protocol_type="HTTP", opts=child)
        integration = apigatewayv2.Integration(
            f"{name}-integration",
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=producer.invoke_arn,
            payload_format_version="2.0",
            opts=child,
        )
        route = apigatewayv2.Route(
            f"{name}-route",
            api_id=api.id,
            route_key=f"POST {path}",
            authorization_type=_AUTHORIZATION_TYPES[settings.authorization],
            target=pulumi.Output.concat("integrations/", integration.id),
            opts=child,
        )
        permission = lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=producer.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(api.execution_arn, f"/*/POST{path}"),
            opts=child,
        )
        apigatewayv2.Stage(
            f"{name}-stage",
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings={
                "throttling_burst_limit": settings.throttling.burst_limit,
                "throttling_rate_limit": settings.throttling.rate_limit,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route, permission]),
        )
        self.endpoint = api.api_endpoint
        self.register_outputs({"endpoint": self.endpoint})
