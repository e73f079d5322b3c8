"""A function in a network that is there already, reading a queue that is looked up by its name."""

import json

import pulumi
import pulumi_aws as aws

account = aws.get_caller_identity().account_id
region = aws.get_region().region
vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}])
image = aws.ec2.get_ami(owners=["amazon"], most_recent=True, filters=[{"name": "name", "values": ["al2023-*"]}])
for subnet in subnets.ids:
    aws.ec2.Instance(f"agent-{subnet}", ami=image.id, subnet_id=subnet, instance_type="t3.micro")

aws.sqs.Queue("alerts", name="alerts", visibility_timeout_seconds=60)
alerts = aws.sqs.get_queue(name="alerts")
pagers = aws.sns.get_topic(name="pagers")
role = aws.iam.Role(
    "pager",
    assume_role_policy=aws.iam.get_policy_document(
        statements=[
            {
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
            }
        ]
    ).json,
    inline_policies=[
        {
            "name": "publish",
            "policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": pagers.arn}]}),
        }
    ],
)
page = aws.lambda_.Function(
    "page",
    runtime="python3.12",
    handler="page.page",
    role=role.arn,
    timeout=5,
    code=pulumi.FileArchive("page"),
    vpc_config={"subnet_ids": subnets.ids, "security_group_ids": [vpc.id.replace("vpc", "sg")]},
    environment={"variables": {"PAGERS": pagers.arn, "QUEUE": f"arn:aws:sqs:{region}:{account}:alerts"}},
)
aws.lambda_.EventSourceMapping("a-mapping", event_source_arn=alerts.arn, function_name=page.arn)
