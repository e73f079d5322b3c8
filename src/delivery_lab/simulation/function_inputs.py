"""What has to be said of a function that is created, and what may not be said together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from delivery_lab.errors import DeploymentRefusedError, ProgramError
from delivery_lab.limits.functions import CLOSED_RUNTIMES, HANDLER, LAYER_ARN, MOST_LAYERS
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack

_INVALID = "InvalidParameterValueException"
_CODE = ("code", "imageUri", "s3Bucket")
_PACKAGE_TYPES = ("Zip", "Image")


def check_inputs(stack: Stack, function: Function) -> None:
    """Refuse inputs of which Pulumi's AWS provider or Lambda takes no function (LAM-CREATE-1).

    What is known only after deployment is let through.

    Args:
        stack: its stack.
        function: the function.

    Raises:
        ProgramError: its code is in two places or in half a place, or its package type is none.
        DeploymentRefusedError: a function of a .zip archive has no handler or runtime, its handler cannot be, or its
            layers are too many, no versions of layers, or beside a container image.
    """
    _check_code(stack, function)
    if function.package_type.known == "Zip":
        _check_archive(function)
    _check_layers(function)


def notes_on_inputs(function: Function) -> Iterator[str]:
    """What a reader of the result should know of inputs that are taken.

    Args:
        function: the function.

    Yields:
        A sentence each: inputs without effect, and a runtime that no new function gets.
    """
    given = [name for name in ("handler", "runtime") if getattr(function, name).known]
    if function.package_type.known == "Image" and given:
        yield (
            f"{function.label}: {' and '.join(given)} {'have' if len(given) > 1 else 'has'} no effect: its code is a "
            "container image, and the AWS provider creates it without"
        )
    elif function.runtime.known in CLOSED_RUNTIMES:
        yield (
            f"{function.label}: Lambda creates no function with runtime {function.runtime.known} any more; "
            "one that is there is still invoked"
        )


def _check_code(stack: Stack, function: Function) -> None:
    inputs, name, kind = stack.graph.resources[function.urn].inputs, function.name, function.package_type.known
    if kind is not None and kind not in _PACKAGE_TYPES:
        raise ProgramError(
            f"{name}: packageType = {kind!r} has to be Zip or Image; the AWS provider takes nothing else"
        )
    given = [each for each in _CODE if inputs.get(each) not in (None, "")]
    if len(given) > 1:
        raise ProgramError(
            f"{name}: {' and '.join(given)} are given; the AWS provider takes one of {', '.join(_CODE)}\n"
            f"  fix: leave all but one of them out of {name}"
        )
    place = [each for each in ("s3Bucket", "s3Key") if inputs.get(each) not in (None, "")]
    if len(place) == 1:
        raise ProgramError(
            f"{name}: {place[0]} is given alone; the AWS provider takes s3Bucket and s3Key together\n"
            f"  fix: give both to {name}, or none and its code as an archive"
        )


def _check_archive(function: Function) -> None:
    name = function.name
    for what, setting in (("handler", function.handler), ("runtime", function.runtime)):
        if setting.is_known and setting.value is None:
            raise DeploymentRefusedError(
                name,
                _INVALID,
                f"a function of a .zip archive needs a handler and a runtime, and has no {what}",
                rule="LAM-CREATE-1",
                fix=f"give {name} a {what}, or packageType Image where its code is a container image",
            )
    handler = function.handler.known
    if handler is not None and not re.fullmatch(HANDLER, handler):
        raise DeploymentRefusedError(
            name,
            "ValidationException",
            f"Value {handler!r} at 'handler' failed to satisfy constraint: 1 to 128 characters, none of them a space",
            rule="LAM-CREATE-1",
            fix=f"write the handler of {name} as module.function",
        )


def _check_layers(function: Function) -> None:
    layers = function.layers.known or ()
    if layers and function.package_type.known == "Image":
        raise DeploymentRefusedError(
            function.name,
            _INVALID,
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image. "
            "(it has layers)",
            rule="LAM-CREATE-1",
            fix=f"leave layers out of {function.name}, and put what they hold into its image",
        )
    if len(layers) > MOST_LAYERS:
        raise DeploymentRefusedError(
            function.name,
            _INVALID,
            f"a function has {MOST_LAYERS} layers at most, and not {len(layers)}",
            rule="LAM-CREATE-1",
            fix=f"leave layers out of {function.name}, or put several into one",
        )
    for layer in layers:
        if isinstance(layer, str) and not re.fullmatch(LAYER_ARN, layer):
            raise DeploymentRefusedError(
                function.name,
                "ValidationException",
                f"Value {layer!r} at 'layers' failed to satisfy constraint: the ARN of a version of a layer, "
                "arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION",
                rule="LAM-CREATE-1",
                fix=f"name a version in the layers of {function.name}: the arn of a LayerVersion, not its layerArn",
            )
