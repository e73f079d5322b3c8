from __future__ import annotations

import json

import pytest

from delivery_lab.errors import SettingsError, StackFileError
from delivery_lab.program.config import StackConfig
from delivery_lab.program.engine import load_config
from tests.program.conftest import MakeProject


def load(make_project: MakeProject, text: str, block: str = "") -> StackConfig:
    return load_config(make_project(stacks={"dev": text}, project=f"name: demo\nruntime: python\n{block}"), "dev")


def test_scalars_reach_the_program_as_they_are_written(make_project: MakeProject) -> None:
    config = load(
        make_project,
        """\
        config:
          aws:region: eu-west-1
          demo:whole: 30
          demo:price: 1.50
          flag: true
          quoted: "007"
          empty:
          clock: 12:30
          day: 2024-05-06
        """,
    )
    assert config.texts() == {
        "aws:region": "eu-west-1",
        "demo:whole": "30",
        "demo:price": "1.50",
        "demo:flag": "true",
        "demo:quoted": "007",
        "demo:empty": "",
        "demo:clock": "12:30",
        "demo:day": "2024-05-06",
    }
    assert config.plain()["demo:price"] == 1.5
    assert config.plain()["demo:flag"] is True


def test_objects_reach_the_program_as_json_read_by_the_rules_of_the_cli(make_project: MakeProject) -> None:
    config = load(
        make_project,
        """\
        config:
          worker:
            time: 12:30
            answer: yes
            on: true
            small: 1e3
            whole: 2.0
            half: 0.5
            octal: 0o17
            old: 017
            hex: 0x1F
            big: 1_000
            day: 2024-05-06
            nothing: ~
            list: [1, a]
            text: "<ü>"
            1: one
        """,
    )
    assert config.texts()["demo:worker"] == (
        '{"1":"one","answer":"yes","big":1000,"day":"2024-05-06T00:00:00Z","half":0.5,"hex":31,"list":[1,"a"],'
        '"nothing":null,"octal":15,"old":15,"on":true,"small":1000,"text":"<ü>","time":"12:30","whole":2}'
    )


def test_secrets_are_replaced_and_marked(make_project: MakeProject) -> None:
    config = load(
        make_project,
        """\
        config:
          token: {secure: AAABAC}
          nested: {user: me, password: {secure: AAABAD}, keys: [{secure: AAABAE}]}
          plain: {secure: a, other: b}
        encryptionsalt: v1:abc
        """,
    )
    assert config.secret_keys() == ["demo:token", "demo:nested"]
    assert config.texts()["demo:token"] == "[secret]"
    nested = {"user": "me", "password": "[secret]", "keys": ["[secret]"]}
    assert config.plain()["demo:nested"] == nested
    assert json.loads(config.texts()["demo:nested"]) == nested
    assert config.plain()["demo:plain"] == {"secure": "a", "other": "b"}
    assert config.warnings == ()


def test_the_old_form_of_keys_is_the_same_key(make_project: MakeProject) -> None:
    assert load(make_project, "config:\n  aws:config:region: eu-west-1\n").texts() == {"aws:region": "eu-west-1"}


def test_what_is_not_taken_over_is_a_warning(make_project: MakeProject) -> None:
    config = load(make_project, "environment: [prod]\nconfg: {}\nconfig:\n  pulumi:autonaming: {mode: verbatim}\n")
    assert config.warnings == (
        "Pulumi.dev.yaml:1: 'environment' (Pulumi ESC) is not read; values that come from it are missing in the config",
        "Pulumi.dev.yaml:4: 'pulumi:autonaming' is not applied to physical names",
        "Pulumi.dev.yaml:2: the key 'confg' is none of a stack file's; the CLI ignores it",
    )


LINED = """
config:
  aws:config:region: eu-west-1
  demo:worker:
    size: 3
    names: [a, b]
  other: 5
"""


def test_each_setting_of_the_stack_file_has_its_line(make_project: MakeProject) -> None:
    block = "config:\n  filled: 7\n"
    assert load(make_project, LINED, block).lines() == {
        ("aws:region",): 3,
        ("demo:worker",): 4,
        ("demo:worker", "size"): 5,
        ("demo:worker", "names"): 6,
        ("demo:worker", "names", 0): 6,
        ("demo:worker", "names", 1): 6,
        ("demo:other",): 7,
    }


@pytest.mark.parametrize(
    ("override", "left"),
    [
        ("worker.size=4", {("aws:region",), ("demo:worker", "names"), ("demo:other",)}),
        ("worker.names.1=c", {("aws:region",), ("demo:worker", "size"), ("demo:other",)}),
        ("worker={size: 4}", {("aws:region",), ("demo:other",)}),
    ],
)
def test_what_an_override_changes_stands_nowhere(
    make_project: MakeProject, override: str, left: set[tuple[str, ...]]
) -> None:
    lines = load_config(make_project(stacks={"dev": LINED}), "dev", [override]).lines()
    assert {path for path in lines if not isinstance(path[-1], int)} == left


def test_an_empty_stack_file_has_no_config(make_project: MakeProject) -> None:
    assert load(make_project, "# only a comment\n").texts() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config:\n  a: b: c\n", "Pulumi.dev.yaml:2: not valid YAML: mapping values are not allowed here"),
        ("config:\n\t- a\n", "Pulumi.dev.yaml:2: not valid YAML: found character '\\t' that cannot start any token"),
        ("config: [a]\n", "Pulumi.dev.yaml:1: 'config' has to be a mapping, found a list"),
        ("# x\njust text\n", "Pulumi.dev.yaml:1: the file has to be a mapping of keys to values, found a text"),
        ("config:\n  a: 1\n  a: 2\n", "Pulumi.dev.yaml:3: the key 'a' is there twice, first in line 2"),
        ("config:\n  a: 1\n  demo:a: 2\n", "Pulumi.dev.yaml:3: the key 'demo:a' is there twice"),
        ("config:\n  1: 1\n", "Pulumi.dev.yaml: the config key 1 has to be a text such as 'demo:name'"),
        ("config:\n  'a:b:c': 1\n", "Pulumi.dev.yaml:2: the config key 'a:b:c' has to be '<namespace>:<name>'"),
        (
            "config:\n  a: {x: .inf}\n",
            "Pulumi.dev.yaml:2: 'a' cannot be passed to the program: JSON has no number inf",
        ),
        ("config:\n  a: &a [*a]\n", "Pulumi.dev.yaml:2: more than 100 levels of nesting"),
        (
            "a: !!python/object:os.system {}\n",
            (
                "Pulumi.dev.yaml:1: not valid YAML: could not determine a constructor "
                "for the tag 'tag:yaml.org,2002:python/object:os.system'"
            ),
        ),
    ],
)
def test_a_malformed_stack_file_names_file_line_and_key(make_project: MakeProject, text: str, message: str) -> None:
    with pytest.raises(StackFileError) as caught:
        load(make_project, text)
    assert str(caught.value) == message


def test_a_stack_file_that_is_no_text_is_refused(make_project: MakeProject) -> None:
    project = make_project()
    (project.root / "Pulumi.dev.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StackFileError, match=r"^Pulumi\.dev.yaml:1: the byte 0xff in column 1 is not UTF-8\n  fix: "):
        load_config(project, "dev")


PROJECT_CONFIG = """\
config:
  aws:region: us-west-2
  provider:other:
    value: 3
  plain: text
  typed: {type: integer, default: 7}
  list: {type: array, items: {type: string}, default: [a, b]}
"""


def test_project_defaults_fill_in_what_the_stack_leaves_out(make_project: MakeProject) -> None:
    config = load(make_project, "config:\n  typed: 8\n", PROJECT_CONFIG.replace("provider:other", "other:key"))
    assert config.texts() == {
        "demo:typed": "8",
        "aws:region": "us-west-2",
        "demo:list": '["a","b"]',
        "other:key": "3",
        "demo:plain": "text",
    }


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("config:\n  a: {type: string}\n", "Stack 'dev' is missing configuration value 'a'"),
        (
            "config:\n  b: {type: string}\n  a: {description: x}\n",
            "Stack 'dev' is missing configuration values 'a', 'b'",
        ),
    ],
)
def test_a_declared_key_without_value_is_missing(make_project: MakeProject, block: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(make_project, "", block)
    assert str(caught.value) == (
        f"{message}: Pulumi.dev.yaml has to set what Pulumi.yaml declares without a default\n"
        "  fix: set it in Pulumi.dev.yaml, under config: demo:a"
    )


def test_a_declared_key_of_another_namespace_may_be_missing(make_project: MakeProject) -> None:
    assert load(make_project, "", "config:\n  other:a: {description: x}\n").texts() == {}


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("type: integer", "abc", "'integer', found 'abc'"),
        ("type: integer", "1.5", "'integer', found '1.5'"),
        ("type: boolean", "yes", "'boolean', found 'yes'"),
        ("type: string", "[a]", "'string', found '[\"a\"]'"),
        ("type: array, items: {type: integer}", "[1, a]", "'array<integer>', found '[1,\"a\"]'"),
        ("type: array, items: {type: array, items: {type: string}}", "[[1]]", "'array<array<string>>', found '[[1]]'"),
        ("type: array, items: {type: integer}", "[true]", "'array<integer>', found '[true]'"),
    ],
)
def test_a_value_of_another_type_than_declared_is_refused(
    make_project: MakeProject, kind: str, value: str, found: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(make_project, f"config:\n  a: {value}\n", f"config:\n  a: {{{kind}}}\n")
    assert str(caught.value) == (
        f"Stack 'dev' with configuration key 'a' must be of type {found} (Pulumi.dev.yaml:2, declared in Pulumi.yaml:4)"
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("type: integer", "-5"),
        ("type: boolean", "false"),
        ("type: string", "12"),
        ("type: array, items: {type: boolean}", "[true, false]"),
        ("type: integer, secret: true", "{secure: AAA}"),
    ],
)
def test_a_value_of_the_declared_type_is_accepted(make_project: MakeProject, kind: str, value: str) -> None:
    assert "demo:a" in load(make_project, f"config:\n  a: {value}\n", f"config:\n  a: {{{kind}}}\n").values


def test_a_declared_secret_has_to_be_encrypted(make_project: MakeProject) -> None:
    with pytest.raises(SettingsError) as caught:
        load(make_project, "config:\n  a: open\n", "config:\n  a: {type: string, secret: true}\n")
    assert str(caught.value) == (
        "Stack 'dev' with configuration key 'a' must be encrypted as it's secret "
        "(Pulumi.dev.yaml:2, declared in Pulumi.yaml:4)"
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{type: object}", "Pulumi.yaml:4: 'a' has the type 'object'; Pulumi knows string, integer, boolean, array"),
        ("{type: array}", "Pulumi.yaml:4: 'a' is an array, so it needs 'items' with a type, found nothing"),
        (
            "{typ: string}",
            (
                "Pulumi.yaml:4: 'a' has the unknown key 'typ'; "
                "an entry of 'config' has default, description, items, secret, type, value"
            ),
        ),
    ],
)
def test_a_malformed_declaration_is_refused(make_project: MakeProject, entry: str, message: str) -> None:
    with pytest.raises(StackFileError) as caught:
        load(make_project, "config:\n  a: 1\n", f"config:\n  a: {entry}\n")
    assert str(caught.value) == message
