# ruff: noqa: E501  # whole messages

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import delivery_lab
from components.package.arguments import ARGUMENTS
from components.package.engine import engine_address
from components.package.provider import COMPONENTS, NAME, PackageProvider, package_version
from tests.components.package.construct import RefusedError, construct, schema
from tests.lab_support import ROOT


def test_the_schema_has_each_component_with_typed_arguments_and_outputs() -> None:
    told = json.loads(schema())
    assert (told["name"], told["version"]) == (NAME, "1.2.3")
    assert list(told["resources"]) == [f"{NAME}:index:{name}" for name in ARGUMENTS]
    for name, model in ARGUMENTS.items():
        resource = told["resources"][f"{NAME}:index:{name}"]
        assert resource["isComponent"]
        assert set(resource["inputProperties"]) == {field.alias for field in model.model_fields.values()}
        assert set(resource["requiredInputs"]) == {
            field.alias for field in model.model_fields.values() if field.is_required()
        }
        assert resource["properties"]
        assert all(output.get("type") for output in resource["properties"].values())


def test_every_argument_and_output_is_described() -> None:
    told = json.loads(schema())
    objects = [*told["resources"].values(), *told["types"].values()]
    described = [
        (name, each.get("description"))
        for found in objects
        for name, each in {**found.get("inputProperties", {}), **(found.get("properties") or {})}.items()
    ]
    assert len(described) > 150
    assert [name for name, text in described if not text] == []


def test_the_package_has_the_version_of_the_project() -> None:
    assert package_version() == delivery_lab.__version__


def test_all_components_are_served() -> None:
    assert [component.__name__ for component in COMPONENTS] == list(ARGUMENTS)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (["127.0.0.1:45123"], "127.0.0.1:45123"),
        (["127.0.0.1:45123", "--logtostderr"], "127.0.0.1:45123"),
        (["[::1]:80"], "[::1]:80"),
        ([], None),
        (["tests/components/test_queue.py::test_outputs"], None),
        (["--all"], None),
    ],
)
def test_a_plugin_is_started_with_an_address_and_a_program_with_nothing(words: list[str], address: str | None) -> None:
    assert engine_address(words) == address


def test_the_project_s_folder_started_as_a_plugin_tells_its_port_and_serves() -> None:
    command = [sys.executable, str(ROOT), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plugin:
        try:
            assert plugin.stdout is not None
            assert re.fullmatch(r"\d+\n", plugin.stdout.readline())
        finally:
            plugin.kill()


def test_an_unknown_component_is_refused_by_name() -> None:
    with pytest.raises(
        Exception, match=r"^delivery-lab has no component Worker; there are QueueWithDlq, BatchWorker, "
    ):
        construct("Worker")


def test_another_package_s_component_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid provider: other, expected delivery-lab"):
        PackageProvider("1.2.3").construct("orders", "other:index:QueueWithDlq", {})


def test_wrong_arguments_are_told_to_the_engine_each_with_its_place() -> None:
    with pytest.raises(RefusedError) as refused:
        construct("QueueWithDlq", queue={"maxReceiveCount": 0, "retention": 5}, functionTimeoutSeconds=901)
    assert str(refused.value) == "3 arguments of QueueWithDlq 'orders' cannot be used"
    assert refused.value.problems == {
        "functionTimeoutSeconds": "901: must be a whole number from 1 to 900 (Timeout of the Lambda function that reads "
        "the queue); fix: set it to 900 or less",
        "queue.maxReceiveCount": "0: must be a whole number from 1 to 1000 (maxReceiveCount of an SQS redrive policy); "
        "fix: set it to 1 or more",
        "queue.retention": "5: unknown key; fix: did you mean retentionSeconds? known keys here: "
        "contentBasedDeduplication, deduplicationScope, delaySeconds, fifo, fifoThroughputLimit, maxReceiveCount, "
        "maximumMessageBytes, receiveWaitTimeSeconds, retentionSeconds, visibilityTimeoutSeconds",
    }
