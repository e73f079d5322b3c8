"""How processes begin that share the work: those of many seeds, and those of many stacks."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from multiprocessing.context import BaseContext


def process_context() -> BaseContext:
    """Processes that begin with everything imported, where forking is safe; else such as begin anew."""
    alone = threading.active_count() == 1
    return multiprocessing.get_context("fork" if sys.platform == "linux" and alone else "spawn")
