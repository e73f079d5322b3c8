"""Ways to prevent duplicate work, and ways that only seem to.

The table's partition key is called `messageId`, but it holds the *business id* from the message's body. SQS's own
message id would tell two deliveries of one send apart from nothing else: a producer that sends again after a
timeout, and a redrive from the dead-letter queue, both give the same work a new message id.

Records end at `expiresAt` (Unix time in seconds, the table's TTL attribute). DynamoDB deletes expired items when it
gets to it, up to days late, so each condition compares that instant with now and never takes absence for granted
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html).

An error of the table is never swallowed, in any mode: not knowing whether the work was done, the delivery fails and the
message is delivered again.
"""

from __future__ import annotations

import enum
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws_errors import error_code
from shared.errors import AlreadyInProgressError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEY = "messageId"
EXPIRY = "expiresAt"
IN_PROGRESS_EXPIRY = "inProgressUntilMs"

_ABSENT_OR_EXPIRED = "attribute_not_exists(#key) OR #expiry < :now"
_CLAIM_CONDITION = f"{_ABSENT_OR_EXPIRED} OR (#status = :in_progress AND #in_progress_expiry < :now_ms)"


class Verdict(enum.Enum):
    """What a guard did with a delivery."""

    WORKED = "worked"
    """The work was done, and nobody else is known to have done it."""

    SKIPPED = "skipped"
    """Another delivery had done the work; it was not done again."""

    WORKED_TWICE = "worked twice"
    """The work was done, and only then it turned out that another delivery had done it, too."""


class Guard(Protocol):
    """Decides whether a delivery's work has to be done."""

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work unless it has been done.

        Raises:
            AlreadyInProgressError: another delivery is at it; this one has to be repeated later.
            Exception: whatever the work or the table raised; the delivery has to fail with it.
        """


class Unguarded:
    """Mode `none`: does the work for each delivery and keeps no records."""

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work."""
        work()
        return Verdict.WORKED


@dataclass(frozen=True, slots=True)
class Table:
    """The table of records.

    Attributes:
        client: a DynamoDB client.
        name: name of the table.
        expires_after_seconds: how long a record counts.
    """

    client: DynamoDBClient
    name: str
    expires_after_seconds: int

    def is_completed(self, business_id: str) -> bool:
        """Whether there is a record of completed work that has not expired."""
        item = self._get(business_id)
        if item.get("status") != {"S": "COMPLETED"}:
            return False
        return EXPIRY not in item or int(item[EXPIRY]["N"]) >= int(time.time())

    def put_completed(self, business_id: str) -> None:
        """Write a record of completed work over whatever is there."""
        self.client.put_item(TableName=self.name, Item=self._completed_item(business_id))

    def put_completed_if_new(self, business_id: str) -> bool:
        """Write a record of completed work unless there is one; returns whether it was written."""
        try:
            self.client.put_item(
                TableName=self.name,
                Item=self._completed_item(business_id),
                ConditionExpression=_ABSENT_OR_EXPIRED,
                ExpressionAttributeNames={"#key": KEY, "#expiry": EXPIRY},
                ExpressionAttributeValues={":now": _number(time.time())},
            )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def claim(self, business_id: str, owner: str, until_ms: int) -> bool:
        """Take a piece of work with one conditional write; returns False when it has been done already.

        Args:
            business_id: which work.
            owner: who takes it; never the same twice.
            until_ms: Unix time in milliseconds from which on others may take it over.

        Raises:
            AlreadyInProgressError: somebody else holds it.
        """
        now = time.time()
        try:
            self.client.put_item(
                TableName=self.name,
                Item={
                    KEY: {"S": business_id},
                    "status": {"S": "INPROGRESS"},
                    "owner": {"S": owner},
                    IN_PROGRESS_EXPIRY: {"N": str(until_ms)},
                    EXPIRY: _number(now + self.expires_after_seconds),
                },
                ConditionExpression=_CLAIM_CONDITION,
                ExpressionAttributeNames={
                    "#key": KEY,
                    "#expiry": EXPIRY,
                    "#status": "status",
                    "#in_progress_expiry": IN_PROGRESS_EXPIRY,
                },
                ExpressionAttributeValues={
                    ":now": _number(now),
                    ":now_ms": _number(now * 1000),
                    ":in_progress": {"S": "INPROGRESS"},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # Not everything that speaks DynamoDB's protocol sends the item along that stood in the way.
            item = error.response.get("Item") or self._get(business_id)
            if isinstance(item, dict) and item.get("status") == {"S": "COMPLETED"}:
                return False
            raise AlreadyInProgressError(f"another delivery is working on {business_id}") from error
        return True

    def complete_claim(self, business_id: str, owner: str) -> bool:
        """Turn a claim into a record of completed work; returns False when the claim was taken over."""
        try:
            self.client.update_item(
                TableName=self.name,
                Key={KEY: {"S": business_id}},
                UpdateExpression="SET #status = :completed, #expiry = :expiry REMOVE #owner, #in_progress_expiry",
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={
                    "#status": "status",
                    "#expiry": EXPIRY,
                    "#owner": "owner",
                    "#in_progress_expiry": IN_PROGRESS_EXPIRY,
                },
                ExpressionAttributeValues={
                    ":completed": {"S": "COMPLETED"},
                    ":expiry": _number(time.time() + self.expires_after_seconds),
                    ":owner": {"S": owner},
                },
            )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def release_claim(self, business_id: str, owner: str) -> None:
        """Let somebody else try; a claim that was taken over already is left alone."""
        try:
            self.client.delete_item(
                TableName=self.name,
                Key={KEY: {"S": business_id}},
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _get(self, business_id: str) -> dict[str, AttributeValueTypeDef]:
        # An eventually consistent read may miss a record that was written a moment ago.
        answer = self.client.get_item(TableName=self.name, Key={KEY: {"S": business_id}}, ConsistentRead=True)
        return answer.get("Item", {})

    def _completed_item(self, business_id: str) -> dict[str, AttributeValueTypeDef]:
        expiry = _number(time.time() + self.expires_after_seconds)
        return {KEY: {"S": business_id}, "status": {"S": "COMPLETED"}, EXPIRY: expiry}


@dataclass(frozen=True, slots=True)
class CheckThenPut:
    """Modes `check-then-put` and `unconditional`: look up, work, and write the record at the end.

    Between the look-up and the write there is time for a second delivery to pass the look-up as
    well. With its condition, the write then tells the later one that the work has been done twice; it cannot undo
    that. Such a delivery succeeds: the work is done and recorded, and a retry would only spend another receive.
    Without the condition nobody ever finds out.

    A crash after the work and before the write repeats the work; one during the work loses nothing.

    Attributes:
        table: the table of records.
        conditional: whether the write has its condition.
    """

    table: Table
    conditional: bool = True

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work unless a record says it has been done."""
        if self.table.is_completed(business_id):
            return Verdict.SKIPPED
        work()
        if not self.conditional:
            self.table.put_completed(business_id)
            return Verdict.WORKED
        return Verdict.WORKED if self.table.put_completed_if_new(business_id) else Verdict.WORKED_TWICE


@dataclass(frozen=True, slots=True)
class ClaimFirst:
    """Mode `conditional`: claim the work with one conditional write, do it, and turn the claim into a record.

    Of two deliveries only one gets the claim. The other fails its record and is repeated after the visibility timeout,
    to find the work done (or the claim free): that spends a receive, and with a visibility timeout much shorter than
    the work it may spend them all, so that a message reaches the dead-letter queue although its work was done.

    A claim lasts as long as the invoke can. An invoke that is killed in the middle leaves its claim, and the first
    delivery after that instant takes it over. A failure of the work releases it at once. What was done before a crash
    is done again: whoever receives the effect needs the business id as a key of its own.

    Attributes:
        table: the table of records.
    """

    table: Table

    def run(self, business_id: str, work: Callable[[], None], context: LambdaContext) -> Verdict:
        """Do the work if the claim on it can be had."""
        owner = uuid.uuid4().hex
        until_ms = int(time.time() * 1000) + context.get_remaining_time_in_millis()
        if not self.table.claim(business_id, owner, until_ms):
            return Verdict.SKIPPED
        try:
            work()
        except Exception as error:
            self._release(business_id, owner, error)
            raise
        return Verdict.WORKED if self.table.complete_claim(business_id, owner) else Verdict.WORKED_TWICE

    def _release(self, business_id: str, owner: str, reason: Exception) -> None:
        try:
            self.table.release_claim(business_id, owner)
        except (ClientError, BotoCoreError) as error:
            # The delivery fails anyway, for the reason it has; the claim ends by itself with the invoke's time.
            reason.add_note(f"the claim on {business_id} could not be released either: {error}")


def _number(value: float) -> AttributeValueTypeDef:
    return {"N": str(int(value))}
