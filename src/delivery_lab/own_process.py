"""Whether this process is the command's own, or one that it has started to share the work.

What can never be taken back (`handlers.no_network`) is done in such processes only: a process in which somebody uses
the lab as a library is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnProcess:
    """What a process of the command's tells those that it starts.

    Attributes:
        sockets: where they find the table of `handlers.no_network`, "" for nowhere.
    """

    sockets: str = ""


_claims: list[OwnProcess] = []


def claim(told: OwnProcess | None = None) -> None:
    """This process is the command's own until it ends.

    Args:
        told: what the process that started it has told it.
    """
    _claims[:] = [told or OwnProcess()]


def claimed() -> OwnProcess | None:
    """What this process tells those that it starts; None where it is somebody else's."""
    return _claims[-1] if _claims else None
