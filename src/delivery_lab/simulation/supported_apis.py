"""The inputs of APIs and their parts that a simulation follows, ignores or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.stack.support import Refusal, Support

_UNCHANGED_REQUEST = Refusal("a request that reaches the integration as it was sent")
_UNCHANGED_ANSWER = Refusal("an answer that reaches the caller as the function gave it")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _limits_single_methods(value: Any) -> bool:
    return bool(value != "*/*")


HTTP_APIS: Mapping[str, Support] = {
    resource_types.HTTP_API: Support(
        modelled=_names("protocolType target routeKey credentialsArn body"),
        harmless=_names(
            "apiKeySelectionExpression corsConfiguration.* disableExecuteApiEndpoint failOnWarnings ipAddressType "
            "routeSelectionExpression version"
        ),
    ),
    resource_types.ROUTE: Support(
        modelled=_names("apiId routeKey target"),
        harmless=_names(
            "apiKeyRequired authorizationScopes authorizationType authorizerId operationName "
            "routeResponseSelectionExpression modelSelectionExpression requestModels.* requestParameters.*"
        ),
    ),
    resource_types.INTEGRATION: Support(
        modelled=_names(
            "apiId integrationType integrationUri integrationSubtype payloadFormatVersion timeoutMilliseconds "
            "requestParameters.* credentialsArn"
        ),
        harmless=_names(
            "connectionType integrationMethod passthroughBehavior contentHandlingStrategy "
            "templateSelectionExpression requestTemplates.*"  # the last four are read for WebSocket APIs only
        ),
        refused={
            "connectionId": _UNCHANGED_REQUEST,
            "responseParameters": _UNCHANGED_ANSWER,
            "tlsConfig": _UNCHANGED_REQUEST,
        },
    ),
    resource_types.STAGE: Support(
        modelled=_names(
            "apiId defaultRouteSettings.throttlingBurstLimit defaultRouteSettings.throttlingRateLimit "
            "routeSettings.routeKey routeSettings.throttlingBurstLimit routeSettings.throttlingRateLimit "
            "stageVariables.*"
        ),
        harmless=_names(
            "accessLogSettings.* autoDeploy clientCertificateId defaultRouteSettings.dataTraceEnabled "
            "defaultRouteSettings.detailedMetricsEnabled defaultRouteSettings.loggingLevel deploymentId "
            "routeSettings.dataTraceEnabled routeSettings.detailedMetricsEnabled routeSettings.loggingLevel"
        ),
    ),
}

REST_APIS: Mapping[str, Support] = {
    resource_types.REST_API: Support(
        modelled=_names("body binaryMediaTypes"),
        harmless=_names(
            "apiKeySource disableExecuteApiEndpoint endpointAccessMode endpointConfiguration.* failOnWarnings "
            "minimumCompressionSize parameters.* policy putRestApiMode securityPolicy"
        ),
    ),
    resource_types.REST_RESOURCE: Support(_names("parentId pathPart restApi")),
    resource_types.REST_METHOD: Support(
        modelled=_names("httpMethod resourceId restApi requestModels.* requestParameters.* requestValidatorId"),
        harmless=_names("authorization apiKeyRequired authorizationScopes authorizerId operationName"),
    ),
    resource_types.REST_INTEGRATION: Support(
        modelled=_names(
            "httpMethod resourceId restApi type uri credentials passthroughBehavior requestParameters.* "
            "requestTemplates.* timeoutMilliseconds"
        ),
        harmless=_names("cacheKeyParameters cacheNamespace connectionType integrationHttpMethod"),
        refused={
            "connectionId": _UNCHANGED_REQUEST,
            "contentHandling": _UNCHANGED_REQUEST,
            "integrationTarget": _UNCHANGED_REQUEST,
            "responseTransferMode": Refusal("BUFFERED", lambda value: value != "BUFFERED"),
            "tlsConfig": _UNCHANGED_REQUEST,
        },
    ),
    resource_types.REST_INTEGRATION_RESPONSE: Support(
        modelled=_names("httpMethod resourceId restApi statusCode selectionPattern responseTemplates.*"),
        harmless=_names("responseParameters.* contentHandling"),
    ),
    resource_types.REST_METHOD_SETTINGS: Support(
        modelled=_names("restApi stageName settings.throttlingBurstLimit settings.throttlingRateLimit"),
        harmless=_names(
            "settings.cacheDataEncrypted settings.cacheTtlInSeconds settings.dataTraceEnabled settings.loggingLevel "
            "settings.metricsEnabled settings.requireAuthorizationForCacheControl "
            "settings.unauthorizedCacheControlHeaderStrategy"
        ),
        refused={
            "methodPath": Refusal("*/*, settings for all methods", _limits_single_methods),
            "settings.cachingEnabled": Refusal("answers that are not cached"),
        },
    ),
    resource_types.REST_DEPLOYMENT: Support(_names("restApi"), _names("triggers.* variables.*")),
    resource_types.REST_STAGE: Support(
        modelled=_names("restApi stageName variables.*"),
        harmless=_names(
            "accessLogSettings.* cacheClusterEnabled cacheClusterSize clientCertificateId deployment "
            "documentationVersion xrayTracingEnabled"
        ),
        refused={"canarySettings": Refusal("a stage without a canary")},
    ),
}
"""Inputs that only versions of the provider before 7 have (`stageName` of a Deployment) are not among them."""

FUNCTION_URLS: Mapping[str, Support] = {
    resource_types.FUNCTION_URL: Support(
        _names("functionName qualifier invokeMode"), _names("authorizationType cors.*")
    )
}

APIS: Mapping[str, Support] = {**HTTP_APIS, **REST_APIS, **FUNCTION_URLS}
"""What only a request to an API depends on."""

OF_WHOLE_APIS = frozenset(
    {
        resource_types.STAGE,
        resource_types.REST_STAGE,
        resource_types.REST_METHOD_SETTINGS,
    }
)
"""Parts of an API that every request to it depends on."""
