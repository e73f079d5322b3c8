"""The messages that the workers take."""

from __future__ import annotations

import json
import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.errors import InvalidMessageError
from shared.validation import problems

MAX_ID_BYTES = 2048
"""A DynamoDB partition key takes no more
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)."""

LONGEST_SLEEP_SECONDS = 86_400.0


def _fits_a_key(value: str) -> str:
    if not 1 <= len(value.encode(errors="surrogatepass")) <= MAX_ID_BYTES:
        raise ValueError("length")
    return value


BusinessId = Annotated[str, AfterValidator(_fits_a_key), Field(description=f"a string of 1 to {MAX_ID_BYTES} bytes")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a finite number of seconds, 0 or more")]


class Job(BaseModel):
    """The body of a message: a business id and what working on it is like.

    Fields that are not named here are ignored, so that producers can add some without breaking workers that
    are deployed later.

    Attributes:
        id: the business id; the same for every message that stands for the same work.
        should_fail: the work fails, as it does for a message that no code can process.
        fail_times: on so many deliveries the work fails, as it does while a dependency is down.
        rejected: the work is refused for good, as a rule of the business would: no delivery can go better.
        sleep: how long the work takes, in seconds.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    id: BusinessId
    should_fail: Annotated[bool, Field(alias="shouldFail", description="true or false")] = False
    fail_times: Annotated[int, Field(alias="failTimes", ge=0, description="a whole number, 0 or more")] = 0
    rejected: Annotated[bool, Field(description="true or false")] = False
    sleep: Seconds = 0.0

    def fails(self, receive_count: int) -> bool:
        """Whether the work fails on the delivery of that number, counted from 1."""
        return self.should_fail or receive_count <= self.fail_times


def parse_job(body: str) -> Job:
    """Read the body of a message.

    Raises:
        InvalidMessageError: it is no JSON, or not of the shape of a `Job`.
    """
    try:
        return Job.model_validate_json(body)
    except ValidationError as error:
        message = "; ".join(f"{field} {text}" for field, text in problems(error, Job))
        raise InvalidMessageError(message, _readable_id(body)) from None


def work_for(duration_seconds: float) -> None:
    """Work, that is: let time pass.

    A duration beyond the function's timeout is no mistake: the invoke times out, as real work would. No invoke
    lives for a day, so sleeping no longer than that looks the same and spares `time.sleep` numbers it cannot take.
    """
    if duration_seconds:
        time.sleep(min(duration_seconds, LONGEST_SLEEP_SECONDS))


def _readable_id(body: str) -> str | None:
    """The id of a message that is wrong in some other place, so that its failure can be found in the log."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) and identifier else None
