"""Services that handlers hand something to: keys, logs, delivery streams, templates of mails, credentials."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError
from tests.simulation.answered import ONE, ran

WITH_NAMES = """
jobs = queue_with_dlq(3)
bucket = aws.s3.Bucket("lake")
blob = aws.secretsmanager.Secret("blob")
aws.secretsmanager.SecretVersion("blob-1", secret_id=blob.id, secret_binary="AAH/")
key = aws.kms.Key("key")
alias = aws.kms.Alias("alias", name="alias/orders", target_key_id=key.key_id)
off = aws.kms.Key("off", is_enabled=False)
audit = aws.cloudwatch.LogGroup("audit")
aws.cloudwatch.LogStream("first", name="first", log_group_name=audit.name)
lake = aws.kinesis.FirehoseDeliveryStream("lake", destination="extended_s3", extended_s3_configuration={
    "bucket_arn": bucket.arn, "role_arn": "arn:aws:iam::1:role/r"})
web = aws.kinesis.FirehoseDeliveryStream("web", destination="http_endpoint", http_endpoint_configuration={
    "url": "https://taken.example/", "s3_configuration": {"bucket_arn": bucket.arn, "role_arn": "r"}})
aws.ses.EmailIdentity("from", email="shop@example.com")
aws.ses.Template("receipt", name="receipt", subject="yours", text="{{order}}")
aws.sesv2.ContactList("people", contact_list_name="people")
partner = aws.iam.Role("partner", assume_role_policy=json.dumps({"Statement": [{"Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]}))
worker = function(environment={"variables": {
    "BLOB": blob.arn, "KEY": key.arn, "OFF": off.key_id, "AUDIT": audit.name, "LAKE": lake.name, "WEB": web.name,
    "BUCKET": bucket.id, "PARTNER": partner.arn}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""


def said(folder: Path, code: str, workload: str = ONE, more: str = "") -> list[object]:
    """What a handler prints whose body is given."""
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    handler = f"import base64, boto3, json, os, time\ndef handle(event, context):\n{lines}"
    return ran(folder, handler, workload, program=WITH_NAMES, more=more).said


def test_a_binary_secret_is_that_of_the_stack(tmp_path: Path) -> None:
    code = """
secrets = boto3.client("secretsmanager")
print(json.dumps([list(secrets.get_secret_value(SecretId=os.environ["BLOB"])["SecretBinary"])]))
"""
    assert said(tmp_path, code) == [[[0, 1, 255]]]


CIPHER = """
kms = boto3.client("kms"); name = os.environ["KEY"]
sealed = kms.encrypt(KeyId="alias/orders", Plaintext=b"card", EncryptionContext={"order": "1"})
opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"order": "1"})
data = kms.generate_data_key(KeyId=name, KeySpec="AES_256")
same = kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
print(json.dumps([opened["Plaintext"].decode(), opened["KeyId"] == sealed["KeyId"] == name, same,
    base64.b64encode(sealed["CiphertextBlob"]).decode()]))
"""


def test_what_a_key_of_the_stack_encrypts_it_decrypts_and_a_run_can_be_repeated(tmp_path: Path) -> None:
    first, second = (said(tmp_path / folder, CIPHER)[0] for folder in ("one", "two"))

    assert isinstance(first, list)
    assert first[:3] == ["card", True, True]
    assert first == second


def test_lines_go_into_streams_of_a_log_group_that_are_there_or_created(tmp_path: Path) -> None:
    code = """
logs, group = boto3.client("logs"), os.environ["AUDIT"]
line = [{"timestamp": int(time.time() * 1000), "message": "m"}]
logs.put_log_events(logGroupName=group, logStreamName="first", logEvents=line)
try: logs.put_log_events(logGroupName=group, logStreamName="second", logEvents=line)
except logs.exceptions.ResourceNotFoundException: logs.create_log_stream(logGroupName=group, logStreamName="second")
logs.put_log_events(logGroupName=group, logStreamName="second", logEvents=line)
print(json.dumps([stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]))
"""
    assert said(tmp_path, code) == [["first", "second"]]


def test_sim_moto_1_records_for_firehose_are_taken_and_delivered_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def look_up(*names: object, **_: object) -> list[object]:
        asked.append(names)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    code = """
hose = boto3.client("firehose")
one = hose.put_record(DeliveryStreamName=os.environ["LAKE"], Record={"Data": b"a"})
many = hose.put_record_batch(DeliveryStreamName=os.environ["WEB"], Records=[{"Data": b"b"}, {"Data": b"c"}])
listed = boto3.client("s3").list_objects_v2(Bucket=os.environ["BUCKET"])["KeyCount"]
print(json.dumps([bool(one["RecordId"]), len(many["RequestResponses"]), many["FailedPutCount"], listed]))
"""
    assert said(tmp_path, code) == [[True, 2, 0, 0]]
    assert asked == []


def test_mails_are_made_of_templates_and_contacts_are_put_into_lists(tmp_path: Path) -> None:
    code = """
sent = boto3.client("ses").send_templated_email(Source="shop@example.com", Template="receipt", TemplateData="{}",
    Destination={"ToAddresses": ["a@example.org"]})
lists = boto3.client("sesv2")
lists.create_contact(ContactListName="people", EmailAddress="a@example.org")
found = lists.get_contact(ContactListName="people", EmailAddress="a@example.org")
print(json.dumps([bool(sent["MessageId"]), found["EmailAddress"]]))
"""
    assert said(tmp_path, code) == [[True, "a@example.org"]]


def test_sim_sts_1_a_function_is_its_role_and_takes_on_one_of_the_stack(tmp_path: Path) -> None:
    code = """
sts = boto3.client("sts"); me = sts.get_caller_identity()
taken = sts.assume_role(RoleArn=os.environ["PARTNER"], RoleSessionName="one")
keys = taken["Credentials"]
queues = boto3.client("sqs", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
    aws_session_token=keys["SessionToken"]).list_queues()["QueueUrls"]
print(json.dumps([me["Account"], me["Arn"].split(":")[2:], me["UserId"].split(":")[1] == context.function_name,
    taken["AssumedRoleUser"]["Arn"].split("/")[::2], len(queues), keys["Expiration"].isoformat()[:16]]))
"""
    (found,) = said(tmp_path, code)

    assert isinstance(found, list)
    assert found[1][:3] == ["sts", "", "123456789012"]
    assert found[1][3].startswith("assumed-role/")
    assert [found[0], *found[2:]] == [
        "123456789012",
        True,
        ["arn:aws:sts::123456789012:assumed-role", "one"],
        2,
        "2026-01-01T01:00",
    ]


ANSWERS = "\n  fix: add to the workload\n    answers:\n      - "
REFUSED = {
    'kms").encrypt(KeyId="alias/theirs", Plaintext=b"a")': (
        'kms:Encrypt, for "alias/theirs", which is not in this stack',
        '{service: kms, operation: Encrypt, answer: {CiphertextBlob: "...", KeyId: "...", EncryptionAlgorithm: "..."}}',
    ),
    'kms").decrypt(CiphertextBlob=b"theirs")': (
        "kms:Decrypt, for a text that no key of this stack has encrypted in this run",
        (
            '{service: kms, operation: Decrypt, answer: {KeyId: "...", Plaintext: "...", EncryptionAlgorithm: "...", '
            'CiphertextForRecipient: "...", KeyMaterialId: "..."}}'
        ),
    ),
    'kms").sign(KeyId="a", Message=b"m", SigningAlgorithm="ECDSA_SHA_256")': (
        (
            "kms:Sign, which is not modelled (of kms are: Decrypt, DescribeKey, Encrypt, GenerateDataKey, "
            "GenerateDataKeyWithoutPlaintext, GenerateRandom, ReEncrypt)"
        ),
        '{service: kms, operation: Sign, answer: {KeyId: "...", Signature: "...", SigningAlgorithm: "..."}}',
    ),
    'logs").put_log_events(logGroupName="theirs", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])': (
        'logs:PutLogEvents, for "theirs", which is not in this stack',
        '{service: logs, operation: PutLogEvents, answer: {nextSequenceToken: "..."}}',
    ),
    'firehose").put_record(DeliveryStreamName="theirs", Record={"Data": b"a"})': (
        'firehose:PutRecord, for "theirs", which is not in this stack',
        '{service: firehose, operation: PutRecord, answer: {RecordId: "..."}}',
    ),
    'firehose").put_record_batch(DeliveryStreamName="lake", Records=[{"Data": b"a"}] * 501)': (
        (
            "firehose:PutRecordBatch, with more than AWS takes: 500 records of 1,000 KiB, 4 MiB in all; AWS's error "
            "for it is not modelled"
        ),
        "{service: firehose, operation: PutRecordBatch, answer: {FailedPutCount: 0, RequestResponses: []}}",
    ),
    'sts").assume_role(RoleArn="arn:aws:iam::999999999999:role/theirs", RoleSessionName="one")': (
        (
            "sts:AssumeRole, for arn:aws:iam::999999999999:role/theirs: whether it may take that role on is not known "
            "(those of this stack may be whose trust policy names an AWS principal)"
        ),
        (
            '{service: sts, operation: AssumeRole, answer: {Credentials: {AccessKeyId: "...", SecretAccessKey: "...", '
            'SessionToken: "..."}}}'
        ),
    ),
    'cognito-idp").admin_get_user(UserPoolId="eu-west-1_a", Username="u")': (
        "cognito-idp:AdminGetUser, which nothing in this stack answers",
        '{service: cognito-idp, operation: AdminGetUser, answer: {Username: "..."}}',
    ),
}


@pytest.mark.parametrize("call", list(REFUSED))
def test_what_is_not_known_is_refused_with_the_line_to_add(tmp_path: Path, call: str) -> None:
    with pytest.raises(NotModelledError) as refused:
        said(tmp_path, f'boto3.client("{call}')

    assert str(refused.value) == "worker calls " + ANSWERS.join(REFUSED[call])


FILTERED = """
aws.cloudwatch.LogSubscriptionFilter("alarms", log_group=audit.name, filter_pattern="", destination_arn=worker.arn)
"""
TRANSFORMED = """
to_worker = [{"parameter_name": "LambdaArn", "parameter_value": worker.arn}]
aws.kinesis.FirehoseDeliveryStream("more", name="more", destination="extended_s3", extended_s3_configuration={
    "bucket_arn": bucket.arn, "role_arn": "r",
    "processing_configuration": {"processors": [{"type": "Lambda", "parameters": to_worker}]}})
"""


@pytest.mark.parametrize(
    ("more", "call", "what"),
    [
        (
            FILTERED,
            'client("logs").create_log_stream(logGroupName=os.environ["AUDIT"], logStreamName="s")',
            "logs:CreateLogStream, which would work on alarms, and that is not modelled",
        ),
        (
            TRANSFORMED,
            'client("firehose").put_record(DeliveryStreamName="more", Record={"Data": b"a"})',
            "firehose:PutRecord, which would work on worker, and that is not modelled",
        ),
    ],
)
def test_what_would_go_on_into_the_stack_is_refused(tmp_path: Path, more: str, call: str, what: str) -> None:
    with pytest.raises(NotModelledError) as refused:
        said(tmp_path, f"boto3.{call}", more=more)

    assert str(refused.value).startswith(f"worker calls {what}\n")
