"""Handlers whose calls fail and whose invokes succeed: what is said of the messages that the calls were for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from delivery_lab.results.conclusion import conclusion
from tests.simulation.answered import ran

PROGRAM = """
jobs = queue_with_dlq(3, visibility_timeout_seconds=90)
out = aws.sqs.Queue("out", name="out")
key = {"name": "id", "type": "S"}
done = aws.dynamodb.Table("done", hash_key="id", billing_mode="PAY_PER_REQUEST", attributes=[key])
worker = function(timeout=60, environment={"variables": {"TABLE": done.name, "OUT": out.url}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""
HEAD = """
import boto3, json, os, time, urllib.request
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
sqs = boto3.client("sqs")
def charge(order): urllib.request.urlopen("https://pay.example/", data=json.dumps(order).encode(), timeout=3)
def note(order, status): table.put_item(Item={"id": order["id"], "status": status})
def handle(event, context):
    order = json.loads(event["Records"][0]["body"])
"""
DOWN = """
send: [{queue: jobs, every: 1, times: 3, body: {id: "d-{n}"}}]
answers:
  - {http: "https://pay.example/*", HOW, ids: [d-2]}
  - {http: "*", body: ok}
"""
TOLD = "1 error in the log, calls, futures or answers of worker, whose invokes succeed; "
IN_DOUBT = "2 of 3 are processed once; 1 of 3 is handed to an invoke that succeeded, and"


class Comes(NamedTuple):
    """What a handler comes to with three messages, of which the call for one fails.

    Attributes:
        evidence: what the message rests on whose call fails.
        effects: pieces of work in all.
        says: how the conclusion begins.
    """

    evidence: str | None
    effects: int
    says: str


HANDLERS = {
    "written before, the call's error printed": (
        "note(order, 'new')\n    try: charge(order)\n    except Exception as error: print('no', error)",
        Comes("invoke", 3, TOLD + IN_DOUBT),
    ),
    "nothing written but by the call": (
        "try: charge(order)\n    except Exception as error: print('no', error)",
        Comes("invoke", 2, TOLD + IN_DOUBT),
    ),
    "the failure written down": (
        "note(order, 'new')\n    try: charge(order)\n    except Exception: note(order, 'failed')",
        Comes("invoke", 3, IN_DOUBT),
    ),
    "called again with success": (
        "for _ in range(2):\n        try: charge(order); break\n        except Exception: time.sleep(30)",
        Comes("effect", 3, "Every message is processed once."),
    ),
}


@pytest.mark.parametrize("name", list(HANDLERS))
@pytest.mark.parametrize("how", ["connection: reset", "connection: closed", "status: 500"])
def test_a_call_that_fails_for_good_leaves_the_work_in_doubt(tmp_path: Path, name: str, how: str) -> None:
    code, comes = HANDLERS[name]
    down = DOWN.replace("HOW", f"{how}, for: 20" if "again" in name else how)

    outcome = ran(tmp_path, f"{HEAD}    {code}\n", down, program=PROGRAM).outcome

    evidence = {message.id: message.evidence.processed for message in outcome.per_message}
    assert evidence == {"d-1": "effect", "d-2": comes.evidence, "d-3": "effect"}
    assert (outcome.messages.processed, outcome.effects.total) == (3, comes.effects)
    assert conclusion(outcome).startswith(comes.says)


def test_a_refused_call_to_a_service_is_seen_as_well(tmp_path: Path) -> None:
    send = "sqs.send_message(QueueUrl=os.environ['OUT'], MessageBody=order['id'])"
    code = f"note(order, 'new')\n    try: {send}\n    except Exception: pass"
    lines = "answers: [{service: sqs, operation: SendMessage, error: AccessDenied, status: 403, ids: [d-2]}]\n"

    outcome = ran(tmp_path, f"{HEAD}    {code}\n", DOWN.partition("answers")[0] + lines, program=PROGRAM).outcome

    evidence = {message.id: message.evidence.processed for message in outcome.per_message if message.evidence.processed}
    assert evidence["d-2"] == "invoke"
    assert outcome.evidence.contradictions.errors_swallowed == 1
