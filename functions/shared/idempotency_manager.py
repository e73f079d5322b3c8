"""Does work once, whatever it returns, on Powertools' Idempotency utility.

The utility claims the work with one conditional write before it begins, so of two callers only one gets it, and returns
the result on record to all that come later. What this adds is what has to be right about it:

- the key is the caller's business id, a missing one is an error, and its prefix is fixed (the utility's own holds the
  names of functions, so that renaming one would forget everything);
- the Lambda context is registered at each use, so the claim of an invoke that was killed ends with the invoke's time;
- records last a day unless told otherwise (the utility's default is an hour);
- errors of the table are passed on. Whoever cannot know whether the work was done must not go on: the delivery fails
  and is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from shared.errors import AlreadyInProgressError
from shared.idempotency import EXPIRY, IN_PROGRESS_EXPIRY, KEY

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.client import DynamoDBClient

DAY_SECONDS = 86_400
KEY_PREFIX = "job"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of work returned.

    Attributes:
        value: what it returned, now or when it was done.
        replayed: whether it had been done before, so that nothing was done now.
    """

    value: Any
    replayed: bool


class IdempotencyManager:
    """Does work once per business id.

    Args:
        client: a DynamoDB client.
        table_name: table with the text key `messageId` and the TTL attribute `expiresAt`.
        expires_after_seconds: how long a record counts.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, *, expires_after_seconds: int = DAY_SECONDS) -> None:
        self._config = IdempotencyConfig(expires_after_seconds=expires_after_seconds, raise_on_no_idempotency_key=True)
        self._store = DynamoDBPersistenceLayer(
            table_name=table_name,
            key_attr=KEY,
            expiry_attr=EXPIRY,
            in_progress_expiry_attr=IN_PROGRESS_EXPIRY,
            boto3_client=client,
        )

    def run(self, business_id: str, work: Callable[[], Any], context: LambdaContext) -> Outcome:
        """Do the work unless it is on record.

        Args:
            business_id: which work; the same for every event that asks for it.
            work: does it; returns a JSON value, which is kept with the record.
            context: the context of this invoke.

        Raises:
            AlreadyInProgressError: somebody else is at it.
            Exception: what the work raised (the claim is then released, so that it can be tried again), or what the
                table answered.
        """
        self._config.register_lambda_context(context)
        replayed = True

        def once(*, business_id: str) -> Any:  # noqa: ARG001 (the utility takes the key from it)
            nonlocal replayed
            replayed = False
            return work()

        guarded: Callable[..., Any] = idempotent_function(
            once,
            data_keyword_argument="business_id",
            persistence_store=self._store,
            config=self._config,
            key_prefix=KEY_PREFIX,
        )
        try:
            value = guarded(business_id=business_id)
        except IdempotencyAlreadyInProgressError as error:
            raise AlreadyInProgressError(f"another delivery is working on {business_id}") from error
        return Outcome(value, replayed)
