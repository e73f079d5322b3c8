"""The X-Ray SDK as functions find it in Lambda: its recorder reads the trace of the invoke, and sends to no daemon.

The SDK decides when it is imported whether it is in Lambda. It is shared by all environments, so it is imported as the
host would, and each environment gets what a process in Lambda has in these places.
"""

from __future__ import annotations

from typing import Any

from delivery_lab.handlers.virtual_threads import Local


class NoEmitter:
    """Takes what the recorder has to tell. The daemon that would get it is real, and nothing real is touched."""

    ip = "127.0.0.1"
    port = 2000

    def send_entity(self, entity: Any) -> None:
        """Nobody gets it."""

    def set_daemon_address(self, address: str | None) -> None:
        """There is no daemon."""


def context_in_lambda() -> Any:
    """What follows the segments of a process in Lambda, for each of its threads."""
    from aws_xray_sdk.core.lambda_launcher import LambdaContext  # type: ignore[import-untyped]  # it has no types

    made = LambdaContext()
    made._local = Local()
    return made


def sampler_in_lambda() -> Any:
    """What decides about sampling in Lambda: rules of the process itself, without asking a service."""
    from aws_xray_sdk.core.sampling.local.sampler import LocalSampler  # type: ignore[import-untyped]  # likewise

    return LocalSampler()


def patched_libraries() -> set[str]:
    """All libraries that the SDK can patch, as if it had.

    They are shared by all environments: patched for one function, boto3 would ask for the segments of another that does
    not trace. What X-Ray records of calls changes nothing of what becomes of messages.
    """
    from aws_xray_sdk.core.patcher import SUPPORTED_MODULES  # type: ignore[import-untyped]  # likewise

    return set(SUPPORTED_MODULES)
