"""The gRPC side of the engine: a server on this machine for the time of one run, and the SDK's stubs for it."""

from __future__ import annotations

import functools
import gc
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import (
    callback_pb2,
    engine_pb2,
    engine_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from delivery_lab.errors import LabError, ModelError, ProgramError
from delivery_lab.program.registrar import Registrar

# A transform may ask the engine something while the engine waits for it, so there have to be more threads than
# registrations can be under way at once. They are started as needed.
_THREADS = 64
_PIPES = 8
"""Of two files each: more than the seven that a server and its first connection hold open."""

_GRACE_SECONDS = 5
_STOPS_WITHIN_SECONDS = 2 * _GRACE_SECONDS
_PATIENCE_SECONDS = 0.5

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

_Answering = Callable[[Any], Message]


@dataclass(slots=True)
class PulumiLog:
    """What the program says through `pulumi.log`, each message once.

    Attributes:
        warnings: messages of `pulumi.log.warn`.
        errors: messages of `pulumi.log.error`.
    """

    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        """Take one message."""
        # What a program says about its deployment (INFO) is of no use to somebody who does not deploy.
        kept = {engine_pb2.WARNING: self.warnings, engine_pb2.ERROR: self.errors}
        messages = kept.get(request.severity)
        if messages is not None:
            name = f"{request.urn.rpartition('::')[2]}: " if request.urn else ""
            said = name + request.message.strip()
            with self._lock:
                if said not in messages:  # SDKs say of each resource alike what is deprecated, without its name
                    messages.append(said)
        return empty_pb2.Empty()


class QuietEngine:
    """The Engine service as the SDK uses it, without debug messages, of which it sends a dozen for every resource."""

    def __init__(self, channel: grpc.Channel) -> None:
        stub = engine_pb2_grpc.EngineStub(channel)
        self.Log = functools.partial(_log_unless_debug, stub)
        self.RequirePulumiVersion = stub.RequirePulumiVersion


def _log_unless_debug(stub: engine_pb2_grpc.EngineStub, request: engine_pb2.LogRequest) -> None:
    if request.severity != engine_pb2.DEBUG:
        stub.Log(request)


@dataclass(frozen=True, slots=True)
class Stubs:
    """How the SDK reaches the engine; `address` is for those in another process."""

    monitor: resource_pb2_grpc.ResourceMonitorStub
    engine: QuietEngine
    address: str


@contextmanager
def serving(registrar: Registrar, pulumi_log: PulumiLog) -> Iterator[Stubs]:
    """Serve the ResourceMonitor and Engine services on 127.0.0.1; on leaving, no thread and no socket is left.

    Raises:
        OSError: this process may not open as many files as that takes.
    """
    _ask_for_files()
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="pulumi-engine")
    server = grpc.server(executor, options=_OPTIONS)
    server.add_generic_rpc_handlers((_monitor_service(registrar), _engine_service(registrar, pulumi_log)))
    port = server.add_insecure_port("127.0.0.1:0")
    threads: set[threading.Thread] = set()
    with _noting_threads(threads):
        server.start()
    address = f"127.0.0.1:{port}"
    channel = grpc.insecure_channel(address, options=_OPTIONS)
    try:
        yield Stubs(resource_pb2_grpc.ResourceMonitorStub(channel), QuietEngine(channel), address)
    finally:
        channel.close()
        # With a grace period, although nothing is under way any longer: without one gRPC ends connections with an
        # error that it prints to standard error.
        with _noting_threads(threads):
            stopped = server.stop(_GRACE_SECONDS)
        # Where a program has replaced `Thread`, a request may wait for a thread of the pool that was never started.
        is_stopped = stopped.wait(_STOPS_WITHIN_SECONDS)
        with suppress(RuntimeError):  # such a thread cannot be joined
            executor.shutdown(wait=is_stopped, cancel_futures=True)
        # A simulation that begins right away replaces parts of `threading`: a thread that takes its last steps then
        # does not find itself in there, and says so on standard error.
        for thread in threads if is_stopped else ():
            thread.join()
        if registrar.callbacks.used:
            # The SDK's server for callbacks is part of a reference cycle, and its thread ends when it is collected.
            gc.collect()


def _ask_for_files() -> None:
    """Hold as many files open as gRPC does, for a moment: where it gets none, it aborts the process."""
    with ExitStack() as opened:
        for _ in range(_PIPES):
            for end in os.pipe():
                opened.callback(os.close, end)


@contextmanager
def _noting_threads(noted: set[threading.Thread]) -> Iterator[None]:
    """Take note of the threads that are started meanwhile."""
    before = set(threading.enumerate())
    yield
    noted |= set(threading.enumerate()) - before


def _monitor_service(registrar: Registrar) -> grpc.GenericRpcHandler[Any, Any]:
    empty = empty_pb2.Empty
    return _service(
        registrar,
        "pulumirpc.ResourceMonitor",
        {
            "GetDeploymentInfo": (registrar.info, empty),
            "RegisterResource": (registrar.register, resource_pb2.RegisterResourceRequest),
            "RegisterResourceOutputs": (registrar.register_outputs, resource_pb2.RegisterResourceOutputsRequest),
            "ReadResource": (registrar.read, resource_pb2.ReadResourceRequest),
            "ExistsResource": (registrar.exists, resource_pb2.ExistsResourceRequest),
            "Invoke": (registrar.invoke, resource_pb2.ResourceInvokeRequest),
            "Call": (registrar.call, resource_pb2.ResourceCallRequest),
            "RegisterStackTransform": (registrar.stack_transform, callback_pb2.Callback),
            "RegisterStackInvokeTransform": (registrar.stack_invoke_transform, callback_pb2.Callback),
            "RegisterResourceHook": (registrar.hook, resource_pb2.RegisterResourceHookRequest),
            "RegisterErrorHook": (registrar.hook, resource_pb2.RegisterErrorHookRequest),
            "RegisterPackage": (registrar.package, resource_pb2.RegisterPackageRequest),
            "SignalAndWaitForShutdown": (registrar.shutdown, empty),
        },
    )


def _engine_service(registrar: Registrar, pulumi_log: PulumiLog) -> grpc.GenericRpcHandler[Any, Any]:
    return _service(
        registrar,
        "pulumirpc.Engine",
        {
            "Log": (pulumi_log.add, engine_pb2.LogRequest),
            "RequirePulumiVersion": (
                lambda _request: engine_pb2.RequirePulumiVersionResponse(),
                engine_pb2.RequirePulumiVersionRequest,
            ),
        },
    )


def _service(
    registrar: Registrar, name: str, methods: dict[str, tuple[_Answering, type[Message]]]
) -> grpc.GenericRpcHandler[Any, Any]:
    return grpc.method_handlers_generic_handler(
        name,
        {
            method: grpc.unary_unary_rpc_method_handler(
                _guarded(registrar, method, answer),
                request_deserializer=request.FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
            for method, (answer, request) in methods.items()
        },
    )


def _guarded(registrar: Registrar, method: str, answer: _Answering) -> Callable[[Any, grpc.ServicerContext], Message]:
    """Answer a call, or note why not and end the call with an error, which stops the program."""

    def guarded(request: Any, context: grpc.ServicerContext) -> Message:
        try:
            return answer(request)
        except LabError as error:
            refusal = error
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                # The program has failed elsewhere, and the SDK does not wait for what is under way: no news.
                return context.abort(grpc.StatusCode.UNAVAILABLE, "the program has ended")
            # A function of the program that the engine called back raised. The SDK has put its message and its
            # frames into the details.
            refusal = ProgramError(f"a transform of the program failed: {_callback_message(error)}")
        except Exception as error:  # noqa: BLE001 - a bug here has to reach the user, not the server's log
            refusal = ModelError(f"the engine failed to answer {method}: {error!r}")
        registrar.refuse(refusal, request)
        # The SDK ends its server for callbacks at once when it gets the error, so those under way are let end first.
        # A callback that caused the error waits for this answer itself, hence a limit.
        registrar.callbacks.wait_until_idle(_PATIENCE_SECONDS)
        return context.abort(grpc.StatusCode.UNKNOWN, str(refusal))

    return guarded


def _callback_message(error: grpc.RpcError) -> str:
    """The exception's own message out of `Invoke callback <token> error: <message>:<newline><traceback>`."""
    details = str(
        getattr(error, "details", lambda: error)()
    )  # every error of a call has them, its type does not say so
    _, _, rest = details.partition(" error: ")
    message, _, _ = (rest or details).partition(":\n  File ")
    return message.strip()
