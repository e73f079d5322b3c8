"""What a change of an input does, held to the types of the installed pulumi-aws."""

from __future__ import annotations

import importlib
import re
import warnings
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.limits.changes import changes_of
from delivery_lab.live.provider.catalog import TYPES

NOT_COMPUTED = {resource_types.MAPPING: {"batchSize", "destinationConfig"}}
"""Inputs that stay although their output may be None; the module says why."""

NEVER_REPLACED = {resource_types.REST_API}
"""Types whose every input changes in place."""


def outputs_that_are_always_there(pulumi_type: str) -> set[str]:
    """Names of the outputs of a type that pulumi-aws never has as None."""
    module, _, name = pulumi_type.removeprefix("aws:").rpartition(":")
    package = {"lambda": "lambda_"}.get(module.partition("/")[0], module.partition("/")[0])
    with warnings.catch_warnings():
        # Its packages announce deprecated resources of theirs when they are imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        resource: Any = getattr(importlib.import_module(f"pulumi_aws.{package}"), name)
    getters = {key: value.fget.__annotations__["return"] for key, value in vars(resource).items() if _is_output(value)}
    return {_on_the_wire(key) for key, type_ in getters.items() if "Optional" not in str(type_)}


def _is_output(value: object) -> bool:
    return isinstance(value, property) and "return" in value.fget.__annotations__


def _on_the_wire(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name).rstrip("_")


@pytest.mark.parametrize("pulumi_type", sorted(TYPES))
def test_what_an_update_leaves_is_what_pulumi_aws_calls_computed(pulumi_type: str) -> None:
    kind = TYPES[pulumi_type]
    # A name that is left out is a new one, which the provider of the tests and Pulumi's both keep by themselves.
    computed = outputs_that_are_always_there(pulumi_type) & kind.settings - kind.required - {"name", "bucket"}
    assert changes_of(pulumi_type).kept & kind.settings == computed | NOT_COMPUTED.get(pulumi_type, set())


@pytest.mark.parametrize("pulumi_type", sorted(TYPES))
def test_each_type_that_is_created_is_in_the_table(pulumi_type: str) -> None:
    known = changes_of(pulumi_type)
    assert (known.replaces != frozenset()) is (pulumi_type not in NEVER_REPLACED)
    assert set(known.defaults) <= TYPES[pulumi_type].settings


def test_of_a_type_that_is_not_in_the_table_nothing_is_claimed() -> None:
    known = changes_of("aws:s3/objectCopy:ObjectCopy")
    assert (known.replaces, dict(known.defaults), known.kept) == (frozenset(), {}, frozenset())
