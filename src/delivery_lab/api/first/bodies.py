"""What is sent to a function, by where it comes from: shaped after what its handler reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.api.first.expressions import Findings
from delivery_lab.api.first.reading import read_handler
from delivery_lab.api.first.shape import MessageShape
from delivery_lab.api.first.sources import handler_code
from delivery_lab.stack.functions import Function

_NOTHING_READ = {"id": "message-{n}"}
QUEUE = ("Records", "[]", "body")
KINESIS = ("Records", "[]", "kinesis", "data")
TOPIC = ("Records", "[]", "Sns", "Message")
OBJECT = ("Records", "[]", "s3", "object")
HTTP = ("body",)
DETAIL = ("detail",)


@dataclass(frozen=True, slots=True)
class MessageBodies:
    """What one function reads.

    Attributes:
        found: what its handler's code tells.
    """

    found: Findings

    @classmethod
    def of(cls, function: Function, root: Path) -> MessageBodies:
        """What a function reads; nothing where its code is not Python or not here.

        Args:
            function: the function.
            root: folder of the project, where paths of code start.
        """
        code = handler_code(function, root)
        return cls(Findings() if code is None else read_handler(code))

    def message(self, place: tuple[str, ...], *, wrapped: str = "") -> Any:
        """A message that stands at a place of the event as JSON text.

        Args:
            place: keys from the event to the text; `[]` for the elements of a list.
            wrapped: the member of an envelope around the message, "" without one.
        """
        shape = _at(self.found.event, place)
        inner = None if shape is None else shape.inner
        if inner is not None and wrapped and wrapped in inner.fields:
            inner = inner.fields[wrapped].inner or inner.fields[wrapped]
        return self._sample(inner)

    def event(self) -> Any:
        """The whole event, for a function that is invoked without a source that is known."""
        if self.found.model is not None:
            return self.found.model
        return self._sample(self.found.event if self.found.event.is_read else None)

    def detail(self) -> dict[str, Any]:
        """Members of an event's `detail` that are read."""
        shape = _at(self.found.event, DETAIL)
        held = shape.sample("detail") if shape is not None and shape.fields else {}
        return held if isinstance(held, dict) else {}

    def parameters(self, name: str) -> dict[str, str]:
        """Members of an HTTP event's map that are read, such as `queryStringParameters`."""
        shape = self.found.event.fields.get(name)
        held = shape.sample(name) if shape is not None and shape.fields else {}
        if not isinstance(held, dict):
            return {}
        return {key: f"{key}-{{n}}" if isinstance(value, dict | list) else str(value) for key, value in held.items()}

    def _sample(self, shape: MessageShape | None) -> Any:
        if self.found.model is not None:
            return self.found.model
        for each in (shape, self.found.message):
            made = sendable(each.sample("message")) if each is not None and each.is_read else {}
            if made:
                return made
        return dict(_NOTHING_READ)


def sendable(value: Any) -> Any:
    """A body as a workload takes it: an object or a text."""
    if isinstance(value, Mapping | str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _at(shape: MessageShape, place: tuple[str, ...]) -> MessageShape | None:
    for key in place:
        found = shape.element if key == "[]" else shape.fields.get(key)
        if found is None:
            return None
        shape = found
    return shape
