"""The package as others import it: what it costs, what it offers, and that its names are there."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import delivery_lab as dl

_HEAVY = ("pulumi", "botocore", "boto3", "pydantic", "moto", "greenlet", "yaml", "rich", "typer", "cfnlint", "grpc")


def _loaded(code: str) -> set[str]:
    """Top-level names of the modules that some code loads in a process of its own."""
    report = f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_that_is_installed() -> None:
    assert _loaded("import delivery_lab").isdisjoint(_HEAVY)


def test_importing_the_package_loads_two_modules_of_its_own() -> None:
    code = "import delivery_lab, sys\nprint(*sorted(name for name in sys.modules if name.startswith('delivery_lab')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["delivery_lab", "delivery_lab._version"]


def test_explaining_a_rule_needs_neither_pulumi_nor_botocore() -> None:
    loaded = _loaded("import delivery_lab as dl\nassert dl.explain('sqs-dlq-1').id == 'SQS-DLQ-1'")
    assert loaded.isdisjoint({"pulumi", "pulumi_aws", "botocore", "boto3", "moto", "grpc", "cfnlint"})


@pytest.mark.parametrize("name", dl.__all__)
def test_every_name_is_there_and_described(name: str) -> None:
    found = getattr(dl, name)
    assert name == "__version__" or found.__doc__
    assert name in dir(dl)


def test_every_name_is_what_type_checkers_are_told() -> None:
    homes = vars(dl)["_HOMES"]
    assert {*homes, "__version__"} == set(dl.__all__)
    for name, home in homes.items():
        assert getattr(dl, name) is getattr(importlib.import_module(f"delivery_lab.{home}"), name)


def test_another_name_is_none_of_it() -> None:
    with pytest.raises(AttributeError, match="module 'delivery_lab' has no attribute 'simulat'"):
        dl.simulat  # type: ignore[attr-defined]  # noqa: B018
