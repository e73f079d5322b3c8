"""Versions and aliases of Lambda functions, and the environments that are kept ready for them."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.stack.functions import Function
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(StackResource):
    """A name for a version of a function.

    Attributes:
        alias: its name in AWS, None where it is known only after deployment.
        function: the function, None if it is none of the stack or unknown.
        version: the version that it means.
        splits: whether it sends a share of the invokes to another version.
    """

    alias: str | None
    function: Function | None
    version: Setting[str]
    splits: Setting[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrency(StackResource):
    """Environments that are kept ready for a version or an alias.

    Attributes:
        function: the function, None if it is none of the stack or unknown.
        qualifier: the version or alias.
        executions: how many.
    """

    function: Function | None
    qualifier: Setting[str]
    executions: Setting[int]


def alias(inputs: Inputs, found: Function | None) -> Alias:
    """An alias of its inputs and its function."""
    return Alias(
        **inputs.identity(),
        alias=inputs.output("name"),
        function=found,
        version=inputs.text("functionVersion"),
        splits=inputs.present("routingConfig", "additionalVersionWeights"),
    )


def provisioned_concurrency(inputs: Inputs, found: Function | None) -> ProvisionedConcurrency:
    """A provisioned concurrency config of its inputs and its function."""
    return ProvisionedConcurrency(
        **inputs.identity(),
        function=found,
        qualifier=inputs.text("qualifier"),
        executions=inputs.number("provisionedConcurrentExecutions", default=0),
    )
