"""The guard that a function was deployed with: what its environment says about records of work done.

`IDEMPOTENCY_MODE` says how the record is kept (`shared.idempotency` has what each mode is worth); each function says
which modes it takes. All but `none` have the table `TABLE_NAME`, in which a record counts for
`IDEMPOTENCY_EXPIRES_AFTER_SECONDS`.
"""

from __future__ import annotations

import boto3
from botocore.config import Config

from shared import settings
from shared.idempotency import CheckThenPut, ClaimFirst, Guard, Table, Unguarded

# A message lives for 14 days at most, and a redrive from the dead-letter queue gives it as much again.
DEFAULT_EXPIRES_AFTER_SECONDS = 30 * 24 * 3600

# boto3's own 60 seconds would outlast the invoke.
TABLE_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})


def guard_of(mode: str) -> Guard:
    """The guard of a mode.

    Args:
        mode: `check-then-put`, `conditional`, `unconditional`, `powertools` or `none`.

    Raises:
        ConfigurationError: the table is not named, or records count for no time.
    """
    if mode == "none":
        return Unguarded()
    table = Table(
        client=boto3.client("dynamodb", config=TABLE_CONFIG),
        name=settings.required("TABLE_NAME"),
        expires_after_seconds=settings.whole_number(
            "IDEMPOTENCY_EXPIRES_AFTER_SECONDS", DEFAULT_EXPIRES_AFTER_SECONDS, minimum=1
        ),
    )
    if mode == "powertools":
        # Imported here because the other modes need not pay for it at each cold start.
        from shared.powertools_idempotency import PowertoolsGuard

        return PowertoolsGuard(table)
    if mode == "conditional":
        return ClaimFirst(table)
    return CheckThenPut(table, conditional=mode == "check-then-put")
