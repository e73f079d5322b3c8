from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.parser import models
from pydantic import BaseModel

from delivery_lab.checks.code.event_shapes import EVENT_SHAPES, EventShape, FeedKind


@pytest.mark.parametrize(
    ("feed", "model", "path"),
    [
        ("sqs", models.SqsModel, ()),
        ("sqs", models.SqsRecordModel, ("Records",)),
        ("sqs", models.SqsAttributesModel, ("Records", "attributes")),
        ("sqs", models.SqsMsgAttributeModel, ("Records", "messageAttributes")),
        ("kinesis", models.KinesisDataStreamModel, ()),
        ("kinesis", models.KinesisDataStreamRecord, ("Records",)),
        ("kinesis", models.KinesisDataStreamRecordPayload, ("Records", "kinesis")),
        ("dynamodb", models.DynamoDBStreamRecordModel, ("Records",)),
        ("dynamodb", models.DynamoDBStreamChangedRecordModel, ("Records", "dynamodb")),
        ("kafka", models.KafkaMskEventModel, ()),
        ("kafka", models.KafkaRecordModel, ("records",)),
        ("sns", models.SnsRecordModel, ("Records",)),
        ("sns", models.SnsNotificationModel, ("Records", "Sns")),
    ],
)
def test_a_part_of_an_event_has_every_key_that_powertools_model_of_it_has(
    feed: FeedKind, model: type[BaseModel], path: tuple[str, ...]
) -> None:
    shape = EVENT_SHAPES[feed]
    for key in path:
        shape = _entry(_given(shape.keys[key]))

    assert {field.alias or name for name, field in model.model_fields.items()} <= shape.keys.keys()


def _given(shape: EventShape | None) -> EventShape:
    assert shape is not None
    return shape


def _entry(shape: EventShape) -> EventShape:
    """What stands in a list, or under keys that a sender chooses; the part itself where it is neither."""
    inner = shape.item or shape.value
    return shape if inner is None else _entry(inner)
