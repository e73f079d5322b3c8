"""The real code of Lambda functions, run in virtual time."""

from lab.handlers.host import HandlerHost

__all__ = ["HandlerHost"]
