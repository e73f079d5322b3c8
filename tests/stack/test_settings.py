"""Values that know whether they are known, and where they came from."""

from __future__ import annotations

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import FUNCTION, QUEUE
from delivery_lab.stack.settings import Origin, Setting
from tests.lab_support import stack_of as lab_stack
from tests.stack.world import resource, stack_of

ORIGIN = Origin("urn", "orders-map", ("scalingConfig", "maximumConcurrency"))


def test_an_origin_is_shown_as_messages_name_it() -> None:
    assert ORIGIN.input == "scalingConfig.maximumConcurrency"
    assert str(ORIGIN) == "orders-map.scalingConfig.maximumConcurrency"


def test_a_known_value_is_the_same_for_every_reader() -> None:
    setting = Setting(5, ORIGIN)

    assert setting.is_known
    assert setting.known == setting.certain() == 5


def test_an_unknown_value_is_none_for_checks_and_an_error_for_the_simulation() -> None:
    setting: Setting[int] = Setting(UNKNOWN, ORIGIN)

    assert not setting.is_known
    assert setting.known is None
    with pytest.raises(ProgramError) as caught:
        setting.certain()
    assert str(caught.value) == (
        "orders-map: scalingConfig.maximumConcurrency is known only after deployment, so it cannot be simulated"
    )


def test_a_value_that_cannot_be_read_is_unknown_and_says_why() -> None:
    (function,) = stack_of(resource(FUNCTION, "worker", {"timeout": "soon"})).functions

    assert function.timeout_seconds.known is None
    with pytest.raises(ProgramError) as caught:
        function.timeout_seconds.certain()
    assert str(caught.value) == (
        "worker: timeout = 'soon' has to be a whole number; the AWS provider takes nothing else"
    )


def test_a_value_that_is_left_out_is_the_default_and_not_given() -> None:
    (queue,) = stack_of(resource(QUEUE, "jobs", {"delaySeconds": 5})).queues

    assert (queue.delay_seconds.value, queue.delay_seconds.given) == (5, True)
    assert (queue.retention_seconds.value, queue.retention_seconds.given) == (345_600, False)


def test_a_setting_of_a_component_names_the_key_of_the_stack_file() -> None:
    stack = lab_stack("batch-partial")
    (mapping,) = stack.mappings
    queue = next(queue for queue in stack.queues if queue.name == "batch-queue")
    dead = next(queue for queue in stack.queues if queue.name == "batch-dlq")
    assert mapping.function is not None

    assert mapping.batch_size.origin.key == "delivery-lab:batch.worker.batchSize"
    assert mapping.function.timeout_seconds.origin.key == "delivery-lab:batch.worker.timeoutSeconds"
    assert mapping.reports.origin.key == "delivery-lab:batch.worker.reportBatchItemFailures"
    assert queue.retention_seconds.origin.key == "delivery-lab:batch.queue.retentionSeconds"
    assert dead.retention_seconds.origin.key == "delivery-lab:batch.deadLetterQueue.retentionSeconds"


def test_a_setting_without_a_component_has_no_key() -> None:
    (queue,) = stack_of(resource(QUEUE, "jobs", {"delaySeconds": 5})).queues

    assert queue.delay_seconds.origin.key == ""


def test_a_resource_says_where_its_settings_stand_in_the_stack_file() -> None:
    stack = lab_stack("batch-partial")
    sections = {queue.name: queue.sections() for queue in stack.queues}

    assert sections == {
        "batch-dlq": ("delivery-lab:batch.deadLetterQueue",),
        "batch-queue": ("delivery-lab:batch.queue",),
    }
    assert stack_of(resource(QUEUE, "jobs", {"delaySeconds": 5})).queues[0].sections() == ()
