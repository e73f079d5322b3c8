from __future__ import annotations

import atexit
import io
import json
import logging
import os
import random
import signal
import subprocess
import sys
import uuid
import warnings
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import HandlerError
from delivery_lab.events import LogLine
from delivery_lab.handlers import HandlerHost
from delivery_lab.model.clock import seconds
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import InvokeRequest
from tests.handlers.world import World, WorldMaker
from tests.traced import BOTH, traced_calls


def test_environment_variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    text = """
        import os
        from os import environ
        def handler(event, context):
            os.environ["ADDED"] = "by the handler"
            return [dict(environ), os.getenv("ADDED"), environ is os.environ]
    """
    before = dict(os.environ)
    variables, added, same = world.run_code(
        text, memory_mb=256, region="eu-west-1", environment={"QUEUE_URL": "https://q", "LANG": "C"}
    )
    assert (added, same) == ("by the handler", True)
    assert {
        name: variables.get(name)
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                     "AWS_LAMBDA_FUNCTION_VERSION", "AWS_EXECUTION_ENV", "LAMBDA_TASK_ROOT", "_HANDLER", "TZ",
                     "QUEUE_URL", "LANG", "SECRET_OF_THE_HOST", "PATH")
    } == {
        "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "worker",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13", "LAMBDA_TASK_ROOT": str(world.folder / "fn"),
        "_HANDLER": "app.handler", "TZ": ":UTC", "QUEUE_URL": "https://q", "LANG": "C", "SECRET_OF_THE_HOST": None,
        "PATH": os.environ["PATH"],
    }  # fmt: skip
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "_X_AMZN_TRACE_ID"} <= set(variables)
    assert dict(os.environ) == before


def test_variables_last_as_long_as_the_environment(world: World) -> None:
    function = world.function(
        """
        import os
        def handler(event, context):
            os.environ["N"] = str(int(os.environ.get("N", 0)) + 1)
            return os.environ["N"]
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert [world.result(one) for one in (first, first, second)] == ["1", "2", "1"]
    assert "N" not in os.environ


def test_lines_are_split_and_belong_to_their_invoke(world: World) -> None:
    function = world.function(
        """
        import sys, threading, time
        print("cold")
        def late():
            time.sleep(1.5)
            print("from the thread of the first invoke")
        def handler(event, context):
            print("a", "b", sep="\\n"); print("no end", end="")
            sys.stderr.write("error\\r\\n"); sys.stdout.buffer.write(b"bytes \\xff\\n"); sys.stdout.flush()
            if event: threading.Thread(target=late).start()
            time.sleep(1)
        """
    )
    with world.host:
        environment = world.environment(function, 7)
        world.result(environment, True, "r1")
        world.result(environment, False, "r2")
    assert {(line.function, line.environment) for line in world.lines} == {("worker", 7)}
    assert [(line.request_id, line.text) for line in world.lines] == [
        (None, "cold"),
        ("r1", "a"), ("r1", "b"), ("r1", "error"), ("r1", "no endbytes \\xff"),
        ("r2", "a"), ("r2", "b"), ("r2", "error"), ("r2", "no endbytes \\xff"),
        ("r1", "from the thread of the first invoke"),
    ]  # fmt: skip


def test_an_open_line_ends_with_the_invoke_and_is_not_mixed_with_others(world: World) -> None:
    function = world.function(
        """
        import time
        def handler(event, context):
            print(f"begin {event}", end=""); time.sleep(1); print(f" end {event}", end="")
        """
    )
    with world.host:
        for number in (1, 2):
            world.start(world.environment(function, number), number, f"r{number}")
        world.scheduler.run()
    assert world.text == ["begin 1 end 1", "begin 2 end 2"]


def test_logging_is_a_tree_of_its_own(world: World) -> None:
    host_root, host_loggers = logging.root, set(logging.Logger.manager.loggerDict)
    level, handlers = logging.getLogger().level, list(logging.getLogger().handlers)
    function = world.function(
        """
        import logging
        before = logging.getLogger().level
        logging.getLogger().setLevel("INFO")
        logging.basicConfig(format="ignored, the root has Lambda's handler already")
        log = logging.getLogger("mine")
        class Count(logging.Handler):
            n = 0
            def emit(self, record): Count.n += 1
        log.addHandler(Count())
        def handler(event, context):
            log.info("hello %s", event); log.debug("not this")
            return [before, Count.n, len(logging.getLogger("mine").handlers)]
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert [world.result(one, "x") for one in (first, second, first)] == [[30, 1, 1], [30, 1, 1], [30, 2, 1]]
    assert world.text[0] == "[INFO]\t2026-01-01T00:00:00.250Z\tr1\thello x"
    assert logging.root is logging.getLogger() is logging.Logger.manager.root is host_root
    assert set(logging.Logger.manager.loggerDict) == host_loggers
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == (level, handlers)


def test_randomness_repeats_and_differs_between_environments(
    make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        import os, random, secrets, uuid
        from random import choice, random as draw
        own = random.Random()
        def handler(event, context):
            random.seed()
            return [draw(), random.randint(1, 10**9), choice(range(10**9)), own.random(), os.urandom(4).hex(),
                    str(uuid.uuid4()), secrets.token_hex(4), random.SystemRandom().random(), str(uuid.uuid1())]
    """

    def draws(seed: int) -> list[list[Any]]:
        world = make_world(seed=seed)
        with world.host:
            function = world.function(text)
            return [world.result(world.environment(function, number)) for number in (1, 2)]

    def hosts_address() -> int:
        raise AssertionError("an address of the machine that the run happens to be made on")

    monkeypatch.setattr(uuid, "_GETTERS", [hosts_address])
    random.seed(5)
    host_state = random.getstate()
    once, again, other = draws(1), draws(1), draws(2)
    assert once == again
    for n in range(8):
        assert len({str(one[n]) for one in (*once, *other)}) == 4
    assert random.getstate() == host_state
    assert os.urandom(8) != os.urandom(8)


def test_a_handler_does_not_reach_the_hosts_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []
    monkeypatch.setattr(atexit, "register", registered.append)
    before = (signal.getsignal(signal.SIGTERM), list(warnings.filters), sys.excepthook, list(sys.argv))
    assert world.run_code(
        """
        import atexit, io, os, signal, sys, warnings
        @atexit.register
        def goodbye(): print("never")
        warnings.simplefilter("ignore")
        sys.excepthook = None
        sys.stdin.readline() == "" or sys.exit()
        def handler(event, context):
            previous = signal.signal(signal.SIGTERM, lambda *_: None)
            os.putenv("LEAKED", "1")
            os.register_at_fork(before=print)
            return [previous == signal.SIG_DFL, goodbye.__name__, sys.argv]
        """
    ) == [True, "goodbye", [""]]
    assert registered == []
    assert (signal.getsignal(signal.SIGTERM), list(warnings.filters), sys.excepthook, list(sys.argv)) == before
    assert subprocess.run(["/bin/sh", "-c", "echo $LEAKED"], capture_output=True, check=True).stdout == b"\n"


def test_text_that_is_no_utf_8_cannot_be_printed_and_is_escaped_on_standard_error(world: World) -> None:
    function = world.function(
        """
        import sys
        def handler(event, context):
            sys.stderr.write("half of a pair: \\ud83d\\n")
            print("half of a pair: \\ud83d")
        """
    )
    with world.host:
        answer = world.invoke(world.environment(function))
    assert world.text == ["half of a pair: \\ud83d"]
    assert answer.error == "UnicodeEncodeError"


def test_the_host_has_its_streams_while_an_environment_waits(world: World) -> None:
    mine = io.StringIO()
    seen = []

    def look() -> None:
        seen.append((sys.stdout is mine, "app" in sys.modules, "AWS_LAMBDA_FUNCTION_NAME" in os.environ))

    function = world.function("import time\ndef handler(e, c): time.sleep(2)")
    stdout, sys.stdout = sys.stdout, mine
    try:
        with world.host:
            world.start(world.environment(function))
            world.scheduler.at(1_000_000, look)
            world.scheduler.run()
    finally:
        sys.stdout = stdout
    assert seen == [(True, False, False)]


_USE_THREADS = "use threads, which run in virtual time"
_NO_NETWORK = (
    "the simulation has no network; AWS services are answered when they are called through boto3, HTTP addresses by "
    "`answers` in the workload, anything else has to be switched off for it"
)
_USE_TIMER = "use threading.Timer, which is virtual"


@pytest.mark.parametrize(
    ("code", "what", "fix"),
    [
        ("import os; os.fork()", "starts another process", _USE_THREADS),
        ("import os; os.system('sleep 60')", "starts another process", _USE_THREADS),
        ("import subprocess as s; s.run(['echo', 'hi'])", "starts another process", _USE_THREADS),
        ("import multiprocessing as m; m.Process(target=print).start()", "starts another process", _USE_THREADS),
        (
            "from multiprocessing import get_context as c; c('spawn').Process().start()",
            "starts another process",
            _USE_THREADS,
        ),
        ("import signal; signal.alarm(2)", "sets an alarm, and signals are not simulated", _USE_TIMER),
        (
            "import signal; signal.setitimer(signal.ITIMER_REAL, 2)",
            "sets an alarm, and signals are not simulated",
            _USE_TIMER,
        ),
        (
            "import socket; socket.gethostbyname_ex('prices.invalid')",
            "looks up the address of 'prices.invalid'",
            _NO_NETWORK,
        ),
        (
            "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))",
            "connects a socket to ('127.0.0.1', 9) that is none of TCP",
            _NO_NETWORK,
        ),
        (
            "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'1', ('192.0.2.1', 8125))",
            "sends to ('192.0.2.1', 8125)",
            _NO_NETWORK,
        ),
        (
            "import _socket; _socket.socket().connect(('127.0.0.1', 9))",
            "uses the module _socket to reach ('127.0.0.1', 9)",
            _NO_NETWORK,
        ),
        (
            "import _socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'1', ('127.0.0.1', 9))",
            "uses the module _socket to reach ('127.0.0.1', 9)",
            _NO_NETWORK,
        ),
        (
            "import _socket, socket; _socket.socket.connect(socket.socket(), ('127.0.0.1', 9))",
            "uses the module _socket to reach ('127.0.0.1', 9)",
            _NO_NETWORK,
        ),
    ],
)
def test_what_would_leave_the_simulation_is_refused_by_name(world: World, code: str, what: str, fix: str) -> None:
    function = world.function(
        f"def handler(event, context):\n    try:\n        {code}\n    except BaseException: print('x')\n"
    )
    with world.host, pytest.raises(HandlerError) as caught:
        world.invoke(world.environment(function))
    place = f"{world.folder / 'fn/app.py'}:3 in handler"
    first, second, *rest = str(caught.value).split("\n")
    assert (first, second) == (f"function worker {what} at {place}", f"  fix: {fix}")
    assert rest == [
        "  or describe the function in the workload instead of running it, such as",
        "    functions:",
        "      worker: {duration: 0.2}",
    ]
    assert world.text == []
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()  # else nobody could interrupt what comes next


@pytest.mark.parametrize(
    "code",
    [
        "m.get_context('spawn').Process().start()",
        "m.get_context('spawn').Lock()",
        "m.get_context('forkserver').Process().start()",
        "shared_memory.SharedMemory(create=True, size=1)",
    ],
)
def test_refused_code_keeps_no_lock_of_the_host(world: World, code: str) -> None:
    function = world.function(
        f"import multiprocessing as m\nfrom multiprocessing import shared_memory\ndef handler(event, context): {code}\n"
    )
    with world.host, pytest.raises(HandlerError, match=r"^function worker starts another process at "):
        world.invoke(world.environment(function))
    # The lock of the host's own tracker of such things counts how often this thread holds it.
    assert not resource_tracker._resource_tracker._lock._recursion_count()  # type: ignore[attr-defined]
    assert forkserver._forkserver._lock.acquire(blocking=False)  # type: ignore[attr-defined]
    forkserver._forkserver._lock.release()  # type: ignore[attr-defined]


def test_functions_can_be_traced_after_code_was_refused(world: World) -> None:
    function = world.function("import os\ndef handler(event, context): os.system('true')\n")
    with world.host, pytest.raises(HandlerError, match=r"^function worker starts another process at "):
        world.invoke(world.environment(function))

    assert traced_calls() == BOTH


def test_what_stays_on_this_machine_is_not_refused(world: World) -> None:
    assert world.run_code(
        """
        import platform, socket
        def handler(event, context):
            here = socket.getaddrinfo("localhost", 80), socket.gethostbyname("127.0.0.1")
            socket.socket(type=socket.SOCK_DGRAM).sendto(b"to a daemon, as X-Ray's", ("127.0.0.1", 9))
            return [bool(here), platform.platform() != ""]
        """
    ) == [True, True]


def test_the_sink_of_lines_is_host_code(world: World) -> None:
    seen = []

    def sink(line: LogLine) -> None:
        print(line.text)
        seen.append((line.text, line.instant, "AWS_LAMBDA_FUNCTION_NAME" in os.environ))
        if line.text == "second":
            raise RuntimeError("the sink failed")

    host = HandlerHost(world.scheduler, RandomStreams(1), world, sink)
    function = world.function("def handler(e, c):\n    try: print('first\\nsecond')\n    except RuntimeError: return 1")
    with host, pytest.raises(RuntimeError, match="the sink failed"):
        world.invoke(host.new_environment(function, 1))
    assert seen == [("first", 250_000, False), ("second", 250_000, False)]


def test_code_begins_in_its_own_folder_and_each_environment_stays_where_it_went(world: World) -> None:
    world.write("fn/greeting.txt", "hello")
    world.write("fn/deeper/greeting.txt", "hello from below")
    function = world.function(
        """
        import os, time

        def handler(event, context):
            text = open("greeting.txt").read()
            os.chdir("deeper")
            time.sleep(1)
            return [text, open("greeting.txt").read()]
        """
    )
    before = Path.cwd()
    with world.host:
        for number in (1, 2):
            world.start(world.environment(function, number), request_id=f"r{number}")
        world.scheduler.run()
    assert [json.loads(response.payload) for _, response in world.answers] == [["hello", "hello from below"]] * 2
    assert Path.cwd() == before


def test_code_that_writes_beside_itself_writes_nothing_into_the_users_project(world: World) -> None:
    world.write("fn/state.json", "{}")
    function = world.function(
        """
        def handler(event, context):
            for name in ("new.txt", "state.json"):
                try:
                    open(name, "w").write("written by the handler")
                except OSError:
                    pass  # Lambda's folder is read-only; root may write into what stands for it here
        """
    )
    with world.host:
        world.result(world.environment(function))
    assert (world.folder / "fn" / "state.json").read_text() == "{}"
    assert sorted(path.name for path in (world.folder / "fn").iterdir()) == ["app.py", "state.json"]


def test_code_may_delete_the_folder_it_works_in(world: World) -> None:
    result = world.run_code(
        """
        import os, tempfile, time

        def handler(event, context):
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
            time.sleep(1)
            return "done"
        """
    )
    assert result == "done"


def test_lam_trace_1_the_header_of_an_invoke_is_there_while_the_handler_runs(world: World) -> None:
    function = world.function(
        """
        import os
        outside = os.environ.get("_X_AMZN_TRACE_ID")
        def handler(event, context):
            return [outside, os.environ["_X_AMZN_TRACE_ID"]]
        """
    )
    with world.host:
        environment = world.environment(function)
        for number in (1, 2):
            request = InvokeRequest(f"r{number}", "null", world.scheduler.now + seconds(3), f"Root={number}")
            environment.start(request, lambda response: world.answers.append((0, response)))
            world.scheduler.run()

    assert [json.loads(response.payload) for _, response in world.answers] == [[None, "Root=1"], [None, "Root=2"]]
