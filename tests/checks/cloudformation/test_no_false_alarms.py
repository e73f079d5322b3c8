"""Sound programs of other people: nothing may be reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings
from delivery_lab.stack.stack import Stack
from tests.checks.cloudformation.programs import graph_of

SOUND = {
    "queue and dead-letter queue": """
dead = aws.sqs.Queue("dead", message_retention_seconds=1_209_600, sqs_managed_sse_enabled=True)
jobs = aws.sqs.Queue("jobs", redrive_policy=redrive(dead, 1), max_message_size=1_048_576, delay_seconds=900,
    receive_wait_time_seconds=20, visibility_timeout_seconds=43_200, tags={"team": "orders"})
aws.sqs.QueuePolicy("policy", queue_url=jobs.url, policy=jobs.arn.apply(lambda arn: json.dumps({
    "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})))
aws.sqs.RedriveAllowPolicy("allow", queue_url=dead.url, redrive_allow_policy=jobs.arn.apply(
    lambda arn: json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})))
""",
    "FIFO": """
dead = aws.sqs.Queue("dead", fifo_queue=True)
jobs = aws.sqs.Queue("jobs", name="jobs.fifo", fifo_queue=True, content_based_deduplication=True,
    deduplication_scope="messageGroup", fifo_throughput_limit="perMessageGroupId", redrive_policy=redrive(dead))
aws.lambda_.EventSourceMapping("m", event_source_arn=jobs.arn, function_name=function("f").name, batch_size=10)
""",
    "values that Pulumi writes for nothing": """
f = function("f", reserved_concurrent_executions=-1, layers=[], memory_size=10_240, timeout=900)
aws.cloudwatch.LogGroup("logs", retention_in_days=0)
aws.sqs.Queue("q", fifo_queue=False, content_based_deduplication=False)
aws.kinesis.Stream("s", shard_count=2, encryption_type="NONE", retention_period=8760)
aws.dynamodb.Table("t", hash_key="a", attributes=[{"name": "a", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    read_capacity=0, write_capacity=0, stream_enabled=False)
aws.iam.Role("r", assume_role_policy=TRUST, inline_policies=[{}])
""",
    "table with a key of its own": """
key = aws.kms.Key("key")
aws.dynamodb.Table("t", hash_key="a", attributes=[{"name": "a", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    server_side_encryption={"enabled": True, "kms_key_arn": key.arn})
aws.dynamodb.Table("u", hash_key="a", attributes=[{"name": "a", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    server_side_encryption={"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/a-key"})
aws.dynamodb.Table("v", hash_key="a", attributes=[{"name": "a", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    server_side_encryption={"enabled": False})
""",
    "mapping with every setting": """
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
aws.lambda_.EventSourceMapping("m", event_source_arn=jobs.arn, function_name=function("f").arn, batch_size=10_000,
    maximum_batching_window_in_seconds=300, function_response_types=["ReportBatchItemFailures"],
    scaling_config={"maximum_concurrency": 1000}, filter_criteria={"filters": [{"pattern": '{"body": {"a": [1]}}'}]},
    enabled=False, tags={"a": "b"}, metrics_config={"metrics": ["EventCount"]})
""",
    "alias and permission": """
f = function("f", publish=True)
alias = aws.lambda_.Alias("live", function_name=f.name, function_version=f.version)
jobs = aws.sqs.Queue("jobs")
aws.lambda_.EventSourceMapping("m", event_source_arn=jobs.arn, function_name=alias.arn)
topic = aws.sns.Topic("topic", kms_master_key_id="alias/aws/sns")
aws.sns.TopicSubscription("sub", topic=topic.arn, protocol="lambda", endpoint=alias.arn, filter_policy='{"a": ["b"]}')
aws.lambda_.Permission("p", action="lambda:InvokeFunction", function=f.name, qualifier=alias.name,
    principal="sns.amazonaws.com", source_arn=topic.arn)
""",
    "Kinesis": """
stream = aws.kinesis.Stream("s", stream_mode_details={"stream_mode": "ON_DEMAND"}, encryption_type="KMS",
    kms_key_id="alias/aws/kinesis", shard_level_metrics=["IncomingBytes"])
failed = aws.sqs.Queue("failed")
aws.lambda_.EventSourceMapping("m", event_source_arn=stream.arn, function_name=function("f").arn,
    starting_position="AT_TIMESTAMP", starting_position_timestamp="2026-01-01T00:00:00Z", batch_size=10_000,
    maximum_retry_attempts=-1, maximum_record_age_in_seconds=-1, parallelization_factor=10,
    bisect_batch_on_function_error=True, tumbling_window_in_seconds=900,
    destination_config={"on_failure": {"destination_arn": failed.arn}})
""",
    "DynamoDB stream": """
table = aws.dynamodb.Table("t", hash_key="a", range_key="b", stream_enabled=True, stream_view_type="NEW_IMAGE",
    attributes=[{"name": name, "type": "S"} for name in "abcd"], read_capacity=5, write_capacity=5,
    global_secondary_indexes=[{"name": "by-c", "hash_key": "c", "range_key": "d", "projection_type": "INCLUDE",
        "non_key_attributes": ["x"], "read_capacity": 1, "write_capacity": 1}],
    local_secondary_indexes=[{"name": "local", "range_key": "c", "projection_type": "ALL"}],
    ttl={"attribute_name": "expires", "enabled": True}, point_in_time_recovery={"enabled": True},
    server_side_encryption={"enabled": True}, table_class="STANDARD")
aws.lambda_.EventSourceMapping("m", event_source_arn=table.stream_arn, function_name=function("f").arn,
    starting_position="TRIM_HORIZON")
""",
    "MSK": """
cluster = aws.msk.Cluster("c", kafka_version="3.6.0", number_of_broker_nodes=3, broker_node_group_info={
    "instance_type": "kafka.m5.large", "client_subnets": ["subnet-11111111", "subnet-22222222", "subnet-33333333"],
    "security_groups": ["sg-11111111"], "storage_info": {"ebs_storage_info": {"volume_size": 100}}},
    client_authentication={"sasl": {"iam": True, "scram": False}},
    encryption_info={"encryption_in_transit": {"client_broker": "TLS"}}, tags={"a": "b"})
aws.lambda_.EventSourceMapping("m", event_source_arn=cluster.arn, function_name=function("f").arn, topics=["orders"],
    starting_position="LATEST", amazon_managed_kafka_event_source_config={"consumer_group_id": "g"},
    provisioned_poller_config={"minimum_pollers": 1, "maximum_pollers": 5})
""",
    "Kafka of one's own": """
aws.lambda_.EventSourceMapping("m", function_name=function("f").arn, topics=["orders"], starting_position="LATEST",
    self_managed_event_source={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "a.example.com:9092,b.example.com:9092"}},
    source_access_configurations=[{"type": "SASL_SCRAM_512_AUTH",
        "uri": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef"}])
""",
    "asynchronous function": """
lost = aws.sqs.Queue("lost")
f = function("f", dead_letter_config={"target_arn": lost.arn}, tracing_config={"mode": "Active"},
    ephemeral_storage={"size": 10_240}, environment={"variables": {"QUEUE": lost.url}}, architectures=["arm64"],
    logging_config={"log_format": "JSON", "application_log_level": "DEBUG", "system_log_level": "WARN"},
    vpc_config={"subnet_ids": ["subnet-11111111"], "security_group_ids": ["sg-11111111"]})
aws.lambda_.FunctionEventInvokeConfig("c", function_name=f.name, maximum_retry_attempts=0,
    maximum_event_age_in_seconds=60, destination_config={"on_failure": {"destination": lost.arn}})
""",
    "image": """
role = aws.iam.Role("role", assume_role_policy=TRUST, path="/service/", max_session_duration=43_200)
aws.lambda_.Function("f", package_type="Image", role=role.arn, timeout=60,
    image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/f:latest", image_config={"commands": ["app.handle"]})
""",
    "HTTP API": """
f = function("f")
api = aws.apigatewayv2.Api("api", protocol_type="HTTP", cors_configuration={"allow_origins": ["*"], "max_age": 300})
integration = aws.apigatewayv2.Integration("i", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=f.invoke_arn, payload_format_version="2.0", timeout_milliseconds=30_000)
aws.apigatewayv2.Route("r", api_id=api.id, route_key="$default", authorization_type="AWS_IAM",
    target=integration.id.apply(lambda id: f"integrations/{id}"))
aws.apigatewayv2.Stage("s", api_id=api.id, name="$default", auto_deploy=True,
    default_route_settings={"throttling_burst_limit": 1, "throttling_rate_limit": 0.5})
""",
    "alarms": """
jobs = aws.sqs.Queue("jobs")
topic = aws.sns.Topic("topic", fifo_topic=False, signature_version=2, tracing_config="Active")
aws.cloudwatch.MetricAlarm("age", namespace="AWS/SQS", metric_name="ApproximateAgeOfOldestMessage", statistic="Maximum",
    period=60, evaluation_periods=5, threshold=300.5, comparison_operator="GreaterThanThreshold",
    dimensions={"QueueName": jobs.name}, alarm_actions=[topic.arn], treat_missing_data="notBreaching")
aws.cloudwatch.MetricAlarm("rate", evaluation_periods=1, threshold=1, comparison_operator="GreaterThanThreshold",
    metric_queries=[{"id": "e", "expression": "m / 60", "return_data": True}, {"id": "m", "metric": {
        "namespace": "AWS/Lambda", "metric_name": "Errors", "period": 60, "stat": "Sum"}}])
""",
    "policies": """
role = aws.iam.Role("role", assume_role_policy=TRUST, managed_policy_arns=[
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"])
aws.iam.RolePolicy("inline", role=role.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "dynamodb:PutItem", "logs:*"], "Resource": "*"}]}))
aws.iam.Policy("managed", policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "kafka-cluster:Connect", "Resource": "*"}]}))
aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
""",
    "a queue of somebody else": """
theirs = aws.sqs.Queue.get("theirs", "https://sqs.us-east-1.amazonaws.com/210987654321/theirs",
    visibility_timeout_seconds=1)
aws.lambda_.EventSourceMapping("m", event_source_arn="arn:aws:sqs:us-east-1:210987654321:theirs",
    function_name=function("f", timeout=900).arn)
""",
}


@pytest.mark.parametrize("body", SOUND.values(), ids=SOUND.keys())
def test_a_sound_program_has_no_findings(tmp_path: Path, body: str) -> None:
    assert cloudformation_findings(Stack.of(graph_of(tmp_path, body))) == []
