"""Mappings of real variants: replaced, and updated although their queue hides messages too short."""

from __future__ import annotations

import pytest

from delivery_lab import resource_types
from tests.pulumi_cli.support import Project, Step

pytestmark = pytest.mark.engine

SHORT = "visibility-short"


def test_a_replaced_mapping_is_deleted_before_the_new_one_is_created(project: Project) -> None:
    project.use_emulator("stream-default")
    project.run("stack", "init", "stream-default")
    project.up()
    old = project.resource("stream-mapping")["id"]

    project.run("config", "set", "--path", "delivery-lab:stream.worker.startingPosition", "LATEST")
    [step] = project.steps()
    assert step == Step("replace", resource_types.MAPPING, "stream-mapping", frozenset({"startingPosition"}))
    lines = [line for line in project.up().splitlines() if " stream-mapping " in line]
    deleted = next(number for number, line in enumerate(lines) if "deleted original" in line)
    created = next(number for number, line in enumerate(lines) if "created replacement" in line)
    assert deleted < created

    new = project.resource("stream-mapping")["id"]
    assert new != old
    mappings = project.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert [(each["UUID"], each["StartingPosition"]) for each in mappings] == [(new, "LATEST")]
    project.destroy()


def test_a_destination_that_is_left_out_stays_until_the_mapping_is_replaced(project: Project) -> None:
    project.use_emulator("stream-bounded")
    project.run("stack", "init", "stream-bounded")
    project.up()
    assert destinations(project) != [None]
    project.run("config", "set", "--path", "delivery-lab:stream.worker.onFailure", "none")
    project.up()
    # The queue has gone, and the mapping still names it.
    assert destinations(project) != [None]
    project.up("--replace", project.resource("stream-mapping")["urn"])
    assert destinations(project) == [None]
    project.destroy()


def destinations(project: Project) -> list[str | None]:
    """Where each mapping in the emulator sends the records that it discards."""
    mappings = project.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [each.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") for each in mappings]


@pytest.fixture
def short(project: Project) -> Project:
    """The deployed variant whose queue hides messages for 5 s, less than the function's timeout."""
    project.use_emulator(SHORT)
    project.run("stack", "init", SHORT)
    project.up()
    return project


def visibility(project: Project) -> int:
    """How long the queue hides messages."""
    url = project.outputs()["QueueUrl"]
    answer = project.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return int(answer["Attributes"]["VisibilityTimeout"])


def batch_size(project: Project) -> int:
    """The mapping's batch size in the emulator."""
    [mapping] = project.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return int(mapping["BatchSize"])


def set_batch_size(project: Project, size: int) -> None:
    project.run("config", "set", "--path", "delivery-lab:visibility.worker.batchSize", str(size))


def test_the_visibility_timeout_is_raised_for_an_update_of_the_mapping_and_lowered_again(short: Project) -> None:
    assert (visibility(short), batch_size(short)) == (5, 1)
    set_batch_size(short, 2)
    assert [step.name for step in short.steps()] == [
        "visibility-queue-raised",
        "visibility-mapping",
        "visibility-queue-lowered",
    ]
    short.up()
    assert (visibility(short), batch_size(short)) == (5, 2)
    short.up("--expect-no-changes")
    short.destroy()


def test_a_mapping_that_was_changed_outside_pulumi_is_refused_as_the_page_warns(short: Project) -> None:
    [mapping] = short.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    short.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], BatchSize=7)
    short.run("refresh", "--yes", "--skip-preview")
    # Nothing raises the queue's timeout first: the settings of the program did not change.
    output = short.up(fails=True)
    assert "Queue visibility timeout: 5 seconds is less than Function timeout: 30 seconds" in output
    short.destroy()


def test_an_update_of_the_mapping_alone_is_refused_as_the_page_warns(short: Project) -> None:
    set_batch_size(short, 2)
    mapping, raised = (short.resource(name)["urn"] for name in ("visibility-mapping", "visibility-queue-raised"))
    output = short.up("--target", mapping, fails=True)
    assert "Queue visibility timeout: 5 seconds is less than Function timeout: 30 seconds" in output
    assert (visibility(short), batch_size(short)) == (5, 1)

    short.up("--target", raised, "--target-dependents")
    assert (visibility(short), batch_size(short)) == (5, 2)
    short.up()
    assert (visibility(short), batch_size(short)) == (5, 2)
    short.destroy()


def test_an_update_that_fails_in_the_middle_is_put_right_by_the_next_one(short: Project) -> None:
    client = short.client("lambda")
    function = short.outputs()["WorkerFunction"]
    set_batch_size(short, 2)
    # Between raise and mapping: the raised 30 s are not enough any more.
    client.update_function_configuration(FunctionName=function, Timeout=31)
    output = short.up(fails=True)
    assert "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds" in output
    assert (visibility(short), batch_size(short)) == (30, 1)

    client.update_function_configuration(FunctionName=function, Timeout=30)
    short.up()
    assert (visibility(short), batch_size(short)) == (5, 2)
    short.destroy()


def test_settings_that_are_taken_back_after_a_failed_update_lower_the_queue_again(short: Project) -> None:
    client = short.client("lambda")
    function = short.outputs()["WorkerFunction"]
    set_batch_size(short, 2)
    client.update_function_configuration(FunctionName=function, Timeout=31)
    short.up(fails=True)
    assert visibility(short) == 30

    client.update_function_configuration(FunctionName=function, Timeout=30)
    set_batch_size(short, 1)
    short.up()
    assert (visibility(short), batch_size(short)) == (5, 1)
    short.destroy()
