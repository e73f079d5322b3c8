"""What must hold in every run, checked over its events and apart from the model.

The checker knows nothing of how the model works: it follows the events, and what was configured comes to it as events,
too. So it finds what the model does wrong, and what a reader of events would take for granted.
"""

from __future__ import annotations

from delivery_lab.results.invariants.checker import INVARIANTS, InvariantReader, violations, violations_of
from delivery_lab.results.invariants.invariant import History, Invariant, Violation

__all__ = ["INVARIANTS", "History", "Invariant", "InvariantReader", "Violation", "violations", "violations_of"]
