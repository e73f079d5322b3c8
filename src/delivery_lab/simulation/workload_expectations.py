"""Lines of `expect`: what has to hold when a run has ended."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StrictStr

from delivery_lab.errors import UsageError
from delivery_lab.expectations.expectation import parse_expectation


def _expectation(text: str) -> str:
    """An expectation that can be read; which figures there are is known to those who judge it."""
    try:
        parse_expectation(text)
    except UsageError as error:
        raise ValueError(str(error)) from None
    return text


ExpectationText = Annotated[StrictStr, AfterValidator(_expectation)]
"""An expectation, such as `messages.lost == 0`, that can be read."""
