"""Loaded code that is used again behaves as code that is imported again, or is imported again."""

from __future__ import annotations

import colorsys
import gc
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab.garbage import rare_garbage_collection
from delivery_lab.handlers.kept import KeptEnvironments
from tests.handlers.world import World
from tests.lab_support import ROOT

Seen = tuple[list[str], list[str]]

REPEATABLE = {
    "a list of the module": """
        seen = []
        def handler(event, context):
            seen.append(event)
            return len(seen)
    """,
    "every container": """
        import collections, io
        holder = {
            "dict": {}, "set": {1}, "deque": collections.deque([1], 3), "default": collections.defaultdict(list),
            "ordered": collections.OrderedDict(a=1), "bytes": bytearray(b"x"), "text": io.StringIO("y"),
        }
        class Named(dict):
            pass
        named = Named(a=[])
        def handler(event, context):
            before = repr(holder) + holder["text"].getvalue() + repr(named)
            holder["dict"][event] = holder["set"].add(event)
            holder["deque"].append(event)
            holder["default"][event].append(1)
            holder["ordered"]["b"] = holder["ordered"].pop("a", None)
            holder["bytes"].extend(b"z")
            holder["text"].write("w")
            named["a"].append(event)
            named.attribute = event
            return before.split("StringIO")[0], sorted(vars(named)), len(named["a"])
    """,
    "attributes of classes and instances": """
        import dataclasses
        class Counter:
            calls = 0
            __slots__ = ("mine",)
        class Open:
            pass
        @dataclasses.dataclass(frozen=True, slots=True)
        class Fixed:
            inside: list
        counter, opened, fixed = Counter(), Open(), Fixed([])
        def handler(event, context):
            Counter.calls += 1
            Counter.late = getattr(Counter, "late", 0) + 1
            counter.mine = getattr(counter, "mine", 0) + 1
            opened.__dict__ = {**vars(opened), str(event): 1}
            fixed.inside.append(event)
            return Counter.calls, Counter.late, counter.mine, len(vars(opened)), len(fixed.inside)
    """,
    "functions, defaults and closures": """
        import functools
        def counting():
            count = 0
            def step():
                nonlocal count
                count += 1
                return count
            return step
        step = counting()
        @functools.lru_cache
        def cached(value):
            return step()
        def defaults(seen=[]):
            seen.append(1)
            return len(seen)
        def handler(event, context, memory={}):
            memory[len(memory)] = event
            handler.calls = getattr(handler, "calls", 0) + 1
            return step(), cached(1), cached.cache_info()[:2], defaults(), len(memory), handler.calls
    """,
    "code and defaults that are replaced, classes of objects": """
        class Calm: ...
        class Angry(Calm): ...
        one, other = Calm(), Calm()
        def plain(a=1, *, b=1):
            return "plain", a, b
        def ours(a=2, *, b=2):
            return "ours", a, b
        def named(*, b=1):
            return b
        def handler(event, context):
            seen = plain(), type(one).__name__, type(other).__name__, named.__kwdefaults__
            plain.__code__, plain.__defaults__, plain.__kwdefaults__ = ours.__code__, (event,), {"b": event}
            del named.__kwdefaults__
            if event:
                one.__class__ = Angry
            other.__class__ = Angry
            return seen
    """,
    "dictionaries that hold the same again, members and order": """
        import threading
        from collections import OrderedDict
        lock, seen, recent = threading.RLock(), {"a", "b"}, OrderedDict(a=1, b=2)
        counts, renamed = {"x": 0}, {"x": 0, "y": 0}
        def handler(event, context):
            with lock:
                seen.add(f"m{event}")
                seen.discard("a")
                recent.move_to_end(next(iter(recent)))
                counts["x"] += 1
                counts["x"] -= not event
                renamed[f"z{event}"] = renamed.pop(list(renamed)[-1])
            return sorted(seen), list(recent), counts["x"], list(renamed)
    """,
    "globals that come and go": """
        first = True
        gone = 1
        def handler(event, context):
            global first, gone, late
            was, first = first, False
            if "gone" in globals():
                del gone
            late = globals().get("late", 0) + 1
            return was, late
    """,
    "randomness at run time": """
        import os, random, uuid
        from random import random as drawn, Random
        own = Random(42)
        def handler(event, context):
            return drawn(), random.random(), random.gauss(0, 1), own.random(), uuid.uuid4().hex, os.urandom(4).hex()
    """,
    "threads at run time": """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        lock, here = threading.Lock(), threading.local()
        pool = ThreadPoolExecutor(2, "pool")
        def work(number):
            with lock:
                here.count = getattr(here, "count", 0) + 1
                return threading.current_thread().name, here.count
        def handler(event, context):
            here.count = getattr(here, "count", 10) + 1
            thread = threading.Thread(target=work, args=(0,))
            thread.start()
            thread.join()
            return thread.name, here.count, list(pool.map(work, range(3)))
    """,
    "the process": """
        import logging, os, sys, warnings
        logger = logging.getLogger("mine")
        def handler(event, context):
            logger.setLevel(logging.INFO if event else logging.ERROR)
            logger.info("said %s", event)
            logger.addHandler(logging.StreamHandler(sys.stdout))
            warnings.warn("old", DeprecationWarning)
            os.environ["SEEN"] = os.environ.get("SEEN", "") + "x"
            sys.path.append("/nowhere")
            print(os.environ["AWS_LAMBDA_LOG_STREAM_NAME"])
            return os.environ["SEEN"], sys.path.count("/nowhere"), len(logger.handlers), len(warnings.filters)
    """,
    "context variables": """
        import contextvars
        kept = contextvars.ContextVar("kept", default=0)
        kept.set(5)
        def handler(event, context):
            kept.set(kept.get() + 1)
            return kept.get()
    """,
    "a module that is imported late": """
        import sys
        def handler(event, context):
            fresh = "late" not in sys.modules
            import late
            late.calls.append(event)
            return fresh, len(late.calls)
    """,
    "weak references": """
        import weakref
        class Thing:
            pass
        lasting = Thing()
        things, alive = weakref.WeakValueDictionary(first=lasting), weakref.WeakSet([lasting])
        def handler(event, context):
            things[str(event)] = thing = Thing()
            alive.add(thing)
            handler.last = thing
            return sorted(things), len(alive)
    """,
    "an event loop at run time": """
        import asyncio
        async def work():
            await asyncio.sleep(1)
            return len(asyncio.all_tasks())
        def handler(event, context):
            return asyncio.run(work())
    """,
    "boto3": """
        import boto3
        sqs = boto3.client("sqs")
        def handler(event, context):
            sqs.meta.events.register("before-call.sqs.*", lambda **_: None)
            sqs.send_message(QueueUrl="https://q", MessageBody="b")
            try:
                raise sqs.exceptions.QueueDoesNotExist({"Error": {}}, "x")
            except sqs.exceptions.QueueDoesNotExist:
                return len(sqs.meta.events._emitter._handlers.prefix_search("before-call.sqs.x"))
    """,
    "a process that ends": """
        import sys
        calls = []
        def handler(event, context):
            calls.append(event)
            if event == 1:
                sys.exit(3)
            return len(calls)
    """,
}

IMPORTED_AGAIN = {
    "reads a clock while it is imported": "import time\nborn = time.time()",
    "draws at random while it is imported": "import uuid\nname = uuid.uuid4().hex",
    "reads the name of its log stream while it is imported": "import os\nname = dict(os.environ)",
    "writes to its log while it is imported": "print('hello')",
    "waits while it is imported": "import time\ntime.sleep(0)",
    "writes to a file while it is imported": "open('/tmp/delivery-lab-kept-test', 'w').close()",
    "reads /etc/hostname while it is imported": "open('/etc/hostname').close()",
    "begins something while it is imported that goes on": (
        "import _thread, threading\n_thread.start_new_thread(print, ())"
    ),
    "asks for the address of its network card while it is imported": "import uuid\nnode = uuid.getnode()",
    "threads are started, or made, while it is imported": "import threading\nt = threading.Thread(target=print)",
    "the state of builtins.generator cannot be read": "numbers = (n for n in range(9))",
    "sets something for its whole process while it is imported": "import sys\nsys.setrecursionlimit(700)",
    "replaces colorsys.rgb_to_hls, which all environments share": (
        "import colorsys\ndef rgb_to_hls(*_):\n    return 1\ncolorsys.rgb_to_hls = rgb_to_hls"
    ),
}

UNFREEZES = ("unfreezes all objects of the process while it is imported", "import gc\ngc.unfreeze()")


@pytest.fixture
def kept() -> Iterator[KeptEnvironments]:
    """What is kept from run to run."""
    keeping = KeptEnvironments()
    yield keeping
    keeping.remove()


@pytest.fixture(autouse=True)
def _colours() -> Iterator[None]:
    real = colorsys.rgb_to_hls
    yield
    colorsys.rgb_to_hls = real


def one_run(folder: Path, code: str, seed: int, kept: KeptEnvironments | None) -> Seen:
    """What two environments with three invokes each show, and what they log."""
    world = World(folder, seed=seed, kept=kept)
    function = world.function(textwrap.dedent(code))
    world.write("fn/late.py", "calls = []\n")
    with rare_garbage_collection(), world.host:
        world.scheduler.after(seed * 1_000_000, lambda: None)
        world.scheduler.run()
        shown = []
        for number in (1, 2):
            environment = world.environment(function, number)
            for event in range(3):
                response = world.invoke(environment, event, f"r{number}{event}")
                shown.append(response.payload)
                if response.ended:
                    environment.stop()
                    break
    return shown, world.text


@pytest.mark.parametrize("code", REPEATABLE.values(), ids=REPEATABLE)
def test_kept_code_behaves_as_code_that_is_imported(code: str, tmp_path: Path, kept: KeptEnvironments) -> None:
    for seed in (1, 2, 3, 4):
        assert one_run(tmp_path, code, seed, kept) == one_run(tmp_path, code, seed, None)

    assert kept.loaded_anew == {}
    assert kept.uses >= 4  # two environments in each of two runs at least


@pytest.mark.parametrize(("reason", "begin"), IMPORTED_AGAIN.items(), ids=list(IMPORTED_AGAIN))
def test_code_whose_import_cannot_be_repeated_is_imported_again(
    reason: str, begin: str, tmp_path: Path, kept: KeptEnvironments
) -> None:
    imported_again(reason, begin, tmp_path, kept)


def test_code_that_unfreezes_all_objects_is_imported_again(tmp_path: Path) -> None:
    # In a process of its own: here all objects of all tests are looked through, in each of six runs.
    begin = "from pathlib import Path; from tests.handlers.test_kept import UNFREEZES, imported_again, KeptEnvironments"
    told = f"{begin}; imported_again(*UNFREEZES, Path({str(tmp_path)!r}), KeptEnvironments()); print('done')"
    found = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (found.stderr, found.stdout) == ("", "done\n")


def imported_again(reason: str, begin: str, tmp_path: Path, kept: KeptEnvironments) -> None:
    """Code that begins so behaves the same whether or not something would be kept, and nothing is."""
    code = f"{begin}\ncalls = []\ndef handler(event, context):\n    calls.append(1)\n    return len(calls)\n"
    for seed in (1, 2, 3):
        assert one_run(tmp_path, code, seed, kept) == one_run(tmp_path, code, seed, None)

    assert kept.loaded_anew == {"worker": reason}
    assert kept.uses == 0


def test_what_cannot_be_set_back_after_a_run_is_imported_again(tmp_path: Path, kept: KeptEnvironments) -> None:
    code = "import itertools\ncount = itertools.count()\ndef handler(event, context):\n    return next(count)\n"
    for seed in range(1, 8):
        assert one_run(tmp_path, code, seed, kept) == one_run(tmp_path, code, seed, None)

    assert kept.loaded_anew == {"worker": "itertools.count cannot be set back"}
    assert kept.uses == 0


def test_a_lock_that_was_held_when_its_environment_was_killed_is_free_again(
    tmp_path: Path, kept: KeptEnvironments
) -> None:
    code = """
        import threading, time
        lock = threading.Lock()
        def handler(event, context):
            with lock:
                time.sleep(event)
            return "done"
    """
    for seed in (1, 2, 3, 4):
        world = World(tmp_path, seed=seed, kept=kept)
        function = world.function(textwrap.dedent(code))
        with rare_garbage_collection(), world.host:
            killed = world.environment(function, 1)
            world.start(killed, 100)
            world.scheduler.run(5_000_000)
            killed.stop()
            assert world.result(world.environment(function, 2), 1) == "done"
    assert kept.uses >= 2


def test_what_is_kept_does_not_keep_the_runs_that_are_over(tmp_path: Path, kept: KeptEnvironments) -> None:
    code = """
        import logging
        contexts = []
        def handler(event, context):
            contexts.append(context)
            logging.warning("%s of %s", event, context.get_remaining_time_in_millis())
            print(event, end="")
    """
    hosts = []
    for seed in (1, 2, 3):
        world = World(tmp_path, seed=seed, kept=kept)
        hosts.append(weakref.ref(world.host))
        function = world.function(textwrap.dedent(code))
        with rare_garbage_collection(), world.host:
            world.invoke(world.environment(function, 1), seed)
        assert len(world.text) == 2
    del world, function
    gc.collect()

    assert kept.uses >= 1
    assert [host() for host in hosts] == [None, None, None]
