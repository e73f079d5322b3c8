"""The shape of a JSON value, as far as the code that reads it tells."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final


class _Nothing:
    """Stands where no value is known."""


NOTHING: Final = _Nothing()


@dataclass(slots=True, eq=False)
class MessageShape:
    """What is known of one value; reading a part of it makes the part.

    Attributes:
        fields: its members by key, in the order of their first use.
        element: its elements, where it is a list.
        inner: what it holds, where it is JSON text.
        value: a value that it may have, NOTHING where none is known.
        needed: whether code fails, or may, where the member is left out.
        flag: whether it makes the handler fail where it is set.
    """

    fields: dict[str, MessageShape] = field(default_factory=dict)
    element: MessageShape | None = None
    inner: MessageShape | None = None
    value: Any = NOTHING
    needed: bool = True
    flag: bool = False

    def at(self, key: str, *, needed: bool = True) -> MessageShape:
        """Its member of a key."""
        held = self.fields.get(key)
        if held is None:
            held = self.fields[key] = MessageShape(needed=needed)
        held.needed = held.needed or needed
        return held

    def each(self) -> MessageShape:
        """Its elements."""
        if self.element is None:
            self.element = MessageShape()
        return self.element

    def parsed(self) -> MessageShape:
        """What its text holds as JSON."""
        if self.inner is None:
            self.inner = MessageShape()
        return self.inner

    def may_be(self, value: Any) -> None:
        """Note a value that it may have; the first one counts."""
        if isinstance(self.value, _Nothing):
            self.value = value

    def converts(self, value: Any) -> None:
        """Note a value of the kind that code converts it from; without one of its own it cannot be left out."""
        if isinstance(self.value, _Nothing):
            self.value, self.needed = value, True

    @property
    def is_read(self) -> bool:
        """Whether code reads anything of it."""
        return bool(self.fields) or self.element is not None or self.inner is not None or self.value is not NOTHING

    def sample(self, name: str) -> Any:
        """A value of this shape; texts have `{n}`, the number of the repetition.

        Args:
            name: what a text without a known value begins with.
        """
        if self.inner is not None:
            return json.dumps(self.inner.sample(name), ensure_ascii=False)
        if self.fields:
            sound = {key: part for key, part in self.fields.items() if not part.flag}
            wanted = {key: part for key, part in sound.items() if part.needed} or sound
            held = self.value if isinstance(self.value, dict) else {}
            return {**held, **{key: part.sample(key) for key, part in wanted.items()}}
        if self.element is not None:
            return [self.element.sample(name.removesuffix("s") or name)]
        return f"{name}-{{n}}" if isinstance(self.value, _Nothing) else self.value
