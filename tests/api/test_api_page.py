"""docs/api.md: each name of the package has its heading there and the other way round, and its examples run."""

from __future__ import annotations

import re
from typing import Any

import pytest

import delivery_lab as dl
from tests.lab_support import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_name_has_a_heading_and_every_heading_a_name() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(dl.__all__)


def test_the_examples_run_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"example {number + 1} of docs/api.md", "exec"), names)

    tests = {name: found for name, found in names.items() if name.startswith("test_")}
    assert list(tests) == ["test_nothing_is_lost", "test_work_is_done_once", "test_no_error_is_open"]
    for test in tests.values():
        test(*[dl.Lab.open(".") for name in test.__annotations__ if name == "delivery_lab"])
    out = capsys.readouterr().out
    assert "25 " in out
    assert "error CHK-VT-1 " in out
    assert "0 3\n" in out
    assert "delivery-lab run batch-partial --workload FILE --set batch.worker.batchSize=5" in out


PARTS = [
    *(dl.Workload, dl.Send, dl.HttpRequest, dl.Fault, dl.TopicSettings, dl.Answer, dl.FunctionSettings, dl.Fails),
    *(dl.WorkMark, dl.PoisonText, dl.AccountSettings, dl.External),
]


@pytest.mark.parametrize("model", PARTS)
def test_every_field_of_a_workload_is_named(model: type[dl.Workload]) -> None:
    heading = f"### `{model.__name__}`\n"
    section = PAGE[PAGE.index(heading) + len(heading) :].partition("\n#")[0]
    assert [name for name in model.model_fields if f"`{name}" not in section] == []
