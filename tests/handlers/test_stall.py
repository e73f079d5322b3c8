from __future__ import annotations

import importlib
import signal
import threading
from typing import Any

import pytest

from delivery_lab.errors import HandlerStalledError
from tests.handlers.world import World, WorldMaker


@pytest.mark.parametrize(
    "blocking",
    [
        "while True: pass",
        "import socket; a, b = socket.socketpair(); a.recv(1)",
        "import select; select.poll().poll(30_000)",
        "import os; reading, writing = os.pipe(); os.read(reading, 1)",
        "import multiprocessing as m; lock = m.Lock(); lock.acquire(); lock.acquire()",
    ],
)
def test_code_that_blocks_is_named_with_its_line(make_world: WorldMaker, blocking: str) -> None:
    world = make_world(stall_after_seconds=0.2)
    function = world.function(
        f"""
        def block():
            {blocking}
        def handler(event, context):
            try:
                block()
            except: print("must not be seen")
            finally: print("nor this")
        """
    )
    handlers = signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)
    with world.host, pytest.raises(HandlerStalledError) as caught:
        world.invoke(world.environment(function))
    assert str(caught.value) == (
        f"function worker has blocked for 0.2 s of real time at {world.folder / 'fn/app.py'}:3 in block "
        "(virtual time 0.250000 s)\n"
        "  fix: wait with time.sleep, threading or queue, which are virtual; real sockets, files, processes and busy "
        "loops have to be switched off for the simulation\n"
        "  or describe the function in the workload instead of running it, such as\n"
        "    functions:\n      worker: {duration: 0.2}"
    )
    assert world.text == []
    assert (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)) == handlers
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_real_lock_and_a_stall_while_importing(make_world: WorldMaker) -> None:
    world = make_world(stall_after_seconds=0.2)
    text = "import yaml\nyaml.lock.acquire()\ndef handler(e, c): ..."
    yaml: Any = importlib.import_module("yaml")

    yaml.lock = threading.Lock()
    yaml.lock.acquire()
    try:
        with world.host, pytest.raises(HandlerStalledError, match=r"app\.py:2 in <module>"):
            world.invoke(world.environment(world.function(text)))
    finally:
        del yaml.lock


def test_virtual_waiting_never_stalls(make_world: WorldMaker) -> None:
    world = make_world(stall_after_seconds=0.2)
    assert (
        world.run_code("import time\ndef handler(e, c):\n    for _ in range(500): time.sleep(900)\n    return 1") == 1
    )


def test_a_handler_cannot_switch_the_alarm_off(make_world: WorldMaker) -> None:
    world = make_world(stall_after_seconds=0.2)
    function = world.function(
        """
        import signal
        def handler(event, context):
            print(signal.setitimer(signal.ITIMER_REAL, 0), signal.alarm(0))
            while True: pass
        """
    )
    with world.host, pytest.raises(HandlerStalledError, match=r"app\.py:5 in handler"):
        world.invoke(world.environment(function))
    assert world.text == ["(0.0, 0.0) 0"]


def test_an_interrupt_ends_the_run(world: World) -> None:
    function = world.function(
        """
        import _signal
        def handler(event, context):
            try: _signal.raise_signal(_signal.SIGINT)
            except BaseException: pass
            print("must not be seen")
        """
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with world.host, pytest.raises(KeyboardInterrupt):
            world.invoke(world.environment(function))
        with world.host, pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)  # os.kill may interrupt another thread, and this one a moment later
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert world.text == []


def test_off_the_main_thread_there_is_no_alarm(make_world: WorldMaker) -> None:
    world = make_world(stall_after_seconds=0.2)
    results = []
    thread = threading.Thread(target=lambda: results.append(world.run_code("def handler(e, c): return 1")))
    thread.start()
    thread.join(10)
    assert results == [1]
