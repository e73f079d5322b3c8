"""Property values on the wire between the Pulumi SDK and its engine.

Properties travel as protobuf structs. What JSON cannot say is a struct with a signature: secrets, assets, archives,
references to resources. A value that is not known yet is one particular text. The signatures are fixed by the
protocol (pulumi/pulumi, sdk/proto and sdk/go/common/resource/properties.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, RemoteArchive, RemoteAsset, StringAsset
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.placeholders import has_placeholder

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type signature, not a password
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# The SDK marks exported resources of a preview with this key for the CLI's own display.
_INTERNAL_KEYS = {"@isPulumiResource"}


@dataclass(frozen=True, slots=True)
class Properties:
    """Decoded properties.

    Attributes:
        values: by wire name, as plain Python values; properties without a value are left out.
        secrets: names of properties that are, or contain, a secret.
        secret_paths: keys and indexes that lead to each secret.
    """

    values: dict[str, Any]
    secrets: frozenset[str]
    secret_paths: frozenset[tuple[str | int, ...]] = frozenset()


class Decoder:
    """Turns structs into plain values. It holds no state, so threads may share it.

    Args:
        folder: the program's folder; relative paths of assets and archives are taken from there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def properties(self, struct: Struct) -> Properties:
        """Decode the properties of a resource, or the arguments of a function."""
        values: dict[str, Any] = {}
        paths: set[tuple[str | int, ...]] = set()
        # Maps have no order on the wire; sorted, the same program gives the same graph.
        for name, field in sorted(struct.fields.items()):
            reader = _PropertyReader(self._folder)
            value = reader.read(field, (name,))
            if value is not None:
                values[name] = value
                paths |= reader.secret_paths
        return Properties(values, frozenset(str(path[0]) for path in paths), frozenset(paths))


class _PropertyReader:
    """Reads one property, and remembers where in it secrets were."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.secret_paths: set[tuple[str | int, ...]] = set()

    def read(self, value: Value, path: tuple[str | int, ...]) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "string_value":
            text = value.string_value
            return UNKNOWN if text == UNKNOWN_TEXT or has_placeholder(text) else text
        if kind == "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        if kind == "bool_value":
            return value.bool_value
        if kind == "list_value":
            return [self.read(item, (*path, index)) for index, item in enumerate(value.list_value.values)]
        if kind == "struct_value":
            return self._struct(value.struct_value, path)
        return None

    def _struct(self, struct: Struct, path: tuple[str | int, ...]) -> Any:
        fields = struct.fields
        if SIGNATURE not in fields:
            return {
                key: self.read(item, (*path, key)) for key, item in sorted(fields.items()) if key not in _INTERNAL_KEYS
            }
        signature = fields[SIGNATURE].string_value
        decode: Callable[[Mapping[str, Value], tuple[str | int, ...]], Any] | None = {
            _SECRET: self._secret,
            _OUTPUT: self._output,
            _ASSET: self._asset,
            _ARCHIVE: self._archive,
            _RESOURCE: self._reference,
        }.get(signature)
        if decode is None:
            raise ValueError(f"a property has the signature {signature}, which this engine does not know")
        return decode(fields, path)

    def _secret(self, fields: Mapping[str, Value], path: tuple[str | int, ...]) -> Any:
        self.secret_paths.add(path)
        return self.read(fields["value"], path)

    def _output(self, fields: Mapping[str, Value], path: tuple[str | int, ...]) -> Any:
        if "secret" in fields and fields["secret"].bool_value:
            self.secret_paths.add(path)
        return self.read(fields["value"], path) if "value" in fields else UNKNOWN

    def _reference(self, fields: Mapping[str, Value], path: tuple[str | int, ...]) -> Any:
        # Providers that take no references get the id of a resource, or the URN of a component; so do our readers.
        if "id" not in fields:
            return fields["urn"].string_value
        found = self.read(fields["id"], path)
        return UNKNOWN if found in ("", None) else found

    def _asset(self, fields: Mapping[str, Value], _path: tuple[str | int, ...]) -> Any:
        if "path" in fields:
            return FileAsset(self._absolute(fields["path"]))
        if "uri" in fields:
            return RemoteAsset(fields["uri"].string_value)
        if "text" not in fields:
            return RemoteAsset(_by_hash(fields))
        return StringAsset(fields["text"].string_value)

    def _archive(self, fields: Mapping[str, Value], path: tuple[str | int, ...]) -> Any:
        if "path" in fields:
            return FileArchive(self._absolute(fields["path"]))
        if "uri" in fields:
            return RemoteArchive(fields["uri"].string_value)
        if "assets" not in fields:
            return RemoteArchive(_by_hash(fields))
        members = fields["assets"].struct_value.fields
        return AssetArchive({name: self.read(item, (*path, name)) for name, item in sorted(members.items())})

    def _absolute(self, value: Value) -> str:
        return str(self._folder / value.string_value)


def _by_hash(fields: Mapping[str, Value]) -> str:
    """Stands for the place of what a state has the hash of only."""
    return f"sha256:{fields['hash'].string_value}" if "hash" in fields else "sha256:unknown"


def encode(values: Mapping[str, Any]) -> Struct:
    """Turn plain values into a struct; `UNKNOWN` may stand anywhere."""
    struct = Struct()
    for name, value in values.items():
        struct.fields[name].CopyFrom(_encoded(value))
    return struct


def _encoded(value: Any) -> Value:
    if value is None:
        return Value(null_value=NULL_VALUE)
    if value is UNKNOWN:
        return Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, Mapping):
        return Value(struct_value=encode(value))
    if isinstance(value, Iterable):
        return Value(list_value=ListValue(values=[_encoded(item) for item in value]))
    raise TypeError(f"cannot put a {type(value).__name__} on the wire")


def merged(inputs: Struct, computed: Mapping[str, Any]) -> Struct:
    """The state of a resource: its inputs as they came, and what was computed for the rest.

    Inputs are kept as they are on the wire, so that secrets, assets and references stay what they are.
    """
    state = Struct()
    state.CopyFrom(encode(computed))
    for name, field in inputs.fields.items():
        state.fields[name].CopyFrom(field)
    return state
