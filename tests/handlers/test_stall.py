from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import HandlerStalledError
from delivery_lab.handlers import stall
from tests.handlers.world import World, WorldMaker
from tests.traced import BOTH, traced_calls

BLOCKING = [
    "while True: pass",
    "import socket; a, b = socket.socketpair(); a.recv(1)",
    "import select; select.poll().poll(60_000)",
    "import os; reading, writing = os.pipe(); os.read(reading, 1)",
    "import multiprocessing as m; lock = m.Lock(); lock.acquire(); lock.acquire()",
]
"""Lines that keep control for good: one computes, the others wait in C code."""

BLOCKS = """
def block():
    {blocking}
def handler(event, context):
    try:
        block()
    except: print("must not be seen")
    finally: print("nor this")
"""
"""A function that does so, and would be seen to go on after it."""


@pytest.mark.parametrize("blocking", BLOCKING)
def test_code_that_blocks_is_named_with_its_line(make_world: WorldMaker, blocking: str) -> None:
    world = make_world(stall_after_seconds=0.2)
    function = world.function(BLOCKS.format(blocking=blocking))
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


class Rings(list[float]):
    """Stands for the time of a thread that gets little of a processor: so much of each ring."""

    def __init__(self, own_seconds: float) -> None:
        super().__init__()
        self.own_seconds = own_seconds

    def since_last_asked(self, at_most_seconds: float) -> float:
        self.append(at_most_seconds)
        return self.own_seconds

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def yaml() -> Iterator[Any]:
    """A module that handlers share with tests."""
    module: Any = importlib.import_module("yaml")
    yield module
    del module.rings


def test_a_handler_that_waits_for_a_processor_is_not_blocked(
    make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch, yaml: Any
) -> None:
    yaml.rings = rings = Rings(own_seconds=0.0)
    monkeypatch.setattr(stall, "OwnTime", lambda: rings)
    code = "import yaml\ndef handler(e, c):\n    while len(yaml.rings) < 20: pass\n    return 1"
    assert make_world(stall_after_seconds=0.05).run_code(code) == 1
    assert set(rings) == {0.01}


def test_a_handler_that_gets_little_of_a_processor_is_ended_later(
    make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch, yaml: Any
) -> None:
    yaml.rings = rings = Rings(own_seconds=0.005)
    monkeypatch.setattr(stall, "OwnTime", lambda: rings)
    world = make_world(stall_after_seconds=0.05)
    function = world.function("def handler(e, c):\n    while True: pass")
    with world.host, pytest.raises(HandlerStalledError, match=r"app\.py:2 in handler"):
        world.invoke(world.environment(function))
    assert len(rings) >= 8  # the first counts whole, each other one half, and the last half ring may be missing


def test_each_start_counts_anew(make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch, yaml: Any) -> None:
    yaml.rings = rings = Rings(own_seconds=0.01)
    monkeypatch.setattr(stall, "OwnTime", lambda: rings)
    code = """
        import time, yaml
        def handler(event, context):
            for part in range(1, 9):
                while len(yaml.rings) < 2 * part: pass
                time.sleep(1)
            return "done"
        """
    assert make_world(stall_after_seconds=0.05).run_code(code) == "done"
    assert len(rings) >= 16


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


def _on_a_thread(world: World, text: str) -> list[object]:
    """What comes of one invoke whose run is asked for on another thread."""
    found: list[object] = []

    def run() -> None:
        try:
            with world.host:
                world.start(world.environment(world.function(text)))
                world.host.run()
            found.append(world.answers[-1][1].payload)
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    return found


@pytest.mark.usefixtures("only_new_garbage")
@pytest.mark.parametrize("blocking", BLOCKING)
def test_code_that_blocks_off_the_main_thread_is_named_with_its_line(make_world: WorldMaker, blocking: str) -> None:
    world = make_world(stall_after_seconds=0.2)
    before = Path.cwd(), dict(os.environ), list(sys.path), sys.stdout, time.time
    (found,) = _on_a_thread(world, BLOCKS.format(blocking=blocking))

    assert isinstance(found, HandlerStalledError)
    assert str(found).startswith(
        f"function worker has blocked for 0.2 s of real time at {world.folder / 'fn/app.py'}:3 in block "
        "(virtual time 0.250000 s)\n  fix: wait with time.sleep"
    )
    gc.collect()
    assert world.text == []
    assert (Path.cwd(), dict(os.environ), list(sys.path), sys.stdout, time.time) == before


def test_code_that_goes_on_after_it_was_left_behind_does_nothing(make_world: WorldMaker, yaml: Any) -> None:
    reading, writing = os.pipe()
    yaml.rings = [reading]
    world = make_world(stall_after_seconds=0.2)
    text = "import os, yaml\ndef handler(e, c):\n    os.read(yaml.rings[0], 1)\n    yaml.rings.append('went on')"
    (found,) = _on_a_thread(world, text)
    assert traced_calls() == BOTH  # what waits for the thread that was left behind concerns no other
    os.write(writing, b"x")
    os.close(writing)

    assert isinstance(found, HandlerStalledError)
    assert make_world().run_code("def handler(e, c): return 1") == 1  # the process is as it was
    assert yaml.rings == [reading]
    os.close(reading)


def test_virtual_waiting_off_the_main_thread_never_stalls(make_world: WorldMaker) -> None:
    text = "import time\ndef handler(e, c):\n    for _ in range(20): time.sleep(900)\n    return 1"
    assert _on_a_thread(make_world(stall_after_seconds=0.2), "import time\ndef handler(e, c): return 1") == ["1"]
    assert "Task timed out" not in str(_on_a_thread(make_world(stall_after_seconds=0.2), text))
    assert not [thread for thread in threading.enumerate() if thread.name == "simulation" and not thread.daemon]
