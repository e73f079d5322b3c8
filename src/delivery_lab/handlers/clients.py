"""Clients that reach the network through C code, past Python's sockets: refused by name where code makes one.

Python sees nothing of what such a library sends. To import it is harmless; a connection is what is refused. The list is
in docs/protection.md, and a test compares the two.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.process_effects import NO_NETWORK, refuse

CLIENTS: Mapping[str, tuple[str, ...]] = {
    "MySQLdb": ("connect", "Connect", "Connection"),
    "aerospike": ("client",),
    "awscrt.io": ("ClientBootstrap", "EventLoopGroup"),
    "cassandra.cluster": ("Cluster",),
    "confluent_kafka": ("Consumer", "DeserializingConsumer", "Producer", "SerializingProducer"),
    "confluent_kafka.admin": ("AdminClient",),
    "curl_cffi": ("AsyncSession", "Curl", "Session"),
    "grpc": ("insecure_channel", "secure_channel"),
    "grpc.aio": ("insecure_channel", "secure_channel"),
    "mysql.connector": ("connect",),
    "oracledb": ("connect", "create_pool"),
    "psycopg": ("AsyncConnection", "Connection", "connect"),
    "psycopg2": ("connect",),
    "pycares": ("Channel",),
    "pycurl": ("Curl", "CurlMulti"),
    "pylibmc": ("Client",),
    "pymssql": ("connect",),
    "pyodbc": ("connect",),
    "rdkafka": ("Client",),
    "tls_client": ("Session",),
    "uvloop": ("Loop", "install", "new_event_loop", "run"),
    "zmq": ("Context",),
}
"""What makes a connection, by module."""


class _Watcher(importlib.abc.MetaPathFinder):
    """Finds nothing itself; what others find is refused once it is imported."""

    def __init__(self, patches: Patches) -> None:
        self._patches = patches

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of one of the clients, whose loader also guards it; None for every other module."""
        if name not in CLIENTS:
            return None
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return _guarding(spec, self._patches)
        return None


def install(patches: Patches) -> None:
    """Guard the clients that are imported, and those that will be, for the time of a run."""
    for name in CLIENTS:
        module = sys.modules.get(name)
        if isinstance(module, ModuleType):
            _guard(module, name, patches)
    patches.set(sys, "meta_path", [_Watcher(patches), *sys.meta_path])


def _guarding(spec: ModuleSpec, patches: Patches) -> ModuleSpec:
    loader = spec.loader
    execute = getattr(loader, "exec_module", None)
    if loader is not None and execute is not None:

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _guard(module, spec.name, patches)

        try:
            loader.exec_module = exec_module  # type: ignore[method-assign]  # each module has a loader of its own
        except AttributeError:
            return spec
    return spec


def _guard(module: ModuleType, name: str, patches: Patches) -> None:
    for attribute in CLIENTS[name]:
        real = vars(module).get(attribute)
        if real is not None:
            patches.set(module, attribute, _guarded(real, name, attribute))


def _guarded(real: Any, module: str, name: str) -> Any:
    if not isinstance(real, type):

        def call(*args: Any, **kwargs: Any) -> Any:
            _refuse(current(), module, name)
            return real(*args, **kwargs)

        return call
    try:
        return type(name, (real,), {"__new__": _refusing_new(real, module, name), "__module__": module})
    except TypeError:  # a class that takes no subclasses

        def make(*args: Any, **kwargs: Any) -> Any:
            _refuse(current(), module, name)
            return real(*args, **kwargs)

        return make


def _refusing_new(real: Any, module: str, name: str) -> Any:
    def new(kind: type, *args: Any, **kwargs: Any) -> Any:
        _refuse(current(), module, name)
        maker = real.__new__
        return maker(kind) if maker is object.__new__ else maker(kind, *args, **kwargs)

    return new


def _refuse(fiber: Fiber | None, module: str, name: str) -> None:
    if fiber is not None:
        refuse(fiber, f"connects with {module}.{name}, which sends past Python", NO_NETWORK)
