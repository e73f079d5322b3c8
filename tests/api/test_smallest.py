"""Every dangerous variant fails for the reason that it is dangerous, and few messages show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.api.case import Case, case_of
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.smallest import Smallest, smallest_case
from delivery_lab.compare.worsening import HARMFUL
from delivery_lab.explore.settings import GivenSetting, settings_of
from delivery_lab.program.graph import Graph
from tests.golden_files import path_of, variants
from tests.lab_support import ROOT

DANGEROUS = [
    ("apigateway-sqs", "messages.healthyDeadLettered == 0", 1),
    ("async-bounded-age", "messages.healthyDeadLettered == 0", 1),
    ("async-none", "messages.healthyDeadLettered == 0", 1),
    ("batch-all-or-nothing", "messages.healthyDeadLettered == 0", 2),
    ("batch-manual-delete", "deliveries.duplicates == 0", 1),
    ("batch-unreported", "messages.lost == 0", 1),
    ("concurrency-trap", "messages.healthyDeadLettered == 0", 4),
    ("dynamodb-stream", "messages.healthyDeadLettered == 0", 3),
    ("eventbridge-sqs", "messages.lost == 0", 1),
    ("fifo-unordered", "ordering.violations == 0", 3),
    ("msk-age", "messages.healthyDeadLettered == 0", 2),
    ("msk-bounded", "messages.healthyDeadLettered == 0", 2),
    ("msk-default", "messages.expired == 0", 1),
    ("msk-partial", "messages.healthyDeadLettered == 0", 2),
    ("pipe-sqs", "messages.expired == 0", 1),
    ("s3-sqs", "messages.healthyDeadLettered == 0", 1),
    ("sns-sqs-filter", "messages.lost == 0", 1),
    ("sns-sqs-raw", "messages.healthyDeadLettered == 0", 1),
    ("sqs-swallow", "messages.lost == 0", 1),
    ("stream-age", "messages.healthyDeadLettered == 0", 2),
    ("stream-bounded", "messages.healthyDeadLettered == 0", 2),
    ("stream-default", "messages.expired == 0", 1),
    ("stream-parallel", "messages.healthyDeadLettered == 0", 2),
    ("stream-partial", "messages.healthyDeadLettered == 0", 2),
    ("sync-naive", "requests.falseSuccesses == 0", 1),
    ("visibility-heartbeat-fails", "effects.duplicated == 0", 1),
    ("visibility-short", "effects.duplicated == 0", 1),
    ("visibility-unconditional", "effects.duplicated == 0", 1),
]
"""What a variant promises and does not keep, and how many messages show it."""

PRICE_OF_WHAT_IT_IS_FOR = {
    "fifo-ordered": "what comes after the poison message of its group goes with it, so that the order is kept",
    "msk-bisect": "the healthy half of a batch that is cut in two is done again",
    "pipe-sqs-safe": "an event that is too large for the queue is kept, which no setting lets in",
    "stream-bisect": "the healthy half of a batch that is cut in two is done again",
}
"""Variants that harm messages and are not dangerous, and why."""

HARM = (*HARMFUL, "ordering.violations", "requests.falseSuccesses")
"""Figures of which any but 0 is harm."""


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.open(ROOT, cached=True)


def failing(lab: Lab, stack: str, options: RunOptions) -> Case:
    if stack == "sync-naive":  # a call every 5 s, in place of every half
        (send,) = lab.workload(stack).send
        fewer = [send.model_copy(update={"every": 5.0, "times": 48})]
        options = {**options, "workload": lab.workload(stack).model_copy(update={"send": fewer})}
    asked = lab.asked(stack, options, judges=True)
    return case_of(asked, asked.call.seed)


def smallest(lab: Lab, stack: str, expectation: str, *, settings: bool = False, **options: list[str]) -> Smallest:
    found = smallest_case(lab, failing(lab, stack, {"expect": [expectation], **options}), settings=settings)  # type: ignore[typeddict-item]
    assert found is not None
    return found


def only_settings(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Look at no other settings: for each value of one the program is evaluated."""

    def some(graph: Graph) -> Iterator[GivenSetting]:
        return (one for one in settings_of(graph) if one.path.rpartition(".")[2] in names)

    monkeypatch.setattr("delivery_lab.api.smallest.settings_of", some)


def test_every_variant_that_harms_messages_is_among_them_or_says_why_not() -> None:
    harming = {stack for stack in variants() if any(_figure(path_of(stack), name) for name in HARM)}
    dangerous = {stack for stack, *_ in DANGEROUS}

    assert harming - dangerous == PRICE_OF_WHAT_IT_IS_FOR.keys()
    assert dangerous - harming == {"batch-manual-delete"}  # it repeats deliveries, whose work is not done again


def _figure(golden: Path, name: str) -> object:
    content: Any = json.loads(golden.read_text(encoding="utf-8"))
    for part in name.split("."):
        content = (content or {}).get(part)
    return content


@pytest.mark.parametrize(("stack", "expectation", "messages"), DANGEROUS, ids=[name for name, *_ in DANGEROUS])
def test_a_dangerous_variant_shows_its_danger_with_few_messages(
    lab: Lab, stack: str, expectation: str, messages: int
) -> None:
    found = smallest(lab, stack, expectation)

    assert found.complete
    assert found.messages == messages <= (4 if stack == "concurrency-trap" else 3)
    again = lab.run(stack, **found.case.options())
    assert [one.holds for one in again.outcome.expectations] == [False]


def test_a_run_that_holds_has_no_smallest_case(lab: Lab) -> None:
    assert smallest_case(lab, failing(lab, "batch-partial", {"expect": ["messages.lost == 0"]})) is None


def test_what_does_not_matter_is_said(lab: Lab) -> None:
    found = smallest(
        lab, "batch-unreported", "messages.lost == 0", settings=True, overrides=["batch.queue.maxReceiveCount=7"]
    )

    assert found.words == "1 message, 1 changed setting"
    assert found.case.overrides == ("batch.worker.timeoutSeconds=3",)  # AWS's default, in place of the variant's
    about_settings, about_overrides = found.notes
    assert about_settings.startswith(
        "These settings do not matter, any other value that was tried fails as well: batch."
    )
    assert "batch.worker.batchSize (1, 5)" in about_settings
    assert about_overrides == (
        "These overrides do not matter, it fails without them as well: batch.queue.maxReceiveCount=7"
    )


def test_faults_that_do_not_matter_are_said(lab: Lab) -> None:
    found = smallest(lab, "async-default", "deliveries.duplicates == 0")

    assert found.messages == 1
    assert found.notes == ("These faults do not matter, it fails without them as well: failure of async-worker",)


def test_a_setting_that_matters_is_not_said_not_to(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    only_settings(monkeypatch, "visibilityTimeoutSeconds", "reportBatchItemFailures")

    found = smallest(lab, "batch-unreported", "messages.lost == 0", settings=True)

    (about,) = found.notes
    assert about == (
        "These settings do not matter, any other value that was tried fails as well: "
        "batch.queue.visibilityTimeoutSeconds (60, 15)"
    )


def test_when_the_tries_are_used_up_that_is_said(lab: Lab) -> None:
    case = failing(lab, "fifo-unordered", {"expect": ["ordering.violations == 0"]})

    found = smallest_case(lab, case, settings=False, most_tries=3)

    assert found is not None
    assert not found.complete
    assert found.notes == ("It may not be the smallest case: 3 were tried",)
