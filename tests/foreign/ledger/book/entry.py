import json
import os


def write(event, _context):
    for record in event["Records"]:
        entry = json.loads(record["body"])
        if entry.get("dry") and os.environ["DRY_RUN"]:
            print("would write", entry["id"], "DATABASE" in os.environ)
        else:
            print("write", entry["id"], "to", os.environ.get("DATABASE", "nowhere"))
