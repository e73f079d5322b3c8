"""How long the stacks of a project took the last time, so that the longest is begun first.

Where processes share the work, one that begins the longest stack last works on alone when all others are done. Nobody
can tell from a stack how long it takes. What is kept decides on the order in which stacks are begun, and on no result.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from delivery_lab.program.kept_files import cache_folder, keep, read_kept

_KEPT_PROJECTS = 100


def longest_first(project: Path, doing: str, names: Sequence[str]) -> list[str]:
    """Stacks in the order in which they had better be begun; at first those of which nothing is known.

    Args:
        project: folder of the project.
        doing: what is done with them.
        names: the stacks.
    """
    known = _known(_file(project, doing))
    return sorted(names, key=lambda name: -known.get(name, math.inf))


def keep_lengths(project: Path, doing: str, seconds: Mapping[str, float]) -> None:
    """Keep how long stacks took, beside what is known of others.

    Args:
        project: folder of the project.
        doing: what was done with them.
        seconds: processor time, by stack.
    """
    file = _file(project, doing)
    told = {name: round(took, 3) for name, took in {**_known(file), **seconds}.items()}
    keep(file, json.dumps(told).encode(), _KEPT_PROJECTS)


def _file(project: Path, doing: str) -> Path:
    return cache_folder() / "lengths" / hashlib.sha256(repr((str(project), doing)).encode()).hexdigest()


def _known(file: Path) -> dict[str, float]:
    try:
        found = json.loads(read_kept(file) or b"{}")
        return {name: float(took) for name, took in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}  # there is none, or it is none of ours
