"""What a result rests on: how sure it is that work was done, from the surest to the least sure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

ProcessedBy = Literal["contract", "effect", "response", "invoke"]
"""Why a message counts as processed: the function said so in the log contract; what it did was seen; its response
named other messages as failed, or none; its invoke succeeded, and nothing more is known."""

EffectsBy = Literal["contract", "effect", "none"]
"""How effects were counted: from the log contract; from what was seen of them; not at all."""

_PROCESSED: tuple[ProcessedBy, ...] = ("contract", "effect", "response", "invoke")
_EFFECTS: tuple[EffectsBy, ...] = ("contract", "effect", "none")


def stronger(one: ProcessedBy | None, other: ProcessedBy) -> ProcessedBy:
    """The surer of two."""
    return other if one is None else min(one, other, key=_PROCESSED.index)


def weakest(found: Iterable[ProcessedBy | None]) -> ProcessedBy | None:
    """The least sure of some; None where there is none."""
    return max((one for one in found if one is not None), key=_PROCESSED.index, default=None)


def weakest_effects(found: Iterable[EffectsBy | None]) -> EffectsBy | None:
    """The least sure of some; None where there is none."""
    return max((one for one in found if one is not None), key=_EFFECTS.index, default=None)


@dataclass(slots=True)
class FunctionEvidence:
    """What is known of the work of one function that got messages.

    Attributes:
        effects: how its effects were counted.
        poison_succeeded: ids of poison messages whose invoke succeeded and whose response did not name them.
        errors_swallowed: errors with a traceback in the log of invokes that succeeded, in futures whose result was
            not asked for, in answers with a status of 400 or above, or in changes that were asked for and never made.
        never_looked_at: ids of messages that it was given and whose content it never read, however often it had them.
    """

    effects: EffectsBy
    poison_succeeded: set[str] = field(default_factory=set)
    errors_swallowed: int = 0
    never_looked_at: set[str] = field(default_factory=set)
