"""All types of resources that can be written in CloudFormation's terms."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.checks.cloudformation import types_data, types_lambda, types_messaging, types_surroundings
from delivery_lab.checks.cloudformation.resource_type import ResourceType
from delivery_lab.stack.stack import Stack

TYPES: Mapping[str, ResourceType] = {
    **types_data.TYPES,
    **types_lambda.TYPES,
    **types_messaging.TYPES,
    **types_surroundings.TYPES,
}


def unmapped_types(stack: Stack) -> tuple[str, ...]:
    """The AWS resource types of a stack whose values are not checked, because no mapping to CloudFormation is known.

    Resources that the stack only reads are not counted: their settings are somebody else's.
    """
    found = {resource.type for resource in stack.graph.resources.values() if resource.custom and not resource.external}
    return tuple(sorted(name for name in found if name.startswith("aws:") and name not in TYPES))
