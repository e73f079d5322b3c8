"""The engine's server and its threads."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import Executor

import grpc
import pytest

from delivery_lab.program import service
from delivery_lab.program.frames import Frames
from delivery_lab.program.registrar import Registrar
from delivery_lab.program.registration import Urns
from delivery_lab.program.wire import Decoder
from tests.program.conftest import MakeProject


class _Slow(threading.Thread):
    """Ends when somebody waits for it, and not before."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.waited_for = threading.Event()
        self.start()

    def run(self) -> None:
        self.waited_for.wait()

    def join(self, timeout: float | None = None) -> None:
        self.waited_for.set()
        super().join(timeout)


class _Server:
    """As gRPC's: its threads outlast the event that says it has stopped."""

    def __init__(self) -> None:
        self.threads: list[_Slow] = []

    def start(self) -> None:
        self.threads.append(_Slow())

    def stop(self, _grace: float) -> threading.Event:
        self.threads.append(_Slow())
        stopped = threading.Event()
        stopped.set()
        return stopped

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """Take them."""

    def add_insecure_port(self, _address: str) -> int:
        return 1


def test_no_thread_of_the_server_outlasts_it(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    server, project = _Server(), make_project("")
    registrar = Registrar(Urns("dev", "demo"), "us-east-1", Decoder(project.program_dir), Frames(project))

    def make(_executor: Executor, **_options: object) -> _Server:
        return server

    monkeypatch.setattr(grpc, "server", make)

    with service.serving(registrar, service.PulumiLog()):
        assert [thread.is_alive() for thread in server.threads] == [True]

    assert [thread.is_alive() for thread in server.threads] == [False, False]


def test_where_no_file_can_be_opened_grpc_is_not_asked_for_a_server(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would abort the process, and nobody would say why."""
    project, closed = make_project(""), list[int]()
    registrar = Registrar(Urns("dev", "demo"), "us-east-1", Decoder(project.program_dir), Frames(project))
    pipes = iter([(101, 102), (103, 104)])

    def pipe() -> tuple[int, int]:
        found = next(pipes, None)
        if found is None:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return found

    monkeypatch.setattr(os, "pipe", pipe)
    monkeypatch.setattr(os, "close", closed.append)
    with pytest.raises(OSError, match="Too many open files"), service.serving(registrar, service.PulumiLog()):
        pass
    assert sorted(closed) == [101, 102, 103, 104]
