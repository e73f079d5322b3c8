"""An account of AWS as runs of deployed stacks see it, without AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from delivery_lab import Lab
from delivery_lab.api.on_aws import run_on_aws
from delivery_lab.api.simulated import Simulation
from delivery_lab.places.deployed import Patience
from tests.lab_support import ROOT, graph

IMPATIENT = Patience(look_seconds=0.01, settled_seconds=0.01, late_seconds=0.03, quiet_seconds=0.05)
ACCOUNT = "123456789012"


class FakeAccount:
    """An account whose function says in the log contract what it did with whatever it is sent.

    Attributes:
        poison: what a body contains that no invoke does.
        attempts: how often that is tried.
        dead: what dead-letter queues hold when everything is over.
        says: whether functions follow the log contract.
        state: of the mapping.
        errors: the metric `Errors`.
        dropped: the metric `AsyncEventsDropped`.
    """

    def __init__(
        self, *, poison: str = "poison", attempts: int = 1, dead: int = 0, says: bool = True, state: str = "Enabled"
    ) -> None:
        self.poison, self.attempts, self.dead, self.says, self.state = poison, attempts, dead, says, state
        self.errors, self.dropped = 0, 0
        self.sent: list[tuple[str, str, str]] = []  # id in the log contract, id of the invoke, body
        self.calls: list[str] = []

    def client(self, service: str, **_: Any) -> FakeAccount:
        return self

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": ACCOUNT, "ResponseMetadata": {"HTTPHeaders": {}}}

    def get_function_configuration(self, **_: Any) -> dict[str, Any]:
        return {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        held = self.dead if self.sent else 0
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return {"Attributes": {names[0]: str(held), names[1]: "0", "ApproximateNumberOfMessagesDelayed": "0"}}

    def list_event_source_mappings(self, **_: Any) -> dict[str, Any]:
        return {"EventSourceMappings": [{"State": self.state}]}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("nothing is received: that would hide messages from those who poll")

    def send_message_batch(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("nothing is sent to a queue")

    def put_record(self, **given: Any) -> dict[str, Any]:
        number = len(self.sent)
        record = f"shardId-000000000007:{number}"
        self.sent.append((record, f"r-{number}", given["Data"].decode()))
        return {"ShardId": "shardId-000000000007", "SequenceNumber": str(number)}

    def invoke(self, **given: Any) -> dict[str, Any]:
        assert given["InvocationType"] == "Event"
        event = f"e-{len(self.sent)}"
        self.sent.append((event, event, given["Payload"].decode()))
        return {"ResponseMetadata": {"RequestId": event}}

    def names(self, body: str) -> dict[str, Any]:
        """What functions log of a body beside the id of its message."""
        return {}

    def filter_log_events(self, **given: Any) -> dict[str, Any]:
        lines: list[str] = []
        for message, invoke, body in self.sent:
            fails = self.poison in body
            for _ in range(self.attempts if fails else 1):
                lines.append(f"START RequestId: {invoke} Version: $LATEST")
                if self.says:
                    said = {"event": "failed" if fails else "processed", "message_id": message} | self.names(body)
                    lines.append(json.dumps(said | {"function_request_id": invoke}))
                lines += ["[ERROR] ProcessingError: no"] if fails else []
                lines.append(f"REPORT RequestId: {invoke}\tDuration: 1 ms")
        at = given["startTime"] + 6000
        return {"events": [{"timestamp": at, "message": line, "logStreamName": "s"} for line in lines]}

    def get_metric_statistics(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given["MetricName"])
        points = {"IteratorAge": [{"Maximum": 2500.0}], "Errors": [{"Sum": float(self.errors)}]}
        points["AsyncEventsDropped"] = [{"Sum": float(self.dropped)}]
        return {"Datapoints": points.get(given["MetricName"], [])}


def run_there(
    account: FakeAccount,
    stack: str,
    workload: Path | None = None,
    *overrides: str,
    expect: str = "",
    longest_seconds: float = 60,
) -> Simulation:
    """Run a stack of ours in such an account, without waiting."""
    lab = Lab.open(ROOT)
    options: dict[str, Any] = {"workload": workload, "overrides": overrides}
    return run_on_aws(
        lab,
        stack,
        allow=lambda _: True,
        patience=IMPATIENT,
        longest_seconds=longest_seconds,
        graph=graph(stack, overrides),
        session=account,
        expect=[expect] if expect else [],
        **options,
    )
