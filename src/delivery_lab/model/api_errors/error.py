"""What one error of an AWS API is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.model.runtime import AwsError

SNAPSHOTS = "https://github.com/localstack/localstack/blob/main/tests/aws/services/"
"""Where recordings of AWS stand that several tables cite."""
MODEL = "botocore's model of the service has the code; the text is in AWS's form"


@dataclass(frozen=True, slots=True)
class ApiError:
    """One error of an AWS API.

    Attributes:
        code: as SDKs report it.
        text: AWS's message, with places to fill in.
        source: where somebody saw it, or who says so.
        status: HTTP status.
        shape: its name in the service's model where that is another one than the code.
        details: what the answer always holds besides.
    """

    code: str
    text: str
    source: str
    status: int = 400
    shape: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def error(self, *, why: str = "", details: Mapping[str, Any] | None = None, **values: object) -> AwsError:
        """The error with its places filled in.

        Args:
            why: what a user has to know and AWS does not say, such as the bound that a value is beyond.
            details: what this answer holds besides.
            values: what stands in the places of the text.
        """
        held = {**self.details, **(details or {})}
        return AwsError(self.code, self.text.format(**values), self.status, held, shape=self.shape, why=why)
