"""Read the settings of the stack that the program runs for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
from pulumi.runtime import get_config_env
from pydantic import ValidationError

from components.settings.asynchronous import AsyncSettings
from components.settings.base import Section
from components.settings.batch import BatchSettings
from components.settings.eventbridge import EventBridgeSettings
from components.settings.gateway import GatewaySettings
from components.settings.kafka import KafkaSettings
from components.settings.pipe import PipeSettings
from components.settings.problems import Problem, SettingsError, problems_of, unknown_key_fix
from components.settings.s3 import S3Settings
from components.settings.sns import SnsSettings
from components.settings.stream import StreamSettings
from components.settings.synchronous import SyncSettings
from components.settings.visibility import VisibilitySettings

Model = TypeVar("Model", bound=Section)

SECTIONS: Mapping[str, type[Section]] = {
    "batch": BatchSettings,
    "visibility": VisibilitySettings,
    "stream": StreamSettings,
    "kafka": KafkaSettings,
    "async": AsyncSettings,
    "sync": SyncSettings,
    "sns": SnsSettings,
    "s3": S3Settings,
    "eventbridge": EventBridgeSettings,
    "apigateway": GatewaySettings,
    "pipe": PipeSettings,
}
"""The sections a stack may have, by their key in the project's namespace."""
READ_BY_OTHERS = frozenset({"accept"})
"""Keys of the project's namespace that are no section: `delivery-lab check` and the policy pack read them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The sections of one stack; None where the stack does not have the section, so that it is not deployed."""

    batch: BatchSettings | None = None
    visibility: VisibilitySettings | None = None
    stream: StreamSettings | None = None
    kafka: KafkaSettings | None = None
    asynchronous: AsyncSettings | None = None
    synchronous: SyncSettings | None = None
    sns: SnsSettings | None = None
    s3: S3Settings | None = None
    eventbridge: EventBridgeSettings | None = None
    apigateway: GatewaySettings | None = None
    pipe: PipeSettings | None = None


def load_settings() -> Settings:
    """Read and validate every section of the current stack.

    Raises:
        SettingsError: a section or a key is unknown, a value is out of bounds, parts do not fit together, or
            there is no section at all. It lists all problems found.
    """
    namespace = pulumi.get_project()
    config = pulumi.Config(namespace)
    problems = list(_unknown_sections(namespace))
    sections: dict[str, Section] = {}
    for name, model in SECTIONS.items():
        text = config.get(name)
        if text is None:
            continue
        key = f"{namespace}:{name}"
        try:
            sections[name] = model.model_validate(_parsed(text))
        except ValidationError as error:
            problems.extend(problems_of(error, model, key))
    if not sections and not problems:
        problems.append(_no_section(namespace))
    if problems:
        raise SettingsError(stack_file(pulumi.get_stack()), problems)
    return Settings(
        batch=_section(sections, BatchSettings),
        visibility=_section(sections, VisibilitySettings),
        stream=_section(sections, StreamSettings),
        kafka=_section(sections, KafkaSettings),
        asynchronous=_section(sections, AsyncSettings),
        synchronous=_section(sections, SyncSettings),
        sns=_section(sections, SnsSettings),
        s3=_section(sections, S3Settings),
        eventbridge=_section(sections, EventBridgeSettings),
        apigateway=_section(sections, GatewaySettings),
        pipe=_section(sections, PipeSettings),
    )


def _section(sections: Mapping[str, Section], model: type[Model]) -> Model | None:
    """The section of a model, None where the stack does not have it."""
    return next((section for section in sections.values() if isinstance(section, model)), None)


def stack_file(stack: str) -> str:
    """The file that holds a stack's settings, relative to the project, as the Pulumi CLI looks it up."""
    return f"stacks/Pulumi.{stack.replace('/', '-')}.yaml"


def _parsed(text: str) -> object:
    """A section as Pulumi hands it over: JSON text, or plain text where the stack file holds no object."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unknown_sections(namespace: str) -> Iterator[Problem]:
    """Keys of the project's namespace that are no section.

    `pulumi.Config` cannot list keys. The one public listing is the map that the language host puts into the
    environment variable PULUMI_CONFIG; where a program is run without it, only known sections are looked at.
    """
    for key, value in sorted(get_config_env().items()):
        owner, _, name = key.partition(":")
        if owner == namespace and name not in SECTIONS and name not in READ_BY_OTHERS:
            yield Problem((key,), _parsed(value), "unknown section", unknown_key_fix(name, list(SECTIONS)))


def _no_section(namespace: str) -> Problem:
    names = ", ".join(f"{namespace}:{name}" for name in SECTIONS)
    return Problem(
        (namespace,),
        None,
        "the stack has no section, so there is nothing to deploy",
        f"add one of: {names} (an empty object, {{}}, takes every default)",
    )
