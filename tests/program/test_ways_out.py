"""What a program does beside describing resources: said with its line, refused with its line, or as in a deployment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program import processes
from delivery_lab.program.engine import evaluate
from tests.program.conftest import MakeProject

_IMPORTS = (
    "import asyncio, ftplib, http.client, mmap, multiprocessing, os, posix, pty, signal, smtplib, socket, ssl, "
    "subprocess, urllib.request, urllib3, pulumi\n"
)
_DEFINITIONS = """
async def shell():
    return await (await asyncio.create_subprocess_shell('true')).wait()
def fork():
    child = os.fork()
    child or os._exit(0)
    os.waitpid(child, 0)
def process():
    child = multiprocessing.get_context('fork').Process(target=int)
    child.start()
    child.join()
"""
_LINE = 13

PROCESSES = {
    "os.system('true')": "true",
    "posix.system('true')": "true",
    "os.popen('true').close()": "true",
    "subprocess.run(['true'], check=True)": "true",
    "subprocess.check_output('echo a b', shell=True)": "echo a b",
    "pulumi.export('code', pulumi.Output.from_input(shell()))": "true",
    "os.waitpid(os.posix_spawn('/bin/true', ['true', 'x'], {}), 0)": "true x",
    "os.spawnlp(os.P_WAIT, 'true', 'true')": "a copy of itself by os.fork",
    "fork()": "a copy of itself by os.fork",
    "process()": "a copy of itself by os.fork",
    "os.waitpid(pty.fork()[0] or os._exit(0), 0)": "a copy of itself by os.forkpty",
}
"""Ways to start a process, and what is said of it: it runs for real, as in a deployment."""

ENDS = {
    "os._exit(0)": "os._exit",
    "posix._exit(0)": "posix._exit",
    "os.abort()": "os.abort",
    "os.execv('/bin/true', ['true'])": "os.execv",
    "os.execlp('true', 'true')": "os.execv",
    "posix.execve('/bin/true', ['true'], {})": "posix.execve",
    "os.kill(os.getpid(), signal.SIGTERM)": "os.kill",
    "os.killpg(os.getpgid(0), signal.SIGTERM)": "os.killpg",
    "signal.raise_signal(signal.SIGTERM)": "signal.raise_signal",
    "os.closerange(3, 200)": "os.closerange",
    "__import__('threading')._shutdown()": "threading._shutdown",
}
"""Ways to end or replace the process: errors."""

NETWORK = {
    "http.client.HTTPSConnection('example.com').request('GET', '/')": "example.com",
    "urllib.request.urlopen('http://example.com')": "example.com",
    "urllib3.PoolManager(retries=False).request('GET', 'https://example.com')": "example.com",
    "ssl.get_server_certificate(('example.com', 443))": "example.com",
    "ssl.create_default_context().wrap_socket(socket.socket(), server_hostname='a').connect(('8.8.8.8', 1))": "8.8.8.8",
    "socket.create_connection(('8.8.8.8', 53), 2)": "8.8.8.8",
    "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))": "2001:db8::1",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))": "8.8.8.8",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('8.8.8.8', 53))": "8.8.8.8",
    "socket.gethostbyname('example.com')": "example.com",
    "socket.gethostbyname_ex('example.com')": "example.com",
    "socket.gethostbyaddr('8.8.8.8')": "8.8.8.8",
    "socket.getnameinfo(('8.8.8.8', 53), 0)": "8.8.8.8",
    "socket.getaddrinfo(b'example.com', 80)": "example.com",
    "smtplib.SMTP('mail.example.com')": "mail.example.com",
    "ftplib.FTP('ftp.example.com')": "ftp.example.com",
}
"""Ways to the network, and whom they ask: nothing is sent."""

HAPPENS = {
    "[f := open('__main__.py', 'rb'), mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[:3].decode(), f.close()][1]": "imp",
    "socket.gethostbyname('localhost')": "127.0.0.1",
    "socket.getnameinfo(('127.0.0.1', 53), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]": "127.0.0.1",
    "os.kill(os.getpid(), 0) or 'is there'": "is there",
    "[p := socket.socketpair(), p[0].sendmsg([b'x']), p[0].close(), p[1].close()][1]": 1,
}
"""What is as in a deployment."""


def _program(way: str) -> str:
    return f"{_IMPORTS}{_DEFINITIONS}{way}\n"


@pytest.mark.parametrize("way", PROCESSES)
def test_a_process_is_said_with_its_line_before_it_starts(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    project = make_project(_program(way))
    evaluate(project, "dev")

    line = 4 if way.endswith("(shell()))") else {"fork()": 6, "process()": 11}.get(way, _LINE)
    assert capfd.readouterr().err.count("starts a process") == 1
    evaluate(project, "dev")
    assert capfd.readouterr().err == (
        f"note: dev: the program starts a process: {PROCESSES[way]} (__main__.py:{line}); "
        f"what it adds to {project.root} is removed when the lab ends\n"
    )


@pytest.mark.parametrize("way", ENDS)
def test_what_ends_the_process_is_an_error_with_its_line(make_project: MakeProject, way: str) -> None:
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(_program(way)), "dev")

    assert str(refused.value) == f"the program called {ENDS[way]} before it was done (__main__.py:{_LINE})"


@pytest.mark.parametrize("way", NETWORK)
def test_the_network_answers_as_where_there_is_none_and_a_note_has_the_line(
    make_project: MakeProject, way: str
) -> None:
    program = f"{_IMPORTS}{_DEFINITIONS}try: {way}\nexcept Exception as error: pulumi.export('error', str(error))\n"
    graph = evaluate(make_project(program), "dev")

    asks = f"the program asks {NETWORK[way]} over the network (__main__.py:{_LINE})"
    assert graph.warnings == (f"{asks}: nothing is sent, and it gets an error instead",)
    error = f"[Errno 101] Delivery Lab sends nothing to {NETWORK[way]} while it evaluates a program"
    assert error in str(graph.outputs["error"])


@pytest.mark.parametrize("way", HAPPENS)
def test_what_stays_on_this_machine_is_as_in_a_deployment(make_project: MakeProject, way: str) -> None:
    graph = evaluate(make_project(_program(f"pulumi.export('found', {way})")), "dev")

    assert graph.outputs == {"found": HAPPENS[way]}
    assert graph.warnings == ()


def test_what_a_process_adds_that_nobody_waits_for_is_removed_too(make_project: MakeProject) -> None:
    way = "os.posix_spawn('/bin/sh', ['sh', '-c', 'touch made'], {})\nos.wait()"
    project = make_project(_program(way))
    evaluate(project, "dev")
    assert (project.root / "made").exists()

    processes.remove_what_was_made()

    assert not (project.root / "made").exists()
    assert (project.root / "__main__.py").exists()


def test_a_copy_of_the_process_that_goes_on_ends_where_the_program_ends(
    make_project: MakeProject, tmp_path: Path
) -> None:
    # Else there would be two of the lab, and each would print what comes out.
    say = f"with open({str(tmp_path / 'pids')!r}, 'a') as file: file.write(f'{{os.getpid()}} ')"
    way = f"child = os.fork()\nchild and os.waitpid(child, 0)\n{say}"
    for _ in range(2):
        evaluate(make_project(_program(way)), "dev")

    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 4
    assert pids[1::2] == [os.getpid()] * 2
    for copy in pids[::2]:
        with pytest.raises(ProcessLookupError):
            os.kill(copy, 0)


def test_the_process_is_as_before(make_project: MakeProject) -> None:
    import posix
    import socket

    before = (os.fork, os.system, posix.system, os.posix_spawn, socket.gethostbyname, socket.socket.sendto)
    evaluate(make_project(_program("pass")), "dev")

    assert (os.fork, os.system, posix.system, os.posix_spawn, socket.gethostbyname, socket.socket.sendto) == before
    assert "sendto" not in vars(socket.socket)


def test_there_are_forty_ways() -> None:
    assert len(PROCESSES) + len(ENDS) + len(NETWORK) + len(HAPPENS) >= 40
