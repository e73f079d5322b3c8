"""Input templates of pipes: what they make of a record (PIPE-INPUT-1, PIPE-INPUT-2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.input_templates import PLACEHOLDER, is_json_shaped, is_quoted
from delivery_lab.model.json_paths import MISSING, follow
from delivery_lab.model.pipes.records import PipedRecord
from delivery_lab.model.runtime import AwsError

WHOLE = "aws.pipes.event.json"
"""The variable for the whole record, with its body or data read."""
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class PipeTemplate:
    """A template of a pipe.

    Attributes:
        text: the template.
        constants: what reserved variables such as `aws.pipes.pipe-name` stand for.
    """

    text: str
    constants: Mapping[str, str]

    def fill(self, record: PipedRecord, now: str) -> str:
        """What the target gets of a record.

        Args:
            record: the record.
            now: when the pipe got it, as AWS writes times.

        Raises:
            AwsError: it is no JSON.
            NotModelledError: what AWS makes of it is not known.
        """
        self._refuse_alone(record)
        self._refuse_free_text()
        parts: list[str] = []
        end = 0
        for found in PLACEHOLDER.finditer(self.text):
            parts.append(self.text[end : found.start()])
            value = self._value(found.group(1).strip(), record, now)
            parts.append(self._shown(value, quoted=is_quoted("".join(parts))))
            end = found.end()
        made = "".join((*parts, self.text[end:])).strip()
        try:
            json.loads(made)
        except ValueError as error:
            raise AwsError("InvalidInput", f"the input template makes no JSON: {error} in {made[:80]}") from error
        return made

    def _refuse_alone(self, record: PipedRecord) -> None:
        """Refuse a template that is one variable for JSON, such as `<$.body>` (PIPE-INPUT-3).

        Raises:
            NotModelledError: it is; the target gets `{key: value}` then, without the quotes, as AWS says, and JSON, as
                many pipes expect.
        """
        alone = PLACEHOLDER.fullmatch(self.text.strip())
        name = alone.group(1).strip() if alone is not None else ""
        if name == WHOLE or (name.startswith("$") and isinstance(follow(record.readable, name), dict | list)):
            raise NotModelledError(
                f"the input template of a pipe is <{name}> alone, which is JSON of a record: AWS says that its quotes "
                "are removed, and pipes in public rely on getting JSON (PIPE-INPUT-3)\n"
                f'  nearest: a template that makes an object, such as {{"data": <{name}>}}'
            )

    def _refuse_free_text(self) -> None:
        """Refuse a template that is a text without quotes.

        Raises:
            NotModelledError: it is; AWS takes such templates, and does not say how values look in them.
        """
        if not is_json_shaped(self.text):
            raise NotModelledError(
                "the input template of a pipe is a text without quotes, and how values look in it is not known\n"
                "  nearest: a template that makes an object, or a text in quotes"
            )

    def _value(self, name: str, record: PipedRecord, now: str) -> Any:
        if name.startswith("$"):
            return self._at(name, record)
        if name == "aws.pipes.event.ingestion-time":
            return now
        if name == WHOLE and record.is_json:
            return record.readable
        if name in self.constants:
            return self.constants[name]
        raise NotModelledError(
            f"an input template of a pipe has <{name}>\n  nearest: a JSON path, {WHOLE} of a body that is JSON, "
            f"aws.pipes.event.ingestion-time, {', '.join(self.constants)}"
        )

    @staticmethod
    def _at(path: str, record: PipedRecord) -> Any:
        value = follow(record.readable, path)
        if value is MISSING:
            raise NotModelledError(
                f"a record has nothing at {path}, which the input template of a pipe asks for; what the template makes "
                "then is not known\n  nearest: records that have it, by a filter of the pipe"
            )
        return value

    @staticmethod
    def _shown(value: Any, *, quoted: bool) -> str:
        if not quoted:
            return _encode(value)
        if isinstance(value, str):
            if '"' in value or "\\" in value:
                raise NotModelledError(
                    "an input template of a pipe has within quotes what has quotes itself; what AWS makes of that is "
                    "not known\n  nearest: the variable without quotes around it"
                )
            return value
        return _encode(value).replace('"', "")


def text_at(setting: str, record: PipedRecord) -> str:
    """A parameter of a target, or what stands at the path that it is."""
    if not setting.startswith("$"):
        return setting
    value = follow(record.readable, setting)
    if value is MISSING:
        raise AwsError("InvalidInput", f"the record has nothing at {setting}")
    return value if isinstance(value, str) else _encode(value)
