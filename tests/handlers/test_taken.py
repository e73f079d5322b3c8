"""A handler may not take away what Python and the lab work with in the same process."""

from __future__ import annotations

import builtins
import json
import os
import sys
import threading
import time

import pytest

from delivery_lab.errors import HandlerError
from tests.handlers.world import World

NAMES = (
    *("builtins.print", "builtins.open", "builtins.len", "builtins.isinstance", "builtins.str", "builtins.Exception"),
    *("builtins.__import__", "sys.modules", "sys.path", "sys.meta_path", "sys.exc_info", "sys._getframe", "sys.intern"),
    *(
        "json.dumps",
        "json.loads",
        "json.JSONEncoder",
        "time.time",
        "time.sleep",
        "os.getcwd",
        "os.getpid",
        "os.environ",
    ),
    *("os.stat", "os.path", "os.fspath", "threading.Thread", "threading.Event", "threading.current_thread"),
    *("logging.getLogger", "asyncio.run", "socket.socket", "random.random", "warnings.warn", "contextlib.suppress"),
)
"""What a handler cannot delete, and cannot set to None."""

ACCEPTED = (
    *("time.mine = 1; del time.mine", "builtins.print = lambda *_, **__: None"),
    *("real = json.dumps; json.dumps = lambda *given, **named: real(*given, **named)",),
    *("sys.stdout = None", "sys.stderr = None", "sys.excepthook = None", "logging._srcfile = None"),
    *("os.environ['A'] = 'b'; del os.environ['A']", "sys.path = [*sys.path]"),
)

_IMPORTS = "import asyncio, builtins, contextlib, json, logging, os, random, socket, sys, threading, time, warnings\n"


def _handler(way: str) -> str:
    return f"{_IMPORTS}def handler(event, context):\n    {way}\n    return 'there'\n"


def _state() -> list[object]:
    modules = (builtins, json, time, threading, os)
    return [*(dict(vars(module)) for module in modules), *(type(module) for module in modules), sys.modules, sys.path]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["deletes", "sets"])
def test_what_is_taken_away_ends_the_run_with_its_line(world: World, name: str, way: str) -> None:
    before = _state()
    with pytest.raises(HandlerError) as refused:
        world.run_code(_handler(f"del {name}" if way == "deletes" else f"{name} = None"))

    does = f"deletes {name}" if way == "deletes" else f"sets {name} to None"
    told = (
        str(refused.value).replace("posixpath", "os.path").removeprefix(f"function worker {does} at {world.folder}/fn/")
    )
    assert told.startswith(
        "app.py:3 in handler, with which Python and the lab work in the same process\n"
        "  fix: leave it as it is, or put something in its place that can be used like it\n  or "
    )
    assert _state() == before


@pytest.mark.parametrize("way", ACCEPTED)
def test_what_can_be_used_like_it_is_accepted(world: World, way: str) -> None:
    before = _state()
    assert world.run_code(_handler(way)) == "there"
    assert _state() == before


def test_what_is_taken_away_by_other_ways_is_there_again_for_the_next_run(world: World) -> None:
    before = _state()
    assert world.run_code(_handler("del vars(time)['time_ns'], vars(os)['getcwdb']")) == "there"
    assert _state() == before
