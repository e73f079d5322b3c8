from __future__ import annotations

import pytest

from delivery_lab.errors import SettingsError
from delivery_lab.program.engine import evaluate
from delivery_lab.program.regions import check_region
from tests.program.conftest import MakeProject


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_there_is_nothing_to_say_of_a_region_that_there_is(region: str) -> None:
    assert check_region(region, "aws:region") == ""


@pytest.mark.parametrize("region", ["mars-1", "eu_central_1", "Frankfurt", "aws-global", "eu-central"])
def test_a_name_that_no_region_has_is_refused(region: str) -> None:
    with pytest.raises(SettingsError, match=f"^Pulumi.dev.yaml:3: '{region}' is no AWS region"):
        check_region(region, "Pulumi.dev.yaml:3")


def test_a_region_that_may_be_new_is_said() -> None:
    assert check_region("eu-central-9", "aws:region").startswith(
        "aws:region: 'eu-central-9' is no region that the boto3 installed here knows: it is new, or does not exist; "
        "did you mean eu-central-"
    )


def test_a_region_that_is_set_to_nothing_is_none(make_project: MakeProject) -> None:
    with pytest.raises(SettingsError) as refused:
        evaluate(make_project(stacks={"dev": "config:\n  aws:region: eu-west-1\n"}), "dev", ["aws:region="])

    assert str(refused.value) == ("--set aws:region=: '' is no AWS region\n  fix: write its code, such as eu-central-1")
