"""What described functions draw by chance: for each delivery of a message a generator of its own (SIM-DESCRIBED-1)."""

from __future__ import annotations

from random import Random

from delivery_lab.model.randomness import derived_of


class DeliveryDraws:
    """The generators of one function for one purpose.

    What is drawn depends on the seed, the names, what is delivered and the number of the delivery, and on nothing else.
    Of each delivered thing no more is kept than a number of 64 bits.

    Args:
        seed: the run's seed.
        names: what the draws are named after.
    """

    __slots__ = ("_first", "_further", "_generator", "_names")

    def __init__(self, seed: int, *names: str) -> None:
        self._names = "\x1f".join((str(seed), *names, ""))
        self._first: set[int] = set()
        self._further: dict[int, int] = {}
        self._generator = Random(seed)

    def of(self, key: str) -> tuple[Random, int]:
        """The generator for the next delivery of something, and the number of that delivery, from 1 on.

        The generator is that of the next call too, so that it must not be kept.
        """
        names = f"{self._names}{key}\x1f"
        first = seed = derived_of(names + "1")
        number = 1
        if first in self._first:
            number = self._further[first] = self._further.get(first, 1) + 1
            seed = derived_of(f"{names}{number}")
        else:
            self._first.add(first)
        self._generator.seed(seed)
        return self._generator, number
