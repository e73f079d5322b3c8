"""What a stack has for calls that hand something over: keys, log groups, delivery streams, templates of mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import KEY_POLICY
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.resource_policies import policies_of
from delivery_lab.stack.roles import PolicyDocument, policy_document
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKey(StackResource):
    """A key of KMS.

    Attributes:
        key_id: its id, None where it is known only after deployment.
        spec: what kind of key it is.
        enabled: whether it can be used.
        policies: its policy, and those of KeyPolicy resources; without one it lets in nobody but its account.
    """

    key_id: str | None
    spec: Setting[str]
    enabled: Setting[bool]
    policies: tuple[PolicyDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAlias(StackResource):
    """A name of a key.

    Attributes:
        alias: the name, with `alias/`; None where it is known only after deployment.
        key: id or ARN of the key.
    """

    alias: str | None
    key: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup(StackResource):
    """A log group of CloudWatch.

    Attributes:
        group_name: its name, None where it is known only after deployment.
    """

    group_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream(StackResource):
    """A stream of a log group.

    Attributes:
        group: name of the group.
        stream: its name.
    """

    group: Setting[str]
    stream: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList(StackResource):
    """A list of contacts of SES.

    Attributes:
        list_name: its name.
    """

    list_name: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStream(StackResource):
    """A delivery stream of Firehose.

    Attributes:
        stream_name: its name, None where it is known only after deployment.
        texts: every text of its settings: whom it calls and where it delivers.
        reads_stream: whether it reads a Kinesis stream, so that nobody else can put records into it.
    """

    stream_name: str | None
    texts: tuple[str, ...]
    reads_stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate(StackResource):
    """A template of SES.

    Attributes:
        template_name: its name, None where it is known only after deployment.
        subject: the line of the subject.
        text: the body as text.
        html: the body as HTML.
    """

    template_name: str | None
    subject: Setting[str]
    text: Setting[str]
    html: Setting[str]


def encryption_key(inputs: Inputs, inputs_of: Callable[[str], Iterator[Inputs]]) -> EncryptionKey:
    """A key of its inputs, and of the KeyPolicy resources that are about it."""
    names = {inputs.output("keyId"), inputs.output("arn")} - {None}
    about = [held for held in inputs_of(KEY_POLICY) if held.raw("keyId") in names]
    perhaps = [held for held in inputs_of(KEY_POLICY) if held.raw("keyId") is UNKNOWN and held.raw("policy")]
    return EncryptionKey(
        **inputs.identity(),
        key_id=inputs.output("keyId"),
        spec=inputs.text("customerMasterKeySpec", default="SYMMETRIC_DEFAULT"),
        enabled=inputs.switch("isEnabled", default=True),
        policies=(
            *policies_of(inputs, about),
            *(policy_document(held.origin("policy"), held.raw("policy")) for held in perhaps),
        ),
    )


def key_alias(inputs: Inputs) -> KeyAlias:
    """A name of a key of its inputs."""
    return KeyAlias(**inputs.identity(), alias=inputs.output("name"), key=inputs.text("targetKeyId"))


def log_group(inputs: Inputs) -> LogGroup:
    """A log group of its inputs."""
    return LogGroup(**inputs.identity(), group_name=inputs.output("name"))


def log_stream(inputs: Inputs) -> LogStream:
    """A stream of a log group of its inputs."""
    return LogStream(**inputs.identity(), group=inputs.text("logGroupName"), stream=inputs.text("name"))


def contact_list(inputs: Inputs) -> ContactList:
    """A list of contacts of its inputs."""
    return ContactList(**inputs.identity(), list_name=inputs.text("contactListName"))


def delivery_stream(inputs: Inputs) -> DeliveryStream:
    """A delivery stream of its inputs."""
    return DeliveryStream(
        **inputs.identity(),
        stream_name=inputs.output("name"),
        texts=tuple(_texts(inputs.resource.inputs)),
        reads_stream=inputs.raw("kinesisSourceConfiguration") is not None,
    )


def mail_template(inputs: Inputs) -> MailTemplate:
    """A template of its inputs."""
    return MailTemplate(
        **inputs.identity(),
        template_name=inputs.output("name"),
        subject=inputs.text("subject"),
        text=inputs.text("text"),
        html=inputs.text("html"),
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
