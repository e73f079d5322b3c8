"""Lines of a workload that are read once: what they send is what their templates say, when it is due."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.errors import WorkloadError
from delivery_lab.simulation.sending import Sender
from delivery_lab.simulation.templates import as_text, draws, filled, render
from tests.simulation.test_described_functions import described

TEXTS = st.text('n01<>{}\\"ü{n}', max_size=8).map(lambda text: text.replace("n}", "{n}"))
BODIES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab<n", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(BODIES, st.integers(1, 10_000_000))
def test_a_template_read_once_renders_as_each_time(template: Any, n: int) -> None:
    try:
        expected = as_text(render(template, n, random.Random(1), "here"), "here")
    except WorkloadError as error:
        with pytest.raises(WorkloadError, match=error.args[0][:4]):
            filled(template, "here")
    else:
        assert filled(template, "here")(n) == expected


def test_what_draws_is_found_at_any_depth() -> None:
    assert draws({"a": [{"b": {"$uniform": [1, 2]}}]})
    assert not draws({"a": ["$choice", {"b": "{n}"}]})


LINES = {
    "lines at the same instants": "{queue: jobs, times: 9, every: 1, body: {id: 'a-{n}'}}, "
    "{queue: jobs, at: 2, times: 5, every: 1, body: {id: 'b-{n}'}}",
    "beside a line that draws": "{queue: jobs, times: 6, every: 0.5, body: {id: '{n}', v: {$uniform: [0, 1]}}}, "
    "{queue: jobs, times: 6, every: 0.5, body: {id: 'c-{n}'}, delaySeconds: 3}",
    "at the end of a batch": "{queue: jobs, times: 40, every: 0.05, body: 'plain {n}', attributes: {k: '{n}'}}",
}


@pytest.mark.parametrize("send", LINES.values(), ids=LINES)
def test_messages_made_when_they_are_due_are_those_scheduled_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, send: str
) -> None:
    worker = "{duration: 0.05, fails: {share: 0.2}, response: partial}"
    later = described(tmp_path / "later", worker, send=send, reports=True)
    monkeypatch.setattr(Sender, "_is_sent_later", lambda *_: False)
    at_once = described(tmp_path / "at_once", worker, send=send, reports=True)

    assert later.run.trace_hash == at_once.run.trace_hash


def test_a_message_that_is_too_large_is_refused_before_the_run(tmp_path: Path) -> None:
    body = "x" * (1_048_576 - 2)
    with pytest.raises(WorkloadError, match=r"a message for jobs has 1048577 bytes; SQS takes 1 to 1048576$"):
        described(tmp_path, "{duration: 0.1}", send=f"{{queue: jobs, times: 100, body: '{body}{{n}}'}}")
