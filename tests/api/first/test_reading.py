"""Which messages handlers of many styles are taken to read."""

from __future__ import annotations

import ast
import datetime
import json
import textwrap
import uuid
from decimal import Decimal
from typing import Any

import pytest

from delivery_lab.api.first.bodies import KINESIS, QUEUE, TOPIC, MessageBodies
from delivery_lab.api.first.reading import read_handler
from delivery_lab.api.first.sources import HandlerCode

QUEUES = {
    "loads": """
        def handler(event, context):
            for record in event["Records"]:
                order = json.loads(record["body"])
                print(order["id"], order.get("note"), order.get("count", 3))
        """,
    "a helper that parses, and one that is given the result": """
        def body_of(record):
            return json.loads(record["body"])

        def handler(event, context):
            for number, record in enumerate(event["Records"]):
                save(body_of(record), context)

        def save(order, context):
            table.put_item(Item={"id": order["id"]})
        """,
    "an index": """
        def handler(event, context):
            order = json.loads(event["Records"][0]["body"])
            return order["id"]
        """,
    "a comprehension": """
        def handler(event, context):
            orders = [json.loads(record["body"]) for record in event["Records"]]
            return [order["id"] for order in orders]
        """,
    "a pydantic model": """
        class Order(BaseModel):
            id: str
            note: str | None = None

        def handler(event, context):
            for record in event["Records"]:
                Order.model_validate_json(record["body"])
        """,
    "a model of what was parsed": """
        @dataclass
        class Order:
            id: str
            note: str = ""

        def handler(event, context):
            for record in event["Records"]:
                Order(**json.loads(record["body"]))
        """,
    "a TypedDict as an annotation": """
        class Order(TypedDict):
            id: str
            note: NotRequired[str]

        def handler(event, context):
            for record in event["Records"]:
                order: Order = json.loads(record["body"])
        """,
    "a TypedDict as a parameter": """
        class Order(TypedDict):
            id: str

        def work(order: Order) -> None: ...

        def handler(event, context):
            for record in event["Records"]:
                work(json.loads(record["body"]))
        """,
    "a type adapter": """
        class Order(BaseModel):
            id: str

        adapter = TypeAdapter(Order)

        def handler(event, context):
            for record in event["Records"]:
                TypeAdapter(Order).validate_json(record["body"])
        """,
    "msgspec": """
        class Order(msgspec.Struct):
            id: str

        def handler(event, context):
            for record in event["Records"]:
                msgspec.json.decode(record["body"], type=Order)
        """,
    "dacite": """
        @dataclass
        class Order:
            id: str

        def handler(event, context):
            for record in event["Records"]:
                dacite.from_dict(data_class=Order, data=json.loads(record["body"]))
        """,
    "parse of Powertools": """
        class Order(BaseModel):
            id: str

        def handler(event, context):
            for order in parse(event=event, model=Order, envelope=envelopes.SqsEnvelope):
                print(order.id)
        """,
    "event_parser of Powertools": """
        class Order(BaseModel):
            id: str

        @event_parser(model=Order, envelope=envelopes.SqsEnvelope)
        def handler(event: list[Order], context):
            return event[0].id
        """,
    "a record model of Powertools": """
        class Order(BaseModel):
            id: str

        class OrderRecord(SqsRecordModel):
            body: Json[Order]

        class OrderEvent(SqsModel):
            Records: list[OrderRecord]

        @event_parser(model=OrderEvent)
        def handler(event: OrderEvent, context):
            return event.Records[0].body.id
        """,
    "a batch processor with a model": """
        class Order(BaseModel):
            id: str

        class OrderRecord(SqsRecordModel):
            body: Json[Order]

        processor = BatchProcessor(event_type=EventType.SQS, model=OrderRecord)
        """,
    "a batch processor": """
        def work(record: SQSRecord):
            order = record.json_body
            return order["id"]

        def handler(event, context):
            return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
        """,
    "a data class of Powertools": """
        @event_source(data_class=SQSEvent)
        def handler(event: SQSEvent, context):
            for record in event.records:
                print(json.loads(record.body)["id"])
        """,
    "a class": """
        class Worker:
            def __init__(self, event):
                self.event = event

            def run(self):
                for record in self.event["Records"]:
                    self.work(json.loads(record["body"]))

            def work(self, order):
                return order["id"]

        def handler(event, context):
            worker = Worker(event)
            for record in event["Records"]:
                worker.work(json.loads(record["body"]))
        """,
    "an executor": """
        def work(record):
            return json.loads(record["body"])["id"]

        def handler(event, context):
            with ThreadPoolExecutor() as pool:
                for record in event["Records"]:
                    pool.submit(work, record)
                list(pool.map(work, event["Records"]))
        """,
    "asyncio": """
        async def work(record):
            body = json.loads(record["body"])
            return body["id"]

        async def main(event):
            await asyncio.gather(*[work(record) for record in event["Records"]])

        def handler(event, context):
            asyncio.run(main(event))
        """,
    "a body that may be parsed already": """
        def handler(event, context):
            for record in event["Records"]:
                text = record.get("body", "{}")
                if isinstance(text, str):
                    order = json.loads(text)
                else:
                    order = text
                print(order["id"])
        """,
    "a message that cannot be read": """
        def handler(event, context):
            for record in event["Records"]:
                try:
                    order = json.loads(record["body"])
                except ValueError:
                    order = {}
                print(order["id"])
        """,
    "try and if": """
        def handler(event, context):
            for record in event.get("Records", []):
                try:
                    body = json.loads(record["body"])
                except ValueError:
                    continue
                else:
                    if (number := body["id"]) is not None:
                        print(number)
        """,
}


def read(source: str) -> MessageBodies:
    module = ast.parse(textwrap.dedent(source))
    return MessageBodies(read_handler(HandlerCode("handler", module, (module,))))


@pytest.mark.parametrize("style", QUEUES)
def test_the_id_of_an_order_is_read_from_a_queue_in_every_style(style: str) -> None:
    body = read(QUEUES[style]).message(QUEUE)
    assert body["id"] in ("id-{n}", 1)
    assert set(body) <= {"id", "count"}


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ('int(body["n"])', {"n": 1}),
        ('time.sleep(body["n"])', {"n": 1}),
        ('body["n"] * 2', {"n": 1}),
        ('body["n"] > 5', {"n": 1}),
        ('body["kind"] == "paid"', {"kind": "paid"}),
        ('body["kind"] in ("paid", "sent")', {"kind": "paid"}),
        ('datetime.fromisoformat(body["at"])', {"at": "2026-01-01T00:00:00"}),
        ('body["order"]["id"]', {"order": {"id": "id-{n}"}}),
        ('[item["sku"] for item in body["items"]]', {"items": [{"sku": "sku-{n}"}]}),
        ('body.get("a"), body.get("b", False)', {"a": "a-{n}", "b": False}),
        ('body["id"], body.get("a")', {"id": "id-{n}"}),
        ('"a" in body', {"a": "a-{n}"}),
        ('json.loads(body["inner"])["id"]', {"inner": '{"id": "id-{n}"}'}),
        ("print(body)", {"id": "message-{n}"}),
        ("f\"{body['id']}: {body['name']!r}\"", {"id": "id-{n}", "name": "name-{n}"}),
    ],
)
def test_values_are_those_that_the_code_can_use(code: str, body: dict[str, Any]) -> None:
    source = f'def handler(event, context):\n    body = json.loads(event["Records"][0]["body"])\n    {code}\n'
    assert read(source).message(QUEUE) == body


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ('uuid.UUID(body["x"])', "00000000-0000-4000-8000-000000000001"),
        ('Decimal(body["x"])', 1),
        ('date.fromisoformat(body["x"])', "2026-01-01"),
        ('datetime.time.fromisoformat(body["x"])', "12:00:00"),
        ('datetime.datetime.fromisoformat(body["x"].replace("Z", "+00:00"))', "2026-01-01T00:00:00"),
        ('datetime.datetime.fromtimestamp(body["x"])', 1767225600),
        ('datetime.datetime.strptime(body["x"], "%d.%m.%Y %H:%M %z")', "01.01.2026 00:00 +0000"),
        ('datetime.datetime.strptime(body["x"], FORM)', "2026-01-01T00:00:00"),
        ('[body["x"], int(body.get("n"))]', "x-{n}"),
        ('int(body.get("x", 3))', 3),
    ],
)
def test_what_the_code_converts_can_be_converted(code: str, value: Any) -> None:
    source = f'def handler(event, context):\n    body = json.loads(event["Records"][0]["body"])\n    return {code}\n'
    body = read(source).message(QUEUE)
    names: dict[str, Any] = {"json": json, "uuid": uuid, "datetime": datetime, "date": datetime.date}
    names |= {"Decimal": Decimal, "FORM": "%Y-%m-%dT%H:%M:%S"}

    exec(source, names)

    names["handler"]({"Records": [{"body": json.dumps(body)}]}, None)  # raises where a value has the wrong form
    assert body["x"] == value


def test_a_match_says_what_a_member_may_be() -> None:
    source = """
        def handler(event, context):
            body = json.loads(event["Records"][0]["body"])
            match body["kind"]:
                case "paid":
                    print(body["amount"])
        """
    assert read(source).message(QUEUE) == {"kind": "paid", "amount": "amount-{n}"}


def test_the_message_of_a_topic_stands_in_the_envelope_of_the_queue() -> None:
    source = """
        def handler(event, context):
            for record in event["Records"]:
                envelope = json.loads(record["body"])
                order = json.loads(envelope["Message"])
                print(order["id"])
        """
    bodies = read(source)
    assert bodies.message(QUEUE, wrapped="Message") == {"id": "id-{n}"}
    assert bodies.message(QUEUE) == {"Message": '{"id": "id-{n}"}'}


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ('json.loads(record["Sns"]["Message"])', TOPIC),
        ("json.loads(record.sns.message)", TOPIC),
        ('json.loads(base64.b64decode(record["kinesis"]["data"]).decode())', KINESIS),
    ],
)
def test_topics_and_streams_have_places_of_their_own(code: str, place: tuple[str, ...]) -> None:
    bodies = read(f'def handler(event, context):\n    for record in event.get("Records", []):\n        {code}["id"]\n')
    assert bodies.message(place) == {"id": "id-{n}"}


def test_an_event_without_a_source_is_what_the_code_reads_of_it() -> None:
    source = """
        def handler(event, context):
            user = json.loads(event["body"])
            return event["requestId"], user["name"]
        """
    assert read(source).event() == {"body": '{"name": "name-{n}"}', "requestId": "requestId-{n}"}


def test_members_that_make_a_handler_raise_are_flags() -> None:
    source = """
        def handler(event, context):
            body = json.loads(event["Records"][0]["body"])
            if body.get("broken"):
                raise ValueError(body["id"])
            if body.get("large"):
                print("large")
        """
    bodies = read(source)
    assert bodies.found.flags == ["broken"]
    assert bodies.message(QUEUE) == {"id": "id-{n}"}


def test_only_what_the_handler_reaches_counts() -> None:
    source = """
        def handler(event, context):
            return json.loads(event["Records"][0]["body"])["id"]

        def other(event, context):
            return json.loads(event["Records"][0]["body"])["unused"]
        """
    assert read(source).message(QUEUE) == {"id": "id-{n}"}


def test_recursion_and_mutual_calls_end() -> None:
    source = """
        def handler(event, context):
            walk(event)
            return turn(event, event)

        def walk(part):
            return [walk(each) for each in part["parts"]] + [handler(part, None)]

        def turn(first, second):
            return turn(second, first["x"])
        """
    assert "parts" in read(source).event()


@pytest.mark.parametrize("source", ["", "handler = make()", "def other(): ...", "class handler: ..."])
def test_a_handler_that_cannot_be_found_reads_nothing(source: str) -> None:
    assert read(source).message(QUEUE) == {"id": "message-{n}"}


@pytest.mark.parametrize(
    "code",
    [
        'if "id" not in body: raise ValueError',
        'if "id" not in body or "sku" not in body: return {"statusCode": 400}',
        'if not body.get("id"): return {"statusCode": 400}',
        'if not all([body.get("id"), body.get("sku")]): return {"statusCode": 400}',
        'if body.get("id") is None: raise ValueError',
        '[raising() for name in ("id", "sku") if name not in body]',
        "missing = [name for name in REQUIRED if name not in body]",
    ],
)
def test_members_without_which_the_code_ends_are_needed(code: str) -> None:
    source = f"""
        REQUIRED = ["id", "sku"]
        def handler(event, context):
            body = json.loads(event["Records"][0]["body"])
            {code}
            return body.get("note"), body.get("sku")
        """
    wanted = {"id": "id-{n}", "sku": "sku-{n}"} if "sku" in code or "REQUIRED" in code else {"id": "id-{n}"}
    assert read(source).message(QUEUE) == wanted


def test_members_that_are_looked_for_and_may_be_missing_are_not_needed() -> None:
    source = """
        def handler(event, context):
            body = json.loads(event["Records"][0]["body"])
            if "note" not in body:
                body["note"] = ""
            for name in ("a", "b"):
                if name in body:
                    print(body["id"], name)
        """
    assert read(source).message(QUEUE) == {"id": "id-{n}"}


def test_attributes_of_a_new_item_have_the_types_that_are_read() -> None:
    source = """
        def handler(event, context):
            for record in event["Records"]:
                new = record["dynamodb"]["NewImage"]
                print(float(new["amount"]["N"]), new["name"]["S"], new["open"]["BOOL"], new["kind"]["S"] == "paid")
                print(new["place"]["M"]["city"]["S"], new.get("note"), new["unknown"])
        """
    assert read(source).image() == {
        "amount": 1,
        "name": "name-{n}",
        "open": False,
        "kind": "paid",
        "place": {"city": "city-{n}"},
    }


def test_a_body_that_may_be_the_event_itself_is_read_as_the_body() -> None:
    source = """
        def handler(event, context):
            if "body" in event:
                body = json.loads(event["body"])
            else:
                body = event
            return body["id"]
        """
    assert read(source).message(("body",)) == {"id": "id-{n}"}


def test_message_attributes_have_the_types_that_are_read() -> None:
    source = """
        def handler(event, context):
            for record in event["Records"]:
                attributes = record["messageAttributes"]
                print(attributes["tenant"]["stringValue"], int(attributes["weight"]["stringValue"]))
                print(attributes.get("note"), attributes["blob"]["binaryValue"])
        """
    assert read(source).message_attributes() == {"tenant": "tenant-{n}", "weight": 1}
