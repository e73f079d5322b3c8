"""Values that know whether they are known, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from delivery_lab.errors import ProgramError
from delivery_lab.program.graph import UNKNOWN, Unknown

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    Attributes:
        urn: URN of the resource.
        resource: its logical name.
        path: names from the input down to the value.
        key: the key of the stack file that decides it, such as `delivery-lab:batch.worker.batchSize`; "" where there is
            none, or it cannot be told.
    """

    urn: str
    resource: str
    path: tuple[str, ...]
    key: str = ""

    @property
    def input(self) -> str:
        """The input as messages name it, such as `scalingConfig.maximumConcurrency`."""
        return ".".join(self.path)

    def __str__(self) -> str:
        return f"{self.resource}.{self.input}"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One value of a resource.

    Attributes:
        value: the value, AWS's default where it is left out, or UNKNOWN.
        origin: where it came from.
        given: whether the program says it, rather than leaving it out.
        problem: why it cannot be read, "" if it can; a value that cannot be read is UNKNOWN.
    """

    value: T | Unknown
    origin: Origin
    given: bool = True
    problem: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the value is known before a deployment."""
        return self.value is not UNKNOWN

    @property
    def known(self) -> T | None:
        """The value, None where it is unknown: for readers that keep silent about what they cannot know."""
        return None if isinstance(self.value, Unknown) else self.value

    def certain(self) -> T:
        """The value: for readers that need it.

        Raises:
            ProgramError: it is known only after deployment, or it cannot be read.
        """
        if isinstance(self.value, Unknown):
            where = f"{self.origin.resource}: {self.origin.input}"
            if self.problem:
                raise ProgramError(f"{where} {self.problem}")
            raise ProgramError(f"{where} is known only after deployment, so it cannot be simulated")
        return self.value
