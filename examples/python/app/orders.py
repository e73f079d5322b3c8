"""Process orders; name those that failed, so that only they are delivered again."""

import json
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Lambda calls this with a batch of messages."""
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]))
        except (ValueError, KeyError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(order: dict[str, Any]) -> None:
    """Work on one order.

    Raises:
        ValueError: it asks for nothing.
        KeyError: it does not say how much.
    """
    if order["amount"] <= 0:
        raise ValueError(f"order {order['id']} asks for nothing")
    print(f"order {order['id']} processed")
