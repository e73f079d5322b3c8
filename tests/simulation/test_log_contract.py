from __future__ import annotations

import pytest

from delivery_lab.events import ContractLine, LogLine
from delivery_lab.simulation.log_contract import bytes_on_lambda, contract_line

ON_LAMBDA = 'Traceback\n  File "/var/task/handler.py", line 3, in handle\nKeyError: é'


@pytest.mark.parametrize("folder", ["/home/me/shop/functions/worker", "/a", "/venv/lib/python3.13/site-packages/pack"])
def test_a_traceback_is_as_long_as_on_lambda_wherever_the_code_lies(folder: str) -> None:
    text = ON_LAMBDA.replace("/var/task", folder)

    assert bytes_on_lambda(text) == len(ON_LAMBDA.encode())


def test_so_is_one_inside_a_json_text() -> None:
    line = r'{"exception": "File \"%s/handler.py\", line 3", "frames": [{"file": "%s/shared/jobs.py"}]}'

    assert bytes_on_lambda(line % ("/x", "/x")) == bytes_on_lambda(line % ("/much/longer", "/much/longer"))


def test_other_texts_are_counted_as_they_are() -> None:
    assert bytes_on_lambda('{"key": "/orders/1.json", "text": "é"}') == 39


def _told(text: str) -> ContractLine | None:
    return contract_line(LogLine(0, "worker", 1, "r1", text))


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "processed", "id": ' + "9" * 5000 + "}",
        '{"event": "processed", "id": ' + "[" * 100_000,
        '{"event": "processed", "id": "1"} and more',
        '\ufeff{"event": "processed", "id": "1"}',
        '{"event": ["processed"], "id": "1"}',
        '{"event": null}',
        '["event"]',
        '{"event": "PROCESSED", "id": "1"}',
    ],
)
def test_lines_that_only_look_like_the_contract(text: str) -> None:
    assert _told(text) is None


def test_fields_of_other_types_are_read_as_text_or_not_at_all() -> None:
    told = _told('{"event": "failed", "id": ["a"], "message_id": 7, "error_type": NaN, "retryable": "yes"}')

    assert told is not None
    assert (told.business_id, told.message, told.error_type, told.retryable) == ("['a']", "7", "nan", None)
