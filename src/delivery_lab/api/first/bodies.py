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
IMAGE = ("Records", "[]", "dynamodb", "NewImage")
ATTRIBUTES = ("Records", "[]", "messageAttributes")


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

    def image(self) -> dict[str, Any]:
        """Attributes of a new item that are read off the records of a table's stream."""
        shape = _at(self.found.event, IMAGE)
        return {} if shape is None else _attributes(shape)

    def message_attributes(self) -> dict[str, Any]:
        """Attributes of a message that are read off the records of a queue."""
        shape = _at(self.found.event, ATTRIBUTES)
        read = {} if shape is None else {key: part for key, part in shape.fields.items() if part.needed}
        texts = {name: part.fields["stringValue"] for name, part in read.items() if "stringValue" in part.fields}
        return {
            name: text.value if isinstance(text.value, int | float) else str(text.sample(name))
            for name, text in texts.items()
        }

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


def _attributes(image: MessageShape) -> dict[str, Any]:
    """Attributes that are read and may not be left out, by the types that they are read as; none of another type."""
    made = {name: _attribute(name, part) for name, part in image.fields.items() if part.needed and not part.flag}
    return {name: value for name, value in made.items() if value is not None}


def _attribute(name: str, part: MessageShape) -> Any:
    """The value of an attribute, None where its type is not told."""
    match part.fields:
        case {"N": number}:
            return number.value if isinstance(number.value, int | float) else 1
        case {"BOOL": switch}:
            return switch.value is True
        case {"S": text}:
            return str(text.sample(name))
        case {"M": inner}:
            return _attributes(inner)
    return None


def _at(shape: MessageShape, place: tuple[str, ...]) -> MessageShape | None:
    for key in place:
        found = shape.element if key == "[]" else shape.fields.get(key)
        if found is None:
            return None
        shape = found
    return shape
