"""What moto is kept from while it answers, and told: no network, no chance of its own, the ARNs of the stack."""

from __future__ import annotations

import os
import random
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.backends import get_backend

from delivery_lab.model.creations import Creation
from delivery_lab.model.runtime import ACCOUNT_ID
from delivery_lab.turns import turn_of


class NetworkWantedError(Exception):
    """moto wanted to reach something real; nothing was sent."""


@contextmanager
def offline() -> Iterator[None]:
    """Keep the current thread off the network.

    moto delivers some of what it is given, such as records of Firehose to an HTTP endpoint; nothing real may be
    touched.
    """
    mine = turn_of()

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if turn_of() == mine:
                raise NetworkWantedError("moto wanted to reach something outside")
            return real(*args, **kwargs)

        return call

    with ExitStack() as replaced:
        for owner, name in _WAYS_OUT:
            replaced.enter_context(_replaced(owner, name, refusing(getattr(owner, name))))
        yield


@contextmanager
def chance_of_system(chance: random.Random) -> Iterator[None]:
    """Have moto's own calls of `os.urandom` draw from the run's seed: keys and texts that it encrypts go into messages.

    Whoever else asks, such as a module that is imported for the first time, must not use the seed up.
    """
    real = os.urandom

    def urandom(size: int, /) -> bytes:
        asks = str(sys._getframe(1).f_globals.get("__name__"))
        return chance.randbytes(size) if asks.startswith("moto.") else real(size)

    with _replaced(os, "urandom", urandom):
        yield


def rename(creation: Creation, region: str) -> None:
    """Give something that moto has created the ARN that the program has computed for it."""
    if creation.operation == "CreateSecret":
        # AWS ends the ARN of a secret with six letters of its own.
        secrets = get_backend("secretsmanager")[ACCOUNT_ID][region].secrets
        secrets[creation.parameters["Name"]].arn = creation.arn
    elif creation.operation == "CreateKey":
        keys = get_backend("kms")[ACCOUNT_ID][region].keys
        key = keys.pop(list(keys)[-1])
        key.id, key.arn = creation.arn.rpartition("/")[2], creation.arn
        keys[key.id] = key


_WAYS_OUT: tuple[tuple[Any, str], ...] = (
    (socket, "getaddrinfo"),
    (socket.socket, "connect"),
    (socket.socket, "connect_ex"),
)


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    inherited = name not in vars(owner)
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
