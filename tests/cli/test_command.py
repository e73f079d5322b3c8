"""What all commands have in common: `--verbose`, `--debug`, and how errors are said."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from pathlib import Path

import pytest

from delivery_lab import Lab as Project
from delivery_lab.errors import ModelError
from tests.cli.conftest import Lab


def _phases(err: str) -> list[tuple[str, str]]:
    """Which phases of what were told, without their times; what is said about work that takes long is left out."""
    lines = [line for line in err.splitlines() if " ..." not in line]
    told = [re.fullmatch(r"(\S+): (.+) took \d+\.\d\d s", line) for line in lines]
    assert all(told), err
    return [(match[1], match[2]) for match in told if match]


def test_verbose_says_on_standard_error_what_is_done_and_how_long_it_takes(lab: Lab) -> None:
    quiet, verbose = lab("run", "batch-partial"), lab("run", "batch-partial", "-v", "--no-cache")

    assert verbose.out == quiet.out
    assert quiet.err == ""
    assert _phases(verbose.err) == [
        ("delivery-lab", "reading the project"),
        ("batch-partial", "evaluating the program"),
        ("batch-partial", "deploying"),
        ("batch-partial", "simulating"),
        ("batch-partial", "reading results"),
    ]


def test_profile_says_on_standard_error_where_the_time_of_each_run_went(lab: Lab) -> None:
    quiet, one = lab("run", "batch-partial"), lab("run", "batch-partial", "--profile")
    many = lab("run", "batch-partial", "batch-single", "--profile")

    assert one.out == quiet.out
    told = re.compile(
        r"profile: (?P<stack>\S+) took (?P<whole>\S+) s: program (?P<program>\S+) s \(\d+%\), "
        r"handlers (?P<handlers>\S+) s \(\d+%\), model (?P<model>\S+) s \(\d+%\), results (?P<results>\S+) s \(\d+%\)"
    )
    found = [told.fullmatch(line) for line in (*one.err.splitlines(), *many.err.splitlines()) if " ..." not in line]
    assert [match and match["stack"] for match in found] == ["batch-partial", "batch-partial", "batch-single"]
    for match in found:
        assert match is not None
        parts = [float(match[name]) for name in ("program", "handlers", "model", "results")]
        assert sum(parts) == pytest.approx(float(match["whole"]), abs=0.021)
        assert min(parts) >= 0


def test_a_graph_that_an_earlier_command_has_kept_is_read_and_verbose_says_so(lab: Lab) -> None:
    first, second = (lab("run", "batch-partial", "-v") for _ in range(2))

    assert second.out == first.out
    assert _phases(second.err)[1] == ("batch-partial", "reading the cached graph of the program")


def test_verbose_tells_every_stack_of_many(lab: Lab) -> None:
    told = _phases(lab("check", "batch-*", "fifo-*", "--verbose", "--fail-on", "never").err)

    assert [stack for stack, phase in told if phase == "checking"] == [
        "batch-all-or-nothing",
        "batch-manual-delete",
        "batch-partial",
        "batch-single",
        "batch-unreported",
        "fifo-ordered",
        "fifo-unordered",
    ]


@pytest.mark.parametrize("words", [("list",), ("diff", "batch-partial", "batch-single"), ("explain", "SQS-DLQ-1")])
def test_every_command_takes_verbose(lab: Lab, words: tuple[str, ...]) -> None:
    assert lab(*words, "--verbose").code == 0


def test_an_error_is_a_line_and_debug_adds_the_traceback(lab: Lab) -> None:
    plain, debug = lab("run", "nothing"), lab("run", "nothing", "--debug")

    assert plain.err.startswith("error: no stack 'nothing' in ")
    assert "Traceback" not in plain.err
    assert debug.err.startswith("Traceback (most recent call last):\n")
    assert debug.err.endswith(plain.err)
    assert (plain.code, debug.code) == (2, 2)


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("division by zero")


def test_a_bug_of_the_lab_is_one_line_and_a_file_with_the_details(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Project, "run", _broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said = lab("run", "batch-partial", "--body", "a b=1")

    (details,) = tmp_path.glob("delivery-lab-bug-*.txt")
    assert said.code == 1
    assert said.err == (
        f"error: a bug of Delivery Lab itself: ZeroDivisionError: division by zero; details: {details}\n"
    )
    assert details.read_text().startswith("command: delivery-lab run batch-partial --body 'a b=1'\n")
    assert "in _broken\n" in details.read_text()
    assert "in _broken\n" in lab("run", "batch-partial", "--debug").err


def test_a_bug_is_one_line_also_where_no_file_can_be_written(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Project, "run", _broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))

    assert lab("run", "batch-partial").err == (
        "error: a bug of Delivery Lab itself: ZeroDivisionError: division by zero; "
        "the details could not be written (No such file or directory), --debug prints them\n"
    )


def test_a_broken_invariant_says_the_same(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ModelError("3 of 2 messages are processed")

    monkeypatch.setattr(Project, "run", broken)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    err = lab("run", "batch-partial").err

    (details,) = tmp_path.glob("delivery-lab-bug-*.txt")
    assert err == (
        f"error: a bug of Delivery Lab itself: ModelError: 3 of 2 messages are processed; details: {details}\n"
    )


def test_what_is_wrong_with_every_stack_is_said_once(lab: Lab) -> None:
    said = lab("run", "batch-partial", "batch-single", "--workload", "none.yaml")

    assert said.code == 2
    assert said.err == "error: all 2 stacks: there is no workload file none.yaml\n"


def test_debug_prints_where_the_error_of_one_stack_of_many_comes_from(lab: Lab) -> None:
    words = ("run", "batch-partial", "visibility-safe", "--set", "batch.worker.batchSize=2")
    plain, debug = lab(*words), lab(*words, "--debug")

    assert plain.err.startswith("error: visibility-safe: --set batch.worker.batchSize=2: ")
    assert debug.err.startswith("Traceback (most recent call last):\n")
    assert debug.err.endswith(plain.err)


def test_notes_that_all_stacks_have_are_said_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cfnlint" else found(name))
    said = lab("check", "batch-partial", "fifo-ordered", "--fail-on", "never")

    assert said.err == (
        "note: value ranges of resources are not checked: that needs the extra `check` "
        "(pip install 'delivery-lab[check]')\n"
    )
