import json
import time


def handle(event, context):
    failures = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        time.sleep(body.get("seconds", 0))
        if body.get("broken"):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
