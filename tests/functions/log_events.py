"""Events of Kinesis, DynamoDB streams and Kafka, made from the fixtures."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.functions.support import load_event

SHARD = "shardId-000000000000"


def packed(body: object) -> str:
    """A body as Lambda hands over the bytes of Kinesis and Kafka; bytes are taken as they are."""
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return base64.b64encode(data).decode()


def sequence_number(number: int) -> str:
    return f"4964{number:052d}"


def kinesis_event(*bodies: object, keys: Sequence[str] = ()) -> dict[str, Any]:
    """An event with one record a body, of the keys `k1`, `k2`, ... unless told otherwise."""
    template = load_event("kinesis_batch")["Records"][0]
    records = []
    for number, body in enumerate(bodies, start=1):
        record = copy.deepcopy(template)
        record["eventID"] = f"{SHARD}:{sequence_number(number)}"
        record["kinesis"] |= {
            "sequenceNumber": sequence_number(number),
            "partitionKey": keys[number - 1] if keys else f"k{number}",
            "data": packed(body),
        }
        records.append(record)
    return {"Records": records}


def table_event(*images: Mapping[str, Any] | None, name: str = "INSERT") -> dict[str, Any]:
    """An event with one record a new image (in DynamoDB's own notation); None: the record carries none."""
    template = load_event("dynamodb_batch")["Records"][0]
    records = []
    for number, image in enumerate(images, start=1):
        record = copy.deepcopy(template)
        record["eventName"] = name
        record["dynamodb"] |= {"SequenceNumber": f"{10**20 + number}", "Keys": {"id": {"S": str(number)}}}
        record["dynamodb"].pop("NewImage")
        if image is not None:
            record["dynamodb"]["NewImage"] = image
            record["dynamodb"]["Keys"] = {"id": image.get("id", {"S": str(number)})}
        records.append(record)
    return {"Records": records}


def kafka_event(partitions: Mapping[int, Sequence[object]], keys: Sequence[str | None] = ()) -> dict[str, Any]:
    """An event with the bodies of each partition at the offsets 100, 101, ...; keys count over all of them."""
    event = load_event("kafka_batch")
    template = event["records"]["streamtopic-0"][0]
    event["records"] = {}
    number = 0
    for partition, bodies in partitions.items():
        records = event["records"][f"streamtopic-{partition}"] = []
        for position, body in enumerate(bodies):
            record = copy.deepcopy(template)
            key = keys[number] if keys else f"k{number}"
            number += 1
            record |= {"partition": partition, "offset": 100 + position, "value": packed(body)}
            record["key"] = None if key is None else packed(key)
            records.append(record)
    return event
