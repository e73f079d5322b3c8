from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.program.invokes import INVOKES
from delivery_lab.program.policy_document import policy_document, render


def ask(token: str, region: str = "eu-west-1", **arguments: Any) -> dict[str, Any]:
    return INVOKES[token](arguments, region)


def test_the_caller_is_of_the_account_that_arns_are_made_with() -> None:
    identity = ask("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"] == identity["id"] == "123456789012"
    assert identity["arn"] == "arn:aws:iam::123456789012:user/delivery-lab"


def test_the_region_is_the_providers_or_the_one_asked_for() -> None:
    token = "aws:index/getRegion:getRegion"
    assert ask(token)["name"] == ask(token)["region"] == ask(token)["id"] == "eu-west-1"
    assert ask(token, region="us-east-1")["endpoint"] == "ec2.us-east-1.amazonaws.com"
    assert INVOKES[token]({"region": "ap-south-1"}, "eu-west-1")["region"] == "ap-south-1"


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "prefix"),
    [
        ("eu-west-1", "aws", "amazonaws.com", "com.amazonaws"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
        ("us-gov-east-1", "aws-us-gov", "amazonaws.com", "com.amazonaws"),
    ],
)
def test_the_partition_follows_from_the_region(region: str, partition: str, suffix: str, prefix: str) -> None:
    assert ask("aws:index/getPartition:getPartition", region) == {
        "id": partition,
        "partition": partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": prefix,
    }


@pytest.mark.parametrize(
    ("region", "zone_id"),
    [
        ("us-east-1", "use1-az1"),
        ("ap-southeast-2", "apse2-az1"),
        ("us-gov-west-1", "usgw1-az1"),
        ("eu-central-1", "euc1-az1"),
    ],
)
def test_availability_zones(region: str, zone_id: str) -> None:
    zones = ask("aws:index/getAvailabilityZones:getAvailabilityZones", region)
    assert zones["names"] == [f"{region}a", f"{region}b", f"{region}c"]
    assert zones["zoneIds"][0] == zone_id


def test_availability_zones_may_be_excluded() -> None:
    zones = ask("aws:index/getAvailabilityZones:getAvailabilityZones", excludeNames=["eu-west-1a"])
    assert zones["names"] == ["eu-west-1b", "eu-west-1c"]
    assert zones["zoneIds"] == ["euw1-az2", "euw1-az3"]


def test_a_policy_is_rendered_as_the_provider_renders_it() -> None:
    answer = ask(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[
            {
                "sid": "Send",
                "actions": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:SendMessage"],
                "resources": ["arn:aws:sqs:*:*:&{aws:username}"],
                "principals": [{"type": "AWS", "identifiers": ["*"]}],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:SourceArn", "values": ["a"]},
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["2", "1"]},
                ],
            },
            {
                "effect": "Deny",
                "notActions": ["s3:*"],
                "notResources": ["*"],
                "principals": [{"type": "*", "identifiers": ["*"]}],
            },
        ],
    )
    assert answer["json"] == (
        "{\n"
        '  "Version": "2012-10-17",\n'
        '  "Statement": [\n'
        "    {\n"
        '      "Sid": "Send",\n'
        '      "Effect": "Allow",\n'
        '      "Action": [\n'
        '        "sqs:SendMessage",\n'
        '        "sqs:ReceiveMessage"\n'
        "      ],\n"
        '      "Resource": "arn:aws:sqs:*:*:${aws:username}",\n'
        '      "Principal": {\n'
        '        "AWS": "*"\n'
        "      },\n"
        '      "Condition": {\n'
        '        "StringEquals": {\n'
        '          "aws:SourceArn": "a",\n'
        '          "aws:SourceAccount": [\n'
        '            "2",\n'
        '            "1"\n'
        "          ]\n"
        "        }\n"
        "      }\n"
        "    },\n"
        "    {\n"
        '      "Effect": "Deny",\n'
        '      "NotAction": "s3:*",\n'
        '      "NotResource": "*",\n'
        '      "Principal": "*"\n'
        "    }\n"
        "  ]\n"
        "}"
    )
    assert json.loads(answer["minifiedJson"]) == json.loads(answer["json"])
    assert " " not in answer["minifiedJson"]


def test_principals_of_one_type_are_put_together() -> None:
    statement = {
        "principals": [
            {"type": "Service", "identifiers": ["a.amazonaws.com"]},
            {"type": "AWS", "identifiers": ["arn:1"]},
            {"type": "Service", "identifiers": ["b.amazonaws.com"]},
        ],
        "notPrincipals": [{"type": "AWS", "identifiers": ["arn:2"]}],
    }
    assert policy_document({"statements": [statement]})["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["b.amazonaws.com", "a.amazonaws.com"], "AWS": "arn:1"},
            "NotPrincipal": {"AWS": "arn:2"},
        }
    ]


def statements(*pairs: tuple[str, str]) -> str:
    return json.dumps({"Version": "2008-10-17", "Statement": [{"Sid": sid, "Effect": effect} for sid, effect in pairs]})


def test_documents_are_merged_by_the_id_of_their_statements() -> None:
    policy = policy_document(
        {
            "sourcePolicyDocuments": [statements(("a", "Allow"), ("b", "Allow")), statements(("c", "Allow"))],
            "statements": [{"sid": "b", "effect": "Deny"}],
            "overridePolicyDocuments": [statements(("c", "Deny"), ("d", "Deny"))],
            "policyId": "mine",
        }
    )
    assert [(found["Sid"], found["Effect"]) for found in policy["Statement"]] == [
        ("a", "Allow"),
        ("b", "Deny"),
        ("c", "Deny"),
        ("d", "Deny"),
    ]
    assert policy["Id"] == "mine"


def test_a_statement_of_a_source_document_may_stand_alone() -> None:
    policy = policy_document({"sourcePolicyDocuments": ['{"Statement": {"Effect": "Deny"}}']})
    assert policy == {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}
    assert render(policy, minified=True) == '{"Version":"2012-10-17","Statement":[{"Effect":"Deny"}]}'


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (
            [statements(("a", "Allow")), statements(("a", "Deny"))],
            "two statements of sourcePolicyDocuments have the Sid 'a'",
        ),
        (["[]"], "a source or override policy document is no JSON object"),
    ],
)
def test_wrong_documents_are_refused(documents: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        policy_document({"sourcePolicyDocuments": documents})
