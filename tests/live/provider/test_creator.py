"""What a provider decides before anything is created."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings
from delivery_lab.live.provider.creator import Creator
from delivery_lab.program.graph import UNKNOWN

QUEUE = resource_types.QUEUE


@pytest.fixture
def creator() -> Creator:
    """A creator that is connected to nothing: clients are made when they are needed."""
    return Creator(Cloud(ProviderSettings("eu-central-1", {})))


def test_a_resource_without_a_name_gets_one_from_its_logical_name(creator: Creator) -> None:
    checked = creator.check(QUEUE, "jobs", {}, {"delaySeconds": 1}, b"seed")
    assert checked.inputs["name"].startswith("jobs-")
    assert len(checked.inputs["name"]) == len("jobs-") + 7
    assert checked.inputs["__defaults"] == ["name"]


def test_the_same_seed_gives_the_same_name(creator: Creator) -> None:
    first, second = (creator.check(QUEUE, "jobs", {}, {}, b"seed").inputs["name"] for _ in range(2))
    assert first == second
    assert creator.check(QUEUE, "jobs", {}, {}, b"other").inputs["name"] != first
    assert creator.check(QUEUE, "jobs", {}, {}).inputs["name"] != creator.check(QUEUE, "jobs", {}, {}).inputs["name"]


def test_a_fifo_queue_gets_a_fifo_name(creator: Creator) -> None:
    assert creator.check(QUEUE, "jobs", {}, {"fifoQueue": True}, b"seed").inputs["name"].endswith(".fifo")


def test_an_automatic_name_stays_over_updates(creator: Creator) -> None:
    old = creator.check(QUEUE, "jobs", {}, {}, b"seed").inputs
    assert creator.check(QUEUE, "jobs", old, {"delaySeconds": 3}, b"other").inputs["name"] == old["name"]


def test_a_name_that_was_given_is_not_kept_when_it_is_taken_back(creator: Creator) -> None:
    made = creator.check(QUEUE, "jobs", {"name": "mine"}, {}, b"seed").inputs["name"]
    assert made.startswith("jobs-")


def test_a_name_that_is_given_stays(creator: Creator) -> None:
    assert creator.check(QUEUE, "jobs", {}, {"name": "mine"}).inputs == {"name": "mine"}


def test_inputs_that_are_not_followed_are_refused_by_name(creator: Creator) -> None:
    checked = creator.check(QUEUE, "jobs", {}, {"tags": {"a": "b"}, "name": "mine"})
    assert checked.failures == (("tags", f"this provider does not follow tags of {QUEUE}"),)


def test_inputs_that_are_missing_are_named(creator: Creator) -> None:
    checked = creator.check(resource_types.MAPPING, "m", {}, {"functionName": UNKNOWN})
    assert checked.failures == (("eventSourceArn", f"{resource_types.MAPPING} needs eventSourceArn"),)


def test_a_region_of_its_own_is_refused_unless_it_is_the_providers(creator: Creator) -> None:
    assert creator.check(QUEUE, "jobs", {}, {"region": "eu-central-1"}).failures == ()
    assert [name for name, _ in creator.check(QUEUE, "jobs", {}, {"region": "us-east-1"}).failures] == ["region"]


def test_a_type_that_is_not_known_is_refused_by_name(creator: Creator) -> None:
    with pytest.raises(NotModelledError, match=r"^this provider does not create aws:ec2/\w+:Instance; it knows aws:"):
        creator.check("aws:ec2/instance:Instance", "b", {}, {})


def _changed(creator: Creator, token: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[set[str], set[str]]:
    plan = creator.diff(token, old, old, new)
    return set(plan.changed), set(plan.replaces)


@pytest.mark.parametrize(
    ("token", "setting", "before", "after"),
    [
        (resource_types.MAPPING, "startingPosition", "LATEST", "TRIM_HORIZON"),
        (resource_types.MAPPING, "eventSourceArn", "arn:a", "arn:b"),
        (resource_types.QUEUE, "fifoQueue", False, True),
        (resource_types.TABLE, "hashKey", "id", "messageId"),
        (resource_types.FUNCTION, "name", "a", "b"),
        (resource_types.PERMISSION, "sourceArn", "arn:a", "arn:b"),
    ],
)
def test_changes_that_take_a_new_resource(
    creator: Creator, token: str, setting: str, before: object, after: object
) -> None:
    assert _changed(creator, token, {setting: before}, {setting: after}) == ({setting}, {setting})


@pytest.mark.parametrize(
    ("token", "setting", "before", "after"),
    [
        (resource_types.MAPPING, "functionName", "a", "b"),
        (resource_types.MAPPING, "batchSize", 1, 10),
        (resource_types.QUEUE, "visibilityTimeoutSeconds", 30, 5),
        (resource_types.FUNCTION, "timeout", 3, 30),
    ],
)
def test_changes_in_place(creator: Creator, token: str, setting: str, before: object, after: object) -> None:
    assert _changed(creator, token, {setting: before}, {setting: after}) == ({setting}, set())


def test_what_creation_would_tell_is_unknown_in_a_preview(creator: Creator) -> None:
    planned = creator.planned(QUEUE, {"name": "jobs", "delaySeconds": 3})
    assert planned["arn"] is UNKNOWN
    assert planned["url"] is UNKNOWN
    assert planned["visibilityTimeoutSeconds"] == 30
    assert planned["region"] == "eu-central-1"
    assert "delaySeconds" not in planned
