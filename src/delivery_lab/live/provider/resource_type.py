"""What the provider knows of one type of resource."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from delivery_lab.limits.changes import changes_of
from delivery_lab.live.provider.cloud import Cloud

Properties = Mapping[str, Any]
"""Properties by their names on the wire."""


class ProvidedType(abc.ABC):
    """Creates, reads, updates and deletes resources of one type through AWS's API.

    One instance serves all resources of its type; it holds no state. Subclasses name what the engine has to know:

    Attributes:
        pulumi_type: Pulumi's type token.
        settings: the inputs that are understood; others are refused by name.
        required: inputs that have to be set.
        computed: outputs that are known once the resource exists.
        unread: inputs that no API tells, so that drift of them is not seen.
    """

    pulumi_type: ClassVar[str]
    settings: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]] = frozenset()
    computed: ClassVar[tuple[str, ...]] = ()
    unread: ClassVar[frozenset[str]] = frozenset()

    @property
    def replaces(self) -> frozenset[str]:
        """Inputs whose change takes a new resource."""
        return changes_of(self.pulumi_type).replaces

    @property
    def defaults(self) -> Mapping[str, Any]:
        """What an input is where it is left out."""
        return changes_of(self.pulumi_type).defaults

    @property
    def kept(self) -> frozenset[str]:
        """Inputs that stay as they are where they are left out: what AWS chose for them is no drift."""
        return changes_of(self.pulumi_type).kept

    @abc.abstractmethod
    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the resource and return its id."""

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:  # noqa: B027 - most types need no second step
        """Set what creation alone does not set. If it fails, the resource is deleted again."""

    def own_id(self, id_: str) -> str:
        """The id that the resource has, out of the one that it is imported by."""
        return id_

    @abc.abstractmethod
    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """Properties as they are now, or None where the resource is gone.

        An input that no API tells is left out. One that the resource does not have (any more) is None.

        Args:
            cloud: clients.
            id_: the id, possibly one that it is imported by.
            state: properties as they were last seen; empty in an import.
        """

    @abc.abstractmethod
    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Give the resource its new inputs, of which those named in `changed` differ from what it has."""

    @abc.abstractmethod
    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the resource. One that is gone is no error."""


class NeverUpdated(ProvidedType):
    """A type each of whose inputs takes a new resource."""

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Refuse: the engine replaces such resources."""
        raise AssertionError(f"{self.pulumi_type} {id_} cannot be updated: {', '.join(sorted(changed))} replaces it")


def document(text: str | None) -> Any:
    """A JSON document out of its text; a text that is none stays what it is."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same to AWS: JSON documents by content, and what is empty as what is left out."""
    if left in (None, [], {}, "") and right in (None, [], {}, ""):
        return True
    if isinstance(left, str) and isinstance(right, str) and left[:1] in "{[" and right[:1] in "{[":
        return bool(document(left) == document(right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return all(same(left.get(key), right.get(key)) for key in {*left, *right})
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def present(**values: Any) -> dict[str, Any]:
    """Arguments of a call without those that are not set."""
    return {name: value for name, value in values.items() if value is not None}
