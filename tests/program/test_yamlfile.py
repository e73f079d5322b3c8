from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import StackFileError
from delivery_lab.program.yamlfile import parse_scalar, read_yaml


def test_lines_and_texts_of_values(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# first\nprice: 1.50\nlist:\n  - a\n  - b: 017\n")
    found = read_yaml(file, "a.yaml")
    assert found.value == {"price": 1.5, "list": ["a", {"b": 15}]}
    assert found.texts[("price",)] == "1.50"
    assert found.texts[("list", 1, "b")] == "017"
    assert found.where("list", 1, "b") == "a.yaml:5"
    assert found.where("list", 0, "deeper") == "a.yaml:4"
    assert found.where("nowhere") == "a.yaml"


def test_merge_keys_are_merged_and_elsewhere_a_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("base: &base {a: 1, b: 2}\nmine:\n  <<: *base\n  b: 3\nlist: [<<]\n")
    assert read_yaml(file, "a.yaml").value == {"base": {"a": 1, "b": 2}, "mine": {"a": 1, "b": 3}, "list": ["<<"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0X1F", 31),
        ("[1_0.5, '017', 2024-13-01]", [10.5, "017", "2024-13-01"]),
        ("!!str 017", "017"),
        ("!!float 1", 1.0),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert parse_scalar(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!!int yes", "'yes' is not an integer"),
        ("!!int true", "'true' is not an integer"),
        ("!!float yes", "'yes' is not a number"),
        ("!!float true", "'true' is not a number"),
        ("!!timestamp yes", "'yes' is not a date"),
        ("[1", "expected ',' or ']', but got '<stream end>'"),
    ],
)
def test_values_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_scalar(text)
    file = tmp_path / "a.yaml"
    file.write_text(f"key: {text}")
    with pytest.raises(StackFileError) as refused:
        read_yaml(file, "a.yaml")
    assert str(refused.value) == f"a.yaml:1: not valid YAML: {message}"
