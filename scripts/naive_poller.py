"""What a poller costs that knows nothing of Lambda's concurrency: on the emulator, beside mappings and simulation.

    python -m scripts.naive_poller --speed 4

130 messages at once; visibility timeout and function timeout of 30 s, 0.3 s of work for each, batches of 10, reserved
concurrency 3, one receive before the dead-letter queue. None is poison: what is dead-lettered was healthy.

The naive poller receives whatever there is and invokes at once. A batch that is throttled is left alone until its
visibility timeout is over. The model's pollers hand a throttled batch over again meanwhile (ESM-THROTTLE-2), and the
emulator's begin no more batches than the function has reserved.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from delivery_lab import Lab
from delivery_lab.api.on_aws import deployed_stack
from delivery_lab.api.own_mappings import run_on_own_mappings
from delivery_lab.api.placed import emulator_python, without_place
from delivery_lab.places.known import KnownStack
from delivery_lab.places.local import LocalPlace, deployed, start_environments

ROOT = Path(__file__).parents[1]
STACK = "concurrency-trap"
MESSAGES = 130
SETTINGS = ("batch.queue.visibilityTimeoutSeconds=30", "batch.worker.timeoutSeconds=30")
WORKLOAD = f"send: [{{at: 0, times: {MESSAGES}, queue: batch-queue, body: {{id: 'job-{{n}}', sleep: 0.3}}}}]\n"
_WORKER = "batch-worker"
_RESERVED = 3
_BATCH = 10
_LOOK_SECONDS = 0.02
_CALM_LOOKS = 3


@dataclass(slots=True)
class NaivePoller:
    """Receives what there is, and invokes a function with it at once.

    Attributes:
        sqs, functions: boto3's clients of SQS and Lambda.
        url: of the queue.
        arn: of the queue.
        function: name of the function in Lambda.
        throttled: how many batches it was refused.
    """

    sqs: Any
    functions: Any
    url: str
    arn: str
    function: str
    throttled: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(64, thread_name_prefix="naive"))

    def run(self) -> None:
        """Poll until the queue has been empty for some looks."""
        calm = 0
        with self._pool:
            while calm < _CALM_LOOKS:
                batch = self._received()
                if batch:
                    self._pool.submit(self._hand_over, batch)
                else:
                    time.sleep(_LOOK_SECONDS)
                calm = 0 if batch or held(self.sqs, self.url) else calm + 1

    def _received(self) -> list[Mapping[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=0, AttributeNames=["All"]
        )
        found: list[Mapping[str, Any]] = answer.get("Messages", [])
        return found

    def _hand_over(self, batch: Sequence[Mapping[str, Any]]) -> None:
        event = {"Records": [_record(message, self.arn) for message in batch]}
        try:
            answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(event).encode())
        except ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            self.throttled += 1
            return
        failures = json.loads(answer["Payload"].read()).get("batchItemFailures", [])
        kept = {failure["itemIdentifier"] for failure in failures}
        for message in batch:
            if message["MessageId"] not in kept:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


def _record(message: Mapping[str, Any], arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def held(sqs: Any, url: str) -> int:
    """How many messages a queue holds, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(answer[name]) for name in names)


def _polled_naively(place: LocalPlace, known: KnownStack, lab: Lab) -> tuple[int, int]:
    sqs, queue = place.client("sqs"), known.account.queues["batch-queue"]
    [function] = [one for one in known.stack.functions if one.label == _WORKER]
    start_environments(place, known, {_WORKER: _RESERVED}, lab.asked(STACK, {}).assumptions)
    bodies = [arrival.body for arrival in known.arrivals]
    for first in range(0, len(bodies), _BATCH):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[first : first + _BATCH])]
        sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
    poller = NaivePoller(sqs, place.client("lambda"), queue.url, queue.arn, known.physical_name(function))
    poller.run()
    assert queue.dead_letter_queue is not None
    return held(sqs, queue.dead_letter_queue.url), poller.throttled


def main() -> None:
    """Print how many healthy messages each poller lets end in the dead-letter queue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster the emulator's clocks are")
    speed = parser.parse_args().speed
    lab = Lab.open(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        workload = Path(folder) / "workload.yaml"
        workload.write_text(WORKLOAD, encoding="utf-8")
        simulated = lab.run(STACK, workload=workload, overrides=SETTINGS)
        own = run_on_own_mappings(lab, STACK, speed=speed, workload=workload, overrides=SETTINGS)
        program = lab.asked(STACK, {}).program
        with deployed(emulator_python(ROOT), lab.project, STACK, SETTINGS, program, speed=speed) as place:
            graph = without_place(place.graph)
            known = deployed_stack(lab, STACK, graph, workload=workload, overrides=SETTINGS).known
            naive, throttled = _polled_naively(place, known, lab)
    dead = simulated.outcome.messages.healthy_dead_lettered
    ranges = simulated.outcome.intervals.get("messages.healthyDeadLettered")
    told = "" if ranges is None else f" ({ranges.low:g} to {ranges.high:g})"
    print(f"of {MESSAGES} healthy messages in the dead-letter queue, at {speed:g} times the speed")
    print(f"  the emulator's own mapping: {own.outcome.messages.dead_lettered}")
    print(f"  simulation: {dead}{told}")
    print(f"  naive poller: {naive} ({throttled} batches throttled)")


if __name__ == "__main__":
    main()
