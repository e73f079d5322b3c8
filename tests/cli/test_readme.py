"""Every command in README.md, run; what is not run is named here, with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.api import simulated
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.reporting import Chapter, reported
from delivery_lab.api.simulated import Simulation
from delivery_lab.checks import registry
from delivery_lab.cli import stacks
from delivery_lab.cli.console import Console
from delivery_lab.report.page import page
from tests.cli.conftest import QUICK_EVENTS
from tests.cli.conftest import Lab as Command
from tests.cli.shown import Shown, commands_of, missing
from tests.lab_support import FOREIGN, ROOT

README = ROOT / "README.md"
NOT_RUN = {
    "make test": "runs this test",
    "make layer": "downloads packages",
    "pip install": "tests of the wheel install it",
    "delivery-lab --install-completion": "changes the settings of the shell",
    "pulumi login": "needs the Pulumi CLI",
    "pulumi stack init": "needs the Pulumi CLI",
    "pulumi up": "needs the Pulumi CLI and an account",
    "pulumi destroy": "needs the Pulumi CLI and an account",
    "curl": "calls what was deployed",
}
INSTEAD = {
    "make lab": ["delivery-lab", "run", "--all"],
    # A clone of one commit has no branch, and to look at all stacks in both revisions takes half a minute.
    "delivery-lab diff main..HEAD": ["delivery-lab", "diff", "HEAD..HEAD", "batch-partial"],
    # `.ci/run` checks all stacks; here the command is tried.
    "delivery-lab check --format sarif": [
        *("delivery-lab", "check", "batch-partial", "batch-single", "--format", "sarif", "--fail-on", "warning"),
    ],
    # Fewer seeds say the same of these variants.
    "delivery-lab diff visibility-short visibility-safe --seeds 50": [
        *("delivery-lab", "diff", "visibility-short", "visibility-safe", "--seeds", "12", "--fail-on", "worse"),
    ],
    "delivery-lab explore visibility-safe --seeds 100": [
        *("delivery-lab", "explore", "visibility-safe", "--seeds", "10", "--expect", "effects.duplicated == 0"),
    ],
}
COMMANDS = commands_of(README)


def _is(command: Shown, prefix: str) -> bool:
    return command.text.startswith(prefix)


def _not_run(command: Shown) -> bool:
    return any(_is(command, prefix) for prefix in NOT_RUN)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project of README's reader, `~/shop`, with the workload that README shows in `jobs.yaml`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "shop"
    shutil.copytree(FOREIGN, folder)
    (folder / "Pulumi.prod.yaml").rename(folder / "Pulumi.production.yaml")
    program = folder / "__main__.py"
    program.write_text(program.read_text(encoding="utf-8").replace('"jobs",', '"orders",'), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    workload = text[text.index("    send:\n") :].partition("\n\n")[0]
    (folder / "jobs.yaml").write_text(workload, encoding="utf-8")


REPORT_BYTES = 3_000_000
"""So large a report of all variants may be."""

_ran: dict[tuple[Path, str, str], stacks.Ran] = {}
_chapters: dict[str, Chapter] = {}


@pytest.fixture(autouse=True)
def _each_variant_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make lab`, `run --all --json` and `run 'sync-*'` are the same runs, shown in other ways."""
    run_of_many = stacks.run_of_many

    def once(console: Console, lab: Lab, options: RunOptions, stack: str) -> stacks.Ran:
        key = (lab.project.root, stack, repr(options))
        if key not in _ran:
            with pytest.MonkeyPatch.context() as patch:
                simulations = _noted_runs(patch)
                _ran[key] = run_of_many(console, lab, options, stack)
                if lab.project.root == ROOT and not any(options.values()):
                    _chapters[stack] = _chapter_of(lab, stack, simulations[0], patch)
        return _ran[key]

    monkeypatch.setattr(stacks, "run_of_many", once)


def _noted_runs(patch: pytest.MonkeyPatch) -> list[Simulation]:
    found: list[Simulation] = []
    run = Lab.run

    def noted(lab: Lab, stack: str, **options: Any) -> Simulation:
        found.append(run(lab, stack, **options))
        return found[-1]

    patch.setattr(Lab, "run", noted)
    return found


def _chapter_of(lab: Lab, stack: str, simulation: Simulation, patch: pytest.MonkeyPatch) -> Chapter:
    """The part of a report that shows a run which was made. cfn-lint finds nothing in our stacks, as its tests say."""
    patch.setattr(Lab, "run", lambda *_, **__: simulation)
    patch.setattr(registry, "_of_values", lambda *_: ())
    return reported(lab, stack, {}, quantify=False, alternatives=False)


@pytest.mark.parametrize("prefix", [*NOT_RUN, *INSTEAD])
def test_what_is_not_run_as_it_stands_is_in_the_readme(prefix: str) -> None:
    assert any(_is(command, prefix) for command in COMMANDS)


def test_make_lab_is_the_command_that_is_run_instead() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile[makefile.index("\nlab:") :].splitlines()[2]

    assert recipe.split()[-len(INSTEAD["make lab"]) + 1 :] == INSTEAD["make lab"][1:]
    assert "delivery-lab" in recipe


def _words(command: Shown) -> list[str]:
    return next((words for prefix, words in INSTEAD.items() if _is(command, prefix)), command.words)


def _tests() -> list[list[Shown]]:
    """What is run in one test each: commands that run our variants as they are go together, so that one process has
    their runs."""
    found = [command for command in COMMANDS if not _not_run(command)]
    same = [command for command in found if _words(command)[1:] in (["run", "--all"], ["run", "--all", "--json"])]
    same += [command for command in found if _words(command)[1:] == ["run", "sync-*"]]
    assert len(same) == 3
    return [same, *([command] for command in found if command not in same)]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("commands", _tests(), ids=lambda commands: commands[0].text)
def test_a_command_does_what_the_readme_says(
    lab: Command, commands: list[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in commands:
        words = _words(command)
        assert words[0] == "delivery-lab"

        with monkeypatch.context() as patch:
            if command.tells_alternatives:
                patch.setattr(simulated, "QUICK_EVENTS", QUICK_EVENTS)
            said = lab(*(str(Path(word).expanduser()) if word.startswith("~") else word for word in words[1:]))

        assert said.code == 0, said.err
        assert said.out or "wrote " in said.err  # a command that writes a file says so beside the data
        assert missing(command.lines, said.out) == []
        if words == INSTEAD["make lab"]:
            assert_report_of_all_is_small(Lab.open(ROOT).stack_names())


def assert_report_of_all_is_small(names: Sequence[str]) -> None:
    """A report of the runs that `make lab` has made, with 500 bytes a variant for what alternatives come to."""
    assert sorted(_chapters) == sorted(names)
    size = len(page([_chapters[name] for name in names], "all").encode())
    assert size + 500 * len(names) < REPORT_BYTES
