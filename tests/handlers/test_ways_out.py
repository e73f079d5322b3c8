"""Ways to the network, to files, processes and credentials: each is refused by name, or answered as Lambda would."""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import pytest

from delivery_lab.errors import HandlerError
from delivery_lab.handlers.clients import CLIENTS
from tests.handlers.world import World
from tests.lab_support import ROOT

REFUSED = "refused"
READ_ONLY = f"[Errno {errno.EROFS}] Read-only file system"
NOT_THERE = f"[Errno {errno.ENOENT}] No such file or directory"
NOT_PERMITTED = f"[Errno {errno.EPERM}] Operation not permitted"
KILLED = "Runtime exited with error: signal: "

ENDS = {
    "os._exit(3)": "exit status 3",
    "posix._exit(3)": "exit status 3",
    "os.abort()": "signal: aborted",
    "posix.abort()": "signal: aborted",
    "os.kill(os.getpid(), signal.SIGKILL)": "signal: killed",
    "os.kill(os.getpid(), signal.SIGTERM)": "signal: terminated",
    "posix.kill(os.getpid(), 11)": "signal: segmentation fault",
    "signal.raise_signal(signal.SIGTERM)": "signal: terminated",
    "os.kill(os.getpid(), signal.SIGINT)": "exit status 1",
    "sys.exit(4)": "exit status 4",
}
"""What ends the environment, and how Lambda says so."""

REPLACED = ("os.execv('/bin/true', ['true'])", "os.execlp('true', 'true')", "posix.execve('/bin/true', ['t'], {})")

REFUSALS = {
    "os.fork()": "starts another process",
    "posix.fork()": "starts another process",
    "os.system('true')": "starts another process",
    "posix.posix_spawn('/bin/true', ['true'], {})": "starts another process",
    "os.spawnlp(os.P_WAIT, 'true', 'true')": "starts another process",
    "subprocess.run(['true'])": "starts another process",
    "os.popen('true')": "starts another process",
    "multiprocessing.Process(target=print).start()": "starts another process",
    "os.kill(1, signal.SIGTERM)": "sends a signal to the process 1",
    "os.killpg(1, 9)": "sends a signal to the process group 1",
    "socket.gethostbyname_ex('example.com')": "looks up the address of 'example.com'",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))": "sends to ('8.8.8.8', 53)",
    "socket.create_connection(('169.254.169.254', 80), 1).sendall(b'x')": "",
    "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('8.8.8.8', 53))": "sends to ('8.8.8.8', 53)",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('8.8.8.8', 53))": "connects a socket to ('8.8.8.8', 53)",
    "socket.gethostbyaddr('8.8.8.8')": "looks up the name of '8.8.8.8'",
    "socket.getnameinfo(('8.8.8.8', 53), 0)": "looks up the name of '8.8.8.8'",
    "socket.getfqdn('8.8.8.8')": "looks up the name of '8.8.8.8'",
    "asyncio.run(asyncio.create_subprocess_exec('true'))": "starts another process",
    "asyncio.run(asyncio.create_subprocess_shell('true'))": "starts another process",
    "pty.spawn('true')": "starts another process",
    "os.dup2(2, 1)": "puts another file in the place of standard output",
    "sys.addaudithook(print)": "adds an audit hook",
    "signal.pthread_kill(threading.get_ident(), 9)": "sends a signal to a thread",
    "signal.alarm(1)": "sets an alarm",
    "__import__('grpc').insecure_channel('127.0.0.1:1')": "connects with grpc.insecure_channel",
    "__import__('confluent_kafka').Producer({'bootstrap.servers': 'b:1'})": "connects with confluent_kafka.Producer",
}
"""What ends the run, and what is said."""

FILES = {
    "open(__file__, 'a')": READ_ONLY,
    "open('beside.txt', 'w')": READ_ONLY,
    "os.open(__file__, os.O_WRONLY)": READ_ONLY,
    "os.remove(__file__)": READ_ONLY,
    "os.rename(__file__, '/tmp/moved')": READ_ONLY,
    "os.mkdir(os.path.dirname(__file__) + '/new')": READ_ONLY,
    "os.truncate(__file__, 0)": READ_ONLY,
    "os.chmod(__file__, 0o777)": READ_ONLY,
    "pathlib.Path(__file__).write_text('')": READ_ONLY,
    "pathlib.Path(__file__).unlink()": READ_ONLY,
    "shutil.rmtree(os.path.dirname(__file__))": READ_ONLY,
    "open('/etc/hosts', 'a')": READ_ONLY,
    "open(os.path.join(pwd.getpwuid(os.getuid()).pw_dir, 'x'), 'w')": READ_ONLY,
    "sqlite3.connect('beside.db')": READ_ONLY,
    "open('/root/.aws/credentials')": NOT_THERE,
    "open('/home/me/.ssh/id_rsa')": NOT_THERE,
    "open(os.path.expanduser('~/.aws/credentials'))": NOT_THERE,
    "mmap.mmap(os.open(__file__, os.O_RDWR), 0)": READ_ONLY,
    "mmap.mmap(os.open(__file__, os.O_RDONLY), 0)": f"[Errno {errno.EACCES}] Permission denied",
    "os.chroot('/tmp')": NOT_PERMITTED,
    "os.setuid(1000)": NOT_PERMITTED,
    "posix.setgroups([])": NOT_PERMITTED,
    "socket.sethostname('mine')": NOT_PERMITTED,
    "time.clock_settime(time.CLOCK_REALTIME, 0)": NOT_PERMITTED,
    "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)": NOT_PERMITTED,
    "socket.socket(type=socket.SOCK_RAW)": NOT_PERMITTED,
    "open('/proc/self/environ')": f"[Errno {errno.EACCES}] Permission denied",
}
"""What is done to files, and the error that code gets."""

HOSTS = (
    "os.environ.get('LAB_HOSTS_OWN')",
    "os.getenv('LAB_HOSTS_OWN')",
    "os.environb.get(b'LAB_HOSTS_OWN')",
    "posix.environ.get(b'LAB_HOSTS_OWN')",
    "os.environ.get('AWS_SHARED_CREDENTIALS_FILE')",
    "os.environ.get('AWS_PROFILE')",
    "[c for c in [boto3.Session().get_credentials().access_key] if c != 'ASIAEXAMPLEEXAMPLE00'] or None",
)
"""Ways to what this machine's user has in the environment: all say None."""

ANSWERED = {
    "os.nice(19)": "0",
    "os.setsid()": "None",
    "os.setpgid(0, 0)": "None",
    "posix.sched_setaffinity(0, {0})": "None",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))": "None",
    "len(resource.prlimit(0, resource.RLIMIT_NOFILE, (10, 10)))": "2",
    "sys.setswitchinterval(1000)": "None",
    "os.close(1)": "None",
    "os.closerange(0, 200)": "None",
    "[sys.setrecursionlimit(900), gc.disable(), gc.set_threshold(1), os.umask(63), sys.getrecursionlimit()][4]": "900",
    "mmap.mmap(os.open(__file__, os.O_RDONLY), 0, access=mmap.ACCESS_COPY).write(b'x')": "1",
    "len(mmap.mmap(-1, 4096))": "4096",
    "[f := open('/tmp/a', 'w+b'), f.write(b'abc'), f.flush(), mmap.mmap(f.fileno(), 0)[:3]][3]": "b'abc'",
    "http.client.HTTPSConnection('example.com').request('GET', '/')": "None",
    "urllib3.PoolManager().request('GET', 'https://example.com').data": "b'ok'",
    "ssl.get_server_certificate(('example.com', 443))[:10]": "'-----BEGIN'",
    "socket.getfqdn()": "'localhost'",
}
"""What is answered, and changes nothing of the lab's process that outlives the run."""

_IMPORTS = (
    "import asyncio, gc, http.client, mmap, multiprocessing, os, pathlib, posix, pty, pwd, "
    "resource, shutil, signal, socket, sqlite3, ssl, subprocess, sys, threading, time, urllib3\n"
)


def _body(expression: str) -> str:
    return f"{_IMPORTS}\n\ndef handler(event, context):\n    return repr({expression})\n"


def _answer(world: World, expression: str, imports: str = "") -> dict[str, str]:
    with world.host:
        response = world.invoke(world.environment(world.function(imports + _body(expression))))
    found = json.loads(response.payload)
    return found if isinstance(found, dict) else {"returned": found}


@pytest.mark.parametrize("expression", ENDS)
def test_what_ends_the_process_ends_the_environment(world: World, expression: str) -> None:
    answer = _answer(world, expression)

    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f"Error: Runtime exited with error: {ENDS[expression]}")


@pytest.mark.parametrize("expression", REPLACED)
def test_another_program_in_place_of_the_runtime_ends_the_environment(world: World, expression: str) -> None:
    answer = _answer(world, expression)

    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited without providing a reason")


@pytest.mark.parametrize("expression", ["os.kill(os.getpid(), 0)", "signal.raise_signal(signal.SIGCHLD)"])
def test_signals_that_nobody_notices(world: World, expression: str) -> None:
    assert _answer(world, expression) == {"returned": "None"}


@pytest.mark.parametrize("expression", [each for each in REFUSALS if REFUSALS[each]])
def test_what_cannot_be_followed_ends_the_run_with_its_line(world: World, expression: str) -> None:
    function = world.function(_body(expression))
    with world.host, pytest.raises(HandlerError) as refused:
        world.invoke(world.environment(function))

    assert str(refused.value).startswith(f"function worker {REFUSALS[expression]}")
    assert "app.py:5 in handler\n  fix: " in str(refused.value)


@pytest.mark.parametrize("expression", FILES)
def test_lam_files_1_files_are_lambdas(world: World, expression: str) -> None:
    function = world.function(_body(expression))
    before = {path: path.read_bytes() for path in world.folder.rglob("*.py")}
    with world.host:
        answer = json.loads(world.invoke(world.environment(function)).payload)

    assert answer["errorMessage"].startswith(FILES[expression])
    assert {path: path.read_bytes() for path in world.folder.rglob("*.py")} == before


@pytest.mark.parametrize("expression", ANSWERED)
def test_what_changes_a_process_leaves_that_of_the_lab_as_it_is(world: World, expression: str) -> None:
    with tempfile.TemporaryFile() as own:  # others may be closed meanwhile: of tests before, whose garbage is collected
        before, files = _process(), _files(own.fileno())

        assert _answer(world, expression) == {"returned": ANSWERED[expression]}
        assert _process() == before
        assert _files(own.fileno()) == files


def _process() -> tuple[object, ...]:
    mask = os.umask(0)
    os.umask(mask)
    limits = sys.getrecursionlimit(), resource.getrlimit(resource.RLIMIT_NOFILE), sys.getswitchinterval()
    return mask, limits, gc.isenabled(), gc.get_threshold(), os.getsid(0), os.getpgid(0), os.nice(0)


def _files(*own: int) -> list[tuple[int, int]]:
    found = (os.fstat(number) for number in (0, 1, 2, *own))
    return [(file.st_dev, file.st_ino) for file in found]


@pytest.mark.parametrize(
    "write", ["os.write(1, b'one\\n')", "sys.__stdout__.write('one\\n')", "os.writev(2, [b'one', b'\\n'])"]
)
def test_every_way_to_standard_output_leads_to_the_log(
    world: World, capfd: pytest.CaptureFixture[str], write: str
) -> None:
    assert _answer(world, write) == {"returned": "4"}
    assert [line.text for line in world.lines] == ["one"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("expression", HOSTS)
def test_the_environment_of_this_machine_is_out_of_reach(
    world: World, monkeypatch: pytest.MonkeyPatch, expression: str
) -> None:
    monkeypatch.setenv("LAB_HOSTS_OWN", "secret")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/home/me/credentials")
    monkeypatch.setenv("AWS_PROFILE", "production")

    assert _answer(world, expression, "import boto3\n") == {"returned": "None"}


def test_a_file_of_credentials_by_another_name(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("[default]\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    other = World(world.folder)

    assert _answer(other, f"open({str(file)!r}).read()")["errorMessage"].startswith(NOT_THERE)


def test_a_client_stays_the_class_that_it_is_and_is_the_real_one_outside_handlers(world: World) -> None:
    import confluent_kafka

    real = confluent_kafka.Producer
    with world.host:
        assert issubclass(confluent_kafka.Producer, real)
    assert confluent_kafka.Producer is real


def test_the_list_of_clients_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "protection.md").read_text()

    assert {name for name in CLIENTS if f"`{name}`" not in page} == set()


def test_there_are_forty_ways() -> None:
    assert len(ENDS) + len(REPLACED) + len(REFUSALS) + len(FILES) + len(HOSTS) >= 40


@pytest.mark.parametrize("wait", ["sigwait([signal.SIGUSR1])", "sigwaitinfo([signal.SIGUSR1])", "pause()"])
def test_who_waits_for_a_signal_waits_in_virtual_time(world: World, wait: str) -> None:
    code = f"import signal\ndef handler(event, context):\n    signal.{wait}\n"
    with world.host:
        world.start(world.environment(world.function(code)), timeout=3)
        world.scheduler.run()
    assert world.answers == []


def test_a_signal_that_does_not_come_in_time_is_none(world: World) -> None:
    code = """
        import signal, time
        def handler(event, context):
            began = time.time()
            return [signal.sigtimedwait([signal.SIGUSR1], 2.5), time.time() - began]
    """
    assert world.run_code(code) == [None, 2.5]


@pytest.mark.parametrize("what", ["throw(ValueError())", "throw()", "switch(1)"])
def test_code_of_a_function_runs_in_a_main_greenlet(world: World, what: str) -> None:
    code = f"""
        import greenlet
        def handler(event, context):
            greenlet.settrace(lambda *_: 1 / 0)
            try:
                greenlet.getcurrent().parent.{what}
            except AttributeError as error:
                return [str(error), greenlet.greenlet(lambda n: n + 1).switch(1)]
    """
    name = what.partition("(")[0]
    assert world.run_code(code) == [f"'NoneType' object has no attribute '{name}'", 2]
