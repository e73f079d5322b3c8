from __future__ import annotations

from typing import Any

import pytest
from pulumi import FileArchive

from delivery_lab.errors import DeploymentRefusedError, LabError, ProgramError
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import FUNCTION
from delivery_lab.simulation.function_inputs import check_inputs
from tests.stack.world import resource, stack_of

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:deps:3"
PLAIN = {"handler": "app.handle", "runtime": "python3.13", "code": FileArchive("app")}
IMAGE = {"packageType": "Image", "imageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1"}


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


@pytest.mark.parametrize("runtime", ["python", "python3", "python3.5", "python9.9", "python3.13.1", "python2.6"])
def test_lam_create_1_a_python_that_lambda_never_had(runtime: str) -> None:
    assert refusal(DeploymentRefusedError, {**PLAIN, "runtime": runtime}) == (
        f"AWS would refuse worker: InvalidParameterValueException: Value {runtime} at 'runtime' failed to satisfy "
        "constraint: a runtime of Lambda (LAM-CREATE-1)\n"
        "  fix: set the runtime of worker to one such as python3.13"
    )


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
