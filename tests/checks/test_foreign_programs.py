"""Programs as other people write them: everything that is wrong is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.foreign import Program, assert_found, found
from tests.checks.world import KINESIS_REPORTING, ORDINARY, REPORTING, SILENT

POWERTOOLS = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, batch_processor

processor = BatchProcessor(event_type=EventType.SQS)
logger = Logger()


def work(record):
    logger.info(record.body)


@logger.inject_lambda_context
@batch_processor(record_handler=work, processor=processor)
def handle(event, context):
    return processor.response()
"""

IDEMPOTENT = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function

processor = BatchProcessor(event_type=EventType.SQS)
store = DynamoDBPersistenceLayer(table_name="records")
config = IdempotencyConfig(event_key_jmespath="id"%s)


@idempotent_function(data_keyword_argument="record", persistence_store=store, config=config)
def work(record):
    return None


def handle(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
"""

BEATING = """
import threading
import boto3

sqs = boto3.client("sqs")
EVERY = %d


def beat(stop, url, handle):
    while not stop.wait(EVERY):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=90)


def handle(event, context):
    stop = threading.Event()
    threading.Thread(target=beat, args=(stop, "url", event["Records"][0]["receiptHandle"])).start()
    stop.set()
"""

LOWERED = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("lowered", props)


class Lowered(Resource):
    def __init__(self, name, url, seconds, opts):
        super().__init__(Provider(), name, {"queueUrl": url, "visibilityTimeoutSeconds": seconds}, opts)


jobs = queue_with_dlq(visibility_timeout_seconds=600)
link = mapping(jobs, function(timeout=100), batch_size=1)
Lowered("lowered", jobs.url, 60, pulumi.ResourceOptions(depends_on=[link]))
"""

FIFO = """
dead = aws.sqs.Queue("dead", fifo_queue=True, message_retention_seconds=14 * DAY)
jobs = aws.sqs.Queue("jobs", fifo_queue=True, visibility_timeout_seconds=60, redrive_policy=redrive(dead))
mapping(jobs, function())
"""

GOOD = (
    Program(
        "fifo-in-order",
        FIFO,
        files={
            "worker/app.py": POWERTOOLS.replace(
                "BatchProcessor(event_type=EventType.SQS)", "SqsFifoPartialProcessor()"
            ).replace("import BatchProcessor,", "import SqsFifoPartialProcessor,")
        },
    ),
    Program("ordinary", ORDINARY),
    Program("powertools", ORDINARY, files={"worker/app.py": POWERTOOLS}),
    Program(
        "fifo",
        """
        dead = aws.sqs.Queue("dead", fifo_queue=True, message_retention_seconds=4 * DAY)
        jobs = aws.sqs.Queue("jobs", fifo_queue=True, visibility_timeout_seconds=60, redrive_policy=redrive(dead))
        mapping(jobs, function(), batch_size=10)
        """,
        files={
            "worker/app.py": "from batches import work as handle\n",
            "worker/batches.py": REPORTING.replace("handle", "work"),
        },
    ),
    Program(
        "kinesis",
        """
        parking = aws.sqs.Queue("parking", message_retention_seconds=14 * DAY)
        stream = aws.kinesis.Stream("clicks", shard_count=2)
        mapping(stream, function(), starting_position="LATEST", maximum_retry_attempts=5,
                bisect_batch_on_function_error=True,
                destination_config={"on_failure": {"destination_arn": parking.arn}})
        """,
        files={"worker/app.py": KINESIS_REPORTING},
    ),
    Program(
        "asynchronous",
        """
        topic = aws.sns.Topic("orders")
        parking = aws.sqs.Queue("parking")
        worker = function()
        aws.sns.TopicSubscription("orders-to-worker", topic=topic.arn, protocol="lambda", endpoint=worker.arn)
        aws.lambda_.FunctionEventInvokeConfig("events", function_name=worker.name,
                                              destination_config={"on_failure": {"destination": parking.arn}})
        """,
        found("CHK-FEED-1 error", "CHK-FEED-3 note"),
    ),
    Program(
        "capped",
        """
        worker = function(reserved_concurrent_executions=10)
        mapping(queue_with_dlq(2), worker, scaling_config={"maximum_concurrency": 10})
        """,
    ),
    Program(
        "separate-redrive-policy-and-layer",
        """
        dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY)
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
        aws.sqs.RedrivePolicy("redrive", queue_url=jobs.id, redrive_policy=redrive(dead))
        tools = aws.lambda_.LayerVersion("tools", layer_name="tools", code=pulumi.FileArchive("./tools"))
        mapping(jobs, function(layers=[tools.arn]))
        """,
        files={
            "worker/app.py": "import batches.sqs as b\n\ndef handle(e, context):\n    return b.work(e, context)\n",
            "tools/python/batches/__init__.py": "",
            "tools/python/batches/sqs.py": REPORTING.replace("handle", "work"),
        },
    ),
    Program(
        "policies-with-conditions",
        ORDINARY
        + """
topic = aws.sns.Topic("orders")
aws.sqs.QueuePolicy("policy", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": jobs.arn,
     "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}},
    {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": jobs.arn,
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
aws.iam.RolePolicy("network", role=role.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["ec2:CreateNetworkInterface", "xray:PutTraceSegments", "s3:ListAllMyBuckets"],
     "Resource": "*"}]}))
""",
    ),
    Program(
        "values-that-only-a-deployment-knows",
        """
        secret = aws.ssm.Parameter("seconds", type="String", value="5")
        seconds = secret.version.apply(int)
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=seconds, redrive_policy=secret.version.apply(str))
        mapping(jobs, function(timeout=seconds, reserved_concurrent_executions=seconds), batch_size=seconds)
        """,
    ),
    Program(
        "queue-of-another-stack",
        """
        worker = function(timeout=300)
        aws.lambda_.EventSourceMapping("mapping", event_source_arn="arn:aws:sqs:eu-west-1:123456789012:theirs",
            function_name=worker.name, function_response_types=["ReportBatchItemFailures"])
        aws.sqs.Queue.get("read", "https://sqs.eu-west-1.amazonaws.com/123456789012/theirs")
        """,
    ),
    Program("long-records", ORDINARY, files={"worker/app.py": IDEMPOTENT % ", expires_after_seconds=15 * 24 * 3600"}),
    Program(
        "heartbeat-in-time",
        LOWERED,
        # Still worth a note: nothing but the heartbeat holds the message.
        found("CHK-VT-1 note"),
        files={"worker/app.py": BEATING % 30},
    ),
    Program(
        "consumer-of-a-dead-letter-queue",
        """
        dead = aws.sqs.Queue("dead", message_retention_seconds=14 * DAY, visibility_timeout_seconds=60)
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, redrive_policy=redrive(dead))
        mapping(jobs, function())
        mapping(dead, function("undertaker"), "burial")
        """,
    ),
)

BAD = (
    Program(
        "tutorial-with-default-visibility",
        """
        dead = aws.sqs.Queue("dead")
        jobs = aws.sqs.Queue("jobs", redrive_policy=redrive(dead, 3))
        mapping(jobs, function(timeout=60))
        """,
        found("CHK-VT-1 error", "CHK-DLQ-3 warning"),
        found("CFN-E3505"),
    ),
    Program(
        "concurrency-trap",
        """
        mapping(queue_with_dlq(1, visibility_timeout_seconds=900),
                function(timeout=900, reserved_concurrent_executions=3))
        """,
        found("CHK-CONC-1 error", "CHK-DLQ-2 warning", "CHK-VT-2 warning"),
    ),
    Program(
        "silent-loss",
        """
        mapping(queue_with_dlq(), function(), function_response_types=None)
        """,
        found("CHK-REPORT-3 error"),
    ),
    Program("deaf", ORDINARY, found("CHK-REPORT-2 warning"), files={"worker/app.py": SILENT}),
    Program(
        "all-or-nothing",
        "mapping(queue_with_dlq(), function(), function_response_types=[])",
        found("CHK-REPORT-1 warning"),
        files={"worker/app.py": SILENT},
    ),
    Program(
        "container-image",
        """
        mapping(queue_with_dlq(), aws.lambda_.Function("worker", package_type="Image", image_uri="x.dkr.ecr/y:z",
                role=role.arn, timeout=10))
        """,
        found("CHK-REPORT-2 note"),
    ),
    Program(
        "kafka",
        """
        cluster = aws.msk.Cluster("cluster", kafka_version="3.6.0", number_of_broker_nodes=2, broker_node_group_info={
            "instance_type": "kafka.m5.large", "client_subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]})
        worker = function(timeout=900)
        aws.lambda_.EventSourceMapping("mapping", event_source_arn=cluster.arn, function_name=worker.arn,
            topics=["orders"], starting_position="LATEST", bisect_batch_on_function_error=True)
        """,
        found(
            "CHK-KAFKA-1 error",
            "CHK-KAFKA-2 warning",
            "CHK-STREAM-1 warning",
            "CHK-REPORT-3 error",
            "CHK-RECORD-1 error",
        ),
    ),
    Program(
        "kinesis-defaults",
        """
        stream = aws.kinesis.Stream("clicks", shard_count=2)
        mapping(stream, function(), starting_position="LATEST")
        other = aws.kinesis.Stream("views", shard_count=2)
        mapping(other, function("other"), "short", starting_position="LATEST", maximum_retry_attempts=2)
        """,
        found("CHK-STREAM-1 warning", "CHK-STREAM-2 warning", "CHK-STREAM-3 warning"),
        files={"worker/app.py": KINESIS_REPORTING},
    ),
    Program(
        "dead-letter-queue-on-the-function",
        """
        dead = aws.sqs.Queue("dead")
        jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
        mapping(jobs, function(dead_letter_config={"target_arn": dead.arn}))
        """,
        found("CHK-DLQ-1 warning", "CHK-DLQ-5 warning"),
    ),
    Program(
        "open-doors",
        """
        jobs = queue_with_dlq(sqs_managed_sse_enabled=False, policy=json.dumps({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": "*"}]}))
        mapping(jobs, function())
        aws.iam.RolePolicyAttachment("all", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
        aws.iam.RolePolicy("wide", role=role.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}]}))
        """,
        found("CHK-SEC-1 warning", "CHK-SEC-2 warning", "CHK-SEC-3 error"),
    ),
    Program(
        "fifo-refused",
        """
        dead = aws.sqs.Queue("dead")
        jobs = aws.sqs.Queue("jobs", fifo_queue=True, visibility_timeout_seconds=70, redrive_policy=redrive(dead))
        mapping(jobs, function(), batch_size=20, maximum_batching_window_in_seconds=10)
        """,
        found("CHK-BATCH-2 error", "CHK-BATCH-3 error", "CHK-DLQ-4 error"),
        found("CFN-E3502", "CFN-E3705"),
    ),
    Program(
        "fifo-overtaking",
        FIFO,
        found("CHK-FIFO-1 warning"),
        files={"worker/app.py": POWERTOOLS},
    ),
    Program(
        "large-batch",
        "mapping(queue_with_dlq(), function(), batch_size=100)",
        found("CHK-BATCH-1 error"),
    ),
    Program(
        "short-records",
        ORDINARY,
        found("CHK-IDEM-1 warning"),
        files={"worker/app.py": IDEMPOTENT % ""},
    ),
    Program(
        "slow-heartbeat",
        LOWERED,
        found("CHK-VT-1 error", "CHK-HB-1 error"),
        files={"worker/app.py": BEATING % 60},
    ),
    Program(
        "two-mappings-one-reservation",
        """
        worker = function(reserved_concurrent_executions=5)
        mapping(queue_with_dlq(), worker, scaling_config={"maximum_concurrency": 5})
        dead = aws.sqs.Queue("other-dead", message_retention_seconds=14 * DAY)
        other = aws.sqs.Queue("other", visibility_timeout_seconds=60, redrive_policy=redrive(dead))
        mapping(other, worker, "second", scaling_config={"maximum_concurrency": 2})
        """,
        found("CHK-CONC-2 warning"),
    ),
    Program(
        "contradictions",
        """
        mapping(queue_with_dlq(), function(reserved_concurrent_executions=0), scaling_config={"maximum_concurrency": 5},
                provisioned_poller_config={"minimum_pollers": 2})
        function("greedy", reserved_concurrent_executions=950)
        """,
        found("CHK-CONC-3 error", "CHK-CONC-4 error", "CHK-CONC-5 warning"),
    ),
    Program(
        "asynchronous-into-nothing",
        """
        bucket = aws.s3.Bucket("uploads")
        worker = function()
        aws.s3.BucketNotification("notify", bucket=bucket.id, lambda_functions=[
            {"lambda_function_arn": worker.arn, "events": ["s3:ObjectCreated:*"]}])
        """,
        found("CHK-ASYNC-1 warning"),
    ),
)


@pytest.mark.parametrize("program", [*GOOD, *BAD], ids=lambda program: program.name)
def test_everything_is_found_and_nothing_else(program: Program, tmp_path: Path) -> None:
    assert_found(program, tmp_path)
