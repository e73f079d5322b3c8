from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from delivery_lab.errors import UsageError
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings, found, gone_is_fine, is_gone, refusal


def test_settings_come_as_values_or_as_json_text() -> None:
    endpoints = [{"sqs": "http://127.0.0.1:4566", "lambda": "http://localhost:4566"}]
    for given in (endpoints, json.dumps(endpoints)):
        settings = ProviderSettings.read({"region": "eu-west-1", "endpoints": given, "accessKey": "123456789012"})
        assert settings.region == "eu-west-1"
        assert settings.endpoints == endpoints[0]


def test_settings_that_are_not_followed_are_refused_by_name() -> None:
    with pytest.raises(
        UsageError, match=r"^aws:assumeRoles is not followed by this provider, which creates resources on an"
    ):
        ProviderSettings.read({"assumeRoles": [{"roleArn": "arn"}]})


def test_settings_that_ask_for_nothing_are_fine() -> None:
    assert ProviderSettings.read({"maxRetries": "", "assumeRoles": "[]", "region": "us-east-1"}).endpoints == {}


@pytest.mark.parametrize(
    "url", ["https://sqs.us-east-1.amazonaws.com", "http://10.0.0.1:4566", "http://127.0.0.1.example.org", "nonsense"]
)
def test_an_endpoint_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        ProviderSettings.read({"endpoints": [{"sqs": url}]})
    assert str(caught.value) == (
        f"aws:endpoints gives sqs the address {url}: this provider creates resources on an emulator on this machine "
        "only\n"
        "  fix: give an address of 127.0.0.1, or deploy to AWS with Pulumi's own provider"
    )


def test_a_service_without_an_endpoint_is_refused_and_not_looked_for_at_aws() -> None:
    cloud = Cloud(ProviderSettings("us-east-1", {"sqs": "http://127.0.0.1:1"}))
    assert cloud.client("sqs").meta.endpoint_url == "http://127.0.0.1:1"
    assert cloud.client("sqs") is cloud.client("sqs")
    with pytest.raises(UsageError, match=r"^aws:endpoints has no address for kafka: "):
        cloud.client("kafka")


@pytest.mark.parametrize(
    "code",
    ["ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "NoSuchEntity", "InvalidGroup.NotFound"],
)
def test_codes_that_say_that_a_resource_is_gone(code: str) -> None:
    error = refusal(code, "", "Read")
    assert is_gone(error)

    def read() -> str:
        raise error

    assert found(read) is None
    with gone_is_fine():
        raise error


def test_other_refusals_are_not_swallowed() -> None:
    def read() -> str:
        raise refusal("AccessDenied", "no", "Read")

    with pytest.raises(ClientError, match=r"AccessDenied"):
        found(read)
    with pytest.raises(ClientError, match=r"AccessDenied"), gone_is_fine():
        read()
