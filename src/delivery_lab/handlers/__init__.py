"""The real code of Lambda functions, run in virtual time."""

from delivery_lab.handlers.host import HandlerHost

__all__ = ["HandlerHost"]
