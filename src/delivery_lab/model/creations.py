"""What a stack has in services that keep things: calls before the run create it, and moto answers then (SIM-MOTO-1).

It stands apart from `moto_services`, which takes a quarter of a second to import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Creation:
    """A call by which something of the stack comes into being before the run.

    Attributes:
        service: boto3's name of the service.
        operation: the operation.
        parameters: its parameters.
        arn: the ARN that the program computed for it, "" where AWS's follows from its name.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    arn: str = ""


@dataclass(frozen=True, slots=True)
class StoredStack:
    """What a stack has in these services.

    Attributes:
        region: its region.
        creations: the calls that create it, in order.
        works_on: by the ARN or name of something to which calls hand over: what of the stack it would then work on,
            which is not modelled.
    """

    region: str
    creations: tuple[Creation, ...] = ()
    works_on: Mapping[str, str] = field(default_factory=dict)
