"""The same options mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from delivery_lab.cli.main import COMMANDS, app
from tests.cli.conftest import Lab, Said

EVERYWHERE = {"--verbose", "--debug", "--no-cache", "--program-timeout", "--help"}
SIMULATING = {"--set", "--workload", "--body", "--seed", "--assume", "--answers", "--project", "--json"}
EXPECTED = {
    "list": {"--project", "--json"},
    "run": SIMULATING
    | {
        "--faults",
        "--state",
        "--all",
        "--alternatives",
        "--readings",
        "--logs",
        "--message",
        "--per-message",
        "--trace",
        "--expect",
        "--prices",
        "--profile",
        "--format",
        "--on",
        "--speed",
        "--for",
        "--yes",
        "--dry-run",
    },
    "diff": SIMULATING
    | {"--faults", "--state", "--unchanged", "--expect", "--fail-on", "--seeds", "--prices"}
    | {"--format", "--quiet-if-same"},
    "explore": SIMULATING
    | {"--faults", "--expect", "--seeds", "--cluster", "--processes", "--write", "--shrink", "--format"},
    "replay": {"--project", "--json"},
    "report": SIMULATING - {"--json"}
    | {"--all", "--output", "--seeds", "--expect", "--faults", "--prices", "--state"}
    | {"--compare", "--quantify"},
    "cost": {"--set", "--assume", "--free-tier", "--prices", "--state", "--project", "--json"},
    "explain": {"--json"},
    "doctor": {"--json"},
    "init": {"--to", "--force", "--set", "--project", "--answers"},
    "check": SIMULATING | {"--state", "--quantify", "--fail-on", "--format", "--checks", "--account-concurrency"},
    "redrive": SIMULATING | {"--fix", "--queue", "--rate"},
    "calibrate": SIMULATING - {"--answers"}
    | {"--on", "--seeds", "--speed", "--for", "--write", "--state", "--yes", "--own-mappings"},
    "schema": {"--project"},
}

# The application as click sees it.
GROUP: Any = typer.main.get_command(app)


def _options(command: str) -> dict[str, Any]:
    parameters = GROUP.commands[command].get_params(typer.Context(GROUP.commands[command]))
    return {parameter.opts[0]: parameter for parameter in parameters if parameter.param_type_name == "option"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_the_options_that_make_sense_for_it(command: str) -> None:
    assert set(_options(command)) == EXPECTED[command] | EVERYWHERE


@pytest.mark.parametrize("option", sorted(SIMULATING | EVERYWHERE))
def test_an_option_is_the_same_wherever_it_is(option: str) -> None:
    found = {
        command: (
            given.opts,
            given.help,
            given.metavar,
            given.default,
            given.multiple,
            given.is_flag,
            given.hidden,
            str(given.type_descriptor.annotation),
        )
        for command in COMMANDS
        if (given := _options(command).get(option)) is not None
    }

    assert len(found) > 1
    assert len(set(map(str, found.values()))) == 1, found


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_whose_variable_is_not_set_is_not_taken_for_left_out_nor_for_this_folder(
    lab: Lab, command: str
) -> None:
    for name, option in _options(command).items():
        if not option.is_flag:
            metavar = option.metavar or "VALUE"

            assert lab(command, name, *[""] * option.nargs) == Said(
                2, "", f"error: {name} is empty: write {name} {metavar}, or leave it out\n"
            )


def test_an_option_is_empty_too_where_nothing_follows_the_equals_sign(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--project=")

    assert said == Said(2, "", "error: --project is empty: write --project DIR, or leave it out\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("replay", ""), "FILE"),
        (("run", ""), "STACK"),
        (("run", "batch-partial", ""), "STACK"),
        (("explain", ""), "RULE"),
    ],
)
def test_an_empty_argument_is_not_taken_for_this_folder(lab: Lab, words: tuple[str, ...], named: str) -> None:
    assert lab(*words) == Said(2, "", f"error: {named} is empty: name one\n")


def test_help_is_given_beside_an_empty_option(lab: Lab) -> None:
    assert lab("run", "--workload=", "--help").code == 0


_OF_PATHS = [
    ("run", "batch-partial", "--workload"),
    ("run", "batch-partial", "--answers"),
    ("run", "batch-partial", "--faults"),
    ("run", "batch-partial", "--state"),
    ("run", "batch-partial", "--trace"),
    ("cost", "batch-partial", "--prices"),
    ("report", "batch-partial", "--output"),
    ("init", "batch-partial", "--to"),
    ("list", "--project"),
    ("replay",),
]


@pytest.mark.parametrize("words", _OF_PATHS, ids=lambda words: words[-1])
def test_what_is_no_path_of_a_file_is_refused_with_its_option(lab: Lab, words: tuple[str, ...], tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    named = "FILE" if words == ("replay",) else words[-1]
    for value, shown, why in (
        ("x" * 5_000, repr("x" * 60 + "..."), "File name too long"),
        (str(circle), repr(str(circle)), "Too many levels of symbolic links"),
        ("a\0b", repr("a\0b"), "it holds a character NUL"),
    ):
        shown = shown if len(value) <= 60 or value[0] == "x" else repr(value[:60] + "...")
        assert lab(*words, value) == Said(2, "", f"error: {named}: {shown} is no path of a file: {why}\n")


def test_an_option_of_spaces_alone_is_empty(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--workload", "  ")

    assert said == Said(2, "", "error: --workload is empty: write --workload FILE, or leave it out\n")
