"""Random projects: a source, its settings, a handler and a workload, each drawn from one number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from delivery_lab.events import Run
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack

SOURCES = ("queue", "fifo", "stream", "table", "async", "sns", "kafka", "s3", "http")

HANDLERS = (
    "    return None",
    "    raise ValueError('always')",
    "    if random.random() < 0.3:\n        raise ValueError('sometimes')",
    "    time.sleep(random.uniform(0, 12))",
    "    os._exit(random.choice([0, 1]))",
    "    if random.random() < 0.2:\n        os.kill(os.getpid(), 9)",
    "    return {'batchItemFailures': [{'itemIdentifier': 'nonsense'}]}",
    "    return {'batchItemFailures': [{'itemIdentifier': r.get('messageId')} for r in event.get('Records', [])]}",
    "    return 'nonsense'",
    "    return {1, 2}",
)

_PROGRAM = """
import json, pulumi, pulumi_aws as aws
dead = aws.sqs.Queue("dead", message_retention_seconds=1209600{fifo_dead})
function = aws.lambda_.Function("worker", runtime="python3.13", handler="app.handle", role="arn:aws:iam::1:role/r",
    timeout={timeout}, code=pulumi.FileArchive("app"){function})
{source}
"""

_QUEUE = """
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds={visibility}{fifo},
    redrive_policy=dead.arn.apply(lambda a: json.dumps({{"deadLetterTargetArn": a, "maxReceiveCount": {receives}}})))
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, function_name=function.name,
    batch_size={batch}{more})
"""

_RECORDS = """
aws.lambda_.EventSourceMapping("mapping", event_source_arn={arn}, function_name=function.name, batch_size={batch},
    starting_position="TRIM_HORIZON", maximum_retry_attempts={retries}, bisect_batch_on_function_error={bisect},
    parallelization_factor={factor})
"""

_STREAM = 'jobs = aws.kinesis.Stream("jobs", shard_count={shards})\n'
_TABLE = """
jobs = aws.dynamodb.Table("jobs", hash_key="id", billing_mode="PAY_PER_REQUEST", stream_enabled=True,
    stream_view_type="NEW_IMAGE", attributes=[{"name": "id", "type": "S"}])
"""
_ASYNC = """
aws.lambda_.FunctionEventInvokeConfig("events", function_name=function.name, maximum_retry_attempts={retries})
"""
_SNS = """
topic = aws.sns.Topic("topic")
aws.sns.TopicSubscription("subscription", topic=topic.arn, protocol="sqs", endpoint=jobs.arn)
aws.sqs.QueuePolicy("policy", queue_url=jobs.id, policy=pulumi.Output.all(jobs.arn, topic.arn).apply(
    lambda a: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage",
        "Principal": {"Service": "sns.amazonaws.com"}, "Resource": a[0],
        "Condition": {"ArnEquals": {"aws:SourceArn": a[1]}}}]})))
"""
_KAFKA = """
aws.lambda_.EventSourceMapping("mapping", function_name=function.name, topics=["jobs"], batch_size={batch},
    starting_position="TRIM_HORIZON", maximum_retry_attempts={retries}, bisect_batch_on_function_error={bisect},
    provisioned_poller_config={{"minimum_pollers": 1, "maximum_pollers": {factor}}},
    self_managed_event_source={{"endpoints": {{"KAFKA_BOOTSTRAP_SERVERS": "broker.example.com:9094"}}}},
    source_access_configurations=[{{"type": "SASL_SCRAM_512_AUTH",
        "uri": "arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka-AbCdEf"}}])
"""
_S3 = """
uploads = aws.s3.Bucket("uploads")
policy = aws.sqs.QueuePolicy("policy", queue_url=jobs.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}))
aws.s3.BucketNotification("tell", bucket=uploads.id, opts=pulumi.ResourceOptions(depends_on=[policy]), queues=[
    {"queue_arn": jobs.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": "in/"}])
"""
_HTTP = """
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default", auto_deploy=True)
aws.lambda_.Permission("may", action="lambda:InvokeFunction", function=function.name,
    principal="apigateway.amazonaws.com")
integration = aws.apigatewayv2.Integration("integration", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=function.arn, integration_method="POST", payload_format_version="{payload}")
aws.apigatewayv2.Route("route", api_id=api.id, route_key="POST /jobs",
    target=integration.id.apply(lambda i: f"integrations/{{i}}"))
"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One random project.

    Attributes:
        program: its program.
        handler: the code of its function.
        workload: what is sent.
    """

    program: str
    handler: str
    workload: str

    def run(self, folder: Path, seed: int) -> Run:
        """Write the project into a folder, and simulate it."""
        (folder / "app").mkdir(exist_ok=True)
        for name, text in (
            ("Pulumi.yaml", "name: fuzz\nruntime: python\n"),
            ("Pulumi.dev.yaml", "config: {aws:region: us-east-1}\n"),
            ("__main__.py", self.program),
            ("app/app.py", self.handler),
            ("load.yaml", self.workload),
        ):
            (folder / name).write_text(text)
        stack = Stack.of(evaluate(read_project(folder), "dev"))
        return simulate(stack, folder, read_workload(folder / "load.yaml"), seed)


def draw(source: str, number: int) -> Configuration:
    """The configuration of a source that belongs to a number."""
    chance = random.Random(f"{source} {number}")
    timeout = chance.randint(1, 15)
    mine = {
        "visibility": chance.randint(timeout, 60),
        "receives": chance.randint(1, 5),
        "batch": chance.randint(1, 10),
        "retries": chance.randint(0, 2),
        "bisect": chance.random() < 0.5,
        "factor": chance.randint(1, 3),
        "shards": chance.randint(1, 3),
        "fifo": ", fifo_queue=True, content_based_deduplication=True" if source == "fifo" else "",
        "more": ', function_response_types=["ReportBatchItemFailures"]' if chance.random() < 0.5 else "",
    }
    reserved = chance.choice(["", "", ", reserved_concurrent_executions=2"])
    texts = {
        "queue": _QUEUE.format(**mine),
        "fifo": _QUEUE.format(**mine),
        "stream": _STREAM.format(**mine) + _RECORDS.format(arn="jobs.arn", **mine),
        "table": _TABLE + _RECORDS.format(arn="jobs.stream_arn", **mine),
        "async": _ASYNC.format(**mine),
        "sns": _QUEUE.format(**mine) + _SNS,
        "kafka": _KAFKA.format(**mine),
        "s3": _QUEUE.format(**mine) + _S3,
        "http": _HTTP.format(payload=chance.choice(["1.0", "2.0"])),
    }
    dead = ", fifo_queue=True" if source == "fifo" else ""
    program = _PROGRAM.format(timeout=timeout, function=reserved, source=texts[source], fifo_dead=dead)
    handler = "import os, random, time\n\n\ndef handle(event, context):\n" + chance.choice(HANDLERS) + "\n"
    return Configuration(program, handler, _workload(source, chance))


def _workload(source: str, chance: random.Random) -> str:
    targets = {
        "queue": "queue: jobs",
        "fifo": "queue: jobs, key: 'g{n}'" if chance.random() < 0.5 else "queue: jobs, key: one",
        "stream": "stream: jobs, key: 'k{n}'",
        "table": "table: jobs",
        "async": "invoke: worker, type: async",
        "sns": "sns: topic",
        "kafka": "topic: jobs, key: 'k{n}'" if chance.random() < 0.5 else "topic: jobs",
        "s3": "s3: uploads, key: 'in/{n}'",
        "http": "http: {path: /jobs, body: {id: 'job-{n}'}}",
    }
    every, times = chance.choice([0, 0.05, 1, 7]), chance.randint(1, 40)
    body = "" if source == "http" else ", body: {id: 'job-{n}'}"
    return f"send: [{{every: {every}, times: {times}, {targets[source]}{body}}}]\nuntil: 3600\n"
