"""What is known of one resource before it exists: its inputs, where it is, and what AWS would make up for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from delivery_lab.program import naming
from delivery_lab.program.graph import UNKNOWN

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct


class _NotKnown(Exception):  # noqa: N818 - a signal inside this module, no error
    """An output needs an input that is not known."""


class Facts:
    """What the computed outputs of one resource may refer to: its inputs, its other outputs, and where it is.

    `facts["arn"]` is the input of that name, else the output of that name, else a fact of its place.
    """

    def __init__(
        self, entry: ComputedOutputs, urn: str, logical_name: str, inputs: Mapping[str, Any], region: str
    ) -> None:
        self.urn = urn
        self.inputs = inputs
        self._entry = entry
        self._logical_name = logical_name
        self._place: dict[str, Any] = {
            "logical_name": logical_name,
            "region": region,
            "account": naming.ACCOUNT_ID,
            "partition": naming.partition_of(region),
            "dns": naming.dns_suffix_of(region),
        }
        self._resolved: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = self.inputs.get(name)
        if value is None or (value is UNKNOWN and name == self._entry.name):
            # A name that comes from elsewhere is as good as one that is made up: nothing is delivered differently.
            value = self._computed(name)
        if value is UNKNOWN or value is None:
            raise _NotKnown
        return value

    def get(self, name: str) -> Any:
        """The input of that name, or None when it is left out or unknown."""
        value = self.inputs.get(name)
        return None if value is UNKNOWN else value

    def known(self, name: str) -> Any:
        """Like `facts[name]`, but `UNKNOWN` where that raises."""
        try:
            return self[name]
        except _NotKnown:
            return UNKNOWN

    def _computed(self, name: str) -> Any:
        if name in self._resolved:
            return self._resolved[name]
        template: Template | None = self._entry.outputs.get(name)
        if name == "id":
            template = self._entry.id
        elif name == self._entry.name:
            template = self._physical_name
        if template is not None:
            value = self._resolved[name] = _resolve(template, self)
            return value
        if name in self._place:
            return self._place[name]
        maker = _MADE_UP.get(name)
        return maker(self.urn) if maker is not None else None

    def _physical_name(self, facts: Facts) -> str:
        entry = self._entry
        suffix = ".fifo" if entry.fifo and self.get(entry.fifo) else ""
        prefix = facts.get(entry.prefix)
        if isinstance(prefix, str) and prefix:
            return naming.prefixed_name(self.urn, prefix, suffix)
        name = naming.auto_name(self.urn, self._logical_name, suffix)
        return entry.namespace + (name.lower() if entry.lower_case else name)


class Fields(dict[str, Any]):
    """Facts as `str.format_map` wants them."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, key: str) -> Any:
        return self._facts[key]


Template = str | int | bool | list[str] | dict[str, Any] | Callable[[Facts], Any]
"""A text with `{fact}`s in it, a constant, or a function of the facts."""


def _resolve(template: Template, facts: Facts) -> Any:
    try:
        if callable(template):
            return template(facts)
        if isinstance(template, str):
            return template.format_map(Fields(facts))
    except _NotKnown:
        return UNKNOWN
    return template


@dataclass(frozen=True, slots=True)
class ComputedOutputs:
    """How AWS fills in one type of resource.

    Attributes:
        id: the physical id.
        outputs: computed outputs by wire name; an input of the same name wins.
        name: the input that holds the physical name ("" for types without one).
        prefix: the input that holds a prefix for it.
        fifo: the input that makes the name end in `.fifo`.
        namespace: what every automatic name begins with.
        lower_case: automatic names have to be in small letters.
    """

    id: Template
    outputs: Mapping[str, Template] = field(default_factory=dict)
    name: str = ""
    prefix: str = "namePrefix"
    fifo: str = ""
    namespace: str = ""
    lower_case: bool = False


_MADE_UP: Mapping[str, Callable[[str], str]] = {
    "new_uuid": naming.uuid_of,
    "hex17": lambda urn: naming.hex_digits(urn, 17),
    "api_id": lambda urn: naming.alphanumeric(urn, 10),
    "part_id": lambda urn: naming.alphanumeric(urn, 7),
    "deployment_id": lambda urn: naming.alphanumeric(urn, 6),
    "secret_suffix": lambda urn: naming.alphanumeric(urn, 6),
    "cluster_tag": lambda urn: naming.alphanumeric(urn, 6),
    "url_id": lambda urn: naming.alphanumeric(urn, 32),
    "iam_id": lambda urn: naming.alphanumeric(urn, 17).upper(),
}


@dataclass(frozen=True, slots=True)
class Created:
    """What AWS answers: the physical id ("" when it is not known) and the computed outputs."""

    id: str
    outputs: Mapping[str, Any]


Maker = Callable[[str, str, str, "Struct"], Created | None]
"""Creates a resource for real: of its type token, logical name, URN and inputs. None for one that it leaves alone."""


@dataclass(frozen=True, slots=True)
class RealPlace:
    """Where the resources of a program are created while it runs.

    Attributes:
        maker: creates them.
        settings: what the provider of AWS is configured with, by full key; it replaces what the stack says of that.
    """

    maker: Maker
    settings: Mapping[str, Any]
