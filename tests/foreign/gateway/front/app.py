"""Takes orders from both kinds of APIs: by id in the path, as JSON in the body."""

import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, _context):
    """Put the order into the queue and say which stage and format it came by."""
    order = json.loads(event["body"] or "{}") | {"id": (event["pathParameters"] or {}).get("id", event["path"])}
    print(event.get("version"), event["httpMethod"], event["resource"], event["path"], event["requestContext"]["stage"])
    if order.get("malformed"):
        return {"accepted": True}
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(order))
    return {"statusCode": 202, "body": json.dumps({"id": order["id"]})}
