"""Works on orders."""

import json


def handler(event, _context):
    """Say which order it was, and by which attributes it came."""
    for record in event["Records"]:
        order = json.loads(record["body"])
        attributes = {name: held["stringValue"] for name, held in record["messageAttributes"].items()}
        print("order", order["id"], attributes)
