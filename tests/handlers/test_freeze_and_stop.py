from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.handlers.world import World


def test_threads_left_behind_stand_still_until_the_next_invoke(world: World) -> None:
    function = world.function(
        """
        import threading, time
        def background():
            for n in range(3):
                time.sleep(10)
                print("tick", n, time.monotonic())
        def handler(event, context):
            if event == "start": threading.Thread(target=background, daemon=True).start()
            time.sleep(1)
        """
    )
    with world.host:
        environment = world.environment(function)
        world.invoke(environment, "start")
        assert world.scheduler.now == 1_250_000  # the thread does not keep the run going
        world.scheduler.run(until=100_000_000)
        assert world.text == []
        world.invoke(environment)  # 100 s: the sleep is overdue, the next one has 9 s to go when the invoke ends
        world.scheduler.run(until=200_000_000)
        world.invoke(environment)
    assert world.text == ["tick 0 100.0", "tick 1 200.0"]


def test_an_api_call_of_a_frozen_thread_waits_too(world: World) -> None:
    function = world.function(
        """
        import boto3, threading, time
        sqs = boto3.client("sqs")
        def handler(event, context):
            if event: threading.Thread(target=sqs.list_queues).start()
            else: time.sleep(1)
        """
    )
    with world.host:
        environment = world.environment(function)
        world.invoke(environment, True)
        world.scheduler.run(until=50_000_000)
        assert world.calls == []
        world.invoke(environment, False)
    assert [instant for instant, *_ in world.calls] == [50.0]


FINALLY = """
    import atexit, contextlib, threading, time
    atexit.register(print, "atexit")
    @contextlib.contextmanager
    def guarded():
        try: yield
        finally: print("context manager")
    def work(name):
        try:
            with guarded():
                time.sleep(100)
        except BaseException as error: print(name, "except", type(error))
        finally: print(name, "finally")
    def handler(event, context):
        threading.Thread(target=work, args=("thread",)).start()
        work("main")
"""


@pytest.mark.usefixtures("only_new_garbage")
def test_stop_runs_nothing_of_the_code(world: World) -> None:
    function = world.function(FINALLY)
    with world.host:
        environment = world.environment(function)
        world.start(environment)
        world.scheduler.at(5_000_000, environment.stop)
        world.scheduler.run()
        world.scheduler.run(until=300_000_000)
        del environment
        gc.collect()
    gc.collect()
    assert (world.text, world.answers) == ([], [])


@pytest.mark.usefixtures("only_new_garbage")
def test_leaving_the_host_in_the_middle_runs_nothing_either(world: World) -> None:
    with world.host:
        world.start(world.environment(world.function(FINALLY)))
        world.scheduler.run(until=5_000_000)
    gc.collect()
    assert (world.text, world.answers) == ([], [])


def test_nothing_runs_when_the_interpreter_ends(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(textwrap.dedent(FINALLY).replace("print(", "os.write(2, b'ran'); print(").replace(
        "import atexit,", "import os, atexit,"))  # fmt: skip
    script = f"""
        from delivery_lab.handlers import HandlerHost
        from delivery_lab.model.clock import Scheduler
        from delivery_lab.model.randomness import RandomStreams
        from delivery_lab.model.runtime import CodeSource, FunctionConfig, InvokeRequest
        scheduler = Scheduler()
        function = FunctionConfig("f", "arn", "app.handler", code=CodeSource((("", {str(tmp_path)!r}),)))
        with HandlerHost(scheduler, RandomStreams(1), None, print) as host:
            host.new_environment(function, 1).start(InvokeRequest("r", "null", 9), print)
            scheduler.run(until=5_000_000)
        import threading
        print("alive", threading.active_count())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive 1\n", "")


def test_a_frozen_environment_can_be_stopped(world: World) -> None:
    function = world.function(
        """
        import threading, time
        def handler(event, context):
            threading.Thread(target=lambda: (time.sleep(5), print("must not be seen"))).start()
        """
    )
    with world.host:
        environment = world.environment(function)
        world.invoke(environment)
        environment.stop()
        world.scheduler.run(until=60_000_000)
    assert world.text == []


def test_a_call_may_stop_its_own_caller(world: World) -> None:
    function = world.function("import boto3\ndef handler(e, c):\n    boto3.client('sqs').list_queues()\n    print('x')")
    with world.host:
        environment = world.environment(function)

        def stop(*_: object) -> dict[str, object]:
            environment.stop()
            return {}

        world.answer = stop
        world.start(environment)
        world.scheduler.run()
    assert (len(world.calls), world.text, world.answers) == (1, [], [])
