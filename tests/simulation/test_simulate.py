"""Other people's programs in the simulation: what is simulated, and what is refused by name."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from delivery_lab.errors import (
    DeploymentRefusedError,
    HandlerLoadError,
    LabError,
    NotModelledError,
    ProgramError,
    WorkloadError,
)
from delivery_lab.events import MessageFiltered, RequestAnswered, Run
from delivery_lab.handlers import HandlerHost
from delivery_lab.handlers.environment import HandlerEnvironment
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.places.known import know
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.lab_support import FOREIGN, stack_of

_PROGRAM = """
import json, pulumi, pulumi_aws as aws
dead = aws.sqs.Queue("dead", message_retention_seconds=1209600)
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, {queue}
    redrive_policy=dead.arn.apply(lambda a: json.dumps({{"deadLetterTargetArn": a, "maxReceiveCount": 3}})))
worker = aws.lambda_.Function("worker", runtime={runtime}, handler="app.handle", role="arn:aws:iam::1:role/r",
    timeout={timeout}, code={code}, {function})
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, function_name=worker.name, {mapping})
{more}
"""
_HANDLER = "def handle(event, context):\n    return None\n"
_WORKLOAD = "send: [{times: 3, queue: jobs, body: {id: '{n}'}}]\n"


class Folder:
    """A project folder that a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
        (root / "Pulumi.dev.yaml").write_text("config: {aws:region: us-east-1}\n")
        (root / "app").mkdir()

    def run(
        self,
        handler: str = _HANDLER,
        workload: str = _WORKLOAD,
        code: str = 'pulumi.FileArchive("app")',
        **parts: str,
    ) -> Run:
        """Write program, handler and workload, and simulate."""
        filled = {
            "queue": "",
            "function": "",
            "mapping": "",
            "more": "",
            "timeout": "10",
            "runtime": '"python3.13"',
            **parts,
        }
        (self.root / "__main__.py").write_text(_PROGRAM.format(code=code, **filled))
        (self.root / "app" / "app.py").write_text(handler)
        (self.root / "load.yaml").write_text(workload)
        resources = evaluate(read_project(self.root), "dev")
        return simulate(Stack.of(resources), self.root, read_workload(self.root / "load.yaml"), seed=1)

    def refusal(self, error: type[LabError], **parts: str) -> str:
        """The message with which the simulation refuses."""
        with pytest.raises(error) as caught:
            self.run(**parts)
        return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_foreign_project_with_a_plain_handler_runs() -> None:
    run = simulate(stack_of("prod", root=FOREIGN), FOREIGN, read_workload(FOREIGN / "workload.yaml"), seed=1)
    outcome = outcome_of(run)

    assert outcome.messages.sent == 11
    assert outcome.messages.processed == 10
    assert outcome.messages.dead_lettered == 1
    assert outcome.messages.healthy_dead_lettered == 0
    assert outcome.deliveries.max_per_message == 3
    assert outcome.effects.total is None
    assert outcome.evidence.processed == "response"


def test_a_response_that_names_a_failure_counts_even_if_the_mapping_does_not_look(folder: Folder) -> None:
    names_the_first = (
        "def handle(event, context):\n"
        "    return {'batchItemFailures': [{'itemIdentifier': event['Records'][0]['messageId']}]}\n"
    )

    outcome = outcome_of(folder.run(handler=names_the_first))

    assert outcome.messages.lost == 1
    assert outcome.messages.processed == 2


def test_a_message_taken_by_the_filter_is_filtered_and_not_lost(folder: Folder) -> None:
    pattern = json.dumps(json.dumps({"body": {"id": ["2"]}}))
    run = folder.run(mapping=f"filter_criteria={{'filters': [{{'pattern': {pattern}}}]}}")

    messages = outcome_of(run).messages
    assert (messages.filtered, messages.lost) == (2, 0)
    assert [event.rule for event in run.events if isinstance(event, MessageFiltered)] == [
        "ESM-FILTER-1",
        "ESM-FILTER-1",
    ]


def test_the_run_ends_at_the_horizon_that_the_workload_gives(folder: Folder) -> None:
    slow = "import time\ndef handle(event, context):\n    time.sleep(8)\n"

    outcome = outcome_of(folder.run(handler=slow, workload="until: 5\n" + _WORKLOAD))

    assert outcome.virtual_seconds == 5
    assert outcome.messages.remaining == 3


def test_esm_kind_1_a_setting_of_streams_is_refused_for_a_queue(folder: Folder) -> None:
    with pytest.raises(DeploymentRefusedError, match=r"bisectBatchOnFunctionError \(an SQS queue\)"):
        folder.run(mapping="bisect_batch_on_function_error=True")


def test_messages_rot_in_a_dead_letter_queue_once_its_retention_is_over(folder: Folder) -> None:
    failing = "def handle(event, context):\n    raise ValueError\n"
    fortnight = "until: 1300000\n" + _WORKLOAD

    outcome = outcome_of(folder.run(handler=failing, workload=fortnight))

    assert outcome.messages.expired == 3


def test_what_is_not_modelled_is_refused_by_name(folder: Folder) -> None:
    table = (
        "aws.dynamodb.Table('orders', hash_key='id', attributes=[{'name': 'id', 'type': 'S'}], "
        "billing_mode='PAY_PER_REQUEST', replicas=[{'region_name': 'eu-west-1', 'consistency_mode': 'STRONG'}])"
    )

    assert folder.refusal(NotModelledError, more=table) == (
        "stack dev uses what is not modelled:\n  orders: replicas.consistencyMode = 'STRONG'; nearest: EVENTUAL"
    )


def test_replicas_of_a_table_are_noted_and_change_nothing(folder: Folder) -> None:
    table = (
        "aws.dynamodb.Table('orders', hash_key='id', attributes=[{'name': 'id', 'type': 'S'}], "
        "billing_mode='PAY_PER_REQUEST', replicas=[{'region_name': 'eu-west-1'}, "
        "{'region_name': pulumi.StackReference('a/b/c').get_output('x')}])"
    )

    run = folder.run(more=table)

    assert outcome_of(run).messages.processed == 3
    assert (
        "orders: its replicas (eu-west-1, another region) are not simulated: nobody writes there, and what replication "
        "costs is not counted"
    ) in run.notes


_UNKNOWN_MEMORY = "memory_size=pulumi.StackReference('a/b/c').get_output('x')"
_UNKNOWN = "environment={'variables': {'HOST': aws.rds.Instance('db', instance_class='db.t4g.micro').address}}"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "durable_config={'execution_timeout': 60}",
            "durableConfig = {'executionTimeout': 60}; nearest: an ordinary function",
        ),
        (_UNKNOWN_MEMORY, "memorySize is known only after deployment"),
        (
            "environment={'variables': pulumi.StackReference('a/b/c').get_output('x')}",
            "environment.variables is known only after deployment",
        ),
    ],
)
def test_a_function_that_cannot_be_run_is_refused_when_it_is_invoked(
    folder: Folder, function: str, message: str
) -> None:
    described = "\n  fix: describe it in the workload: functions: {worker: {duration: 0.2}}"
    # What a description needs to know, too, is no reason to describe it.
    way_out = described if "environment" in function else ""

    assert folder.refusal(NotModelledError, function=function) == (
        f"the function worker is invoked, and uses what is not modelled:\n  worker: {message}{way_out}"
    )


_READING = "import os\ndef handle(event, context):\n    print(os.environ['HOST'])\n"


def test_a_variable_that_is_known_only_after_deployment_is_refused_where_it_is_read(folder: Folder) -> None:
    run = folder.run(function=_UNKNOWN)

    assert outcome_of(run).messages.processed == 3
    assert run.notes == (
        "worker: the environment variable HOST is known only after deployment; reading it ends the run",
    )
    assert folder.refusal(NotModelledError, function=_UNKNOWN, handler=_READING) == (
        "function worker reads the environment variable HOST, which is known only after deployment, at "
        f"{folder.root / 'app' / 'app.py'}:3 in handle\n"
        "  fix: give it a value in the workload: functions: {worker: {environment: {HOST: VALUE}}}"
    )


def test_a_workload_gives_variables_values(folder: Folder) -> None:
    given = "functions: {worker: {environment: {HOST: db.example}}}\n"

    run = folder.run(function=_UNKNOWN, handler=_READING, workload=given + _WORKLOAD)

    assert {log.text for log in run.logs} == {"db.example"}
    assert run.notes == ()
    message = folder.refusal(WorkloadError, workload="functions: {wroker: {environment: {A: b}}}\n" + _WORKLOAD)
    assert message == (
        f"{folder.root / 'load.yaml'}: functions: the stack dev has no function wroker (there are: worker)"
    )


_MAPPING = "aws.lambda_.EventSourceMapping('more', function_name=worker.name, event_source_arn={source})"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("'arn:aws:sqs:us-east-1:210987654321:theirs'", "arn:aws:sqs:us-east-1:210987654321:theirs"),
        (
            "'arn:aws:kinesis:us-east-1:210987654321:stream/theirs'",
            "arn:aws:kinesis:us-east-1:210987654321:stream/theirs",
        ),
        ("'arn:aws:mq:us-east-1:210987654321:broker:theirs'", "arn:aws:mq:us-east-1:210987654321:broker:theirs"),
        ("pulumi.StackReference('a/b/c').get_output('x')", "a source that is known only after deployment"),
        (
            "aws.sqs.Queue.get('x', 'https://sqs.us-east-1.amazonaws.com/210987654321/theirs').arn",
            "arn:aws:sqs:us-east-1:210987654321:theirs",
        ),
        ("aws.dynamodb.Table.get('x', 'theirs').stream_arn", "a source that is known only after deployment"),
    ],
)
def test_a_mapping_of_a_source_of_another_stack_is_noted(folder: Folder, source: str, what: str) -> None:
    run = folder.run(more=_MAPPING.format(source=source))

    assert outcome_of(run).messages.processed == 3
    (note,) = run.notes
    noted, _, told = note.partition("; what it is can be said in the workload: ")
    assert noted == f"more reads {what}, which is not in this stack: nothing arrives there in a run"
    kind = next((kind for service, kind in (("sqs", "queue"), ("kinesis", "stream")) if f":{service}:" in what), "")
    assert told.startswith(f'external: {{"{what}": {{kind: {kind}') == bool(kind)


_THEIR_FUNCTION = "arn:aws:lambda:us-east-1:210987654321:function:theirs:live"
_TO_THEIRS = (
    "more = aws.sqs.Queue('more')\n"
    "aws.lambda_.EventSourceMapping('to-theirs', function_name='{function}', event_source_arn=more.arn, {filter})"
)


def test_a_mapping_to_a_function_of_another_stack_is_noted(folder: Folder) -> None:
    run = folder.run(more=_TO_THEIRS.format(function=_THEIR_FUNCTION, filter=""))

    assert outcome_of(run).messages.processed == 3
    assert run.notes == (
        f"to-theirs invokes {_THEIR_FUNCTION}, which is not in this stack; a run that brings it a batch is refused",
    )


def test_a_real_place_has_no_mapping_to_a_function_of_another_stack(folder: Folder) -> None:
    folder.run(more=_TO_THEIRS.format(function=_THEIR_FUNCTION, filter=""))
    stack = Stack.of(evaluate(read_project(folder.root), "dev"))

    with pytest.raises(NotModelledError) as caught:
        know(stack, folder.root, read_workload(folder.root / "load.yaml"), 1, DEFAULTS)

    assert str(caught.value) == (
        f"dev: to-theirs invokes {_THEIR_FUNCTION}, which is not in this stack: what it does there cannot be seen\n"
        "  nearest: --on simulation"
    )


def test_a_batch_for_a_function_of_another_stack_is_refused(folder: Folder) -> None:
    sends = "send: [{queue: more, body: {kind: paid}}]"
    filtered = """filter_criteria={"filters": [{"pattern": '{"body": {"kind": ["sent"]}}'}]}"""

    taken = folder.run(more=_TO_THEIRS.format(function=_THEIR_FUNCTION, filter=filtered), workload=sends)
    message = folder.refusal(
        NotModelledError, more=_TO_THEIRS.format(function=_THEIR_FUNCTION, filter=""), workload=sends
    )

    assert outcome_of(taken).messages.filtered == 1
    assert message == (
        f"to-theirs invokes {_THEIR_FUNCTION}, which is not in this stack (functions: worker)\n"
        "  nearest: a function that this stack creates, which the workload can describe under functions"
    )


def test_a_mapping_to_a_name_that_no_function_of_the_stack_has_is_refused(folder: Folder) -> None:
    message = folder.refusal(NotModelledError, more=_TO_THEIRS.format(function="wroker", filter=""))

    assert message.startswith("to-theirs invokes wroker, which is not in this stack (functions: worker)")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            (
                "aws.dynamodb.Table('t', hash_key='a', billing_mode='PAY_PER_REQUEST', "
                "attributes=[{'name': 'a', 'type': 'S'}]).arn"
            ),
            "more reads from arn:aws:dynamodb:us-east-1:123456789012:table/t-",
        ),
        ("'theirs'", "more reads from theirs (no ARN)\n  nearest: SQS queues"),
    ],
)
def test_a_mapping_whose_source_is_none_is_refused(folder: Folder, source: str, message: str) -> None:
    assert folder.refusal(NotModelledError, more=_MAPPING.format(source=source)).startswith(message)


def test_a_source_that_comes_from_a_queue_of_the_stack_and_is_unknown_is_refused(folder: Folder) -> None:
    source = "pulumi.Output.all(jobs.arn, pulumi.StackReference('a/b/c').get_output('x')).apply(lambda all: all[0])"

    message = folder.refusal(ProgramError, more=_MAPPING.format(source=source))

    assert message == "more: eventSourceArn is known only after deployment, so it cannot be simulated"


def test_provisioned_capacity_that_cannot_be_told_is_taken_as_enough_and_noted(folder: Folder) -> None:
    table = (
        "aws.dynamodb.Table('seen', hash_key='a', attributes=[{'name': 'a', 'type': 'S'}], read_capacity=1,"
        " write_capacity=1, global_secondary_indexes=[{'name': 'by-a', 'hash_key': 'a', 'projection_type': 'ALL'}])"
    )

    run = folder.run(more=table)

    assert outcome_of(run).messages.processed == 3
    assert run.notes == (
        (
            "seen: readCapacity and writeCapacity of by-a cannot be told; its provisioned capacity is taken as enough, "
            "and no request is throttled"
        ),
    )


def test_a_mapping_that_names_its_queue_by_a_text_waits_for_it(folder: Folder) -> None:
    arn = "arn:aws:sqs:us-east-1:123456789012:zebra"
    more = (
        f"aws.lambda_.EventSourceMapping('aa', function_name=worker.name, event_source_arn='{arn}')\n"
        "aws.sqs.Queue('zebra', name='zebra')"
    )

    run = folder.run(more=more, workload="send: [{queue: zebra, body: {}}]")

    assert outcome_of(run).messages.processed == 1


def test_code_of_another_language_is_refused_when_it_is_invoked(folder: Folder) -> None:
    message = folder.refusal(NotModelledError, runtime='"nodejs22.x"')

    assert "worker: runtime = 'nodejs22.x'; nearest: a Python runtime" in message


def test_a_function_that_cannot_be_run_may_be_part_of_the_stack(folder: Folder) -> None:
    image = "aws.lambda_.Function('image', role='r', package_type='Image', image_uri='1.dkr.ecr.x.amazonaws.com/a:1')"
    node = (
        "aws.lambda_.Function('node', role='r', runtime='nodejs22.x', handler='a.b', code=pulumi.FileArchive('dist'))"
    )

    assert outcome_of(folder.run(more=f"{image}\n{node}")).messages.processed == 3
    message = folder.refusal(NotModelledError, more=image, workload="send: [{invoke: image, body: {}}]")
    assert "image: imageUri = " in message


def test_variables_are_texts_as_the_provider_makes_them(folder: Folder) -> None:
    handler = "import os\ndef handle(event, context):\n    print(os.environ['ON'], os.environ['MOST'])\n"

    run = folder.run(handler=handler, function="environment={'variables': {'ON': True, 'MOST': 5}}")

    assert {log.text for log in run.logs} == {"true 5"}


def test_numbers_may_be_texts_and_other_texts_are_refused(folder: Folder) -> None:
    assert outcome_of(folder.run(mapping='batch_size="1"')).invocations.total == 3
    message = folder.refusal(ProgramError, mapping='batch_size="one"')

    assert message == "mapping: batchSize = 'one' has to be a whole number; the AWS provider takes nothing else"


def test_a_queue_that_somebody_else_created_is_no_queue_of_the_stack(folder: Folder) -> None:
    other = "other = aws.sqs.Queue.get('other', 'https://sqs.us-east-1.amazonaws.com/1/other')"

    assert outcome_of(folder.run(more=other)).messages.processed == 3
    message = folder.refusal(WorkloadError, more=other, workload="send: [{queue: other, body: {}}]")
    assert "the stack dev has no queue other (there are: dead, jobs)" in message


_HOURLY = (
    "rule = aws.cloudwatch.EventRule('hourly', schedule_expression='rate(10 minutes)')\n"
    "aws.cloudwatch.EventTarget('target', rule=rule.name, arn=jobs.arn)\n"
)


def test_a_workload_may_leave_everything_to_the_schedules(folder: Folder) -> None:
    run = folder.run(more=_HOURLY, workload="until: 3600\n")

    assert outcome_of(run).messages.sent in (5, 6)


def test_a_workload_that_sends_nothing_to_a_stack_without_schedules_is_refused(folder: Folder) -> None:
    assert folder.refusal(WorkloadError, workload="until: 3600\n") == (
        f"{folder.root / 'load.yaml'}: nothing is sent, and nothing of the stack dev goes off by a schedule\n"
        "  fix: say under send what is sent"
    )


def test_a_subscription_of_somebody_elses_topic_is_noted(folder: Folder) -> None:
    run = folder.run(
        more="aws.sns.TopicSubscription('feed', topic='arn:aws:sns:us-east-1:1:t', protocol='sqs', endpoint=jobs.arn)"
    )

    assert run.notes == (
        "feed subscribes to arn:aws:sns:us-east-1:1:t, which is not in this stack: nothing arrives there in a run",
    )


_PUBLISHING = """
import boto3, os
def handle(event, context):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="done")
"""
_TOPIC = "environment={'variables': {'TOPIC': (topic := aws.sns.Topic('topic')).arn}}"


def test_what_handlers_publish_reaches_the_queues_of_the_stack(folder: Folder) -> None:
    subscribed = "aws.sns.TopicSubscription('feed', topic=topic.arn, protocol='sqs', endpoint=dead.arn)"
    mailed = "aws.sns.TopicSubscription('mail', topic=topic.arn, protocol='email', endpoint='a@example.com')"

    run = folder.run(handler=_PUBLISHING, function=_TOPIC, more=subscribed)
    assert (outcome_of(run).messages.processed, outcome_of(run).messages.lost) == (3, 1)
    run = folder.run(handler=_PUBLISHING, function=_TOPIC, more=mailed)
    assert outcome_of(run).messages.processed == outcome_of(run).messages.sent == 3
    assert run.notes == (
        "mail hands on what arrives at topic to a@example.com (email), outside this stack: that is not counted",
    )


_BUS = """
bus = aws.cloudwatch.EventBus("bus")
rule = aws.cloudwatch.EventRule("rule", event_bus_name=bus.name, event_pattern='{"source": ["shop"]}')
aws.cloudwatch.EventTarget("target", rule=rule.name, event_bus_name=bus.name, arn=jobs.arn, input_path="$.detail")
aws.sqs.QueuePolicy("open", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{"Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": jobs.arn,
    "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}}}]}))
"""


def test_what_a_workload_puts_on_a_bus_reaches_the_queues_of_the_stack(folder: Folder) -> None:
    put = "send: [{times: 3, event: bus, source: %s, detailType: order, body: {id: '{n}'}}]\n"

    assert outcome_of(folder.run(more=_BUS, workload=put % "shop")).messages.processed == 3
    assert outcome_of(folder.run(more=_BUS, workload=put % "other")).messages.filtered == 3


def test_an_event_for_a_bus_that_is_not_there(folder: Folder) -> None:
    put = "send: [{event: bus, source: shop, detailType: order, body: {id: '{n}'}}]\n"

    assert "has no event bus bus (there are: default)" in folder.refusal(WorkloadError, workload=put)


def test_a_bucket_that_may_not_send_is_refused_where_something_is_put_into_it(folder: Folder) -> None:
    more = """
bucket = aws.s3.Bucket("bucket")
aws.s3.BucketNotification("notify", bucket=bucket.id,
    queues=[{"queue_arn": jobs.arn, "events": ["s3:ObjectCreated:*"]}])
"""
    put = "send: [{times: 1, s3: bucket, key: 'in/{n}', body: {id: '{n}'}}]\n"
    message = folder.refusal(DeploymentRefusedError, more=more, workload=put)

    assert "AWS would refuse notify: InvalidArgument: Unable to validate" in message
    assert "jobs has no policy that lets bucket send" in message


def test_values_out_of_bounds_are_refused_as_aws_does(folder: Folder) -> None:
    message = folder.refusal(DeploymentRefusedError, queue="delay_seconds=1000,")

    assert message == (
        "AWS would refuse jobs: InvalidAttributeValue: Invalid value for the parameter DelaySeconds. "
        "1000 is not between 0 and 900. (SQS-BOUNDS-1)\n  fix: change DelaySeconds of jobs"
    )


def test_a_visibility_timeout_below_the_function_timeout_is_refused_as_aws_does(folder: Folder) -> None:
    message = folder.refusal(DeploymentRefusedError, timeout="90", mapping="maximum_batching_window_in_seconds=5")

    assert message == (
        "AWS would refuse mapping: InvalidParameterValueException: Queue visibility timeout: 60 seconds is less than "
        "Function timeout: 90 seconds (ESM-VT-1)\n"
        "  fix: set the queue's visibility timeout to 545 s (6 x function timeout + batching window), or shorten the "
        "function's timeout"
    )


def test_code_that_is_missing_is_named(folder: Folder) -> None:
    message = folder.refusal(NotModelledError, code='pulumi.FileArchive("nowhere")')

    assert message.startswith(f"the code of worker is missing: there is no {folder.root / 'nowhere'}\n  fix: ")


def test_lam_init_2_code_that_fails_at_import_is_retried_and_dead_lettered_and_the_run_says_why(folder: Folder) -> None:
    run = folder.run(handler="import json\nraise RuntimeError('no luck')\n")
    outcome = outcome_of(run)

    assert outcome.messages.sent == outcome.messages.dead_lettered > 0
    assert outcome.deliveries.total > outcome.messages.sent
    assert outcome.invocations.failed == outcome.invocations.total > 0
    [note] = [note for note in run.notes if note.startswith("worker fails before its handler is called, in AWS too: ")]
    assert note.endswith(f": RuntimeError: no luck (raised in {folder.root / 'app' / 'app.py'}:2)")
    assert {"LAM-INIT-2", "LAM-INIT-3"} <= set(run.rules)


def test_a_layer_that_is_not_here_makes_a_missing_module_a_refusal(folder: Folder) -> None:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:deps:3"

    message = folder.refusal(HandlerLoadError, function=f"layers=['{layer}'],", handler="import no_such_package\n")

    assert f"it may be in the layer {layer}, which is not on this machine" in message


def test_a_workload_that_addresses_what_is_not_there_lists_what_is(folder: Folder) -> None:
    queue = folder.refusal(WorkloadError, workload="send: [{queue: job, body: x}]")
    function = folder.refusal(WorkloadError, workload="send: [{invoke: x, body: x}]")
    http = folder.refusal(WorkloadError, workload="send: [{http: {path: /x}}]")

    assert queue == f"{folder.root / 'load.yaml'}: the stack dev has no queue job (there are: dead, jobs)"
    assert function == f"{folder.root / 'load.yaml'}: the stack dev has no function x (there are: worker)"
    assert http.endswith("(APIs of dev: none)")


def test_an_api_that_is_not_modelled_ends_the_run_with_its_name(folder: Folder) -> None:
    calls_s3 = (
        "import boto3\ndef handle(event, context):\n    boto3.client('s3').get_object(Bucket='bucket', Key='key')\n"
    )

    message = folder.refusal(NotModelledError, handler=calls_s3)

    assert message == (
        'worker calls s3:GetObject, for "bucket", which is not in this stack\n'
        "  fix: add to the workload\n"
        "    answers:\n"
        '      - {service: s3, operation: GetObject, answer: {Body: "..."}}'
    )


def test_a_handler_may_long_poll_a_queue(folder: Folder) -> None:
    polls = (
        "import boto3, json, os\n"
        "def handle(event, context):\n"
        "    sqs = boto3.client('sqs')\n"
        "    url = sqs.get_queue_url(QueueName=os.environ['OTHER'])['QueueUrl']\n"
        "    print(json.dumps(len(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get('Messages', []))))\n"
    )
    other = "environment={'variables': {'OTHER': dead.name}},"
    workload = "send: [{queue: jobs, body: x}, {at: 3, queue: dead, body: y}, {at: 20, queue: jobs, body: z}]"

    run = folder.run(handler=polls, function=other, workload=workload)

    assert [line.text for line in run.logs] == ["1", "0"]
    assert [round(in_seconds(line.instant)) for line in run.logs] == [3, 25]


def test_a_poll_that_is_over_does_not_keep_the_run_going(folder: Folder) -> None:
    polls = (
        "import boto3, os\n"
        "def handle(event, context):\n"
        "    sqs = boto3.client('sqs')\n"
        "    url = sqs.get_queue_url(QueueName=os.environ['OTHER'])['QueueUrl']\n"
        "    sqs.receive_message(QueueUrl=url, VisibilityTimeout=40000)\n"
        "    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)\n"
    )
    other = "environment={'variables': {'OTHER': dead.name}},"

    run = folder.run(handler=polls, function=other, workload="send: [{queue: dead, body: y}, {queue: jobs, body: x}]")

    assert run.virtual_seconds < 10


def test_a_queue_that_is_its_own_dead_letter_queue_is_refused(folder: Folder) -> None:
    policy = (
        "aws.sqs.RedrivePolicy('again', queue_url=dead.url, redrive_policy=dead.arn.apply("
        "lambda a: json.dumps({'deadLetterTargetArn': a, 'maxReceiveCount': 3})))"
    )

    message = folder.refusal(NotModelledError, more=policy)

    assert message.startswith("dead is to be its own dead-letter queue: SQS accepts it, and where its messages go then")


def _redrives(*counts: int) -> str:
    return "\nother = aws.sqs.Queue('other')\n" + "\n".join(
        f"aws.sqs.RedrivePolicy('r{place}', queue_url=other.url, redrive_policy=dead.arn.apply("
        f"lambda a: json.dumps({{'deadLetterTargetArn': a, 'maxReceiveCount': {count}}})))"
        for place, count in enumerate(counts)
    )


def test_sqs_policy_1_a_run_does_not_guess_which_of_two_redrive_policies_is_written_last(folder: Folder) -> None:
    assert folder.refusal(NotModelledError, more=_redrives(2, 5)) == (
        "r0 and r1 write the redrive policy of other over each other, and AWS keeps what is written last "
        "(SQS-POLICY-1)\n"
        "  fix: keep one of r0 and r1"
    )


def test_two_redrive_policies_that_say_the_same_are_one(folder: Folder) -> None:
    assert outcome_of(folder.run(more=_redrives(3, 3), workload="send: [{queue: jobs, body: x}]")).messages.sent == 1


def test_a_run_leaves_nothing_but_its_result(folder: Folder) -> None:
    """Hundreds of runs in one process, as seeds are tried, must not need the memory of hundreds of runs."""
    handler = (
        "import boto3\n"
        "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver\n"
        "sqs = boto3.client('sqs')\n"
        "app = APIGatewayHttpResolver()\n"
        "def handle(event, context):\n"
        "    app.lambda_context = context\n"
    )

    def parts() -> set[int]:
        return {id(thing) for thing in gc.get_objects() if type(thing) in (HandlerEnvironment, HandlerHost, SqsQueue)}

    gc.collect()
    before = parts()  # what other tests have left, such as the tracebacks of refused runs
    runs = [folder.run(handler=handler) for _ in range(2)]
    assert [run.trace_hash for run in runs] == [runs[0].trace_hash] * 2
    assert parts() <= before


_DYNAMIC = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Provider(ResourceProvider):
    def create(self, props):
        try:
            import urllib.request, subprocess
            {code}
        except Exception:
            pass
        return CreateResult("made", props)
class Made(Resource):
    def __init__(self, name):
        super().__init__(Provider(), name, {{}})
Made("made")
"""


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("urllib.request.urlopen('http://prices.invalid/')", "looks up the address of 'prices.invalid'"),
        ("subprocess.run(['true'])", "starts the process ['true']"),
    ],
)
def test_a_dynamic_resource_changes_nothing_real(folder: Folder, code: str, what: str) -> None:
    message = folder.refusal(NotModelledError, more=_DYNAMIC.format(code=code))

    assert message.startswith(f"creating made {what}; the lab runs the code of dynamic resources, but nothing real")


_API = """
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
to = aws.apigatewayv2.Integration("to", api_id=api.id, integration_type="HTTP_PROXY", integration_uri="https://a.example",
    integration_method="ANY")
aws.apigatewayv2.Route("one", api_id=api.id, route_key="GET /orders/{id}", target=to.id.apply("integrations/{}".format))
"""
_STAGE = 'aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default", auto_deploy=True)\n'
_REQUEST = "send: [{at: 0, http: {method: GET, path: /orders/1}}]\n"
ALLOWED = """
aws.lambda_.Permission("invoke", action="lambda:InvokeFunction", function=worker.name,
    principal="apigateway.amazonaws.com")
"""


def test_a_route_that_is_not_modelled_is_refused_by_name_when_a_request_goes_to_it(folder: Folder) -> None:
    assert folder.refusal(NotModelledError, more=_API, workload=_REQUEST) == (
        "a request is sent to GET /orders/{id} of api, which uses what is not modelled:\n"
        "  to: integrationType HTTP_PROXY; nearest: AWS_PROXY"
    )


def test_an_api_that_is_not_modelled_may_be_part_of_the_stack(folder: Folder) -> None:
    described = "aws.apigatewayv2.Api('quick', protocol_type='HTTP', body='[]')"
    why = "quick: body is no object in JSON or YAML"

    run = folder.run(more=_API + _STAGE + described)

    assert outcome_of(run).messages.processed == 3
    assert run.notes == (
        "GET /orders/{id} of api uses what is not modelled; a run that sends a request there is refused",
        f"quick uses what is not modelled ({why}); a run that sends a request to it is refused",
    )
    message = folder.refusal(NotModelledError, more=described, workload=_REQUEST)
    assert message == f"a request is sent to quick, which uses what is not modelled:\n  {why}"
    named = "send: [{at: 0, http: {method: GET, path: /, api: quick}}]\n"
    assert folder.refusal(NotModelledError, more=_API + described, workload=named) == message
    message = folder.refusal(WorkloadError, more=_API + described, workload=_REQUEST)
    assert message.endswith("`api:` to choose one (APIs of dev: api, quick)")


def test_an_api_without_a_stage_is_noted(folder: Folder) -> None:
    note = (
        "api has no stage in this stack: on AWS no request reaches it before one is there; a run takes it for deployed "
        "to $default"
    )

    assert [note in folder.run(more=_API + stage).notes for stage in ("", _STAGE)] == [True, False]


def test_http_quick_1_an_api_with_a_target_makes_its_route(folder: Folder) -> None:
    quick = "aws.apigatewayv2.Api('quick', protocol_type='HTTP', route_key='GET /orders/1', target=worker.invoke_arn)"

    run = folder.run(more=quick + ALLOWED, workload=_REQUEST)

    (answered,) = [event for event in run.events if isinstance(event, RequestAnswered)]
    assert (answered.rule, answered.path) == ("HTTP-PAYLOAD-1", "/orders/1")


REST = """
rest = aws.apigateway.RestApi("rest")
resource = aws.apigateway.Resource("orders", rest_api=rest.id, parent_id={parent}, path_part="orders")
method = aws.apigateway.Method("post", rest_api=rest.id, resource_id=resource.id, http_method="POST",
    authorization="NONE")
integration = aws.apigateway.Integration("run", rest_api=rest.id, resource_id=resource.id, http_method="POST",
    type="AWS_PROXY", integration_http_method="POST", uri=worker.invoke_arn)
deployed = aws.apigateway.Deployment("deployed", rest_api=rest.id)
aws.apigateway.Stage("prod", rest_api=rest.id, deployment=deployed.id, stage_name="prod")
"""
_QUICK = "aws.apigatewayv2.Api('quick', protocol_type='HTTP', route_key='GET /orders', target=worker.invoke_arn)"


@pytest.mark.parametrize(
    ("api", "note", "rule", "status"),
    [
        (
            _QUICK,
            "quick has no route POST /nowhere: it is answered with 404 (routes: GET /orders)",
            "HTTP-ROUTE-1",
            404,
        ),
        (
            REST.format(parent="rest.root_resource_id"),
            "rest has no route POST /nowhere: it is answered with 403 (routes: POST /orders)",
            "REST-ROUTE-1",
            403,
        ),
    ],
    ids=["http", "rest"],
)
def test_a_request_that_no_route_takes_is_answered_as_aws_does_and_noted_once(
    folder: Folder, api: str, note: str, rule: str, status: int
) -> None:
    run = folder.run(more=api + ALLOWED, workload="send: [{at: 0, times: 2, http: {method: POST, path: /nowhere}}]")

    answers = [(each.rule, each.status) for each in run.events if isinstance(each, RequestAnswered)]
    assert answers == [(rule, status)] * 2
    assert run.notes == (note,)
    assert outcome_of(run).requests.answers == {str(status): 2}


def test_a_request_that_a_method_of_an_unknown_path_may_take_is_refused(folder: Folder) -> None:
    rest = REST.format(parent="'of-another-stack'")

    message = folder.refusal(NotModelledError, more=rest, workload="send: [{http: {method: POST, path: /nowhere}}]")

    assert message == (
        "a request is sent to rest, none of whose known methods takes it, which uses what is not modelled:\n"
        "  post: the path of its resource is none that this stack tells"
    )
    assert folder.run(more=rest).notes == (
        "POST of an unknown path of rest uses what is not modelled; a run that sends a request there is refused",
    )


def test_http_permission_1_an_api_that_may_not_invoke_is_said_and_answers_500(folder: Folder) -> None:
    quick = "aws.apigatewayv2.Api('quick', protocol_type='HTTP', target=worker.invoke_arn)"

    run = folder.run(more=quick, workload=_REQUEST)

    (answered,) = [event for event in run.events if isinstance(event, RequestAnswered)]
    assert (answered.rule, answered.status) == ("HTTP-PERMISSION-1", 500)
    assert run.notes == (
        (
            "quick may not invoke worker: no aws.lambda.Permission lets apigateway.amazonaws.com; "
            "requests are answered with 500"
        ),
    )


def _allowing(policy: str) -> dict[str, str]:
    allow = f"aws.sqs.RedriveAllowPolicy('allow', queue_url=dead.url, redrive_allow_policy={policy})"
    return {"more": allow}


@pytest.mark.parametrize(
    "policy",
    [
        'json.dumps({"redrivePermission": "allowAll"})',
        'json.dumps({"redrivePermission": "allowAll", "sourceQueueArns": []})',
        '"{}"',
        'jobs.arn.apply(lambda arn: json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]}))',
    ],
)
def test_sqs_dlq_4_a_source_that_the_dead_letter_queue_allows_is_fine(folder: Folder, policy: str) -> None:
    assert outcome_of(folder.run(**_allowing(policy))).messages.processed == 3


_OTHERS_ONLY = 'dead.arn.apply(lambda arn: json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]}))'
_OF_MORE = (
    "dlq = aws.sqs.Queue('dlq', {own})\n"
    "{allow}\n"
    "aws.sqs.Queue('more', redrive_policy=dlq.arn.apply(lambda a: json.dumps("
    "{{'deadLetterTargetArn': a, 'maxReceiveCount': 3}})), {options})"
)
_ALLOW_NONE = "allow = aws.sqs.RedriveAllowPolicy('allow', queue_url=dlq.url, redrive_allow_policy=none)"
_NONE = """none = '{"redrivePermission": "denyAll"}'\n"""


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ('json.dumps({"redrivePermission": "denyAll"})', "allows no queue"),
        (_OTHERS_ONLY, "allows other queues only"),
        ('json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": None})', "allows other queues only"),
    ],
)
def test_a_source_that_may_have_named_a_queue_before_it_allows_others_only_is_not_modelled(
    folder: Folder, policy: str, why: str
) -> None:
    assert folder.refusal(NotModelledError, **_allowing(policy)) == (
        f"allow, the RedriveAllowPolicy of dead, {why}, and may be set when jobs has named dead already: AWS "
        "refuses a RedrivePolicy that is set afterwards, and no page speaks of one that is there (SQS-DLQ-4)\n"
        "  fix: list the ARN of jobs among the sourceQueueArns of dead, with byQueue"
    )


@pytest.mark.parametrize(
    "more",
    [
        _OF_MORE.format(own="redrive_allow_policy=none", allow="", options=""),
        _OF_MORE.format(own="", allow=_ALLOW_NONE, options="opts=pulumi.ResourceOptions(depends_on=[allow])"),
    ],
    ids=["of the queue itself", "depended on"],
)
def test_sqs_dlq_4_a_source_that_names_a_queue_which_does_not_allow_it_is_refused(folder: Folder, more: str) -> None:
    assert folder.refusal(DeploymentRefusedError, more=_NONE + more) == (
        "AWS would refuse more: InvalidParameterValue: Value for parameter RedrivePolicy is invalid. Reason: the "
        "RedriveAllowPolicy of dlq allows no queue (SQS-DLQ-4)\n"
        "  fix: list the ARN of more among the sourceQueueArns of dlq, with byQueue"
    )


@pytest.mark.parametrize(
    "policy",
    [
        '"{"',
        'json.dumps({"redrivePermission": "some"})',
        'json.dumps({"redrivePermission": ["byQueue"]})',
        '"[]"',
        'json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": 1})',
        'json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": "arn:aws:sqs:us-east-1:123456789012:jobs"})',
        'json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [1]})',
        'json.dumps({"redrivePermission": "allowAll", "sourceQueueArns": ["arn:aws:sqs:us-east-1:123456789012:jobs"]})',
        'json.dumps({"sourceQueueArns": ["arn:aws:sqs:us-east-1:123456789012:jobs"]})',
    ],
)
def test_sqs_dlq_4_a_policy_that_is_none_is_refused(folder: Folder, policy: str) -> None:
    message = folder.refusal(DeploymentRefusedError, **_allowing(policy))
    assert message.startswith(
        "AWS would refuse allow: InvalidAttributeValue: Invalid value for the parameter RedriveAll"
    )


def test_an_archive_that_is_a_plain_file_is_refused(folder: Folder) -> None:
    message = folder.refusal(ProgramError, code='pulumi.FileArchive("app/app.py")')

    assert message == (
        f"the code of worker is no archive: pulumi.FileArchive of {folder.root}/app/app.py, which is a plain file\n"
        '  fix: pulumi.AssetArchive({"app.py": pulumi.FileAsset(...)}), or a FileArchive of its folder'
    )


@pytest.mark.parametrize(
    "secrets", ["other:password: {secure: AAA}", "other:database: {login: {password: {secure: AAA}}}"]
)
def test_a_secret_does_not_reach_the_handler_as_a_text(folder: Folder, secrets: str) -> None:
    (folder.root / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: us-east-1\n  {secrets}\n")
    name = secrets.split(":")[1]
    value = f'pulumi.Config().require("{name}")'
    reads = "import os\n\ndef handle(event, context):\n    return os.environ['SECRET_TEXT']\n"
    message = folder.refusal(
        NotModelledError, handler=reads, function=f'environment={{"variables": {{"SECRET_TEXT": {value}}}}},'
    )

    assert message.startswith("function worker reads the environment variable SECRET_TEXT, which is known only after")
    assert "fix: give it a value in the workload: functions: {worker: {environment: {SECRET_TEXT: VALUE}}}" in message
