"""Requests of handlers to HTTP addresses: the workload answers them, or says what becomes of their connections."""

from __future__ import annotations

from typing import Protocol

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.model.answers import GivenAnswers
from delivery_lab.model.functions import Lambda
from delivery_lab.model.runtime import Caller, ConnectionFailed, WebRequest, WebResponse


class KnowingAnswers(Protocol):
    """What an account knows of addresses."""

    journal: Journal
    functions: Lambda
    answers: GivenAnswers


class Web:
    """Everything that is neither AWS nor part of the stack; see `delivery_lab.model.runtime.WebApi`.

    Args:
        services: the account.
    """

    def __init__(self, services: KnowingAnswers) -> None:
        self._services = services

    @property
    def may_not_open(self) -> bool:
        """Whether a connection can fail while it is opened."""
        return self._services.answers.may_not_open

    def open(self, host: str, port: int | None, look_up: bool, caller: Caller) -> None:
        """Look up a name, or open a connection.

        Raises:
            ConnectionFailed: the workload says that it fails.
        """
        failed = self._services.answers.of_opening(host, port, look_up, caller)
        if failed is not None:
            self._services.functions.note_api_call(caller.request_id)
            raise failed

    def request(self, request: WebRequest, caller: Caller) -> WebResponse:
        """Answer a request.

        Raises:
            ConnectionFailed: the workload says that nobody answers.
            NotModelledError: the workload says nothing of it.
        """
        self._services.journal.rely_on("SIM-API-1")
        self._services.functions.note_api_call(caller.request_id)
        found = self._services.answers.of_request(request, caller)
        if found is None:
            from delivery_lab.model.answer_lines import line_of_request  # botocore is loaded where it is needed

            raise NotModelledError(
                f"{caller.function} sends {request.method} {request.url}, and nothing answers it\n"
                f"  fix: add to the workload\n    answers:\n      {line_of_request(request)}"
            )
        if isinstance(found, ConnectionFailed):
            raise found
        return found
