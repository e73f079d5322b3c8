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

    Fields that are not named here are let pass, so that producers can add some without breaking workers that
    are deployed later.

    Attributes:
        id: the business id; the same for every message that stands for the same piece of work.
        should_fail: the work fails, as it does for a message that no code can process.
        sleep: how long the work takes, in seconds.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    id: BusinessId
    should_fail: Annotated[bool, Field(alias="shouldFail", description="true or false")] = False
    sleep: Seconds = 0.0


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
