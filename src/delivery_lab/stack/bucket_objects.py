"""Code that reaches Lambda through S3: objects of buckets that the program fills itself, from files on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import BUCKET_OBJECTS
from delivery_lab.stack.reading import Inputs


class BucketObjects:
    """The objects that a stack puts into buckets.

    Args:
        inputs_of: the inputs of each resource of a type.
    """

    def __init__(self, inputs_of: Callable[[str], Iterator[Inputs]]) -> None:
        self._by_urn: dict[str, Inputs] = {
            inputs.resource.urn: inputs for token in BUCKET_OBJECTS for inputs in inputs_of(token)
        }
        self._by_place: Mapping[tuple[Any, Any], Inputs] = {
            place: inputs
            for inputs in self._by_urn.values()
            if UNKNOWN not in (place := (inputs.raw("bucket"), inputs.raw("key") or inputs.output("key")))
        }

    def code_of(self, inputs: Inputs) -> Any:
        """The code of a function or layer.

        Args:
            inputs: its inputs.

        Returns:
            The archive that the program gives as `code`, else what stands in S3 where `s3Bucket` and `s3Key` say: a
            Pulumi archive or asset. None where neither is there, UNKNOWN where it cannot be told.
        """
        code = inputs.raw("code")
        if code is not None:
            return code
        held = self._by_place.get((inputs.raw("s3Bucket"), inputs.raw("s3Key")))
        if held is None and UNKNOWN in (inputs.raw("s3Bucket"), inputs.raw("s3Key")):
            held = self._by_dependency(inputs)
        return held.raw("source") if held is not None else None

    def _by_dependency(self, inputs: Inputs) -> Inputs | None:
        """The one object that an unknown place was made of, None where there are none or several."""
        made_of = inputs.resource.property_dependencies
        urns = {urn for name in ("s3Bucket", "s3Key") for urn in made_of.get(name, ()) if urn in self._by_urn}
        return self._by_urn[urns.pop()] if len(urns) == 1 else None


def place_in_s3(inputs: Inputs) -> str:
    """Where `s3Bucket` and `s3Key` say that the code is, for messages; "" where they are left out."""
    bucket, key = inputs.raw("s3Bucket"), inputs.raw("s3Key")
    return "" if bucket is None and key is None else f"s3://{bucket}/{key}"
