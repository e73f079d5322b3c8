"""Every variant with Pulumi's engine: preview, up, up again, what the next variant would change, destroy."""

from __future__ import annotations

import itertools
import os
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
import yaml

from delivery_lab import Lab
from delivery_lab.compare.comparison import Change, _resource_changes
from delivery_lab.program.graph import UNKNOWN
from tests.lab_support import ROOT
from tests.pulumi_cli.support import VARIANTS, Project, Step

pytestmark = pytest.mark.engine


def _families() -> dict[str, list[str]]:
    """Variants by the sections that they have: within one, settings differ and the program is the same."""
    families: dict[str, list[str]] = defaultdict(list)
    for variant in VARIANTS:
        config = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{variant}.yaml").read_text())["config"]
        families[" ".join(sorted(key for key in config if key.startswith("delivery-lab:")))].append(variant)
    return families


def _neighbours() -> dict[str, str]:
    """By variant: the next one of its family, and after the last one the first."""
    pairs: dict[str, str] = {}
    for family in _families().values():
        pairs |= dict(itertools.pairwise([*family, family[0]]))
    return pairs


NEIGHBOURS = _neighbours()
QUICK = os.environ.get("LAB_ENGINE") == "quick"
"""Leaves out the previews and the comparisons, so that CI has the time to deploy every variant."""


def test_every_variant_has_a_neighbour_or_is_alone_in_its_family() -> None:
    assert sorted(NEIGHBOURS) == VARIANTS


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_previewed_deployed_unchanged_compared_and_destroyed(project: Project, variant: str) -> None:
    project.use_emulator(variant)
    project.run("stack", "init", variant)
    if not QUICK:
        assert {step.op for step in project.steps()} == {"create"}

    project.up()
    project.up("--expect-no-changes")
    if not QUICK:
        assert list(_deployed_otherwise(project, variant)) == []
        _compare_with_its_neighbour(project, variant)

    project.destroy()


def _compare_with_its_neighbour(project: Project, variant: str) -> None:
    neighbour = NEIGHBOURS[variant]
    if neighbour != variant:
        project.configure(variant, project.emulator.configuration(), base=neighbour)
        steps = project.steps()
        assert _previewed(steps) == _without_following(_told(variant, neighbour), steps)


def _deployed_otherwise(project: Project, variant: str) -> Iterator[Change]:
    """What `delivery-lab diff --state` says of the exported stack and the program that it was deployed by."""
    file = project.folder.parent / "deployed.json"
    project.run("stack", "export", "--file", str(file))
    state, program = Lab.of_state(file, ROOT), Lab.open(ROOT)
    resource = ""
    for change in _resource_changes(state.graph(variant), program.graph(variant)):
        is_input = change.what.startswith(" ")
        resource = resource if is_input else change.what
        # What the layer holds is built, or not, in each folder; some ids are known only to those who deploy.
        untold = change.after == repr(UNKNOWN) if is_input else change.sign not in ("+", "-")
        if not untold and not resource.endswith(" shared-layer"):
            yield change


def _previewed(steps: list[Step]) -> dict[str, object]:
    """Changes of a preview: names of changed inputs by resource, or what happens to all of it."""
    changes: dict[str, object] = {}
    for step in steps:
        if step.op in ("create-replacement", "delete-replaced"):
            continue
        what = f"{step.type} {step.name}"
        changes[what] = set(step.changed) if step.op in ("update", "replace") else step.op
    return _without_following(changes, steps)


def _without_following(changes: dict[str, object], steps: list[Step]) -> dict[str, object]:
    """Changes without what only follows from others: the ARN of a queue that is replaced, in all that names it."""
    following = {f"{step.type} {step.name}": step.following for step in steps}
    known = {
        what: how - following.get(what, frozenset()) if isinstance(how, set) else how for what, how in changes.items()
    }
    return {what: how for what, how in known.items() if how}


def _told(before: str, after: str) -> dict[str, object]:
    """The same of `delivery-lab diff`, without its runs, and without the inputs that it says an update leaves."""
    lab = Lab.open(ROOT)
    signs = {"+": "create", "-": "delete"}
    told: dict[str, object] = {}
    inputs: set[str] = set()
    for change in _resource_changes(lab.graph(before), lab.graph(after)):
        if change.kept:
            continue
        if change.what.startswith(" "):
            inputs.add(re.split(r"[.\[]", change.what.strip())[0])
        else:
            inputs = set()
            told[change.what] = signs.get(change.sign, inputs)
    return told
