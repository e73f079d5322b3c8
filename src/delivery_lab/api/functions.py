"""One call, one answer: what a test or a script asks of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.api.inputs import Assumed, Fields, Overrides
from delivery_lab.api.lab import Lab

if TYPE_CHECKING:
    from delivery_lab.api.difference import Difference
    from delivery_lab.checks.finding import Finding
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.simulation.workload import Workload


def simulate(
    project: str | Path,
    *,
    stack: str,
    workload: Workload | str | Path | None = None,
    overrides: Overrides | None = None,
    body: Fields | None = None,
    seed: int | None = None,
    assume: Assumed | None = None,
    expect: Sequence[str] | None = None,
) -> Outcome:
    """Run a stack of a project in virtual time, and count what becomes of the messages.

    Args:
        project: folder of the Pulumi project.
        stack: name of the stack.
        workload: what to send: a `Workload`, or a file, relative to the current folder or else to the project's. By
            default the one in the project's folder `workloads` that names the stack.
        overrides: settings to change, such as `{"batch.worker.batchSize": 1}`.
        body: fields of the workload's bodies to set, such as `{"count": 25}`.
        seed: decides everything that is left to chance; the same seed gives the same outcome.
        assume: rules to assume otherwise than the model does, such as `{"SQS-STALE-2": "keep"}`.
        expect: what has to hold besides what the workload expects, such as `["messages.lost == 0"]`; whether it does
            stands in the outcome's `expectations`.

    Raises:
        LabError: it cannot be run; the message says what is wrong, where, and how to fix it.
    """
    return Lab.open(project).simulate(
        stack, workload=workload, overrides=overrides, body=body, seed=seed, assume=assume, expect=expect
    )


def check(
    project: str | Path,
    *,
    stack: str,
    overrides: Overrides | None = None,
    checks: str | Path | None = None,
) -> tuple[Finding, ...]:
    """What is dangerous in a stack of a project, why, and what to set instead.

    Args:
        project: folder of the Pulumi project.
        stack: name of the stack.
        overrides: settings to change.
        checks: a Python file with checks of your own, which run too.

    Returns:
        The findings, the worst first; `accepted` holds the reason where the stack accepts one.

    Raises:
        LabError: the program cannot be evaluated, or the file of checks cannot be used.
    """
    return Lab.open(project).check(stack, overrides, checks=checks)


def diff(
    project: str | Path,
    before: str,
    after: str,
    *,
    workload: Workload | str | Path | None = None,
    overrides: Overrides | None = None,
    body: Fields | None = None,
    seed: int | None = None,
    assume: Assumed | None = None,
    expect: Sequence[str] | None = None,
) -> Difference:
    """Compare two stacks of a project: settings, resources, and behaviour under the same workload.

    Args:
        project: folder of the Pulumi project.
        before: the stack to start from; its workload is the default.
        after: the stack to compare it with.
        workload: as for `simulate`.
        overrides: settings to change in both.
        body: as for `simulate`.
        seed: as for `simulate`.
        assume: as for `simulate`.
        expect: as for `simulate`, of both; `worse` of the answer says what no longer holds.

    Raises:
        LabError: one of them cannot be run.
    """
    return Lab.open(project).diff(
        before, after, workload=workload, overrides=overrides, body=body, seed=seed, assume=assume, expect=expect
    )
