from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.simulation.workload_sends import Send

_SEND = "send: [{queue: jobs, body: {id: 1}}]\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("until: abc", "until: has to be 'drained' or a valid number, not 'abc'"),
        ("poison: 5", "poison: has to be a valid string or a mapping, not 5"),
        ("poison: {texts: a}", "poison.text is missing\n{file}:2: poison.texts is no key of a workload"),
        ("functions: {f: {duration: -1}}", "functions.f.duration: has to be greater than or equal to 0, not -1"),
        ("functions: {f: {duration: abc}}", "functions.f.duration: has to be a valid number or a mapping, not 'abc'"),
        (
            "functions: {f: {duration: {uniform: [1, x]}}}",
            "functions.f.duration.uniform.2: has to be a valid number, not 'x'",
        ),
        ("answers: [{http: 5}]", "answers.1.http: has to be a valid string, not 5"),
        ("nope: 5", "nope is no key of a workload"),
    ],
)
def test_a_problem_is_told_by_the_path_in_the_file(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "load.yaml"
    file.write_text(f"{_SEND}{line}\n")
    with pytest.raises(WorkloadError) as refused:
        read_workload(file)
    assert str(refused.value) == f"{file}:2: {message.replace('{file}', str(file))}"


def test_a_workload_in_code_is_told_by_its_fields() -> None:
    with pytest.raises(WorkloadError, match=r"^Workload: until: has to be 'drained' or a valid number, not 'abc'$"):
        Workload(send=[Send(queue="jobs", body={})], until="abc")  # type: ignore[arg-type]


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    file = tmp_path / "load.yaml"
    file.write_text(f"{_SEND}until: {'a' * 500}\n")
    with pytest.raises(WorkloadError) as refused:
        read_workload(file)
    assert str(refused.value).endswith(f"not '{'a' * 199}...")
