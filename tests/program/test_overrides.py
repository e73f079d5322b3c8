from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import SettingsError, UsageError
from delivery_lab.program.config import StackConfig
from delivery_lab.program.engine import load_config
from tests.program.conftest import MakeProject

STACK = """\
config:
  aws:region: us-east-1
  aws:endpoints:
    - sqs: http://localhost:4566
  batch:
    worker: {batchSize: 10}
    names: [a, b]
    none: []
  size: 5
  token: {secure: AAA}
"""


def load(make_project: MakeProject, *overrides: str) -> StackConfig:
    return load_config(make_project(stacks={"dev": STACK}), "dev", overrides)


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("size=6", "demo:size", 6),
        ("demo:size=6", "demo:size", 6),
        ("size= 6 ", "demo:size", 6),
        ("size=", "demo:size", None),
        ("size=a=b", "demo:size", "a=b"),
        ("aws:region=eu-west-1", "aws:region", "eu-west-1"),
        ("aws:endpoints.0.sqs=http://x:1", "aws:endpoints", [{"sqs": "http://x:1"}]),
        ("batch.names.1=c", "demo:batch", {"worker": {"batchSize": 10}, "names": ["a", "c"], "none": []}),
        ("batch.worker.batchSize=1", "demo:batch", {"worker": {"batchSize": 1}, "names": ["a", "b"], "none": []}),
        ("batch.worker={batchSize: 2}", "demo:batch", {"worker": {"batchSize": 2}, "names": ["a", "b"], "none": []}),
        (
            "batch.queue.redrive.max=3",
            "demo:batch",
            {"worker": {"batchSize": 10}, "names": ["a", "b"], "none": [], "queue": {"redrive": {"max": 3}}},
        ),
    ],
)
def test_a_setting_is_changed(make_project: MakeProject, override: str, key: str, value: Any) -> None:
    config = load(make_project, override)
    assert config.plain()[key] == value
    if isinstance(value, dict | list):
        assert json.loads(config.texts()[key]) == value


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("size=6", "6"),
        ("size='6'", "6"),
        ("size=1.50", "1.50"),
        ("size=", ""),
        ("size=yes", "yes"),
        ("size=[1]", "[1]"),
    ],
)
def test_scalars_reach_the_program_as_they_are_given(make_project: MakeProject, override: str, text: str) -> None:
    assert load(make_project, override).texts()["demo:size"] == text


def test_overrides_add_up_and_leave_the_original_alone(make_project: MakeProject) -> None:
    config = load(make_project, "batch.worker.batchSize=1", "batch.worker.window=2")
    assert config.plain()["demo:batch"]["worker"] == {"batchSize": 1, "window": 2}
    assert config.values["demo:batch"].file is not None
    assert config.values["demo:batch"].file.value["config"]["batch"]["worker"] == {"batchSize": 10}


def test_an_overridden_secret_reaches_the_program_and_nobody_else(make_project: MakeProject) -> None:
    config = load(make_project, "token=hunter2")
    assert config.texts()["demo:token"] == "hunter2"
    assert config.plain()["demo:token"] == "[secret]"
    assert config.secret_keys() == ["demo:token"]


def test_where_a_setting_comes_from(make_project: MakeProject) -> None:
    config = load(make_project, "batch.worker.batchSize=1", "batch.queue.max=3")
    assert config.where(("demo:batch", "names")) == "Pulumi.dev.yaml:7"
    assert config.where(("batch", "names", 1)) == "Pulumi.dev.yaml:7"
    assert config.where(("batch", "worker", "batchSize")) == "--set batch.worker.batchSize=1"
    assert config.where(("batch", "queue")) == "--set batch.queue.max=3"
    assert config.where(("batch", "api")) is None
    assert config.where(("other",)) is None
    assert config.where(()) is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("size", "there is no '='; write --set PATH=VALUE, such as --set worker.batchSize=1"),
        ("=1", "the path '' is empty or has an empty part; write --set PATH=VALUE"),
        ("a..b=1", "the path 'a..b' is empty or has an empty part; write --set PATH=VALUE"),
        ("aws:=1", "the path 'aws:' is empty or has an empty part; write --set PATH=VALUE"),
        (":size=1", "the path ':size' is empty or has an empty part; write --set PATH=VALUE"),
        ("batch.worker. batchSize=1", "there is a space in the path 'batch.worker. batchSize'; write --set PATH=VALUE"),
        ("batch size=1", "there is a space in the path 'batch size'; write --set PATH=VALUE"),
        ("size=[1", "the value '[1' cannot be read as YAML: expected ',' or ']', but got '<stream end>'"),
        ("size=.nan", None),
        ("batch.x=.nan", "the value cannot be passed to the program: JSON has no number nan"),
        ("size.x=1", "'size' is a number (5), so there is no 'x' below it"),
        ("batch.worker.batchSize.x=1", "'batch.worker.batchSize' is a number (10), so there is no 'x' below it"),
        (
            "batch.names.x=1",
            "'batch.names' is a list of 2, so the part after it has to be a number from 0 to 1, found 'x'",
        ),
        (
            "batch.names.2=1",
            "'batch.names' is a list of 2, so the part after it has to be a number from 0 to 1, found '2'",
        ),
        ("batch.none.0=1", "'batch.none' is an empty list; set it as a whole"),
        (
            "btch.worker=1",
            (
                "the config of stack 'dev' has no 'btch'; did you mean 'batch'?\n"
                "  Pulumi.dev.yaml has: aws:region, aws:endpoints, batch, size, token"
            ),
        ),
        (
            "other:zzz=1",
            (
                "the config of stack 'dev' has no 'other:zzz'\n"
                "  Pulumi.dev.yaml has: aws:region, aws:endpoints, batch, size, token"
            ),
        ),
    ],
)
def test_a_wrong_override_is_refused(make_project: MakeProject, override: str, message: str | None) -> None:
    if message is None:
        assert load(make_project, override).texts()["demo:size"] == ".nan"
        return
    with pytest.raises(UsageError) as caught:
        load(make_project, override)
    assert str(caught.value) == f"--set {override}: {message}"
    assert caught.value.exit_code == 2


def test_overrides_are_held_to_the_declared_types(make_project: MakeProject) -> None:
    project = make_project(
        stacks={"dev": ""}, project="name: demo\nruntime: python\nconfig:\n  n: {type: integer, default: 1}\n"
    )
    assert load_config(project, "dev", ["n=2"]).texts() == {"demo:n": "2"}
    with pytest.raises(
        SettingsError, match=r"^Stack 'dev' with configuration key 'n' must be of type 'integer', found 'x'"
    ):
        load_config(project, "dev", ["n=x"])


def test_a_key_that_the_project_declares_can_be_set_where_the_stack_has_none(make_project: MakeProject) -> None:
    project = make_project(project="name: demo\nruntime: python\nconfig:\n  size: {type: integer}\n")
    assert load_config(project, "dev", ["size=3"]).texts() == {"demo:size": "3"}
    with pytest.raises(SettingsError, match="must be of type 'integer', found 'big'"):
        load_config(project, "dev", ["size=big"])


def test_a_stack_without_a_file_takes_any_key(make_project: MakeProject) -> None:
    project = make_project()
    (project.root / "Pulumi.dev.yaml").unlink()
    config = load_config(project, "dev", ["worker.batchSize=3", "aws:region=eu-west-1", "size=4"])
    assert config.texts() == {"demo:worker": '{"batchSize":3}', "aws:region": "eu-west-1", "demo:size": "4"}


def test_spaces_around_the_equals_sign_say_nothing(make_project: MakeProject) -> None:
    assert load(make_project, " size = 7 ").texts()["demo:size"] == "7"
    with pytest.raises(UsageError, match=r"^--set path=5: the config of stack 'dev' has no 'path'"):
        load(make_project, "path = 5")
