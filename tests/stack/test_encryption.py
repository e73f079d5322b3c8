"""Whether the role of a function may decrypt what its queue holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

ROOT = '{"AWS": "arn:aws:iam::123456789012:root"}'
KEY = """
own = aws.iam.Role("own", assume_role_policy=TRUST)
allow = lambda name, *actions, on="*": aws.iam.RolePolicy(name, role=own.id, policy=pulumi.Output.json_dumps(
    {{"Statement": [{{"Effect": "Allow", "Action": actions, "Resource": on}}]}}))
allow("reads", "sqs:*")
key = aws.kms.Key("key", policy=pulumi.Output.json_dumps(
    {{"Statement": [{{"Effect": "Allow", "Principal": {principal}, "Action": "kms:*", "Resource": "*"}}]}}))
"""
READ = """
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60, kms_master_key_id={key})
mapping(jobs, function(role=own.arn))
"""
READ_DEAD = """
dead = aws.sqs.Queue("dead", visibility_timeout_seconds=60)
jobs = aws.sqs.Queue("jobs", kms_master_key_id=key.id, redrive_policy=pulumi.Output.json_dumps(
    {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5}))
mapping(dead, function(role=own.arn))
"""


def _found(folder: Path, program: str, principal: str = ROOT) -> list[tuple[str, ...]]:
    files = {"worker/app.py": "def handle(event, context):\n    return None\n"}
    stack = Stack.of(graph_of(folder / "shop", KEY.format(principal=principal) + program, files))
    return [found.resources for found in CHECKS["CHK-ROLE-3"].findings(stack)]


@pytest.mark.parametrize(
    "named", ["key.arn", "key.id", "aws.kms.Alias('a', name='alias/a', target_key_id=key.id).name"]
)
def test_a_role_without_decrypt_cannot_poll_an_encrypted_queue(tmp_path: Path, named: str) -> None:
    assert _found(tmp_path, READ.format(key=named)) == [("mapping", "own", "jobs")]


def test_who_reads_a_dead_letter_queue_needs_the_key_of_its_source(tmp_path: Path) -> None:
    assert _found(tmp_path, READ_DEAD) == [("mapping", "own", "dead", "jobs")]


@pytest.mark.parametrize(
    "more",
    [
        'allow("decrypts", "kms:Decrypt", on=key.arn)',
        'allow("all", "kms:*")',
        'aws.kms.Grant("grant", key_id=key.id, grantee_principal=own.arn, operations=["Decrypt"])',
    ],
)
def test_a_role_that_may_decrypt_is_passed_over(tmp_path: Path, more: str) -> None:
    assert _found(tmp_path, READ.format(key="key.arn") + more) == []
    assert _found(tmp_path / "dead", READ_DEAD + more) == []


@pytest.mark.parametrize("principal", ['{"AWS": own.arn}', '"*"', '{"AWS": "*"}'])
def test_a_key_that_may_let_the_role_in_is_passed_over(tmp_path: Path, principal: str) -> None:
    assert _found(tmp_path, READ.format(key="key.arn"), principal) == []


@pytest.mark.parametrize("named", ['"alias/aws/sqs"', '"arn:aws:kms:us-east-1:123456789012:key/theirs"'])
def test_the_key_of_aws_and_keys_of_others_are_passed_over(tmp_path: Path, named: str) -> None:
    assert _found(tmp_path, READ.format(key=named)) == []
