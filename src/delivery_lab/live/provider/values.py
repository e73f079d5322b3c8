"""Property values as this provider compares and sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.wire import SIGNATURE, Decoder

_UNKNOWN_TEXTS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""Texts that stand for a value that is not known yet, one for each kind of value.

Source: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
"""


@dataclass(frozen=True, slots=True)
class UploadedCode:
    """An asset or archive: equal to another one of the same content.

    Attributes:
        hash: hash of the content, which the engine computes.
        content: the asset or archive; None where the engine left the content out.
    """

    hash: str
    content: Any = field(default=None, compare=False)


def plain(struct: Struct, folder: Path | None = None) -> dict[str, Any]:
    """Decode properties.

    Args:
        struct: the properties as they came.
        folder: where relative paths of assets start; None for the working folder, which is the program's.

    Returns:
        Plain values, `UNKNOWN` where a value is not known yet, whole numbers as int, and `UploadedCode`.
    """
    return {name: _plain(value, folder or Path.cwd()) for name, value in sorted(struct.fields.items())}


def _plain(value: Value, folder: Path) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        # Numbers are floating on the wire, and boto3 takes no 10.0 for a whole number.
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_plain(item, folder) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        return _code(value, folder) if SIGNATURE in fields else plain(value.struct_value, folder)
    return None


def _code(value: Value, folder: Path) -> UploadedCode:
    fields = value.struct_value.fields
    content = None
    if any(name in fields for name in ("path", "assets", "text", "uri")):
        content = Decoder(folder).properties(Struct(fields={"code": value})).values.get("code")
    return UploadedCode(fields["hash"].string_value if "hash" in fields else "", content)


def has_unknown(value: Any) -> bool:
    """Whether a value, or a part of it, is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def encodable(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of some names that can be put on the wire."""
    return {name: values[name] for name in names if name in values and not isinstance(values[name], UploadedCode)}
