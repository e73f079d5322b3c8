"""All planted bugs, by name."""

from __future__ import annotations

from tests.quality.in_handlers import IN_HANDLERS
from tests.quality.in_model import IN_MODEL
from tests.quality.in_settings import IN_SETTINGS
from tests.quality.planted import Planted

BUGS: dict[str, Planted] = {bug.name: bug for bug in (*IN_HANDLERS, *IN_SETTINGS, *IN_MODEL)}

RARE = frozenset({"forgets-what-was-refused"})
"""Bugs that take more seeds than a test may run."""

MISSED: frozenset[str] = frozenset()
"""Bugs that nothing finds; docs/reliability.md says why."""
