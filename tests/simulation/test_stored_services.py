"""Services that keep what is put into them: with the stack's own resources in them, in virtual time."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Published
from tests.simulation.answered import ONE, QUEUE_AND_WORKER, ran

WITH_NAMES = """
jobs = queue_with_dlq(3)
bucket = aws.s3.Bucket("uploads")
aws.s3.BucketObject("seed", bucket=bucket.id, key="in/a.csv", content="a;b")
aws.s3.BucketObjectv2("asset", bucket=bucket.id, key="in/b.csv", source=pulumi.StringAsset("c;d"))
limit = aws.ssm.Parameter("limit", name="/shop/limit", type="String", value="7")
key = aws.secretsmanager.Secret("key")
aws.secretsmanager.SecretVersion("key-1", secret_id=key.id, secret_string="s3cret")
aws.ses.EmailIdentity("from", email="shop@example.com")
machine = aws.sfn.StateMachine("ship", role_arn="arn:aws:iam::1:role/r",
    definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}')
worker = function(environment={"variables": {
    "BUCKET": bucket.id, "SECRET": key.arn, "PARAMETER": limit.name, "MACHINE": machine.arn}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""


SEND = (
    'client("sesv2").send_email(FromEmailAddress="b@c.org", Destination={"ToAddresses": ["a@b.org"]}, '
    'Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})'
)


def said(folder: Path, code: str, workload: str = ONE) -> list[object]:
    """What a handler prints whose body is given."""
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    handler = f"import boto3, io, json, os, time\ndef handle(event, context):\n{lines}"
    return ran(folder, handler, workload, program=WITH_NAMES).said


def test_sim_moto_1_objects_are_put_and_read_again_beside_those_of_the_stack(tmp_path: Path) -> None:
    code = """
s3 = boto3.client("s3"); bucket = os.environ["BUCKET"]
s3.put_object(Bucket=bucket, Key="out/a.csv", Body=io.BytesIO(b"new"))
read = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in ("in/a.csv", "in/b.csv", "out/a.csv")]
head = s3.head_object(Bucket=bucket, Key="out/a.csv")
s3.delete_object(Bucket=bucket, Key="in/a.csv")
keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
try: s3.get_object(Bucket=bucket, Key="in/a.csv")
except s3.exceptions.NoSuchKey as error: gone = error.response["Error"]["Code"]
print(json.dumps([read, head["ContentLength"], head["LastModified"].isoformat(), keys, gone]))
"""
    assert said(tmp_path, code) == [
        [["a;b", "c;d", "new"], 3, "2026-01-01T00:00:00+00:00", ["in/b.csv", "out/a.csv"], "NoSuchKey"]
    ]


def test_files_go_up_and_down_by_the_transfer_manager(tmp_path: Path) -> None:
    code = """
s3 = boto3.client("s3"); bucket = os.environ["BUCKET"]
s3.upload_fileobj(io.BytesIO(b"0" * 9_000_000), bucket, "large")
into = io.BytesIO(); s3.download_fileobj(bucket, "large", into)
print(json.dumps([len(into.getvalue())]))
"""
    assert said(tmp_path, code) == [[9_000_000]]


def test_parameters_and_secrets_are_those_of_the_stack_until_a_handler_changes_them(tmp_path: Path) -> None:
    code = """
ssm = boto3.client("ssm"); secrets = boto3.client("secretsmanager")
name, arn = os.environ["PARAMETER"], os.environ["SECRET"]
before = [ssm.get_parameter(Name=name)["Parameter"]["Value"], secrets.get_secret_value(SecretId=arn)]
ssm.put_parameter(Name=name, Value="8", Overwrite=True)
time.sleep(2)
secrets.put_secret_value(SecretId=arn, SecretString="other")
by_path = ssm.get_parameters_by_path(Path="/shop")["Parameters"]
after = [by_path[0]["Value"], by_path[0]["Version"], secrets.get_secret_value(SecretId=arn)["SecretString"]]
print(json.dumps([before[0], before[1]["SecretString"], before[1]["ARN"] == arn, after]))
"""
    assert said(tmp_path, code) == [["7", "s3cret", True, ["8", 2, "other"]]]


def test_mails_metrics_and_executions_are_taken(tmp_path: Path) -> None:
    code = """
mail = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
to = {"ToAddresses": ["a@example.org"]}
sent = boto3.client("sesv2").send_email(FromEmailAddress="shop@example.com", Destination=to, Content=mail)
old = boto3.client("ses").send_email(Source="shop@example.com", Destination=to,
    Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}})
boto3.client("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
sfn = boto3.client("stepfunctions")
begun = sfn.start_execution(stateMachineArn=os.environ["MACHINE"], name="one", input="{}")
try: sfn.start_execution(stateMachineArn=os.environ["MACHINE"], name="one", input='{"other": 1}')
except sfn.exceptions.ExecutionAlreadyExists: twice = "refused"
print(json.dumps([bool(sent["MessageId"]), bool(old["MessageId"]), begun["executionArn"].split(":")[-1],
    begun["startDate"].isoformat()[:16], twice]))
"""
    assert said(tmp_path, code) == [[True, True, "one", "2026-01-01T00:00", "refused"]]


@pytest.mark.parametrize(
    ("call", "what", "line"),
    [
        (
            'client("s3").get_object(Bucket="theirs", Key="a")',
            's3:GetObject, for "theirs", which is not in this stack',
            '{service: s3, operation: GetObject, answer: {Body: "..."}}',
        ),
        (
            'client("ssm").get_parameters(Names=["/shop/limit", "/other"])',
            'ssm:GetParameters, for ["/other"], which is not in this stack',
            "{service: ssm, operation: GetParameters, answer: {Parameters: []}}",
        ),
        (
            SEND,
            'sesv2:SendEmail, for "b@c.org", which is not in this stack',
            '{service: sesv2, operation: SendEmail, answer: {MessageId: "..."}}',
        ),
        (
            'client("cloudwatch").list_metrics()',
            "cloudwatch:ListMetrics, which is not modelled (of cloudwatch are: PutMetricData)",
            "{service: cloudwatch, operation: ListMetrics, answer: {Metrics: []}}",
        ),
    ],
)
def test_what_is_not_of_the_stack_is_refused_with_the_line_to_add(
    tmp_path: Path, call: str, what: str, line: str
) -> None:
    with pytest.raises(NotModelledError) as refused:
        said(tmp_path, f"boto3.{call}")

    assert str(refused.value) == (f"worker calls {what}\n  fix: add to the workload\n    answers:\n      - {line}")


def test_an_answer_of_the_workload_stands_before_what_is_there(tmp_path: Path) -> None:
    code = 'print(json.dumps([boto3.client("ssm").get_parameter(Name="/shop/limit")["Parameter"]["Value"]]))'
    lines = "answers:\n  - {service: ssm, operation: GetParameter, answer: {Parameter: {Value: mine}}}\n"

    assert said(tmp_path, code, ONE + lines) == [["mine"]]


def test_an_execution_that_would_work_on_the_stack_is_refused(tmp_path: Path) -> None:
    program = """
jobs = queue_with_dlq(3)
step = function("step")
machine = aws.sfn.StateMachine("ship", role_arn="r", definition=step.arn.apply(
    lambda arn: json.dumps({"StartAt": "a", "States": {"a": {"Type": "Task", "Resource": arn, "End": True}}})))
worker = function(environment={"variables": {"MACHINE": machine.arn}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""
    handler = (
        "import boto3, os\ndef handle(event, context):\n"
        "    boto3.client('stepfunctions').start_execution(stateMachineArn=os.environ['MACHINE'])\n"
    )
    with pytest.raises(NotModelledError, match=r"StartExecution, which would work on step, and that is not modelled"):
        ran(tmp_path, handler, program=program)


def test_an_object_that_is_put_into_a_bucket_of_the_stack_is_published(tmp_path: Path) -> None:
    found = ran(
        tmp_path,
        "import boto3, os\ndef handle(e, c):\n    boto3.client('s3').put_object(Bucket=os.environ['BUCKET'], Key='k', "
        "Body='text')\n",
        program=WITH_NAMES,
    )

    assert [(event.target, event.body) for event in found.run.events if isinstance(event, Published)] == [
        ("uploads", '{"key": "k", "body": "text"}')
    ]
    assert "SIM-MOTO-1" in found.outcome.model.assumptions


def test_a_run_ends_with_what_it_began_with(tmp_path: Path) -> None:
    handler = (
        "import boto3, json\ndef handle(e, c):\n    s3 = boto3.client('s3')\n"
        "    s3.create_bucket\n    print(json.dumps([s3.list_objects_v2(Bucket='x').get('KeyCount')]))\n"
    )
    for folder in ("one", "two"):
        with pytest.raises(NotModelledError, match="which is not in this stack"):
            ran(tmp_path / folder, handler, program=QUEUE_AND_WORKER)
