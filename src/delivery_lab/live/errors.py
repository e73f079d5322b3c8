"""What can keep a run in a real place from going on."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import LabError

_GONE = "it is not there: deploy the stack (pulumi up), and export its state anew (pulumi stack export)"
_SLOW = "AWS limits how often it is asked: run it again later, with less beside it"
_FULL = "the shards take no more: send later or more slowly (every:), or have more shards"
_MAY_NOT = "the credentials may not do it: take others, or allow the action"
_WHO = "the credentials are none, or are over: sign in anew"

_FIXES = {
    "AWS.SimpleQueueService.NonExistentQueue": _GONE,
    "QueueDoesNotExist": _GONE,
    "NoSuchBucket": _GONE,
    "NotFound": _GONE,
    "NotFoundException": _GONE,
    "ResourceNotFoundException": _GONE,
    "AccessDenied": _MAY_NOT,
    "AccessDeniedException": _MAY_NOT,
    "AuthorizationError": _MAY_NOT,
    "ExpiredToken": _WHO,
    "ExpiredTokenException": _WHO,
    "InvalidClientTokenId": _WHO,
    "SignatureDoesNotMatch": _WHO,
    "UnrecognizedClientException": _WHO,
    "ProvisionedThroughputExceededException": _FULL,
    "RequestThrottled": _SLOW,
    "SlowDown": _SLOW,
    "Throttled": _SLOW,
    "Throttling": _SLOW,
    "ThrottlingException": _SLOW,
    "TooManyRequestsException": _SLOW,
}
"""What to do about an error code."""


class PlaceError(LabError):
    """The place where a stack runs does not answer, or not as it should."""


def fix_of(code: str) -> str:
    """The line that says what to do about an error code, "" where nothing is known of it."""
    return f"\n  fix: {_FIXES[code]}" if code in _FIXES else ""


def place_error(what: str, error: BotoCoreError | ClientError) -> PlaceError:
    """What to say of a request that failed.

    Args:
        what: the request.
        error: what boto3 raised.
    """
    if isinstance(error, ClientError):
        problem = error.response.get("Error", {})
        code = str(problem.get("Code"))
        return PlaceError(f"{what} was refused: {code}: {problem.get('Message')}{fix_of(code)}")
    return PlaceError(f"{what} failed: {error}\n  it does not answer any more: run it again")
