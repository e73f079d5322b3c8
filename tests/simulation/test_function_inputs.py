from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import cfnlint  # type: ignore[import-untyped]  # it has no types
import pytest

from delivery_lab.errors import DeploymentRefusedError, LabError, ProgramError
from delivery_lab.limits.functions import CLOSED_RUNTIMES
from delivery_lab.program.assets import FileArchive
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import FUNCTION
from delivery_lab.simulation.function_inputs import check_inputs, notes_on_inputs
from tests.stack.world import resource, stack_of

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:deps:3"
PLAIN = {"handler": "app.handle", "runtime": "python3.13", "code": FileArchive("app")}
IMAGE = {"packageType": "Image", "imageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1"}


_NO_EFFECT = "no effect: its code is a container image, and the AWS provider creates it without"


def check(inputs: dict[str, Any]) -> None:
    stack = stack_of(resource(FUNCTION, "worker", inputs))
    check_inputs(stack, stack.functions[0])


def refusal(error: type[LabError], inputs: dict[str, Any]) -> str:
    with pytest.raises(error) as refused:
        check(inputs)
    return str(refused.value)


@pytest.mark.parametrize(
    "inputs",
    [
        PLAIN,
        IMAGE,
        {**PLAIN, "handler": UNKNOWN, "runtime": UNKNOWN, "layers": UNKNOWN},
        {**PLAIN, "packageType": UNKNOWN, "handler": ""},
        {**PLAIN, "layers": [LAYER, UNKNOWN]},
        {**PLAIN, "layers": ["arn:aws-cn:lambda:cn-north-1:123456789012:layer:a_B-1:12"] * 5},
        {**PLAIN, "layers": ["arn:aws:lambda:::awslayer:AmazonLinux1803"]},
        {**PLAIN, "runtime": "python2.7"},
        {**PLAIN, "runtime": "python3.14"},
        {**PLAIN, "runtime": "provided.al2023"},
        {**PLAIN, "code": None, "s3Bucket": UNKNOWN, "s3Key": "app.zip"},
    ],
)
def test_what_aws_takes_or_may_take_is_let_through(inputs: dict[str, Any]) -> None:
    check(inputs)


@pytest.mark.parametrize("what", ["handler", "runtime"])
@pytest.mark.parametrize("value", [None, ""])
def test_lam_create_1_a_function_of_an_archive_needs_a_handler_and_a_runtime(what: str, value: str | None) -> None:
    assert refusal(DeploymentRefusedError, {**PLAIN, what: value}) == (
        "AWS would refuse worker: InvalidParameterValueException: a function of a .zip archive needs a handler and a "
        f"runtime, and has no {what} (LAM-CREATE-1)\n"
        f"  fix: give worker a {what}, or packageType Image where its code is a container image"
    )


@pytest.mark.parametrize("handler", ["app.handle ", "app handle", "a" * 129])
def test_lam_create_1_a_handler_has_128_characters_at_most_and_no_spaces(handler: str) -> None:
    assert refusal(DeploymentRefusedError, {**PLAIN, "handler": handler}) == (
        f"AWS would refuse worker: ValidationException: Value {handler!r} at 'handler' failed to satisfy constraint: "
        "1 to 128 characters, none of them a space (LAM-CREATE-1)\n"
        "  fix: write the handler of worker as module.function"
    )


def test_lam_create_1_a_container_image_has_no_layers() -> None:
    assert refusal(DeploymentRefusedError, {**IMAGE, "layers": [LAYER]}) == (
        "AWS would refuse worker: InvalidParameterValueException: Please don't provide Handler or Runtime or Layer "
        "when the intended function PackageType is Image. (it has layers) (LAM-CREATE-1)\n"
        "  fix: leave layers out of worker, and put what they hold into its image"
    )


@pytest.mark.parametrize(
    ("inputs", "note"),
    [
        (PLAIN, None),
        ({**PLAIN, "runtime": UNKNOWN}, None),
        (IMAGE, None),
        (
            {**IMAGE, "handler": "app.handle"},
            f"handler has {_NO_EFFECT}",
        ),
        (
            {**IMAGE, "handler": "app.handle", "runtime": "python3.7"},
            f"handler and runtime have {_NO_EFFECT}",
        ),
        (
            {**PLAIN, "runtime": "python3.7"},
            "Lambda creates no function with runtime python3.7 any more; one that is there is still invoked",
        ),
    ],
)
def test_lam_create_1_inputs_without_effect_and_runtimes_of_old_functions_are_noted(
    inputs: dict[str, Any], note: str | None
) -> None:
    function = stack_of(resource(FUNCTION, "worker", inputs)).functions[0]

    assert list(notes_on_inputs(function)) == ([f"worker: {note}"] if note else [])


def test_runtimes_that_no_new_function_gets_are_those_of_the_table_of_their_lives() -> None:
    """Of cfn-lint, which reads the table of AWS's page."""
    file = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
    blocked = {
        name: date.fromisoformat(life["create-block"])
        for name, life in json.loads(file.read_text()).items()
        if life["create-block"]
    }

    assert {name for name, day in blocked.items() if day < date(2026, 11, 28)} == CLOSED_RUNTIMES


@pytest.mark.parametrize("layer", ["nonsense", "", LAYER.rpartition(":")[0], LAYER.replace("123456789012", "1")])
def test_lam_create_1_a_layer_is_named_by_the_arn_of_a_version(layer: str) -> None:
    assert refusal(DeploymentRefusedError, {**PLAIN, "layers": [LAYER, layer]}) == (
        f"AWS would refuse worker: ValidationException: Value {layer!r} at 'layers' failed to satisfy constraint: the "
        "ARN of a version of a layer, arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION (LAM-CREATE-1)\n"
        "  fix: name a version in the layers of worker: the arn of a LayerVersion, not its layerArn"
    )


def test_lam_create_1_a_function_has_five_layers_at_most() -> None:
    assert refusal(DeploymentRefusedError, {**PLAIN, "layers": [LAYER] * 5 + [UNKNOWN]}) == (
        "AWS would refuse worker: InvalidParameterValueException: a function has 5 layers at most, and not 6 "
        "(LAM-CREATE-1)\n"
        "  fix: leave layers out of worker, or put several into one"
    )


@pytest.mark.parametrize(
    ("more", "given"),
    [
        ({"s3Bucket": "b", "s3Key": "k"}, "code and s3Bucket"),
        ({"s3Bucket": UNKNOWN, "s3Key": UNKNOWN}, "code and s3Bucket"),
        (IMAGE, "code and imageUri"),
    ],
)
def test_code_in_two_places_is_refused_as_the_provider_does(more: dict[str, Any], given: str) -> None:
    assert refusal(ProgramError, {**PLAIN, **more}) == (
        f"worker: {given} are given; the AWS provider takes one of code, imageUri, s3Bucket\n"
        "  fix: leave all but one of them out of worker"
    )


@pytest.mark.parametrize("name", ["s3Bucket", "s3Key"])
def test_half_a_place_in_s3_is_refused_as_the_provider_does(name: str) -> None:
    assert refusal(ProgramError, {**PLAIN, "code": None, name: "x"}) == (
        f"worker: {name} is given alone; the AWS provider takes s3Bucket and s3Key together\n"
        "  fix: give both to worker, or none and its code as an archive"
    )


def test_a_package_is_a_zip_or_an_image() -> None:
    assert refusal(ProgramError, {**PLAIN, "packageType": "zip"}) == (
        "worker: packageType = 'zip' has to be Zip or Image; the AWS provider takes nothing else"
    )
