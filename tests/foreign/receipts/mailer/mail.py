import json
import os


def send(event, _context):
    for record in event["Records"]:
        receipt = json.loads(record["body"])
        if "to" not in receipt:
            raise ValueError("a receipt without an address")
        print(os.environ["SENDER"], os.environ["HOME_REGION"], "->", receipt["to"])
