"""REST APIs: resources, methods, integrations and stages, as resources of their own or in an OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab import resource_types
from delivery_lab.limits.gateway import REST_TIMEOUT
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.apis import RouteLimits, mapping_of
from delivery_lab.stack.functions import Function
from delivery_lab.stack.openapi import DescribedOperation, definition, definition_problem, operations_of
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.request_validation import validated_of_method
from delivery_lab.stack.resource import StackResource

InputsOf = Callable[[str], Iterator[Inputs]]
FindFunction = Callable[[object], Function | None]

_INVOCATIONS = "/invocations"


@dataclass(frozen=True, slots=True)
class IntegrationAnswer:
    """What becomes of an answer of a service.

    Attributes:
        status: the status that the caller sees.
        pattern: what the service's status has to match, None for the default.
        template: for `application/json`, "" for none.
    """

    status: str
    pattern: str | None
    template: str


@dataclass(frozen=True, slots=True)
class RestIntegration:
    """What answers a method.

    Attributes:
        kind: `AWS_PROXY`, `AWS`, `MOCK` and so on.
        uri: what it calls, UNKNOWN where it is known only after deployment.
        function: the function that it invokes, None if it is none of the stack.
        credentials: ARN of its role, None without one.
        timeout_milliseconds: how long it waits.
        templates: mapping templates by content type; values may be UNKNOWN.
        parameters: request parameters; values may be UNKNOWN.
        passthrough: what is done with a body of another content type.
        answers: the integration responses.
        urns: the resources that it was read from.
    """

    kind: str
    uri: Any
    function: Function | None
    credentials: Any = None
    timeout_milliseconds: Any = REST_TIMEOUT.default
    templates: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    passthrough: str = "WHEN_NO_MATCH"
    answers: tuple[IntegrationAnswer, ...] = ()
    urns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestMethod:
    """A method of a resource of an API.

    Attributes:
        name: as messages call it.
        http_method: such as `POST`, or `ANY`.
        path: such as `/orders/{id}`, None where it is known only after deployment.
        integration: what answers it, None where it is none of the stack.
        urns: the resources that it was read from.
        validated: what its request validator looks at, such as `method.request.header.X-Id` or `the body`.
    """

    name: str
    http_method: str
    path: str | None
    integration: RestIntegration | None
    urns: tuple[str, ...] = ()
    validated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestStage:
    """The stage of an API that requests go to.

    Attributes:
        urn: its URN.
        name: its name.
        variables: its variables; values may be UNKNOWN.
        limits: how many requests each method takes, None for no limit of its own.
    """

    urn: str
    name: str
    variables: Mapping[str, Any]
    limits: RouteLimits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi(StackResource):
    """A REST API.

    Attributes:
        methods: its methods.
        stage: its first stage, None without one: then nobody can call it.
        execution_arn: what permissions name it by, None where it is known only after deployment.
        problem: why its methods are not all known, "" if they are.
        binary_media_types: content types whose bodies are handed on in Base64; `*/*` for those that are not known.
    """

    methods: tuple[RestMethod, ...]
    stage: RestStage | None
    execution_arn: str | None
    problem: str
    binary_media_types: tuple[str, ...] = ()


def rest_api(inputs: Inputs, inputs_of: InputsOf, find: FindFunction) -> RestApi:
    """A REST API of its inputs and of the resources that name it.

    Args:
        inputs: its inputs.
        inputs_of: the inputs of each resource of a type.
        find: finds the function that a text means.
    """

    def of_api(token: str) -> list[Inputs]:
        return [each for each in inputs_of(token) if each.raw("restApi") == inputs.resource.id]

    methods = (*_written(inputs, of_api, find), *_described(inputs, definition(inputs.raw("body")), find))
    return RestApi(
        **inputs.identity(),
        methods=methods,
        stage=_stage(of_api),
        execution_arn=inputs.output("executionArn"),
        problem=definition_problem(inputs),
        binary_media_types=_binary(inputs.raw("binaryMediaTypes")),
    )


def _binary(held: object) -> tuple[str, ...]:
    if held is None:
        return ()
    return tuple(each if isinstance(each, str) else "*/*" for each in (held if isinstance(held, list) else [UNKNOWN]))


def invoked(uri: object, find: FindFunction) -> Function | None:
    """The function that a URI invokes: `...:lambda:path/2015-03-31/functions/ARN/invocations`."""
    if not isinstance(uri, str):
        return None
    return find(uri) or find(uri.partition("/functions/")[2].removesuffix(_INVOCATIONS))


def _described(inputs: Inputs, body: Mapping[str, Any] | None, find: FindFunction) -> Iterator[RestMethod]:
    """The methods of an OpenAPI document."""
    for operation in operations_of(body or {}):
        name = f"{inputs.resource.name}: {operation.method} {operation.path}"
        integration = _of_operation(operation, find)
        yield RestMethod(name, operation.method, operation.path, integration, validated=operation.validated)


def _of_operation(operation: DescribedOperation, find: FindFunction) -> RestIntegration | None:
    held = operation.integration
    if held is None:
        return None
    uri = held.get("uri")
    responses = held.get("responses")
    answers = responses.items() if isinstance(responses, Mapping) else ()
    return RestIntegration(
        kind=str(held.get("type") or "").upper(),
        uri=uri,
        function=invoked(uri, find),
        credentials=held.get("credentials"),
        timeout_milliseconds=held.get("timeoutInMillis") or REST_TIMEOUT.default,
        templates=_mapping(held.get("requestTemplates")),
        parameters=_mapping(held.get("requestParameters")),
        passthrough=str(held.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        answers=tuple(
            IntegrationAnswer(
                str(answer.get("statusCode") or "200"),
                None if pattern == "default" else pattern,
                _json_template(answer.get("responseTemplates")),
            )
            for pattern, answer in answers
            if isinstance(answer, Mapping)
        ),
    )


def _written(inputs: Inputs, of_api: Callable[[str], list[Inputs]], find: FindFunction) -> Iterator[RestMethod]:
    """The methods that are resources of the program."""
    paths = _paths(inputs, of_api(resource_types.REST_RESOURCE))
    integrations = of_api(resource_types.REST_INTEGRATION)
    answers = of_api(resource_types.REST_INTEGRATION_RESPONSE)
    validators = of_api(resource_types.REQUEST_VALIDATOR)
    for method in of_api(resource_types.REST_METHOD):
        here = (method.raw("resourceId"), str(method.raw("httpMethod")).upper())
        found = next((each for each in integrations if _place(each) == here), None)
        own = [each for each in answers if _place(each) == here]
        integration = None if found is None else _integration(found, own, find)
        validated = validated_of_method(method, validators)
        urns = (method.resource.urn,)
        yield RestMethod(method.resource.name, here[1], paths.get(here[0]), integration, urns, validated)


def _place(inputs: Inputs) -> tuple[Any, str]:
    return inputs.raw("resourceId"), str(inputs.raw("httpMethod")).upper()


def _paths(inputs: Inputs, resources: list[Inputs]) -> Mapping[Any, str]:
    """Paths of the API's resources by id; the root is there without being created."""
    paths: dict[Any, str] = {inputs.output("rootResourceId"): "/"}
    waiting = resources
    while waiting:
        ready = [each for each in waiting if each.raw("parentId") in paths and each.text("pathPart").is_known]
        if not ready:
            break
        for each in ready:
            above = paths[each.raw("parentId")].rstrip("/")
            paths[each.resource.id] = f"{above}/{each.text('pathPart').known}"
        waiting = [each for each in waiting if each not in ready]
    return paths


def _integration(inputs: Inputs, answers: list[Inputs], find: FindFunction) -> RestIntegration:
    uri = inputs.raw("uri")
    return RestIntegration(
        kind=str(inputs.raw("type") or "").upper(),
        uri=uri,
        function=invoked(uri, find),
        credentials=inputs.raw("credentials"),
        timeout_milliseconds=inputs.number("timeoutMilliseconds", default=REST_TIMEOUT.default).value,
        templates=mapping_of(inputs, "requestTemplates"),
        parameters=mapping_of(inputs, "requestParameters"),
        passthrough=(inputs.text("passthroughBehavior", default="WHEN_NO_MATCH").known or "WHEN_NO_MATCH").upper(),
        answers=tuple(
            IntegrationAnswer(
                str(each.raw("statusCode")),
                each.optional_text("selectionPattern").known,
                _json_template(each.raw("responseTemplates")),
            )
            for each in answers
        ),
        urns=(inputs.resource.urn, *(each.resource.urn for each in answers)),
    )


def _stage(of_api: Callable[[str], list[Inputs]]) -> RestStage | None:
    """The first stage; before version 7 of the provider a deployment could make one."""
    stages = of_api(resource_types.REST_STAGE)
    deployments = [each for each in of_api(resource_types.REST_DEPLOYMENT) if each.raw("stageName")]
    first = next(iter([*stages, *deployments]), None)
    if first is None:
        return None
    name = first.text("stageName").known or ""
    settings = [each for each in of_api(resource_types.REST_METHOD_SETTINGS) if each.raw("stageName") == name]
    general = [each for each in settings if each.raw("methodPath") == "*/*"]
    limits = None
    if general:
        burst = general[0].optional_number("settings", "throttlingBurstLimit").known
        rate = general[0].optional_real("settings", "throttlingRateLimit").known
        limits = RouteLimits(*(None if value is None or value < 0 else value for value in (burst, rate)))  # type: ignore[arg-type]
    return RestStage(first.identity()["urn"], name, mapping_of(first, "variables"), limits)


def _mapping(value: Any) -> Mapping[str, Any]:
    return {str(name): held for name, held in value.items()} if isinstance(value, Mapping) else {}


def _json_template(templates: Any) -> str:
    held = templates.get("application/json") if isinstance(templates, Mapping) else None
    return held if isinstance(held, str) else ""
