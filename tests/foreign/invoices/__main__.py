"""Code that reaches Lambda by way of a bucket, as large bundles do."""

import pulumi
import pulumi_aws as aws

bundles = aws.s3.Bucket("bundles")
code = aws.s3.BucketObjectv2(
    "render.zip", bucket=bundles.id, key="functions/render.zip", source=pulumi.FileArchive("./render")
)
common = aws.s3.BucketObject(
    "common.zip", bucket=bundles.bucket, source=pulumi.AssetArchive({"python": pulumi.FileArchive("./common/python")})
)
layer = aws.lambda_.LayerVersion("common", layer_name="common", s3_bucket=common.bucket, s3_key=common.key)
invoices = aws.sqs.Queue("invoices", visibility_timeout_seconds=30, message_retention_seconds=600)
role = aws.iam.Role(
    "renderer",
    assume_role_policy=aws.iam.get_policy_document(
        statements=[
            {
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
            }
        ]
    ).json,
)
render = aws.lambda_.Function(
    "render",
    runtime="python3.12",
    handler="bill.render",
    role=role.arn,
    timeout=5,
    layers=[layer.arn],
    s3_bucket=bundles.id,
    s3_key=code.key,
    s3_object_version=code.version_id,
    source_code_hash=code.etag,
)
aws.lambda_.EventSourceMapping(
    "invoices", event_source_arn=invoices.arn, function_name=render.arn, function_response_types=[]
)
elsewhere = aws.lambda_.Function(
    "archive", runtime="python3.12", handler="x.y", role=role.arn, s3_bucket="releases.example", s3_key="archive.zip"
)
