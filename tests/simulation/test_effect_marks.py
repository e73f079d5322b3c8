"""`effect` in a workload: which marks there are, and which are refused."""

from __future__ import annotations

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import EffectMark
from delivery_lab.simulation.effect_marks import WorkMark
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_sends import Send
from tests.lab_support import stack_of

SEND = [Send(queue="jobs", body={"id": "a"})]


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ({}, "name exactly one of log, table, http, not none"),
        ({"log": "a", "http": "POST https://pay.example/"}, "name exactly one of log, table, http, not log and http"),
        ({"table": "payments"}, "table and key go together"),
        ({"log": "a", "key": "{id}"}, "table and key go together"),
        ({"http": "https://pay.example"}, "effect.http: "),
        (
            {"http": "GET https://pay.example/{id}"},
            "http 'GET https://pay.example/{id}' changes nothing: name a request that",
        ),
        ({"line": "a"}, "effect.line is no key of a workload"),
    ],
)
def test_a_mark_that_makes_no_sense_is_refused(mark: dict[str, str], message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        Workload(send=SEND, effect=mark)  # type: ignore[arg-type]  # as from a file

    assert message in str(caught.value)


def test_a_table_is_found_by_its_logical_name() -> None:
    stack = stack_of("visibility-safe")
    (table,) = stack.tables

    mark = WorkMark(table=table.name, key="{id}").mark(stack, "load.yaml")

    assert mark == EffectMark(table=table.physical_name, key_attribute="messageId", key="{id}")
    with pytest.raises(WorkloadError) as caught:
        WorkMark(table="payments", key="{id}").mark(stack, "load.yaml")
    assert str(caught.value) == (
        f"load.yaml: effect: the stack visibility-safe has no table payments (there are: {table.name})"
    )
