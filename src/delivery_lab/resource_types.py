"""Type tokens of resources, one constant each, and the kinds of sources that a mapping polls.

A token that only one module needs may stand there instead.
"""

from __future__ import annotations

from typing import Literal

SourceKind = Literal["sqs", "kinesis", "dynamodb", "kafka"]
"""What a mapping polls."""

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
REDRIVE_POLICY = "aws:sqs/redrivePolicy:RedrivePolicy"
REDRIVE_ALLOW_POLICY = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
PROVISIONED_CONCURRENCY = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
SCALING_TARGET = "aws:appautoscaling/target:Target"
LAYER = "aws:lambda/layerVersion:LayerVersion"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
RECURSION_CONFIG = "aws:lambda/functionRecursionConfig:FunctionRecursionConfig"
PERMISSION = "aws:lambda/permission:Permission"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"

STREAM = "aws:kinesis/stream:Stream"
STREAM_CONSUMER = "aws:kinesis/streamConsumer:StreamConsumer"
TABLE = "aws:dynamodb/table:Table"
MSK_CLUSTER = "aws:msk/cluster:Cluster"
MSK_SERVERLESS_CLUSTER = "aws:msk/serverlessCluster:ServerlessCluster"
MSK_CLUSTERS = (MSK_CLUSTER, MSK_SERVERLESS_CLUSTER)
MSK_CONFIGURATION = "aws:msk/configuration:Configuration"

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE_TABLE_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TOPIC_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
EVENT_BUS = "aws:cloudwatch/eventBus:EventBus"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_V2 = "aws:s3/bucketV2:BucketV2"
BUCKETS = (BUCKET, BUCKET_V2)
BUCKET_OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")
BUCKET_VERSIONINGS = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
LOG_SUBSCRIPTION_FILTER = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
SCHEDULE = "aws:scheduler/schedule:Schedule"
PIPE = "aws:pipes/pipe:Pipe"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
PARAMETER = "aws:ssm/parameter:Parameter"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type of resources
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105 - a type of resources
MAIL_IDENTITIES = (
    "aws:ses/emailIdentity:EmailIdentity",
    "aws:ses/domainIdentity:DomainIdentity",
    "aws:sesv2/emailIdentity:EmailIdentity",
)

HTTP_API = "aws:apigatewayv2/api:Api"
ROUTE = "aws:apigatewayv2/route:Route"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
STAGE = "aws:apigatewayv2/stage:Stage"

REST_API = "aws:apigateway/restApi:RestApi"
REST_RESOURCE = "aws:apigateway/resource:Resource"
REST_METHOD = "aws:apigateway/method:Method"
REQUEST_VALIDATOR = "aws:apigateway/requestValidator:RequestValidator"
REST_INTEGRATION = "aws:apigateway/integration:Integration"
REST_INTEGRATION_RESPONSE = "aws:apigateway/integrationResponse:IntegrationResponse"
REST_METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
REST_DEPLOYMENT = "aws:apigateway/deployment:Deployment"
REST_STAGE = "aws:apigateway/stage:Stage"

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOG_STREAM = "aws:cloudwatch/logStream:LogStream"
CONTACT_LIST = "aws:sesv2/contactList:ContactList"
DELIVERY_STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
KEY = "aws:kms/key:Key"
KEY_ALIAS = "aws:kms/alias:Alias"
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
MAIL_TEMPLATE = "aws:ses/template:Template"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
POLICY_ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
ROLE_POLICY_ATTACHMENTS_EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"

DYNAMIC_PREFIX = "pulumi-python:dynamic"
"""What the type of every dynamic resource begins with."""
COMPONENT_STACK = "pulumi:pulumi:Stack"
"""The type of the stack itself, the root of all components."""
