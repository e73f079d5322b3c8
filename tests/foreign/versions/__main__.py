"""What programs write that were made for version 5, 6 or 7 of pulumi-aws."""

import json
from importlib.metadata import version

import pulumi
import pulumi_aws as aws

MAJOR = int(version("pulumi-aws").partition(".")[0])

region = aws.get_region()
# Version 7 renamed the attribute; the old one is still there.
name = region.region if MAJOR >= 7 else region.name
account = aws.get_caller_identity().account_id
document = aws.iam.get_policy_document(
    statements=[
        aws.iam.GetPolicyDocumentStatementArgs(
            actions=["sts:AssumeRole"],
            principals=[
                aws.iam.GetPolicyDocumentStatementPrincipalArgs(type="Service", identifiers=["lambda.amazonaws.com"])
            ],
        )
    ]
)
role = aws.iam.Role("role", assume_role_policy=document.json)
bucket = (aws.s3.Bucket if MAJOR >= 7 else aws.s3.BucketV2)("code")
package = (aws.s3.BucketObjectv2 if MAJOR >= 6 else aws.s3.BucketObject)(
    "package", bucket=bucket.id, key="worker.zip", source=pulumi.FileArchive("./worker")
)
dead = aws.sqs.Queue("dead", message_retention_seconds=1209600)
jobs = aws.sqs.Queue(
    "jobs",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})),
)
worker = aws.lambda_.Function(
    "worker",
    role=role.arn,
    runtime=aws.lambda_.Runtime.PYTHON3D9,
    handler="app.handler",
    timeout=10,
    s3_bucket=bucket.id,
    s3_key=package.key,
    environment=aws.lambda_.FunctionEnvironmentArgs(variables={"REGION": name, "ACCOUNT": account}),
)
aws.lambda_.EventSourceMapping(
    "jobs-to-worker",
    event_source_arn=jobs.arn,
    function_name=worker.name,
    function_response_types=["ReportBatchItemFailures"],
    scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(maximum_concurrency=2),
)
aws.lambda_.Permission(
    "rest", action="lambda:InvokeFunction", function=worker.name, principal="apigateway.amazonaws.com"
)

api = aws.apigateway.RestApi("api")
method = aws.apigateway.Method(
    "any", rest_api=api.id, resource_id=api.root_resource_id, http_method="ANY", authorization="NONE"
)
integration = aws.apigateway.Integration(
    "to-worker",
    rest_api=api.id,
    resource_id=api.root_resource_id,
    http_method=method.http_method,
    integration_http_method="POST",
    type="AWS_PROXY",
    uri=worker.invoke_arn,
)
# Until version 7 a deployment could make the stage, and knew its address.
stage = {} if MAJOR >= 7 else {"stage_name": "v1"}
deployment = aws.apigateway.Deployment(
    "deployment", rest_api=api.id, **stage, opts=pulumi.ResourceOptions(depends_on=[integration])
)
if MAJOR >= 7:
    made = aws.apigateway.Stage("stage", rest_api=api.id, deployment=deployment.id, stage_name="v1")
    pulumi.export("url", made.invoke_url)
else:
    pulumi.export("url", deployment.invoke_url)
