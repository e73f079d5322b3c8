from __future__ import annotations

import pytest

from delivery_lab.checks.code.loops import loops_that_go_on
from tests.checks.world import code_of

HANDLER = """
class Memory: pass
memory = Memory()
def work(record): pass

def handle(event, context):
    failures, group = [], context
    for record in event["Records"]:
        %s
        try:
            %s
        except Exception:
            print("failed")
            failures.append({"itemIdentifier": record["messageId"]})
            %s
    return {"batchItemFailures": failures}
"""


def loops(before: str = "pass", work: str = "work(record)", after: str = "pass") -> list[str]:
    return loops_that_go_on(code_of({"app.py": HANDLER % (before, work, after)}))


@pytest.mark.parametrize("after", ["pass", "continue", "print('next')"])
def test_a_loop_that_notes_a_failure_and_goes_on(after: str) -> None:
    assert loops(after=after) == ["app, line 8"]
    assert loops(before="body = record.get('body')", work="work(body)", after=after) == ["app, line 8"]


@pytest.mark.parametrize(
    ("before", "work", "after"),
    [
        ("pass", "work(record)", "break"),
        ("pass", "work(record)", "failed = True"),
        ("pass", "work(record)", "group.add(record)"),
        ("pass", "work(record)", "raise"),
        ("if failures: continue", "work(record)", "pass"),
        ("work(record)", "work(record)", "pass"),
        ("pass", "work(record, failures)", "pass"),  # it looks back
        ("pass", "group.work(record)", "pass"),  # it may remember
        ("pass", "memory.work(record)", "pass"),
    ],
)
def test_a_loop_that_may_stop_or_remember_is_left_alone(before: str, work: str, after: str) -> None:
    assert loops(before, work, after) == []
