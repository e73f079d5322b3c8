from __future__ import annotations

import pytest

from delivery_lab.simulation.log_contract import bytes_on_lambda

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
