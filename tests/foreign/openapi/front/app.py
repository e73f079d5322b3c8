"""Answers requests."""

import json


def handler(event, _context):
    """Says which route was taken."""
    if event["version"] == "1.0":
        return {"statusCode": 200, "body": event["path"]}
    order = json.loads(event.get("body") or "{}")
    return {"statusCode": 201 if order.get("id") else 400, "body": event["routeKey"]}
