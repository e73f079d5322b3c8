"""What a worker of a cluster gets of a project."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery_lab.explore.workers import Opening

OpeningIn = Callable[[Path], Opening]
"""From the folder where a worker has unpacked the project to what makes it ready; picklable."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """What a worker gets.

    Attributes:
        archive: the project's files, a tar file.
        opening_in: makes a process ready that has them.
        versions: tells the versions that count, by name, on whichever machine it is called.
    """

    archive: bytes
    opening_in: OpeningIn
    versions: Callable[[], Mapping[str, str]]

    @property
    def hash(self) -> str:
        """SHA-256 of the archive, in hexadecimal digits."""
        return hashlib.sha256(self.archive).hexdigest()
