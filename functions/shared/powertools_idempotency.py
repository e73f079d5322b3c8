"""Mode `powertools`: the Idempotency utility, on the business id.

It claims first with one conditional write, as `shared.idempotency.ClaimFirst` does, and keeps its records under a hash
of the id. Three things have to be right for it to protect anything:

- the key is the business id, and a missing one is an error, not "no protection";
- the Lambda context is registered before each use, so that the claim of an invoke that was killed ends with the
  invoke's time. Without it the message could not be worked on until the record expires;
- records last longer than a message can, retries and redrives included. The utility's default is one hour.

`IdempotencyAlreadyInProgressError` fails the record, so that the message comes back after its visibility timeout and
finds the work done, or the claim free. Succeeding instead would delete a message whose work may yet fail. The price
is a receive: where those run out before the first delivery has finished, the message ends in the dead-letter queue
although its work was done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from shared.errors import AlreadyInProgressError
from shared.idempotency import EXPIRY, IN_PROGRESS_EXPIRY, KEY, Table, Verdict

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

KEY_PREFIX = "job"
"""Fixed, since the utility's own prefix holds the names of the function and of a Python function: renaming either
would forget everything that had been done."""


class PowertoolsGuard:
    """Does work under the Idempotency utility.

    Args:
        table: the table of records.
    """

    def __init__(self, table: Table) -> None:
        self._config = IdempotencyConfig(
            expires_after_seconds=table.expires_after_seconds, raise_on_no_idempotency_key=True
        )
        self._store = DynamoDBPersistenceLayer(
            table_name=table.name,
            key_attr=KEY,
            expiry_attr=EXPIRY,
            in_progress_expiry_attr=IN_PROGRESS_EXPIRY,
            boto3_client=table.client,
        )

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work unless the utility knows that it has been done."""
        self._config.register_lambda_context(context)
        verdict = Verdict.SKIPPED

        def once(*, business_id: str) -> None:  # noqa: ARG001 (the utility takes the key from it)
            nonlocal verdict
            verdict = Verdict.WORKED
            work()

        guarded: Callable[..., None] = idempotent_function(
            once,
            data_keyword_argument="business_id",
            persistence_store=self._store,
            config=self._config,
            key_prefix=KEY_PREFIX,
        )
        try:
            guarded(business_id=business_id)
        except IdempotencyAlreadyInProgressError as error:
            raise AlreadyInProgressError(f"another delivery is working on {business_id}") from error
        return verdict
