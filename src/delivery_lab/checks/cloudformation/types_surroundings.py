"""What stands around queues and functions, in CloudFormation's terms: HTTP APIs, roles, log groups, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.checks.cloudformation.shapes import (
    PLACEHOLDER,
    Spot,
    an_object,
    document,
    fields,
    objects,
    pairs,
    tag_list,
    to,
)

_API = ResourceType(
    "AWS::ApiGatewayV2::Api",
    fields(
        same="apiKeySelectionExpression credentialsArn description disableExecuteApiEndpoint failOnWarnings"
        " ipAddressType name protocolType routeKey routeSelectionExpression tags target version",
        other={
            "corsConfiguration": to(
                "CorsConfiguration",
                an_object(fields(same="allowCredentials allowHeaders allowMethods allowOrigins exposeHeaders maxAge")),
            )
        },
        left_out="body region",
    ),
    defaults={"Name": PLACEHOLDER},
)

_INTEGRATION = ResourceType(
    "AWS::ApiGatewayV2::Integration",
    fields(
        same="apiId connectionId connectionType contentHandlingStrategy credentialsArn description integrationMethod"
        " integrationSubtype integrationType integrationUri passthroughBehavior payloadFormatVersion requestParameters"
        " requestTemplates templateSelectionExpression",
        other={
            "timeoutMilliseconds": "TimeoutInMillis",
            "tlsConfig": to("TlsConfig", an_object(fields(same="serverNameToVerify"))),
        },
        left_out="region responseParameters",
    ),
)

_ROUTE = ResourceType(
    "AWS::ApiGatewayV2::Route",
    fields(
        same="apiId apiKeyRequired authorizationScopes authorizationType authorizerId modelSelectionExpression"
        " operationName requestModels routeKey routeResponseSelectionExpression target",
        left_out="region requestParameters",
    ),
)

_STAGE = ResourceType(
    "AWS::ApiGatewayV2::Stage",
    fields(
        same="apiId autoDeploy clientCertificateId deploymentId description stageVariables tags",
        other={
            "accessLogSettings": to("AccessLogSettings", an_object(fields(same="destinationArn format"))),
            "defaultRouteSettings": to(
                "DefaultRouteSettings",
                an_object(
                    fields(
                        same="dataTraceEnabled detailedMetricsEnabled loggingLevel throttlingBurstLimit"
                        " throttlingRateLimit"
                    )
                ),
            ),
            "name": "StageName",
        },
        left_out="region routeSettings",
    ),
    defaults={"StageName": PLACEHOLDER},
)

_LOG_GROUP = ResourceType(
    "AWS::Logs::LogGroup",
    fields(
        same="deletionProtectionEnabled kmsKeyId logGroupClass",
        other={
            "name": "LogGroupName",
            # Pulumi writes "keep for ever" as 0.
            "retentionInDays": to("RetentionInDays", unset=(0,)),
            "tags": to("Tags", tag_list),
        },
        left_out="namePrefix region skipDestroy",
    ),
)

_INLINE_POLICIES = objects(fields(other={"name": "PolicyName", "policy": to("PolicyDocument", document)}))


def _inline_policies(value: Any, spot: Spot) -> Any:
    """An empty block is how Pulumi says that the role has no inline policies."""
    return _INLINE_POLICIES([item for item in value if item != {}] if isinstance(value, list) else value, spot)


_ROLE = ResourceType(
    "AWS::IAM::Role",
    fields(
        same="description managedPolicyArns maxSessionDuration path permissionsBoundary",
        other={
            "assumeRolePolicy": to("AssumeRolePolicyDocument", document),
            "inlinePolicies": to("Policies", _inline_policies),
            "name": "RoleName",
            "tags": to("Tags", tag_list),
        },
        left_out="forceDetachPolicies namePrefix",
    ),
)

_ROLE_POLICY = ResourceType(
    "AWS::IAM::RolePolicy",
    fields(
        other={"name": "PolicyName", "policy": to("PolicyDocument", document), "role": "RoleName"},
        left_out="namePrefix",
    ),
    defaults={"PolicyName": PLACEHOLDER},
)

_POLICY = ResourceType(
    "AWS::IAM::ManagedPolicy",
    fields(
        same="description path",
        other={"name": "ManagedPolicyName", "policy": to("PolicyDocument", document)},
        left_out="delayAfterPolicyCreationInMs namePrefix tags",
    ),
)

_DIMENSIONS = to("Dimensions", pairs("Name", "Value"))

_METRIC = an_object(
    fields(
        same="period stat unit",
        other={
            "dimensions": to("Metric.Dimensions", pairs("Name", "Value")),
            "metricName": "Metric.MetricName",
            "namespace": "Metric.Namespace",
        },
    )
)

_ALARM = ResourceType(
    "AWS::CloudWatch::Alarm",
    fields(
        same="actionsEnabled alarmActions alarmDescription comparisonOperator datapointsToAlarm evaluationInterval"
        " evaluationPeriods extendedStatistic insufficientDataActions metricName namespace period statistic threshold"
        " thresholdMetricId treatMissingData unit",
        other={
            "dimensions": _DIMENSIONS,
            "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
            "metricQueries": to(
                "Metrics",
                objects(
                    fields(
                        same="accountId expression id label period returnData",
                        other={"metric": to("MetricStat", _METRIC)},
                    )
                ),
            ),
            "name": "AlarmName",
            "okActions": "OKActions",
            "tags": to("Tags", tag_list),
        },
        left_out="evaluationCriteria evaluationWindow region warmUpConfiguration",
    ),
)

TYPES: Mapping[str, ResourceType] = {
    resource_types.HTTP_API: _API,
    resource_types.INTEGRATION: _INTEGRATION,
    resource_types.ROUTE: _ROUTE,
    resource_types.STAGE: _STAGE,
    resource_types.LOG_GROUP: _LOG_GROUP,
    resource_types.METRIC_ALARM: _ALARM,
    resource_types.POLICY: _POLICY,
    resource_types.ROLE: _ROLE,
    resource_types.ROLE_POLICY: _ROLE_POLICY,
}
