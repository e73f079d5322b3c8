"""What a handler changes of modules and classes that it shares with the lab, and sets for its process, is its own."""

from __future__ import annotations

import builtins
import codecs
import csv
import decimal
import gc
import json
import locale
import logging
import os
import sys
import threading
import time
from typing import Any

import pytest

from delivery_lab.errors import HandlerError
from tests.handlers.world import World

_IMPORTS = (
    "import asyncio, builtins, codecs, contextlib, csv, decimal, gc, importlib, inspect, json, locale, logging, os"
    "\nimport posix, queue, random, signal, socket, sys, threading, _thread, time, traceback, types, warnings\n"
)

BROKEN = (
    *("threading.Event.wait = None", "threading.Thread.start = None", "threading._active = None"),
    *("del threading.Condition.notify", "threading.get_ident = lambda: 1", "threading.Lock = lambda: None"),
    *("logging.Logger.handle = None", "logging.Logger.manager.loggerDict = None", "logging._nameToLevel.clear()"),
    *("json.dumps = lambda v: ''", "json.loads = lambda v: {}", "json.JSONEncoder.encode = None"),
    *("json._default_encoder.encode = None", "json.JSONDecoder.decode = None"),
    *(
        "os.environ = {}",
        "os.environ.clear()",
        "os.environ._data = {}",
        "type(os.environ).__getitem__ = None",
        "os.environ.__class__.__getitem__ = None",
    ),
    *("os.path.join = lambda *_: ''", "os.stat = lambda *_: 1 / 0", "os.putenv = lambda *_: 1 / 0"),
    *("random.Random.random = lambda self: 0.0", "random.Random._randbelow = None", "random.Random.seed = None"),
    *("time.time = lambda: 5", "time.sleep = lambda: 0", "contextlib.ExitStack.__exit__ = None"),
    *("traceback.StackSummary.extract = None", "queue.Queue.put = None", "inspect.iscoroutine = lambda *_: True"),
    *("asyncio.base_events.BaseEventLoop.run_forever = None", "type(sys.stdout).write = None"),
    *("vars(os).clear()", "vars(sys).clear()", "vars(time).clear()", "vars(json).clear()", "vars(_thread).clear()"),
    *("vars(threading).clear()", "vars(logging).clear()", "vars(random).clear()", "vars(posix).clear()"),
    *("vars(signal).clear()", "vars(asyncio.events).clear()", "vars(inspect).clear()", "vars(traceback).clear()"),
    *("setattr(threading.Event, 'wait', None)", "threading.Event.__dict__, setattr(time, 'time', int)"),
    *("sys.modules.clear()", "sys.modules['evil'] = types", "sys.modules.pop('json')", "importlib.reload(json)"),
    *("lock = threading.Event; lock.wait = None", "json.mine = 1", "threading.Event.mine = 1"),
    *("exec('import json; json.dumps = None.__class__')", "sys.path_hooks.clear()", "sys.meta_path.clear()"),
)
"""What a handler can do to Python, and nobody else notices."""

SETTINGS = {
    "sys.setrecursionlimit(70)": "sys.getrecursionlimit()",
    "gc.disable()": "gc.isenabled()",
    "gc.set_threshold(3, 3, 3)": "gc.get_threshold()",
    "gc.callbacks.append(lambda *_: None)": "len(gc.callbacks)",
    "locale.setlocale(locale.LC_ALL, 'C.UTF-8')": "locale.setlocale(locale.LC_ALL)",
    "os.umask(0o077)": "[mask := os.umask(0), os.umask(mask)][0]",
    "socket.setdefaulttimeout(3)": "socket.getdefaulttimeout()",
    "decimal.DefaultContext.prec = 3": "decimal.Context().prec",
    "decimal.DefaultContext.traps[decimal.Inexact] = True": "decimal.Context().traps[decimal.Inexact]",
    "csv.field_size_limit(1)": "csv.field_size_limit()",
    "sys.set_int_max_str_digits(640)": "sys.get_int_max_str_digits()",
    "sys.set_coroutine_origin_tracking_depth(4)": "sys.get_coroutine_origin_tracking_depth()",
    "sys.set_asyncgen_hooks(print, print)": "[each is None for each in sys.get_asyncgen_hooks()]",
    "codecs.register_error('surrogateescape', codecs.ignore_errors)": "codecs.lookup_error('surrogateescape').__name__",
    "sys.settrace(lambda *_: None)": "sys.gettrace() is None",
    "sys.setprofile(lambda *_: None)": "sys.getprofile() is None",
    "warnings.simplefilter('error')": "len(warnings.filters)",
    "logging.addLevelName(logging.INFO, 'NEWS')": "logging.getLevelName(logging.INFO)",
    "logging.disable(logging.ERROR)": "logging.root.manager.disable",
    "sys.path.append('/nowhere')": "sys.path[-1] == '/nowhere'",
    "random.seed(1)": "random.random() == 0.13436424411240122",
}
"""What a handler can set for its process, and how it reads what is set."""


def _state() -> list[Any]:
    modules = (builtins, json, json.encoder, time, threading, os, sys, logging, codecs)
    classes = (threading.Event, threading.Thread, logging.Logger, json.JSONEncoder, json.JSONDecoder, type(os.environ))
    settings = (sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold(), len(gc.callbacks), csv.field_size_limit())
    more = (locale.setlocale(locale.LC_ALL), str(decimal.DefaultContext), sys.gettrace(), sys.getprofile(), os.environ)
    return [
        *(dict(vars(place)) for place in (*modules, *classes)),
        *settings,
        *more,
        dict(sys.modules),
        [*sys.path],
        [*sys.path_hooks],
    ]


@pytest.mark.parametrize("way", BROKEN)
def test_what_a_handler_breaks_it_breaks_for_itself(world: World, way: str) -> None:
    work = (
        "import json, logging, threading, time\ndef handler(event, context):\n"
        "    done = threading.Event()\n    threading.Thread(target=done.set).start()\n    done.wait()\n"
        "    logging.getLogger().warning('%s', json.dumps(event))\n    time.sleep(0.5)\n    return time.time()\n"
    )
    breaks = world.function(f"{_IMPORTS}def handler(event, context):\n    {way}\n    return [1, 'done']\n")
    other = world.function(handler="other.handler", name="other")
    world.write("fn/other.py", work)
    with world.host:
        environment = world.environment(breaks)
        neighbour = world.environment(other)
        before = world.result(neighbour)
        state = _state()
        assert json.loads(world.invoke(environment).payload) == [1, "done"]
        assert world.result(neighbour) > before
        world.invoke(environment, request_id="r2")  # it may suffer by what it has done
        assert world.result(neighbour) > before
        assert _state() == state


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_a_handler_sets_for_its_process_it_sets_for_its_environment(world: World, setting: str) -> None:
    code = (
        f"{_IMPORTS}def handler(event, context):\n    if event:\n        {setting}\n"
        f"    time.sleep(0.1)\n    return {SETTINGS[setting]}\n"
    )
    function = world.function(code)
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        plain = world.result(second, False)
        state = _state()
        changed = world.result(first, True)
        assert changed != plain
        assert _state() == state
        assert world.result(second, False) == plain


def test_a_loop_of_asyncio_that_waits_has_its_hooks_for_itself(world: World) -> None:
    waits = "import asyncio, sys\ndef handler(event, context):\n    asyncio.run(asyncio.sleep(1))\n    return 'slept'\n"
    asks = "import sys\ndef handler(event, context):\n    return [each is None for each in sys.get_asyncgen_hooks()]\n"
    other = world.function(handler="other.handler", name="other")
    world.write("fn/other.py", asks)
    before = sys.get_asyncgen_hooks()
    with world.host:
        neighbour = world.environment(other)
        world.start(world.environment(world.function(waits)))
        assert sys.get_asyncgen_hooks() == before
        world.start(neighbour)
        world.scheduler.run()

    assert [json.loads(answer.payload) for _, answer in world.answers] == [[True, True], "slept"]
    assert sys.get_asyncgen_hooks() == before


def test_what_is_changed_lasts_as_long_as_the_environment(world: World) -> None:
    function = world.function(
        "import json, sys\n\ndef handler(event, context):\n"
        "    json.calls = getattr(json, 'calls', 0) + 1\n    sys.setrecursionlimit(300 + json.calls)\n"
        "    return [json.calls, sys.getrecursionlimit()]\n"
    )
    with world.host:
        environment = world.environment(function)
        assert world.result(environment) == [1, 301]
        assert world.result(environment) == [2, 302]
        assert world.result(world.environment(function, 2)) == [1, 301]


def test_a_class_that_is_broken_is_broken_while_its_environment_goes_on(world: World) -> None:
    function = world.function(
        "import threading\n\ndef handler(event, context):\n"
        "    if event:\n        threading.Event.wait = None\n    threading.Event().wait(0.1)\n    return 'waited'\n"
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert json.loads(world.invoke(first, True).payload)["errorMessage"] == "'NoneType' object is not callable"
        assert world.result(second, False) == "waited"
        assert json.loads(world.invoke(first, False).payload)["errorMessage"] == "'NoneType' object is not callable"


@pytest.mark.parametrize("raises", ["KeyboardInterrupt", "GeneratorExit", "SystemExit(3)", "BaseException"])
@pytest.mark.parametrize("starts", ["threading.Thread(target=end).start()", "_thread.start_new_thread(end, ())"])
def test_what_a_thread_raises_ends_the_thread(world: World, raises: str, starts: str) -> None:
    code = (
        "import _thread, threading, time\n\ndef end():\n"
        f"    raise {raises}\n\ndef handler(event, context):\n    {starts}\n    time.sleep(1)\n    return 'there'\n"
    )
    assert world.run_code(code) == "there"


@pytest.mark.parametrize("kind", ["settrace", "setprofile"])
def test_a_tracer_that_raises_fails_the_invoke(world: World, kind: str) -> None:
    function = world.function(
        f"import sys, time\n\ndef handler(event, context):\n    sys.{kind}(lambda *_: 1 / 0)\n    time.sleep(1)\n"
    )
    with world.host:
        assert world.invoke(world.environment(function)).error == "ZeroDivisionError"
    assert sys.getprofile() is None


@pytest.mark.parametrize(
    "way", ["builtins.len = lambda *_: 0", "vars(builtins)['isinstance'] = lambda *_: True", "builtins.type = int"]
)
def test_a_function_of_builtins_cannot_be_replaced(world: World, way: str) -> None:
    before = dict(vars(builtins))
    name = next(each for each in ("len", "isinstance", "type") if each in way.split("=")[0])
    with pytest.raises(HandlerError) as refused:
        world.run_code(f"{_IMPORTS}def handler(event, context):\n    {way}\n")

    assert str(refused.value).startswith(
        f"function worker replaces builtins.{name}, with which Python and the lab work in the same process\n"
        "  fix: leave it as it is; print, open and input can be replaced\n  or "
    )
    assert dict(vars(builtins)) == before
