"""What the limits of single values say is what botocore's service models say."""

from __future__ import annotations

from scripts.write_values import PAGE, written


def test_the_limits_are_as_the_script_writes_them() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run python -m scripts.write_values"
