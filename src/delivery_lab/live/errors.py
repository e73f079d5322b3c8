"""What can keep a run in a real place from going on."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import LabError


class PlaceError(LabError):
    """The place where a stack runs does not answer, or not as it should."""


def place_error(what: str, error: BotoCoreError | ClientError) -> PlaceError:
    """What to say of a request that failed.

    Args:
        what: the request.
        error: what boto3 raised.
    """
    if isinstance(error, ClientError):
        problem = error.response.get("Error", {})
        return PlaceError(f"{what} was refused: {problem.get('Code')}: {problem.get('Message')}")
    return PlaceError(
        f"{what} failed: {error}\n  the emulator does not answer any more; nothing of the run is left: run it again"
    )
