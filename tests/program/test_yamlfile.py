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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!!bool nope", "'nope' is not true or false"),
        ("!!null nope", "'nope' is not null"),
        ("!!binary aGk=", "the tag !!binary is not taken here: write the value as a text, a list or a mapping"),
        ("!!set {a, b}", "the tag !!set is not taken here: write the value as a text, a list or a mapping"),
        ("!!omap [a: 1]", "the tag !!omap is not taken here: write the value as a text, a list or a mapping"),
        ("!!pairs [a: 1]", "the tag !!pairs is not taken here: write the value as a text, a list or a mapping"),
        ("&a [*a]", "more than 100 levels of nesting"),
        ("[" * 20_000 + "]" * 20_000, "more than 100 levels of nesting"),
        ("{a: 1, a: 2}", "the key 'a' is there twice"),
        ("a\x01", "it has the character #x01, which YAML does not take"),
        (r'"\ud800"', "'\\ud800' is half of a surrogate pair, and no character: write the character itself"),
    ],
)
def test_values_that_no_setting_has(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_scalar(text)


def test_json_writes_a_character_as_two_halves() -> None:
    assert parse_scalar(r'"\ud83d\ude00"', dates=False) == "\N{GRINNING FACE}"
    with pytest.raises(ValueError, match="write both halves, or the character itself"):
        parse_scalar(r'"\ud83d"', dates=False)


def test_a_date_by_its_tag_stays_a_text_in_what_becomes_json() -> None:
    assert parse_scalar("!!timestamp 2020-01-01", dates=False) == "2020-01-01"


def test_a_number_with_thousands_of_digits_is_a_text() -> None:
    assert parse_scalar("9" * 5_000) == "9" * 5_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: \x00", "a.yaml:2: not valid YAML: the character #x00 is none that YAML takes"),
        ("a: 1\nb: caf\u00e9\n".encode("latin-1"), "a.yaml:2: the byte 0xe9 in column 7 is not UTF-8"),
        ("a: 1".encode("utf-16"), "a.yaml:1: the byte 0xff in column 1 is not UTF-8"),
        (b"a: " + b"[" * 20_000, "a.yaml:1: not valid YAML: more than 100 levels of nesting"),
        (b"a: !!binary aGk=", "a.yaml:1: not valid YAML: the tag !!binary is not taken here"),
    ],
)
def test_files_that_are_no_settings(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(StackFileError) as refused:
        read_yaml(tmp_path / "a.yaml", "a.yaml")
    assert str(refused.value).startswith(message)


def test_aliases_of_aliases_do_not_make_billions_of_values(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    with pytest.raises(StackFileError, match=r"its aliases \(\*name\) repeat more than 100000 values"):
        read_yaml(tmp_path / "a.yaml", "a.yaml")
    with pytest.raises(ValueError, match="repeat more than 100000 values"):
        parse_scalar("{" + ", ".join(lines) + "}")
