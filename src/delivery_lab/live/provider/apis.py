"""HTTP APIs: the API, its integrations, routes and stages."""

from __future__ import annotations

from typing import Any, ClassVar

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.names import lowered, lowered_name, raised, raised_name
from delivery_lab.live.provider.resource_type import Properties, ProvidedType
from delivery_lab.program import naming


def _arguments(inputs: Properties, names: frozenset[str]) -> dict[str, Any]:
    return {raised_name(name): raised(inputs[name]) for name in names if inputs.get(name) is not None}


def _properties(answer: Properties, names: frozenset[str]) -> dict[str, Any]:
    return {lowered_name(name): lowered(value) for name, value in answer.items() if lowered_name(name) in names}


class ApiType(ProvidedType):
    """`aws.apigatewayv2.Api` of the HTTP protocol."""

    pulumi_type = resource_types.HTTP_API
    settings = frozenset({"description", "disableExecuteApiEndpoint", "name", "protocolType"})
    required = frozenset({"protocolType"})
    computed = ("apiEndpoint", "arn", "executionArn")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the API."""
        return str(cloud.client("apigatewayv2").create_api(**_arguments(inputs, self.settings))["ApiId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The API."""
        client = cloud.client("apigatewayv2")
        answer = found(lambda: client.get_api(ApiId=id_))
        if answer is None:
            return None
        partition = naming.partition_of(cloud.region)
        return {
            **_properties(answer, self.settings),
            "apiEndpoint": cloud.api_address(id_),
            "arn": f"arn:{partition}:apigateway:{cloud.region}::/apis/{id_}",
            "executionArn": cloud.arn("execute-api", id_),
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change what changed."""
        given = {**self.defaults, **new}
        cloud.client("apigatewayv2").update_api(ApiId=id_, **_arguments(given, changed))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the API."""
        with gone_is_fine():
            cloud.client("apigatewayv2").delete_api(ApiId=id_)


class _Part(ProvidedType):
    """A part of an API. It is imported as `api/part`."""

    kind: ClassVar[str]
    id_name: ClassVar[str]

    def own_id(self, id_: str) -> str:
        """The part behind the API."""
        return id_.rpartition("/")[2]

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the part."""
        create = getattr(cloud.client("apigatewayv2"), f"create_{self.kind}")
        answer = create(**_arguments(inputs, self._sent()))
        return str(answer[self.id_name])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The part."""
        api = _api_of(id_, state)
        get = getattr(cloud.client("apigatewayv2"), f"get_{self.kind}")
        answer = found(lambda: get(ApiId=api, **{self.id_name: self.own_id(id_)}))
        return None if answer is None else {**_properties(answer, self.settings), "apiId": api}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change what changed."""
        update = getattr(cloud.client("apigatewayv2"), f"update_{self.kind}")
        given = {**self.defaults, **new}
        update(ApiId=new["apiId"], **{self.id_name: id_}, **_arguments(given, changed))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the part."""
        delete = getattr(cloud.client("apigatewayv2"), f"delete_{self.kind}")
        with gone_is_fine():
            delete(ApiId=state["apiId"], **{self.id_name: id_})

    def _sent(self) -> frozenset[str]:
        return self.settings


def _api_of(id_: str, state: Properties) -> str:
    api, _, _ = id_.rpartition("/")
    return api or str(state["apiId"])


class IntegrationType(_Part):
    """`aws.apigatewayv2.Integration`."""

    pulumi_type = resource_types.INTEGRATION
    settings = frozenset({"apiId", "integrationType", "integrationUri", "payloadFormatVersion", "timeoutMilliseconds"})
    required = frozenset({"apiId", "integrationType"})
    kind, id_name = "integration", "IntegrationId"

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the integration; the API calls its timeout `TimeoutInMillis`."""
        return super().create(cloud, _renamed_timeout(inputs))

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change what changed."""
        names = frozenset("timeoutInMillis" if name == "timeoutMilliseconds" else name for name in changed)
        super().update(cloud, id_, _renamed_timeout(new), names)

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The integration."""
        properties = super().read(cloud, id_, state)
        return None if properties is None else {**properties, "integrationMethod": "POST"}

    def _sent(self) -> frozenset[str]:
        return self.settings | {"timeoutInMillis"}


def _renamed_timeout(inputs: Properties) -> Properties:
    milliseconds = inputs.get("timeoutMilliseconds")
    kept = {name: value for name, value in inputs.items() if name != "timeoutMilliseconds"}
    return kept if milliseconds is None else {**kept, "timeoutInMillis": milliseconds}


class RouteType(_Part):
    """`aws.apigatewayv2.Route`."""

    pulumi_type = resource_types.ROUTE
    settings = frozenset({"apiId", "authorizationType", "routeKey", "target"})
    required = frozenset({"apiId", "routeKey"})
    kind, id_name = "route", "RouteId"


class StageType(_Part):
    """`aws.apigatewayv2.Stage`. Its id is its name."""

    pulumi_type = resource_types.STAGE
    settings = frozenset({"apiId", "autoDeploy", "defaultRouteSettings", "description", "name"})
    required = frozenset({"apiId"})
    computed = ("arn", "executionArn", "invokeUrl")
    kind, id_name = "stage", "StageName"

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the stage."""
        given = {**inputs, "stageName": inputs["name"]}
        cloud.client("apigatewayv2").create_stage(**_arguments(given, (self.settings - {"name"}) | {"stageName"}))
        return str(inputs["name"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The stage."""
        properties = super().read(cloud, id_, state)
        if properties is None:
            return None
        api, name = properties["apiId"], self.own_id(id_)
        endpoint = cloud.api_address(api)
        partition = naming.partition_of(cloud.region)
        return {
            **properties,
            "name": name,
            "arn": f"arn:{partition}:apigateway:{cloud.region}::/apis/{api}/stages/{name}",
            "executionArn": cloud.arn("execute-api", f"{api}/{name}"),
            "invokeUrl": f"{endpoint}/" if name == "$default" else f"{endpoint}/{name}",
        }


TYPES = (ApiType(), IntegrationType(), RouteType(), StageType())
