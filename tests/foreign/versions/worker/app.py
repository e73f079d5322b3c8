"""Works on jobs and answers requests."""

import json
import os


def handler(event, _context):
    """Report what cannot be done."""
    if "httpMethod" in event:
        print("request", event["requestContext"]["stage"], os.environ["REGION"], os.environ["ACCOUNT"])
        return {"statusCode": 200, "body": "ok"}
    failed = [record for record in event["Records"] if json.loads(record["body"]).get("broken")]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}
