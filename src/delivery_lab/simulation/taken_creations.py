"""From keys, log groups, delivery streams and templates of mails to the calls that create them before a run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from delivery_lab.model.creations import Creation
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.taken import (
    ContactList,
    DeliveryStream,
    EncryptionKey,
    KeyAlias,
    LogGroup,
    LogStream,
    MailTemplate,
)

_ROLE = "arn:aws:iam::123456789012:role/lab"
_TAKEN = {
    "RoleARN": _ROLE,
    "ClusterJDBCURL": "jdbc:redshift://taken.example:5439/taken",
    "CopyCommand": {"DataTableName": "taken"},
    "Username": "taken",
    "Password": "not-looked-at",
    "S3Configuration": {"RoleARN": _ROLE, "BucketARN": "arn:aws:s3:::taken"},
}
"""A destination of Firehose that moto delivers nothing to: to the others it does at once, which AWS does not."""


@singledispatch
def creations_of_taken(resource: StackResource, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - others look at it
    """The calls that create a resource; none where it is known only after deployment, or not answered by moto.

    Args:
        resource: the resource.
        stack: the stack that it is part of.
    """
    yield from ()


@creations_of_taken.register
def _(resource: MailTemplate, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - as above
    if resource.template_name:
        parts = {"SubjectPart": resource.subject, "TextPart": resource.text, "HtmlPart": resource.html}
        found = {name: part.known for name, part in parts.items() if isinstance(part.known, str) and part.known}
        yield Creation("ses", "CreateTemplate", {"Template": {"TemplateName": resource.template_name, **found}})


@creations_of_taken.register
def _(resource: ContactList, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - as above
    if isinstance(resource.list_name.known, str):
        yield Creation("sesv2", "CreateContactList", {"ContactListName": resource.list_name.known})


@creations_of_taken.register
def _(resource: EncryptionKey, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - as above
    if resource.arn and _is_usable(resource):
        yield Creation("kms", "CreateKey", {}, resource.arn)


@creations_of_taken.register
def _(resource: KeyAlias, stack: Stack) -> Iterator[Creation]:
    key = str(resource.key.known).rpartition("/")[2]
    if resource.alias and any(each.key_id == key and _is_usable(each) for each in stack.all(EncryptionKey)):
        yield Creation("kms", "CreateAlias", {"AliasName": resource.alias, "TargetKeyId": key})


@creations_of_taken.register
def _(resource: LogGroup, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - as above
    if resource.group_name:
        yield Creation("logs", "CreateLogGroup", {"logGroupName": resource.group_name})


@creations_of_taken.register
def _(resource: LogStream, stack: Stack) -> Iterator[Creation]:
    group, stream = resource.group.known, resource.stream.known
    if isinstance(stream, str) and any(each.group_name == group for each in stack.all(LogGroup)):
        yield Creation("logs", "CreateLogStream", {"logGroupName": group, "logStreamName": stream})


@creations_of_taken.register
def _(resource: DeliveryStream, stack: Stack) -> Iterator[Creation]:  # noqa: ARG001 - as above
    if resource.stream_name and not resource.reads_stream:
        settings: dict[str, Any] = {"DeliveryStreamName": resource.stream_name}
        yield Creation("firehose", "CreateDeliveryStream", settings | {"RedshiftDestinationConfiguration": _TAKEN})


def _is_usable(key: EncryptionKey) -> bool:
    """Whether it encrypts and decrypts: kinds of keys that do something else are not modelled."""
    return key.spec.known == "SYMMETRIC_DEFAULT" and key.enabled.known is True
