"""What a reader does with each input of a resource, at every depth: follows it, ignores it, or refuses it.

Paths are Pulumi's names with dots between them; the entries of a list share the path of the list. `block.*` stands for
everything below a block. A block is looked into where something below it is listed; an input on no list is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import Resource

EVERYWHERE = frozenset({"name", "namePrefix", "region", "tags.*", "tagsAll.*", "description"})
"""Inputs that many types have and that change nothing for anybody."""


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that is refused.

    Attributes:
        nearest: what there is instead.
        when: whether a value is refused; harmless values (false, the default) pass.
    """

    nearest: str
    when: Callable[[Any], bool] = bool


_NOT_LISTED = Refusal("leave it out", _always)


@dataclass(frozen=True, slots=True)
class Support:
    """What is known of the inputs of one type.

    Attributes:
        modelled: inputs that are followed.
        harmless: inputs that change nothing for the reader.
        refused: inputs that would change something, with what to use instead.
    """

    modelled: frozenset[str]
    harmless: frozenset[str] = frozenset()
    refused: Mapping[str, Refusal] = field(default_factory=dict)

    def refusal_of(self, path: tuple[str, ...]) -> Refusal | None:
        """The refusal of an input, None where it is followed or ignored."""
        if self.is_listed(path) or self.is_block(path):
            return None
        return self.refused.get(".".join(path), _NOT_LISTED)

    def is_listed(self, path: tuple[str, ...]) -> bool:
        """Whether an input, or everything below a block around it, is followed or ignored."""
        known = self.modelled | self.harmless | EVERYWHERE
        return ".".join(path) in known or any(
            f"{'.'.join(path[:length])}.*" in known for length in range(1, len(path) + 1)
        )

    def is_block(self, path: tuple[str, ...]) -> bool:
        """Whether something below an input is listed, so that it is looked into."""
        below = ".".join(path) + "."
        return any(each.startswith(below) for each in (*self.modelled, *self.harmless, *self.refused))


def refused_inputs(resource: Resource, support: Support) -> Iterator[str]:
    """What is refused of a resource, a line each: which value, and what is nearest.

    Args:
        resource: the resource.
        support: what is known of its type.
    """
    for path, value in _leaves(resource.inputs, (), support):
        refusal = support.refusal_of(path)
        if refusal is not None and refusal.when(value):
            shown = SECRET if path[0] in resource.secret_inputs else repr(value)
            yield f"{resource.name}: {'.'.join(path)} = {shown}; nearest: {refusal.nearest}"


def _leaves(
    block: Mapping[str, Any], above: tuple[str, ...], support: Support
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The inputs of a block, and of the blocks in it that are looked into."""
    for name, value in block.items():
        path = (*above, name)
        if value is None:
            continue
        entries = value if isinstance(value, list | tuple) else [value]
        blocks = [entry for entry in entries if isinstance(entry, Mapping)]
        if blocks and support.is_block(path):
            for entry in blocks:
                yield from _leaves(entry, path, support)
        else:
            yield path, value
