"""A program may not take away what Python, the SDK and the lab work with; nothing waits for ever because of it."""

from __future__ import annotations

import asyncio
import builtins
import json
import logging
import os
import pathlib
import sys
import threading
import time
import types
from contextlib import suppress
from dataclasses import replace

import pytest

import delivery_lab.stack.stack as lab_stack
from delivery_lab.errors import ProgramError
from delivery_lab.program.engine import evaluate
from tests.program.conftest import MakeProject

_IMPORTS = "import asyncio, builtins, concurrent.futures, json, logging, os, pathlib, pulumi, sys, threading, time\n"
_QUEUE = "pulumi.CustomResource('aws:sqs/queue:Queue', 'q', {})"
_AFTER = "\npulumi.export('there', pulumi.Output.from_input(1).apply(lambda n: n + 1))\n"

DELETED = (
    *("builtins.print", "builtins.open", "builtins.len", "builtins.isinstance", "builtins.str", "builtins.Exception"),
    *("builtins.__import__", "builtins.__build_class__", "sys.excepthook", "sys.modules", "sys.path", "sys.meta_path"),
    *("sys.exc_info", "sys.version_info", "json.dumps", "json.loads", "time.time", "time.monotonic", "time.sleep"),
    *("os.getcwd", "os.environ", "os.stat", "os.path", "threading.Thread", "threading.Lock", "logging.getLogger"),
    *("asyncio.run", "asyncio.Task", "asyncio.wait", "pulumi.Output", "pulumi.runtime", "concurrent.futures.Future"),
)
"""What a program cannot delete, and cannot set to None."""

PAST = {
    "vars(time)['time'] = None": "",
    "vars(builtins)['isinstance'] = None": "",
    "vars(json).clear()": "",
    "threading.Event.set = None": "",
    "threading.Condition.wait = None": "",
    "asyncio.BaseEventLoop.call_soon_threadsafe = None": "",
    "pathlib.Path.is_dir = None": "",
    "logging.Logger.handle = None": "",
    "del sys.modules['json']": "",
    "sys.modules['time'] = None": "",
    "vars(sys)['modules'] = {}": "",
    "builtins.__dict__.clear()": "",
    "builtins.__dict__.clear(); len": "NameError: name 'len' is not defined",
    "raise ValueError(builtins.__dict__.clear())": "ValueError: None",
}
"""Past the modules' own attributes: put back when the program's code has ended, and what it fails with by itself."""

HARMLESS = (
    *("sys.stdout = None", "sys.stderr = None", "sys.stdin = None", "sys.unraisablehook = None"),
    *("time.time = lambda: 4.0", "json.dumps = lambda value: ''", "builtins.print = lambda *_: None"),
    *("import unittest.mock; json.loads = unittest.mock.Mock()", "setattr(json, 'dumps', json.dumps)"),
    *("logging._srcfile = None", "sys.path = [*sys.path]", "sys.argv = ['x']", "sys.platform = 'win32'"),
    *("time.mine = 1; del time.mine", "os.chdir('/')", "os.environ.clear()", "os.environ = {}"),
)
"""What a program may do."""


def _state() -> tuple[object, ...]:
    return (
        *(vars(module).copy() for module in (builtins, json, time, threading, pathlib, logging, os)),
        *(getattr(sys, name) for name in ("modules", "path", "stdout", "stderr", "excepthook", "platform", "argv")),
        [type(module) for module in (builtins, json, time, sys)],
        threading.Event.set,
        threading.Condition.wait,
        asyncio.BaseEventLoop.call_soon_threadsafe,
        pathlib.Path.is_dir,
        logging.Logger.handle,
        sys.modules["json"],
        sys.modules["time"],
        dict(os.environ),
    )


@pytest.mark.parametrize("name", DELETED)
@pytest.mark.parametrize("way", ["deletes", "sets"])
def test_what_is_taken_away_is_an_error_at_its_line(make_project: MakeProject, name: str, way: str) -> None:
    before = _state()
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(_IMPORTS + (f"del {name}" if way == "deletes" else f"{name} = None") + _AFTER), "dev")

    does = f"deletes {name}" if way == "deletes" else f"sets {name} to None"
    assert str(refused.value).replace("posixpath", "os.path") == (
        f"the program {does} (__main__.py:2), with which Python, Pulumi's SDK or the lab work in the same process\n"
        "  fix: leave it as it is, or put something in its place that can be used like it"
    )
    assert _state() == before


def test_the_value_is_told_where_it_is_not_none(make_project: MakeProject) -> None:
    with pytest.raises(ProgramError, match=r"the program sets time\.time to a value of type int \(__main__\.py:2\)"):
        evaluate(make_project("import time\nsetattr(time, 'time', 4)\n"), "dev")


@pytest.mark.parametrize("way", PAST)
def test_what_is_taken_away_otherwise_is_put_back(make_project: MakeProject, way: str) -> None:
    before, failure = _state(), ""
    try:
        evaluate(make_project(f"{_IMPORTS}{way}\n"), "dev")
    except ProgramError as error:
        failure = str(error)

    assert failure == (f"the program raised {PAST[way]} (__main__.py:2)" if PAST[way] else "")
    assert _state() == before


@pytest.mark.parametrize("way", HARMLESS)
def test_what_goes_on_without_it_is_as_in_a_deployment(make_project: MakeProject, way: str) -> None:
    before = _state()
    graph = evaluate(make_project(f"{_IMPORTS}{way}{_AFTER}"), "dev")

    assert graph.outputs == {"there": 2}
    assert _state() == before


def test_functions_with_modules_are_serialized_as_before(make_project: MakeProject) -> None:
    program = """
    import copy, pickle, sys, time, types, dill, pulumi
    sys.modules.pop("colorsys", None)
    import colorsys
    same = [type(colorsys) is types.ModuleType, isinstance(time, types.ModuleType)]
    same += [pickle.loads(pickle.dumps(time)) is time, copy.deepcopy(sys) is sys]
    def later(): return time.time
    pulumi.export("same", [*same, dill.loads(dill.dumps(later, recurse=True))() is time.time])
    """
    assert evaluate(make_project(program), "dev").outputs == {"same": [True] * 5}
    assert type(time) is types.ModuleType


RAISED = {
    "raise KeyboardInterrupt": "raised KeyboardInterrupt",
    "raise KeyboardInterrupt('mine')": "raised KeyboardInterrupt: mine",
    "raise GeneratorExit": "raised GeneratorExit",
    "raise asyncio.CancelledError": "raised CancelledError",
    "raise BaseException('b')": "raised BaseException: b",
    "raise BaseExceptionGroup('g', [KeyboardInterrupt()])": "raised BaseExceptionGroup: g (1 sub-exception)",
    "raise StopIteration": "raised RuntimeError: coroutine raised StopIteration",
    "raise BrokenPipeError": "raised BrokenPipeError",
    "raise MemoryError": "raised MemoryError",
    "raise SystemExit": "called sys.exit(None) before it was done",
    "quit()": "called sys.exit(None) before it was done",
    "import _thread; _thread.interrupt_main()": "called _thread.interrupt_main before it was done",
}
"""What a program raises, and what is said of it."""


@pytest.mark.parametrize("way", RAISED)
def test_what_a_program_raises_itself_is_told_as_what_it_is(make_project: MakeProject, way: str) -> None:
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(f"import asyncio\n{way}\n"), "dev")

    assert str(refused.value) == f"the program {RAISED[way]} (__main__.py:2)"


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit"])
@pytest.mark.parametrize("where", ["apply", "text"])
def test_so_it_is_in_a_callback_and_in_a_text(make_project: MakeProject, raised: str, where: str) -> None:
    callback = "pulumi.export('n', pulumi.Output.from_input(1).apply(act))"
    text = "class Odd(Exception):\n    __str__ = act\nraise Odd"
    program = f"import pulumi\ndef act(*_):\n    raise {raised}\n{callback if where == 'apply' else text}\n"
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(program), "dev")

    named = "called sys.exit(3) before it was done" if raised == "SystemExit(3)" else f"raised {raised}"
    told = named if where == "apply" else "raised Odd: <its text cannot be read: __str__ raises>"
    assert str(refused.value).startswith(f"the program {told} (__main__.py:{3 if where == 'apply' else 6})")


REPLACED = {
    "hashlib.sha256": "the engine failed to answer RegisterResource: ZeroDivisionError('division by zero')",
    "linecache.getline": "the program has not ended",
}
"""What a program replaces by what cannot be used like it, and what happens to the engine then."""


@pytest.mark.parametrize("name", REPLACED)
def test_what_cannot_be_used_like_what_it_replaces_is_named_with_its_line(make_project: MakeProject, name: str) -> None:
    program = f"import hashlib, linecache, pulumi\n\n{name} = lambda *_: 1 / 0\n{_QUEUE}\n"
    project = replace(make_project(program), program_timeout_seconds=1)
    with pytest.raises(ProgramError) as refused:
        evaluate(project, "dev")

    assert str(refused.value).startswith(
        f"the program puts something else in the place of {name} (__main__.py:3), with which Python, Pulumi's "
        f"SDK or the lab work in the same process: {REPLACED[name]}"
    )
    assert str(refused.value).endswith(
        "\n  fix: leave it as it is, or put something in its place that can be used like it"
    )


@pytest.mark.parametrize(
    "way", ["threading.Thread.start = lambda self: None", "threading.Thread = type('T', (), {'start': print})"]
)
def test_threads_that_never_start_keep_nobody_waiting(make_project: MakeProject, way: str) -> None:
    project = replace(make_project(f"import pulumi, threading\n{way}\n{_QUEUE}\n"), program_timeout_seconds=1)
    before = (threading.Thread, threading.Thread.start)
    with suppress(ProgramError):  # where there are not enough threads yet
        evaluate(project, "dev")

    assert (threading.Thread, threading.Thread.start) == before


def test_what_a_program_raises_is_told_whatever_it_replaces(make_project: MakeProject) -> None:
    program = "import traceback\ntraceback.extract_tb = lambda *_, **__: None\nraise ValueError('mine')\n"
    with pytest.raises(ProgramError, match=r"^the program raised ValueError: mine \(__main__\.py:3\)$"):
        evaluate(make_project(program), "dev")


@pytest.mark.parametrize(
    ("way", "does"),
    [
        ("sets.Stack = None", "sets delivery_lab.stack.stack.Stack to None"),
        ("del sets.Stack", "deletes delivery_lab.stack.stack.Stack"),
        ("sets.Stack = 5", "sets delivery_lab.stack.stack.Stack to a value of type int"),
    ],
)
def test_what_a_program_takes_away_of_the_lab_itself_is_told_with_its_line(
    make_project: MakeProject, way: str, does: str
) -> None:
    before = lab_stack.Stack
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(f"import pulumi\nimport delivery_lab.stack.stack as sets\n{way}\n"), "dev")

    assert str(refused.value).startswith(
        f"the program {does} (__main__.py:3), with which Python, Pulumi's SDK or the lab "
    )
    assert lab_stack.Stack is before


def test_what_a_program_puts_into_the_place_of_the_labs_functions_ends_with_it(make_project: MakeProject) -> None:
    before = lab_stack.Stack
    program = f"import delivery_lab.stack.stack as sets\nsets.Stack = lambda *_: None\nimport pulumi\n{_QUEUE}\n"
    evaluate(make_project(program), "dev")

    assert lab_stack.Stack is before
