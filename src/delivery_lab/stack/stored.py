"""What a stack puts into services that keep things: objects, parameters, secrets, identities, state machines."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject(StackResource):
    """An object of a bucket.

    Attributes:
        bucket: name of the bucket.
        key: its key.
        content: its text, None where it comes from elsewhere.
        source: the asset that it is made of, None without one.
    """

    bucket: Setting[str]
    key: Setting[str]
    content: Setting[str | None]
    source: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(StackResource):
    """A parameter of SSM.

    Attributes:
        parameter_name: its name.
        kind: `String`, `StringList` or `SecureString`.
        value: its value.
    """

    parameter_name: Setting[str]
    kind: Setting[str]
    value: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(StackResource):
    """A secret.

    Attributes:
        secret_name: its name, None where it is known only after deployment.
    """

    secret_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVersion(StackResource):
    """A version of a secret.

    Attributes:
        secret: id, ARN or name of the secret.
        text: what is secret.
        binary: what is secret as Base64, in place of `text`.
    """

    secret: Setting[str]
    text: Setting[str | None]
    binary: Setting[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailIdentity(StackResource):
    """An address or a domain from which SES sends.

    Attributes:
        identity: the address or domain.
    """

    identity: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine(StackResource):
    """A state machine.

    Attributes:
        machine_name: its name, None where it is known only after deployment.
        definition: its definition as JSON text.
    """

    machine_name: str | None
    definition: Setting[str]


def stored_object(inputs: Inputs) -> StoredObject:
    """An object of its inputs."""
    return StoredObject(
        **inputs.identity(),
        bucket=inputs.text("bucket"),
        key=inputs.text("key"),
        content=inputs.optional_text("content"),
        source=inputs.raw("source"),
    )


def parameter(inputs: Inputs) -> Parameter:
    """A parameter of its inputs."""
    name = inputs.output("name")
    return Parameter(
        **inputs.identity(),
        parameter_name=Setting(UNKNOWN if name is None else name, inputs.origin("name")),
        kind=inputs.text("type", default="String"),
        value=inputs.text("value"),
    )


def secret(inputs: Inputs) -> Secret:
    """A secret of its inputs."""
    return Secret(**inputs.identity(), secret_name=inputs.output("name"))


def secret_version(inputs: Inputs) -> SecretVersion:
    """A version of its inputs."""
    return SecretVersion(
        **inputs.identity(),
        secret=inputs.text("secretId"),
        text=inputs.optional_text("secretString"),
        binary=inputs.optional_text("secretBinary"),
    )


def mail_identity(inputs: Inputs) -> MailIdentity:
    """An identity of its inputs."""
    key = next((name for name in ("email", "domain", "emailIdentity") if inputs.raw(name) is not None), "email")
    return MailIdentity(**inputs.identity(), identity=inputs.text(key))


def state_machine(inputs: Inputs) -> StateMachine:
    """A state machine of its inputs."""
    return StateMachine(**inputs.identity(), machine_name=inputs.output("name"), definition=inputs.text("definition"))
