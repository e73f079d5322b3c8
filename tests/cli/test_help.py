"""`--help` at any width: no summary is cut."""

from __future__ import annotations

import pytest

from delivery_lab.cli.main import COMMANDS
from tests.cli.conftest import Lab

ROOT_HELP = {
    80: """\
Usage: delivery-lab [OPTIONS] COMMAND [ARGS]...

  Tells what an AWS Lambda queue configuration will do to its messages, before
  it is deployed.

Options:
  --version             Print the versions and exit.
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  --help                Show this message and exit.

Commands:
  list       List the variants and what each is about.
  run        Run variants and say what becomes of the messages.
  diff       Compare two variants or two revisions: settings, resources, and
             behaviour under the same workload (that of A).
  explain    Print a rule of behaviour, its source and its status; or what a
             check looks for.
  check      Find what is dangerous in stacks, and say why and what to set
             instead.
  explore    Run a variant with many seeds, and say how often what happens.
  replay     Run a failure again that `explore` has written down, and show
             what happens to the message that matters.
  redrive    Run a variant, then move its dead-letter queue back and say what
             becomes of those messages.
  calibrate  Put simulations with many seeds beside a run in a real place.
  cost       Say what a month costs in which nothing is sent; `run` says what
             a workload costs.
  report     Show runs in one HTML file: conclusion, figures, the picture of
             the run, the life of each message.
  schema     Print the JSON Schema of workloads, of the stack files of a
             project, or of `delivery-lab.yaml`.
  init       Write a first workload of a stack: one message for each source.
  doctor     Say which versions are here, and what is missing for what.
""",
    60: """\
Usage: delivery-lab [OPTIONS] COMMAND [ARGS]...

  Tells what an AWS Lambda queue configuration will do to
  its messages, before it is deployed.

Options:
  --version             Print the versions and exit.
  --install-completion  Install completion for the current
                        shell.
  --show-completion     Show completion for the current
                        shell, to copy it or customize the
                        installation.
  --help                Show this message and exit.

Commands:
  list       List the variants and what each is about.
  run        Run variants and say what becomes of the
             messages.
  diff       Compare two variants or two revisions:
             settings, resources, and behaviour under the
             same workload (that of A).
  explain    Print a rule of behaviour, its source and its
             status; or what a check looks for.
  check      Find what is dangerous in stacks, and say why
             and what to set instead.
  explore    Run a variant with many seeds, and say how
             often what happens.
  replay     Run a failure again that `explore` has
             written down, and show what happens to the
             message that matters.
  redrive    Run a variant, then move its dead-letter
             queue back and say what becomes of those
             messages.
  calibrate  Put simulations with many seeds beside a run
             in a real place.
  cost       Say what a month costs in which nothing is
             sent; `run` says what a workload costs.
  report     Show runs in one HTML file: conclusion,
             figures, the picture of the run, the life of
             each message.
  schema     Print the JSON Schema of workloads, of the
             stack files of a project, or of `delivery-
             lab.yaml`.
  init       Write a first workload of a stack: one
             message for each source.
  doctor     Say which versions are here, and what is
             missing for what.
""",
}


@pytest.mark.parametrize("width", ROOT_HELP)
def test_the_summary_of_every_command_is_whole(lab: Lab, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    assert lab("--help").out == ROOT_HELP[width]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_help_of_a_command_is_not_cut(lab: Lab, monkeypatch: pytest.MonkeyPatch, command: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    wide = lab(command, "--help").out
    monkeypatch.setenv("COLUMNS", str(width))
    shown = lab(command, "--help").out

    assert "".join(shown.split()) == "".join(wide.split())
    assert max(map(len, shown.splitlines())) <= width
