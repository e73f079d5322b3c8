"""Records that notice being read, and are dictionaries in all else."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from delivery_lab.handlers.looking import Looks, watch


def _event(count: int = 3) -> dict[str, Any]:
    records = [{"messageId": f"m{n}", "body": json.dumps({"id": n}), "eventSource": "aws:sqs"} for n in range(count)]
    return {"Records": records}


def _watched(count: int = 3) -> tuple[dict[str, Any], Looks]:
    event = _event(count)
    looks = watch(event, lambda: 0)
    assert looks is not None
    return event, looks


def test_a_watched_event_is_equal_to_the_plain_one_in_every_form() -> None:
    event, _ = _watched()
    plain = _event()

    assert event == plain
    assert plain == event
    assert json.dumps(event) == json.dumps(plain)
    assert json.dumps(event, indent=1, sort_keys=True) == json.dumps(plain, indent=1, sort_keys=True)
    assert repr(event) == repr(plain)
    assert str(event["Records"][0]) == str(plain["Records"][0])
    assert pprint.pformat(event) == pprint.pformat(plain)
    assert copy.deepcopy(event) == copy.copy(event) == pickle.loads(pickle.dumps(event)) == plain
    record = event["Records"][0]
    assert isinstance(record, dict)
    assert type(record).__name__ == "dict"
    assert {**record} == dict(record) == record.copy() == plain["Records"][0]
    assert record | {"x": 1} == {"x": 1} | record
    assert list(record) == list(plain["Records"][0])
    assert "body" in record


READS: dict[str, tuple[str, tuple[int, ...]]] = {
    "an index": ("json.loads(event['Records'][0]['body'])", (0,)),
    "a loop": ("[record['body'] for record in event['Records']]", (0, 1, 2)),
    "a slice": ("[record['body'] for record in event['Records'][1:]]", (1, 2)),
    "pop": ("event['Records'].pop()['body']", (2,)),
    "enumerate": ("[record.get('body') for _, record in enumerate(event['Records']) if _ < 1]", (0,)),
    "a generator that is not run": ("(record['body'] for record in event['Records'])", ()),
    "a generator": ("next(record['body'] for record in event['Records'])", (0,)),
    "a pattern": ("[match(record) for record in event['Records'][:1]]", (0,)),
    "keywords": ("(lambda body, **rest: body)(**event['Records'][1])", (1,)),
    "a plain copy": ("dict(event['Records'][1])", (1,)),
    "a deep copy": ("copy.deepcopy(event)['Records'][2]['body']", (2,)),
    "parsed again": ("json.loads(json.dumps(event))['Records'][1]", ()),
    "its names": ("[(r['messageId'], r.get('eventSource')) for r in event['Records']]", ()),
    "its length": ("len(event['Records'])", ()),
    "serialised": ("json.dumps(event)", ()),
    "serialised with indents": ("json.dumps(event, indent=2)", ()),
    "printed": ("str(event) + repr(event['Records'][0])", ()),
    "printed nicely": ("pprint.pformat(event)", ()),
    "copied": ("copy.deepcopy(event), copy.copy(event), event['Records'][0].copy()", ()),
    "compared": ("event['Records'][0] == event['Records'][1]", ()),
    "a pickle": ("pickle.dumps(event['Records'][0])", (0,)),
    "all of it": ("list(event['Records'][0].items())", (0,)),
}


def _match(record: dict[str, Any]) -> Any:
    match record:
        case {"body": body}:
            return body
    raise AssertionError


@pytest.mark.parametrize("way", READS)
def test_reading_is_noticed_and_writing_down_is_not(way: str) -> None:
    code, positions = READS[way]
    event, looks = _watched()

    eval(code, {"event": event, "json": json, "copy": copy, "pprint": pprint, "pickle": pickle, "match": _match})

    assert tuple(looks.order) == positions


def test_the_records_of_kafka_are_those_of_all_its_partitions() -> None:
    records = [{"topic": "t", "offset": n, "value": ""} for n in "01"]
    event = {"records": {name: [{**record, "partition": name} for record in records] for name in ("t-0", "t-1")}}
    looks = watch(event, lambda: 0)

    assert looks is not None
    assert looks.records == 4
    assert event["records"]["t-1"][0]["value"] == ""
    assert tuple(looks.order) == (2,)


@pytest.mark.parametrize("event", [None, 3, [], {}, {"Records": 3}, {"Records": []}, {"records": []}, {"detail": {}}])
def test_an_event_without_records_is_not_watched(event: Any) -> None:
    assert watch(event, lambda: 0) is None


def test_what_is_written_is_for_the_record_that_was_read() -> None:
    event, looks = _watched()
    found = []
    for record in event["Records"]:
        record["body"]
        found += [looks.reading(), looks.reading()]

    assert found == [0, 0, 1, 1, 2, 2]


def test_code_that_skips_records_is_at_the_one_that_it_read_last() -> None:
    event, looks = _watched(4)
    [record["body"] for record in event["Records"][:3]]

    assert looks.reading() == 2


def test_code_that_has_read_all_records_may_be_at_any_of_them() -> None:
    event, looks = _watched()
    [record["body"] for record in event["Records"]]

    assert [looks.reading(), looks.reading()] == [None, None]
    event["Records"][1]["body"]
    assert looks.reading() == 1


class _Model(BaseModel):
    messageId: str  # noqa: N815 - AWS's name
    body: str


def test_pydantic_takes_a_record_as_it_takes_a_dictionary() -> None:
    record = _watched()[0]["Records"][0]

    assert _Model.model_validate(record) == TypeAdapter(_Model).validate_python(record)
    assert TypeAdapter(dict[str, Any]).validate_python(record, strict=True) == record
