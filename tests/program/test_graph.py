from __future__ import annotations

from delivery_lab.program.graph import UNKNOWN, contains_unknown


def test_unknowns_are_found_at_any_depth() -> None:
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": [{"b": "c"}]})
