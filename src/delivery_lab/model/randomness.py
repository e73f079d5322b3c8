"""One seed, split into named streams.

Each use of chance draws from a stream of its own (`api latency`, `throttle retry`, ...), so a setting that
makes one of them draw more often leaves all others as they were: two variants run with one seed differ by
the setting, not by luck. Seeds are scrambled with SHA-256 first, because generators started from
neighbouring numbers give related sequences.
"""

from __future__ import annotations

import hashlib
import random
import uuid

DEFAULT_SEED = 20260101


def derived(seed: int, *names: str) -> int:
    """A 64-bit number that depends on the seed and the names, and on nothing else."""
    text = "\x1f".join((str(seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class RandomStreams:
    """The random streams of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[tuple[str, ...], random.Random] = {}

    def stream(self, *names: str) -> random.Random:
        """The stream of that name, begun at its first use."""
        found = self._streams.get(names)
        if found is None:
            found = self._streams[names] = random.Random(derived(self.seed, *names))
        return found

    def uuid(self, *names: str) -> str:
        """The next identifier of a stream, in the form of AWS's message and request ids."""
        return str(uuid.UUID(int=self.stream(*names).getrandbits(128), version=4))
