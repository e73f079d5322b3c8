"""One seed, split into named streams.

Each use of chance draws from a stream of its own (`api latency`, `throttle retry`, ...), so a setting that
makes one of them draw more often leaves all others as they were: two variants run with one seed differ by
the setting, not by luck. Seeds are scrambled with SHA-256 first, because generators started from
neighbouring numbers give related sequences.
"""

from __future__ import annotations

import hashlib
import random

DEFAULT_SEED = 20260101


def derived(seed: int, *names: str) -> int:
    """A 64-bit number that depends on the seed and the names, and on nothing else."""
    return derived_of("\x1f".join((str(seed), *names)))


def derived_of(text: str) -> int:
    """The 64-bit number of a seed and names that are one text already, with a unit separator between each two."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


_UUID_KEPT = ~((0xF000 << 64) | (0xC000 << 48))
_UUID_SET = (4 << 76) | (0x8000 << 48)


def uuid4_text(bits: int) -> str:
    """The random UUID (version 4) of 128 bits as text, as `uuid.UUID` makes it, in a quarter of its time."""
    digits = f"{bits & _UUID_KEPT | _UUID_SET:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


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
        return uuid4_text(self.stream(*names).getrandbits(128))
