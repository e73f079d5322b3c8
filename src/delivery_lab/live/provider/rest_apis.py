"""REST APIs that an OpenAPI document describes: the API, its deployments, stages and settings of methods.

The emulator cannot import such documents. So its resources and methods are created one by one, as importing would do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.resource_type import NeverUpdated, Properties, ProvidedType
from delivery_lab.program import naming

_INTEGRATION = "x-amazon-apigateway-integration"
_AUTH = "x-amazon-apigateway-auth"
_LIMITS = ("throttlingBurstLimit", "throttlingRateLimit")
_WHOLE = frozenset({"throttlingBurstLimit"})


class RestApiType(ProvidedType):
    """`aws.apigateway.RestApi` with a `body`."""

    pulumi_type = resource_types.REST_API
    settings = frozenset({"body", "name"})
    required = frozenset({"body"})
    computed = ("arn", "executionArn", "rootResourceId")
    unread = frozenset({"body"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the API."""
        return str(cloud.client("apigateway").create_rest_api(name=inputs["name"])["id"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Create what the document describes."""
        self._import(cloud, id_, inputs["body"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The API."""
        client = cloud.client("apigateway")
        answer = found(lambda: client.get_rest_api(restApiId=id_))
        if answer is None:
            return None
        return {
            "name": answer["name"],
            "arn": f"arn:{naming.partition_of(cloud.region)}:apigateway:{cloud.region}::/restapis/{id_}",
            "executionArn": cloud.arn("execute-api", id_),
            "rootResourceId": answer["rootResourceId"],
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Rename the API, and create anew what another document describes."""
        client = cloud.client("apigateway")
        if "name" in changed:
            client.update_rest_api(
                restApiId=id_, patchOperations=[{"op": "replace", "path": "/name", "value": new["name"]}]
            )
        if "body" in changed:
            for resource in client.get_resources(restApiId=id_)["items"]:
                if resource["path"] != "/":
                    client.delete_resource(restApiId=id_, resourceId=resource["id"])
            self._import(cloud, id_, new["body"])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the API."""
        with gone_is_fine():
            cloud.client("apigateway").delete_rest_api(restApiId=id_)

    def _import(self, cloud: Cloud, api: str, body: str) -> None:
        client = cloud.client("apigateway")
        root = client.get_rest_api(restApiId=api)["rootResourceId"]
        for path, item in json.loads(body).get("paths", {}).items():
            place = root
            for part in [each for each in path.split("/") if each]:
                place = client.create_resource(restApiId=api, parentId=place, pathPart=part)["id"]
            for method, operation in item.items():
                at = {"restApiId": api, "resourceId": place, "httpMethod": method.upper()}
                _put_method(client, at, operation)


def _put_method(client: Any, at: Mapping[str, str], operation: Mapping[str, Any]) -> None:
    auth = operation.get(_AUTH, {}).get("type", "NONE")
    client.put_method(**at, authorizationType=auth)
    held = operation[_INTEGRATION]
    client.put_integration(
        **at,
        type=held["type"].upper(),
        integrationHttpMethod=held["httpMethod"],
        uri=held["uri"],
        credentials=held["credentials"],
        requestParameters=held.get("requestParameters", {}),
        requestTemplates=held.get("requestTemplates", {}),
        passthroughBehavior=held.get("passthroughBehavior", "when_no_match").upper(),
    )
    for pattern, answer in held.get("responses", {}).items():
        client.put_method_response(**at, statusCode=answer["statusCode"])
        client.put_integration_response(
            **at,
            statusCode=answer["statusCode"],
            selectionPattern="" if pattern == "default" else pattern,
            responseTemplates=answer.get("responseTemplates", {}),
        )


class DeploymentType(NeverUpdated):
    """`aws.apigateway.Deployment`. Other triggers take a new one."""

    pulumi_type = resource_types.REST_DEPLOYMENT
    settings = frozenset({"description", "restApi", "triggers"})
    required = frozenset({"restApi"})
    unread = frozenset({"triggers"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Deploy the API as it is now."""
        description = inputs.get("description") or ""
        answer = cloud.client("apigateway").create_deployment(restApiId=inputs["restApi"], description=description)
        return str(answer["id"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The deployment."""
        client, api = cloud.client("apigateway"), state["restApi"]
        answer = found(lambda: client.get_deployment(restApiId=api, deploymentId=id_))
        return None if answer is None else {"restApi": api, "description": answer.get("description") or None}

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the deployment."""
        with gone_is_fine():
            cloud.client("apigateway").delete_deployment(restApiId=state["restApi"], deploymentId=id_)


class RestStageType(ProvidedType):
    """`aws.apigateway.Stage`. Its id holds the API's and its name."""

    pulumi_type = resource_types.REST_STAGE
    settings = frozenset({"deployment", "restApi", "stageName"})
    required = settings
    computed = ("arn", "executionArn", "invokeUrl")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the stage."""
        api, name = inputs["restApi"], inputs["stageName"]
        cloud.client("apigateway").create_stage(restApiId=api, stageName=name, deploymentId=inputs["deployment"])
        return f"ags-{api}-{name}"

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The stage."""
        client, api, name = cloud.client("apigateway"), state["restApi"], state["stageName"]
        answer = found(lambda: client.get_stage(restApiId=api, stageName=name))
        if answer is None:
            return None
        partition = naming.partition_of(cloud.region)
        return {
            "deployment": answer["deploymentId"],
            "restApi": api,
            "stageName": name,
            "arn": f"arn:{partition}:apigateway:{cloud.region}::/restapis/{api}/stages/{name}",
            "executionArn": cloud.arn("execute-api", f"{api}/{name}"),
            "invokeUrl": f"{cloud.api_address(api)}/{name}",
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Let the stage show another deployment."""
        patch = [{"op": "replace", "path": "/deploymentId", "value": new["deployment"]}]
        cloud.client("apigateway").update_stage(
            restApiId=new["restApi"], stageName=new["stageName"], patchOperations=patch
        )

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the stage."""
        with gone_is_fine():
            cloud.client("apigateway").delete_stage(restApiId=state["restApi"], stageName=state["stageName"])


class MethodSettingsType(ProvidedType):
    """`aws.apigateway.MethodSettings`: the limits of the methods of a stage."""

    pulumi_type = resource_types.REST_METHOD_SETTINGS
    settings = frozenset({"methodPath", "restApi", "settings", "stageName"})
    required = settings

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Set the limits."""
        self._put(cloud, inputs)
        return f"{inputs['restApi']}-{inputs['stageName']}-{inputs['methodPath']}"

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The limits."""
        client, path = cloud.client("apigateway"), state["methodPath"]
        answer = found(lambda: client.get_stage(restApiId=state["restApi"], stageName=state["stageName"]))
        held = (answer or {}).get("methodSettings", {}).get(path)
        if held is None:
            return None
        limits = {name: held[name] for name in _LIMITS if held.get(name) is not None}
        return {**{name: state[name] for name in ("methodPath", "restApi", "stageName")}, "settings": limits}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the limits."""
        self._put(cloud, new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Take the limits from the methods."""
        with gone_is_fine():
            self._patch(cloud, state, [{"op": "remove", "path": f"/{state['methodPath']}"}])

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        given = {name: inputs["settings"][name] for name in _LIMITS if inputs["settings"].get(name) is not None}
        patch = [
            {
                "op": "replace",
                "path": f"/{inputs['methodPath']}/throttling/{name.removeprefix('throttling')[:1].lower()}"
                f"{name.removeprefix('throttling')[1:]}",
                "value": str(int(value) if name in _WHOLE else value),
            }
            for name, value in given.items()
        ]
        self._patch(cloud, inputs, patch)

    def _patch(self, cloud: Cloud, at: Properties, patch: list[dict[str, str]]) -> None:
        cloud.client("apigateway").update_stage(
            restApiId=at["restApi"], stageName=at["stageName"], patchOperations=patch
        )


TYPES = (RestApiType(), DeploymentType(), RestStageType(), MethodSettingsType())
