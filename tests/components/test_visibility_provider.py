"""The dynamic resources' provider, against an SQS in this process and against one that fails."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from components import visibility_provider
from components.visibility_provider import Connection, LowerProvider, RaiseProvider, VisibilityError

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def queue_url() -> Iterator[str]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        yield sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]


def _props(queue_url: str, **changes: Any) -> dict[str, Any]:
    # Numbers reach a provider as floats.
    return {
        "queueUrl": queue_url,
        "region": REGION,
        "visibilityTimeoutSeconds": 5.0,
        "restoredVisibilityTimeoutSeconds": 30.0,
        "mappingRevision": "a",
        "functionArn": "f",
        "__provider": "serialized",
        **changes,
    }


def _timeout_of(queue_url: str) -> int:
    sqs = boto3.client("sqs", region_name=REGION)
    answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["VisibilityTimeout"])
    return int(answer["Attributes"]["VisibilityTimeout"])


def _set(queue_url: str, seconds: int) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": str(seconds)})


def test_create_sets_the_visibility_timeout(queue_url: str) -> None:
    result = LowerProvider().create(_props(queue_url))
    assert _timeout_of(queue_url) == 5
    assert result.id == queue_url
    assert result.outs == {key: value for key, value in _props(queue_url).items() if key != "__provider"}


def test_raising_before_the_mapping_is_updated_and_lowering_after(queue_url: str) -> None:
    raising, lowering = RaiseProvider(), LowerProvider()
    olds = _props(queue_url)
    lowering.create(olds)
    raising.update("id", olds, _props(queue_url, visibilityTimeoutSeconds=60.0, mappingRevision="b"))
    assert _timeout_of(queue_url) == 60
    result = lowering.update("id", olds, _props(queue_url, mappingRevision="b"))
    assert _timeout_of(queue_url) == 5
    assert result.outs is not None
    assert result.outs["mappingRevision"] == "b"


@pytest.mark.parametrize(
    ("changes", "changed", "replaces"),
    [
        ({}, False, []),
        ({"mappingRevision": "b"}, True, []),
        ({"functionArn": "g"}, True, []),
        ({"visibilityTimeoutSeconds": 6.0}, True, []),
        ({"restoredVisibilityTimeoutSeconds": 60.0}, True, []),
        ({"queueUrl": "another"}, True, ["queueUrl"]),
        ({"region": "us-east-1"}, True, ["region"]),
        ({"__provider": "serialized otherwise"}, False, []),
    ],
)
@pytest.mark.parametrize("provider", [RaiseProvider, LowerProvider])
def test_what_counts_as_a_change(
    queue_url: str,
    provider: type[RaiseProvider] | type[LowerProvider],
    changes: dict[str, Any],
    changed: bool,
    replaces: list[str],
) -> None:
    _set(queue_url, 5)
    result = provider().diff("id", _props(queue_url), _props(queue_url, **changes))
    assert (result.changes, result.replaces) == (changed, replaces)


def test_a_queue_that_a_failed_update_left_raised_is_lowered_when_the_update_is_taken_back(queue_url: str) -> None:
    raising, lowering = RaiseProvider(), LowerProvider()
    before, failed = _props(queue_url), _props(queue_url, mappingRevision="b")
    lowering.create(before)
    raising.update("id", before, {**failed, "visibilityTimeoutSeconds": 30.0})
    # Here AWS refuses the mapping, so the lowering stays as it was; then the settings are what they were before.
    raising.update("id", failed, {**before, "visibilityTimeoutSeconds": 30.0})
    assert lowering.diff("id", before, before).changes
    lowering.update("id", before, before)
    assert _timeout_of(queue_url) == 5
    assert not lowering.diff("id", before, before).changes


def test_a_queue_that_is_gone_is_nothing_to_lower(queue_url: str) -> None:
    boto3.client("sqs", region_name=REGION).delete_queue(QueueUrl=queue_url)
    assert not LowerProvider().diff("id", _props(queue_url), _props(queue_url)).changes


def test_refresh_sees_what_somebody_else_has_set(queue_url: str) -> None:
    provider = LowerProvider()
    provider.create(_props(queue_url))
    _set(queue_url, 120)
    found = provider.read(queue_url, _props(queue_url))
    assert found.id == queue_url
    assert found.outs is not None
    assert found.outs["visibilityTimeoutSeconds"] == 120
    assert provider.diff("id", found.outs, _props(queue_url)).changes


def test_refresh_sees_no_difference_where_there_is_none(queue_url: str) -> None:
    provider = LowerProvider()
    provider.create(_props(queue_url))
    found = provider.read(queue_url, _props(queue_url))
    assert found.outs is not None
    assert not provider.diff("id", found.outs, _props(queue_url)).changes


def test_refresh_of_a_queue_that_is_gone(queue_url: str) -> None:
    boto3.client("sqs", region_name=REGION).delete_queue(QueueUrl=queue_url)
    found = LowerProvider().read(queue_url, _props(queue_url))
    assert (found.id, found.outs) == ("", {})


def test_a_raised_timeout_is_not_watched_because_it_is_lowered_by_design(queue_url: str) -> None:
    provider = RaiseProvider()
    props = _props(queue_url, visibilityTimeoutSeconds=30.0)
    provider.create(props)
    _set(queue_url, 5)
    found = provider.read(queue_url, props)
    assert found.outs is not None
    assert not provider.diff("id", found.outs, props).changes
    provider.delete("id", props)
    assert _timeout_of(queue_url) == 5


def test_delete_puts_back_what_aws_accepts(queue_url: str) -> None:
    provider = LowerProvider()
    provider.create(_props(queue_url))
    provider.delete("id", _props(queue_url))
    assert _timeout_of(queue_url) == 30


def test_delete_leaves_a_value_that_somebody_else_has_set(queue_url: str) -> None:
    provider = LowerProvider()
    provider.create(_props(queue_url))
    _set(queue_url, 180)
    provider.delete("id", _props(queue_url))
    assert _timeout_of(queue_url) == 180


def test_delete_after_the_queue_has_gone(queue_url: str) -> None:
    boto3.client("sqs", region_name=REGION).delete_queue(QueueUrl=queue_url)
    LowerProvider().delete("id", _props(queue_url))


def test_an_error_of_sqs_names_queue_and_value(queue_url: str) -> None:
    boto3.client("sqs", region_name=REGION).delete_queue(QueueUrl=queue_url)
    with pytest.raises(VisibilityError) as caught:
        LowerProvider().create(_props(queue_url))
    message = str(caught.value)
    assert message.startswith(f"cannot set the visibility timeout of {queue_url} to 5 s: An error occurred (")
    assert "NonExistentQueue" in message


def test_a_profile_that_does_not_exist_is_named() -> None:
    provider = LowerProvider()
    provider.configure(ConfigureRequest(Config({"aws:profile": "no-such-profile"}, "delivery-lab")))
    with pytest.raises(VisibilityError) as reading:
        provider.delete("id", _props("url"))
    assert str(reading.value) == (
        "cannot read the visibility timeout of url: The config profile (no-such-profile) could not be found"
    )
    with pytest.raises(VisibilityError) as setting:
        provider.create(_props("url"))
    assert str(setting.value) == (
        "cannot set the visibility timeout of url to 5 s: The config profile (no-such-profile) could not be found"
    )


class _SlowSqs:
    """Shows a changed attribute after some reads, as SQS may."""

    def __init__(self, reads: int) -> None:
        self.reads = reads
        self.asked = 0
        self.value = "30"

    def set_queue_attributes(self, *, QueueUrl: str, Attributes: dict[str, str]) -> None:  # noqa: N803  # boto3's names
        self.value = Attributes["VisibilityTimeout"]

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803  # as above
        self.asked += 1
        return {"Attributes": {"VisibilityTimeout": self.value if self.asked > self.reads else "30"}}


def _with(sqs: _SlowSqs, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(Connection, "client", lambda *_: sqs)
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def test_it_waits_until_sqs_shows_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = _with(_SlowSqs(reads=3), monkeypatch)
    RaiseProvider().create(_props("url"))
    assert pauses == [1, 1, 1]


def test_a_value_that_never_shows_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = _with(_SlowSqs(reads=1000), monkeypatch)
    with pytest.raises(VisibilityError) as caught:
        RaiseProvider().create(_props("url"))
    assert str(caught.value) == (
        "url does not show a visibility timeout of 5 s, 60 s after it was set: "
        "run `pulumi up` again, and look for somebody else who sets it"
    )
    assert len(pauses) == 60


def test_the_connection_is_the_aws_provider_s() -> None:
    config = {
        "aws:profile": "work",
        "aws:accessKey": "key",
        "aws:secretKey": "secret",
        "aws:token": "token",
        "aws:endpoints": json.dumps([{"lambda": "http://localhost:1"}, {"sqs": "http://localhost:4566"}]),
    }
    assert Connection.from_config(config.get) == Connection("work", "key", "secret", "token", "http://localhost:4566")
    assert Connection.from_config(lambda _: None) == Connection()
    assert Connection.from_config({"aws:endpoints": '[{"lambda": "http://localhost:1"}]'}.get) == Connection()


def test_keys_and_endpoint_of_the_configuration_are_used() -> None:
    provider = RaiseProvider()
    raw = {"aws:accessKey": "K", "aws:secretKey": "S", "aws:endpoints": '[{"sqs": "http://localhost:4566"}]'}
    provider.configure(ConfigureRequest(Config(raw, "delivery-lab")))
    client = provider._connection.client("eu-central-1")
    assert client.meta.endpoint_url == "http://localhost:4566"
    assert client.meta.region_name == "eu-central-1"
    credentials = client._request_signer._credentials  # type: ignore[attr-defined]  # not in the stubs
    assert (credentials.access_key, credentials.secret_key) == ("K", "S")


@pytest.mark.parametrize("provider", [RaiseProvider, LowerProvider])
def test_another_process_can_load_what_pulumi_stores(provider: type[RaiseProvider] | type[LowerProvider]) -> None:
    """Pulumi's plugin does the same, in the project's folder; the module must load there without a program."""
    stored = serialize_provider(provider())
    assert len(base64.b64decode(stored)) < 400
    code = f"import base64, dill; print(type(dill.loads(base64.b64decode({stored!r}))).__name__)"
    root = Path(visibility_provider.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == f"{provider.__name__}\n"
