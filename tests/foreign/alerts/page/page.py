import json
import os


def page(event, _context):
    for record in event["Records"]:
        alert = json.loads(record["body"])
        print(alert["id"], record["eventSourceARN"] == os.environ["QUEUE"])
        if alert.get("urgent"):
            print("to", os.environ["PAGERS"])
