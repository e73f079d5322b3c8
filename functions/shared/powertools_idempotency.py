"""Mode `powertools`: the Idempotency utility, on the business id.

It claims first with one conditional write, as `shared.idempotency.ClaimFirst` does, and keeps its records under a hash
of the id. `shared.idempotency_manager` has what must be right for it to protect anything; here comes to it that records
last longer than a message can, retries and redrives included.

`IdempotencyAlreadyInProgressError` fails the record, so that the message is visible again after its timeout and
finds the work done, or the claim free. Succeeding instead would delete a message whose work may yet fail. The price
is a receive: where those run out before the first delivery has finished, the message ends in the dead-letter queue
although its work was done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.idempotency import Table, Verdict
from shared.idempotency_manager import IdempotencyManager

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class PowertoolsGuard:
    """Does work under the Idempotency utility.

    Args:
        table: the table of records.
    """

    def __init__(self, table: Table) -> None:
        self._manager = IdempotencyManager(table.client, table.name, expires_after_seconds=table.expires_after_seconds)

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work unless the utility knows that it has been done."""
        outcome = self._manager.run(business_id, work, context)
        return Verdict.SKIPPED if outcome.replayed else Verdict.WORKED
