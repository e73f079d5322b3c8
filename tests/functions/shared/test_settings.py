from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from shared import settings
from shared.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SETTING", raising=False)


def test_defaults() -> None:
    assert settings.choice("SETTING", ("a", "b"), "b") == "b"
    assert settings.flag("SETTING", True) is True
    assert settings.flag("SETTING", False) is False
    assert settings.number("SETTING", 2.5, minimum=0) == 2.5
    assert settings.whole_number("SETTING", 3, minimum=0) == 3


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("here", lambda: settings.required("SETTING"), "here"),
        ("a", lambda: settings.choice("SETTING", ("a", "b"), "b"), "a"),
        ("false", lambda: settings.flag("SETTING", True), False),
        ("0.5", lambda: settings.number("SETTING", 1, minimum=0.5), 0.5),
        ("10.0", lambda: settings.whole_number("SETTING", 1, minimum=1, maximum=10), 10),
    ],
)
def test_values(monkeypatch: pytest.MonkeyPatch, text: str, read: Callable[[], object], value: object) -> None:
    monkeypatch.setenv("SETTING", text)

    assert read() == value


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        (
            "",
            lambda: settings.required("SETTING"),
            "SETTING is not set: add it to the function's environment variables",
        ),
        ("c", lambda: settings.choice("SETTING", ("a", "b"), "b"), "SETTING must be one of a, b: 'c'"),
        ("True", lambda: settings.flag("SETTING", True), "SETTING must be one of true, false: 'True'"),
        ("x", lambda: settings.number("SETTING", 1, minimum=0), "SETTING must be a number of at least 0: 'x'"),
        ("inf", lambda: settings.number("SETTING", 1, minimum=0), "SETTING must be a number of at least 0: 'inf'"),
        (
            "-1",
            lambda: settings.number("SETTING", 1, minimum=0, maximum=9),
            "SETTING must be a number from 0 to 9: '-1'",
        ),
        (
            "43201",
            lambda: settings.whole_number("SETTING", 1, minimum=1, maximum=43_200),
            "SETTING must be a number from 1 to 43200: '43201'",
        ),
        (
            "1.5",
            lambda: settings.whole_number("SETTING", 1, minimum=1),
            "SETTING must be a whole number of at least 1: '1.5'",
        ),
    ],
)
def test_messages(monkeypatch: pytest.MonkeyPatch, text: str, read: Callable[[], object], message: str) -> None:
    monkeypatch.setenv("SETTING", text)

    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        read()
