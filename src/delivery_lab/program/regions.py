"""Regions that there are: a program that is deployed to another one fails at its first resource.

The list is botocore's, which is as old as the boto3 that is installed. So a name that has the form of a region and is
not in the list is said, and only one that no partition has the form of is refused.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from delivery_lab.errors import ProgramError, SettingsError

_PROVIDER = "pulumi:providers:aws"


class _Regions(NamedTuple):
    names: frozenset[str]
    forms: tuple[re.Pattern[str], ...]


@cache
def _regions() -> _Regions:
    import botocore.loaders  # the SDK takes its time, and only runs of programs need it

    found: dict[str, Any] = botocore.loaders.Loader().load_data("partitions")
    partitions = found["partitions"]
    names = {name for each in partitions for name in each["regions"] if not name.endswith("-global")}
    return _Regions(frozenset(names), tuple(re.compile(each["regionRegex"]) for each in partitions))


def check_region(region: str, origin: str) -> str:
    """What is to be said of a region, "" for one that there is.

    Args:
        region: its name.
        origin: where it is said, for messages.

    Raises:
        SettingsError: no region has such a name.
    """
    names, forms = _regions()
    if region in names:
        return ""
    near = difflib.get_close_matches(region, names, n=2, cutoff=0.75)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    if not any(form.fullmatch(region) for form in forms):
        raise SettingsError(f"{origin}: '{region}' is no AWS region{hint}\n  fix: write its code, such as eu-central-1")
    return f"{origin}: '{region}' is no region that the boto3 installed here knows: it is new, or does not exist{hint}"


def region_note(type_token: str, name: str, inputs: Struct) -> str:
    """What is to be said of the region that a resource or a provider of AWS names itself.

    Raises:
        ProgramError: no region has such a name.
    """
    if not type_token.startswith("aws:") and type_token != _PROVIDER:
        return ""
    region = inputs.fields["region"].string_value if "region" in inputs.fields else ""
    if not region or region == rpc.UNKNOWN:
        return ""
    try:
        return check_region(region, f"{name}: region")
    except SettingsError as error:
        raise ProgramError(str(error)) from None
