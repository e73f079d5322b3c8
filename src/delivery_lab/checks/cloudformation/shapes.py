"""How one input of a Pulumi resource is written as a property of a CloudFormation resource.

A type is described by a table of fields (`fields`), each with the place in CloudFormation's properties and a shape,
which converts the value. While it converts, a shape notes which input each property came from (`Notes`), so that what
cfn-lint says about a property can be told in terms of the input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from delivery_lab.program.graph import UNKNOWN

Path: TypeAlias = tuple[str | int, ...]

UNKNOWN_ID = "KnownAfterDeployment"
# cfn-lint follows references to resources of the template only, and takes an attribute of a custom resource for a value
# of any type: no rule can be violated by it.
PLACEHOLDER = {"Fn::GetAtt": [UNKNOWN_ID, "Value"]}
PLACEHOLDER_RESOURCE = {
    "Type": "Custom::KnownAfterDeployment",
    "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:known-after-deployment"},
}


class _Omit:
    """Says that a value has no counterpart in CloudFormation."""


OMIT = _Omit()


@dataclass(slots=True)
class Notes:
    """What is noted while the inputs of one resource are converted.

    Attributes:
        resolve: finds the resource of the template that a value refers to; gets the value and the input's name.
        origins: path of the input, by path of the property.
        objects: the table of fields that an object was made by, by path of the property.
    """

    resolve: Callable[[Any, str], Any]
    origins: dict[Path, Path] = field(default_factory=dict)
    objects: dict[Path, Fields] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: `cfn` in the properties, `pulumi` in the inputs."""

    notes: Notes
    cfn: Path = ()
    pulumi: Path = ()

    def at(self, cfn: Path, pulumi: Path) -> Spot:
        """The spot below this one, noted."""
        below = Spot(self.notes, self.cfn + cfn, self.pulumi + pulumi)
        for length in range(1, len(cfn) + 1):
            self.notes.origins.setdefault(self.cfn + cfn[:length], below.pulumi)
        return below


Shape: TypeAlias = Callable[[Any, Spot], Any]
"""Converts a value, which may be `UNKNOWN`."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where an input goes: path of the property (empty: nowhere), shape, and values that mean "not set" in Pulumi."""

    path: tuple[str, ...]
    shape: Shape
    unset: tuple[Any, ...] = ()


Fields: TypeAlias = Mapping[str, Field]


def plain(value: Any, spot: Spot) -> Any:
    """A value that is the same in CloudFormation, except for what is unknown in it."""
    if value is UNKNOWN:
        return PLACEHOLDER
    if isinstance(value, Mapping):
        return {key: plain(item, spot.at((key,), (key,))) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, spot.at((index,), (index,))) for index, item in enumerate(value)]
    return value


def to(path: str, shape: Shape = plain, unset: tuple[Any, ...] = ()) -> Field:
    """A field that goes to a property, given as `Name` or `Outer.Name`."""
    return Field(tuple(path.split(".")), shape, unset)


def fields(same: str = "", other: Mapping[str, str | Field] | None = None, left_out: str = "") -> Fields:
    """Make a table of fields.

    Args:
        same: inputs whose property has the same name, but for the capital letter.
        other: property (or field) by input, where it is called or shaped differently.
        left_out: inputs without a counterpart in CloudFormation, or of no interest to its rules.
    """
    table = {name: to(name[:1].upper() + name[1:]) for name in same.split()}
    for name, target in (other or {}).items():
        table[name] = to(target) if isinstance(target, str) else target
    table.update({name: Field((), plain) for name in left_out.split()})
    return table


def write(values: Mapping[str, Any], table: Fields, spot: Spot) -> dict[str, Any]:
    """Convert the inputs of a resource, or the members of a nested input.

    A nested name that the table does not know is passed on as it is: the SDK lets any key of a dictionary through, and
    cfn-lint says that there is no such property.
    """
    spot.notes.objects[spot.cfn] = table
    result: dict[str, Any] = {}
    for name, value in sorted(values.items()):
        target = table.get(name) or to(name)
        if not target.path or value is None or (value is not UNKNOWN and value in target.unset):
            continue
        below = spot.at(target.path, (name,))
        converted = target.shape(value, below)
        if not isinstance(converted, _Omit):
            _put(result, target.path, converted)
    return result


def _put(result: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        result = result.setdefault(name, {})
    held = result.get(path[-1])
    if isinstance(held, list) and isinstance(value, list):
        # Two inputs that make one list, such as the keys of a table.
        held.extend(value)
    else:
        result[path[-1]] = value


def an_object(table: Fields) -> Shape:
    """An object with members of its own."""

    def shape(value: Any, spot: Spot) -> Any:
        return write(value, table, spot) if isinstance(value, Mapping) else plain(value, spot)

    return shape


def objects(table: Fields) -> Shape:
    """A list of objects."""
    return listed(an_object(table))


def listed(shape: Shape) -> Shape:
    """A list of values of one shape."""

    def shape_of_list(value: Any, spot: Spot) -> Any:
        if not isinstance(value, list | tuple):
            return plain(value, spot)
        return [shape(item, spot.at((index,), (index,))) for index, item in enumerate(value)]

    return shape_of_list


def one_of_list(shape: Shape) -> Shape:
    """A single value where CloudFormation has a list of at most one."""

    def shape_of_list(value: Any, spot: Spot) -> Any:
        return [shape(value, spot.at((0,), ()))]

    return shape_of_list


def document(value: Any, spot: Spot) -> Any:
    """JSON text where CloudFormation has an object. Text that is no JSON is not checked here."""
    if not isinstance(value, str):
        return plain(value, spot)
    try:
        parsed = json.loads(value)
    except ValueError:
        return OMIT
    return plain(parsed, spot) if isinstance(parsed, dict) else OMIT


def redrive_policy(value: Any, spot: Spot) -> Any:
    """A redrive policy, whose dead-letter queue may be one of the template."""
    parsed = document(value, spot)
    if isinstance(parsed, dict) and "deadLetterTargetArn" in parsed:
        parsed["deadLetterTargetArn"] = spot.notes.resolve(parsed["deadLetterTargetArn"], str(spot.pulumi[0]))
    return parsed


def reference(value: Any, spot: Spot) -> Any:
    """The ARN or name of a resource, which may be one of the template."""
    return spot.notes.resolve(value, str(spot.pulumi[0]))


def pairs(key: str, value: str) -> Shape:
    """A map where CloudFormation has a list of pairs."""

    def shape(mapping: Any, spot: Spot) -> Any:
        if not isinstance(mapping, Mapping):
            return plain(mapping, spot)
        return [
            {key: name, value: plain(item, spot.at((index,), (name,)))}
            for index, (name, item) in enumerate(mapping.items())
        ]

    return shape


tag_list = pairs("Key", "Value")


def text(value: Any, spot: Spot) -> Any:
    """A number or a boolean where CloudFormation has a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else plain(value, spot)


def comma_list(value: Any, spot: Spot) -> Any:
    """One text with commas where CloudFormation has a list."""
    return value.split(",") if isinstance(value, str) else plain(value, spot)


def somewhere_in_s3(_value: Any, _spot: Spot) -> Any:
    """Code that Pulumi uploads itself; CloudFormation knows code only by its place in S3."""
    return {"S3Bucket": "code-bucket", "S3Key": "code.zip"}
