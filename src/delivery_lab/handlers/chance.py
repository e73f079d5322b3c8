"""Randomness of handlers: `random`, `os.urandom`, `uuid` and `secrets` repeat with the seed.

Each environment draws from its own generator, made from the run's seed, the function and the number of the
environment. Not covered: generators of other packages (numpy), and the order of sets of strings, which Python
itself shuffles per process unless PYTHONHASHSEED is set: the command sees to that (`cli.__main__`), a library cannot.
"""

from __future__ import annotations

import os
import random
import uuid
import zlib
from typing import Any

from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.patches import Patches

_real_urandom = os.urandom
_real_getnode = uuid.getnode
_RealRandom = random.Random

_MODULE_FUNCTIONS = tuple(
    name for name, value in vars(random).items() if isinstance(getattr(value, "__self__", None), _RealRandom)
)


def urandom(size: int, /) -> bytes:
    """As `os.urandom`; inside a handler the bytes come from the environment's generator."""
    fiber = current()
    return _real_urandom(size) if fiber is None else fiber.environment.entropy.randbytes(size)


def getnode() -> int:
    """As `uuid.getnode`, on which `uuid1` builds; a handler gets a made-up address and not that of the machine."""
    fiber = current()
    if fiber is None:
        return _real_getnode()
    environment = fiber.environment
    if environment.importing is not None:
        environment.importing.note("asks for the address of its network card while it is imported")
    multicast = 1 << 40  # as RFC 4122 wants it of an address that is no hardware's
    return multicast | zlib.crc32(f"{environment.function.name}/{environment.number}".encode())


class Random(_RealRandom):
    """`random.Random` whose default seed, inside a handler, comes from the environment's generator."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        """As `random.Random.seed`."""
        fiber = current()
        if a is None and fiber is not None:
            a = fiber.environment.entropy.getrandbits(256)
        super().seed(a, version)


def module_functions(seed: int) -> dict[str, Any]:
    """`random.random`, `random.choice` and all the others, bound to a generator of their own."""
    generator = Random(seed)
    return {"_inst": generator} | {name: getattr(generator, name) for name in _MODULE_FUNCTIONS}


def install(patches: Patches) -> dict[int, Any]:
    """Put the sources of entropy in place.

    Returns:
        The replaced functions by the `id` of the real one.
    """
    patches.set(os, "urandom", urandom)
    patches.set(random, "_urandom", urandom)
    patches.set(random, "Random", Random)
    patches.set(uuid, "getnode", getnode)
    return {id(_real_urandom): urandom, id(_RealRandom): Random, id(_real_getnode): getnode}
