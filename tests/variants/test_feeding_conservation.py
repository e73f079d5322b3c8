"""Whatever feeds a queue and whatever fails: what is published once is counted once, and ends in one way.

The model that the runs are held to is a few lines: which messages a subscription is meant to get, by its policy as the
page says it. It knows nothing of topics, queues and retries.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from delivery_lab import Send, Workload
from delivery_lab.results.invariants.checker import violations_of
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.simulation.workload_faults import Fault
from tests.lab_support import ROOT, known, stack_of

SEEDS = int(os.environ.get("FEEDING_SEEDS", "6"))
"""How many workloads each variant gets: FEEDING_SEEDS=500 for a long test."""
KINDS = ("order", "refund", "greeting")
WANTED = ("order", "refund")
SAFE = (
    *("sns-sqs-filter-safe", "sns-sqs-raw-safe", "s3-sqs-safe"),
    *("eventbridge-sqs-safe", "apigateway-sqs-safe", "pipe-sqs-safe"),
)

FEEDERS = {"sns": "sns-topic", "s3": "s3-bucket", "eventbridge": "eventbridge-bus", "pipe": "pipe-pipe"}


@pytest.fixture(scope="module", params=[*SAFE, "sns-sqs-filter"])
def prepared(request: pytest.FixtureRequest) -> Iterator[tuple[str, Prepared]]:
    """A variant, deployed once for all its seeds."""
    with Prepared(stack_of(request.param), ROOT) as found:
        yield request.param, found


def _drawn(variant: str, chance: random.Random) -> tuple[Workload, list[str]]:
    """What is sent, with faults, and the kinds of the messages."""
    family = variant.partition("-")[0]
    kinds = [chance.choice(KINDS) for _ in range(chance.randint(1, 12))]
    sends = []
    for number, kind in enumerate(kinds):
        body: dict[str, Any] = {"id": f"{kind}-{number}", "kind": kind, "failTimes": chance.choice((0, 0, 1))}
        at = round(chance.uniform(0, 20), 3)
        sends.append(Send.model_validate({"at": at, **_target(family, kind, body)}))
    kind_of_fault = chance.choice(("failure", "throttle"))
    faults = [{"for": 60, "function": f"{family}-worker", "kind": kind_of_fault, "share": chance.choice((0.2, 0.6))}]
    if family in FEEDERS:
        # What feeds the queue repeats and, but for pipes, is late: one message for whoever sent it.
        faults.append({"feeder": FEEDERS[family], "kind": "duplicate", "share": chance.choice((0.2, 1.0))})
    if family in ("sns", "s3", "eventbridge"):
        late = {"kind": "latency", "seconds": round(chance.uniform(1, 90), 3), "share": chance.choice((0.2, 0.6))}
        faults.append({"feeder": FEEDERS[family], **late})
    if family in ("sns", "eventbridge", "pipe"):
        share = chance.choice((0.3, 1.0))
        faults.append({"for": 30, "service": "sqs", "operation": "SendMessage", "kind": "error", "share": share})
    return Workload(send=sends, faults=[Fault.model_validate(fault) for fault in faults]), kinds


def _target(family: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A message as the publisher of a family sends it."""
    match family:
        case "apigateway":
            return {"http": {"path": "/enqueue", "body": body}}
        case "pipe":
            return {"stream": "pipe-stream", "key": kind, "body": body}
        case "s3":
            return {"s3": "s3-bucket", "key": f"new orders/{body['id']}.json", "body": body}
        case "eventbridge":
            what = "order placed" if kind in WANTED else kind
            return {"event": "eventbridge-bus", "source": "shop", "detailType": what, "body": body}
    return {"sns": "sns-topic", "body": body}


def _ends(outcome: Outcome) -> Counter[str]:
    return Counter(message.outcome for message in outcome.per_message)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_published_once_is_counted_once_and_ends_in_one_way(prepared: tuple[str, Prepared], seed: int) -> None:
    variant, stack = prepared
    workload, kinds = _drawn(variant, random.Random(f"{variant} {seed}"))

    run = stack.simulate(workload, seed)

    assert violations_of(run) == []
    outcome = outcome_of(run)
    wanted = sum(kind in WANTED for kind in kinds)
    unwanted = len(kinds) - wanted if "filter" in variant or variant.startswith("eventbridge") else 0
    counted = outcome.messages
    assert counted.sent == len(kinds) == len(outcome.per_message)
    assert counted.filtered == unwanted
    if variant == "sns-sqs-filter":
        # What the subscription was meant to get, and a policy in the wrong scope has let by.
        assert (known(counted.lost), outcome.deliveries.total) == (wanted, 0)
        return
    assert known(counted.lost) == 0
    assert known(outcome.effects.duplicated) == 0
    ends = _ends(outcome)
    assert sum(ends.values()) == len(kinds)
    assert set(ends) <= {"processed", "deadLettered", "filtered"}
    assert ends["processed"] + ends["deadLettered"] == len(kinds) - unwanted
