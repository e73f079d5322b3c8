"""The table in which a function keeps records of the work that it has done."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import dynamodb

from components.iam import Statement
from components.records_table import records_table
from components.settings import AsyncIdempotencySettings, BatchIdempotencySettings

TABLE_KEY = "messageId"

CLAIMING_ACTIONS = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
"""What a function does with the table that claims work before it is done."""


@dataclass(frozen=True, slots=True)
class WorkRecords:
    """Records of work done, in the table `<name>-table`.

    Attributes:
        table: the table.
        settings: how and for how long records are kept.
    """

    table: dynamodb.Table
    settings: AsyncIdempotencySettings | BatchIdempotencySettings

    @classmethod
    def of(
        cls, name: str, settings: AsyncIdempotencySettings | BatchIdempotencySettings, opts: pulumi.ResourceOptions
    ) -> WorkRecords | None:
        """Create the table where records are to be kept; None where none are.

        Args:
            name: prefix of the table's name.
            settings: how and for how long records are kept.
            opts: resource options.
        """
        if settings.mode == "none":
            return None
        return cls(records_table(f"{name}-table", TABLE_KEY, opts), settings)

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """What the function is told of its records."""
        return {
            "IDEMPOTENCY_MODE": self.settings.mode,
            "TABLE_NAME": self.table.name,
            "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(self.settings.expires_after_seconds),
        }

    def statement(self) -> Statement:
        """What the function may do with the table."""
        return Statement("KeepRecords", CLAIMING_ACTIONS, self.table.arn)
