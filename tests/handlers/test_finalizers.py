"""What code hangs on the end of its objects never happens on this machine, and never to the lab."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from delivery_lab.handlers.finalizers import LOADS_FUNCTIONS, LateError, refuse_late
from tests.handlers.world import World

_TOUCHES = """
    import socket, subprocess, weakref

    class Thing:
        pass

    def touch(*_):
        {what}

    {top}

    def handler(event, context):
        {body}
        return "done"
"""
FILE, NETWORK, PROCESS = "open(FILE, 'w').close()", "socket.create_connection(ADDRESS)", "subprocess.Popen(['true'])"

WAYS = {
    "a class": ("class Thing:\n        __del__ = touch\n    thing = Thing()", "pass"),
    "a class in a class": (
        "class Outer:\n        class Thing:\n            __del__ = touch\n    thing = Outer.Thing()",
        "pass",
    ),
    "a class, in a circle": ("class Thing:\n        __del__ = touch", "thing = Thing(); thing.itself = thing"),
    "a class in a function": (
        "def made():\n        class Inner:\n            def __del__(self): touch()\n        return Inner",
        "thing = made()(); thing.itself = thing",
    ),
    "finalize": ("thing = Thing(); weakref.finalize(thing, touch)", "pass"),
    "finalize of what stays": ("weakref.finalize(socket, touch)", "pass"),
    "a weak reference": ("thing = Thing(); ref = weakref.ref(thing, touch)", "pass"),
    "a generator": (
        "def going():\n        try: yield\n        finally: touch()\n    one = going(); next(one)",
        "two = going(); next(two); kept = [two]; kept.append(kept)",
    ),
}
"""Ways to have something happen at the end of an object: at the top of a module, and in its handler."""


@pytest.mark.usefixtures("only_new_garbage")
@pytest.mark.parametrize("what", [FILE, NETWORK, PROCESS], ids=["file", "network", "process"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_happens_once_the_code_no_longer_runs(
    world: World, way: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(subprocess, "_fork_exec", lambda *args: started.append(args))
    file = world.folder / "touched"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        top, body = WAYS[way]
        code = _TOUCHES.format(top=top, body=body, what=what)
        code = code.replace("FILE", repr(str(file))).replace("ADDRESS", repr(server.getsockname()))
        assert world.run_code(code) == "done"
        world.__dict__.clear()
        gc.collect()
        for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
            if finalizer.atexit and finalizer.peek()[1].__code__.co_filename.endswith("app.py"):
                finalizer()
        with pytest.raises(BlockingIOError):
            server.accept()

    assert not file.exists()
    assert started == []


def test_in_its_environment_it_happens(world: World) -> None:
    code = """
        import weakref

        class Thing:
            def __del__(self): print("deleted")

        def handler(event, context):
            thing = Thing()
            weakref.finalize(thing, print, "finalized")
            del thing
            with open("/tmp/file", "w") as file: file.write("x")
            return open("/tmp/file").read()
    """
    assert world.run_code(code) == "x"
    assert [text.strip() for text in world.text] == ["deleted", "finalized"]


def test_the_labs_own_code_may_do_what_it_likes() -> None:
    refuse_late(sys._getframe())
    loader = SimpleNamespace(**{LOADS_FUNCTIONS: True})
    scope: dict[str, Any] = {"__loader__": loader, "refuse_late": refuse_late, "sys": sys}
    with pytest.raises(LateError, match="Operation not permitted"):
        exec("refuse_late(sys._getframe())", scope)
