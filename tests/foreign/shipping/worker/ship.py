import json
import os

import boto3

kinesis = boto3.client("kinesis")
parcels = boto3.resource("dynamodb").Table(os.environ["PARCELS"])
sqs = boto3.client("sqs")


def handle(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        if order.get("returned"):
            sqs.send_message(QueueUrl=os.environ["RETURNS"], MessageBody=record["body"])
            continue
        parcels.put_item(Item={"order": order["id"], "weight": order["weight"]})
        kinesis.put_record(StreamARN=os.environ["LABELS"], PartitionKey=order["id"], Data=record["body"].encode())
