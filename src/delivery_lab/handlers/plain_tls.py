"""TLS inside handlers: handshakes succeed, and nothing is encrypted, for both ends are in this process.

Certificates, versions and ciphers are answered as those of a server whose certificate is in order.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.connections import TLS_MARK, connection_of
from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.patches import Patches


def install(patches: Patches) -> None:
    """Leave TLS out of the connections of handlers."""
    context: Any = ssl.SSLContext
    patches.set(context, "wrap_socket", _wrap_socket(context.wrap_socket))
    patches.set(context, "wrap_bio", _wrap_bio(context.wrap_bio))


def _wrap_socket(real: Callable[..., Any]) -> Callable[..., Any]:
    def wrap_socket(self: ssl.SSLContext, sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        connection = None if current() is None else connection_of(sock)
        if connection is None:
            return real(self, sock, *args, **kwargs)
        connection.tls = True
        timeout = sock.gettimeout()
        wrapped = PlainTlsSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        wrapped.settimeout(timeout)
        wrapped.context = self
        wrapped.server_hostname = kwargs.get("server_hostname") or connection.host
        connection.move_to(wrapped)
        return wrapped

    return wrap_socket


def _wrap_bio(real: Callable[..., Any]) -> Callable[..., Any]:
    def wrap_bio(
        self: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **kwargs: Any
    ) -> Any:
        if current() is None:
            return real(self, incoming, outgoing, *args, **kwargs)
        return PlainTlsObject(self, incoming, outgoing, kwargs.get("server_hostname") or "")

    return wrap_bio


class _Session:
    """What both ways to TLS say of a session."""

    context: ssl.SSLContext
    server_hostname: str
    server_side = False
    session = None
    session_reused = False

    def do_handshake(self, *_: Any) -> None:
        """Nothing has to be agreed upon."""

    def getpeercert(self, binary_form: bool = False) -> dict[str, Any] | bytes:
        """The certificate of a server of that name."""
        if binary_form:
            return b""
        try:
            ipaddress.ip_address(self.server_hostname)
            kind = "IP Address"
        except ValueError:
            kind = "DNS"
        names = ((kind, self.server_hostname),)
        return {"subject": ((("commonName", self.server_hostname),),), "subjectAltName": names}

    def cipher(self) -> tuple[str, str, int]:
        """What TLS 1.3 most often agrees upon."""
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)

    def version(self) -> str:
        """The version of TLS."""
        return "TLSv1.3"

    def compression(self) -> None:
        """TLS 1.3 has none."""

    def selected_alpn_protocol(self) -> None:
        """None was agreed upon, so clients speak HTTP/1.1."""

    def selected_npn_protocol(self) -> None:
        """None was agreed upon."""

    def get_channel_binding(self, cb_type: str = "tls-unique") -> None:
        """TLS 1.3 has no binding of the kinds that Python knows."""

    def verify_client_post_handshake(self) -> None:
        """Only servers ask for it."""

    def shared_ciphers(self) -> None:
        """Only servers know."""


class PlainTlsSocket(_Session, socket.socket):
    """A connected socket that answers as one with TLS."""

    __slots__ = ("__dict__",)

    def unwrap(self) -> PlainTlsSocket:
        """The socket without TLS."""
        return self

    def pending(self) -> int:
        """Nothing is decrypted ahead of a read."""
        return 0

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Read as `SSLSocket.read`."""
        return self.recv(size) if buffer is None else self.recv_into(buffer, size)

    def write(self, data: Any) -> int:
        """Write as `SSLSocket.write`."""
        return self.send(data)


class PlainTlsObject(_Session):
    """Stands for `ssl.SSLObject`: bytes go from one buffer to the other as they are.

    Args:
        context: whose settings it would use.
        incoming: what has arrived.
        outgoing: what is to be sent.
        server_hostname: name of the server.
    """

    def __init__(
        self, context: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, server_hostname: str
    ) -> None:
        self.context = context
        self.server_hostname = server_hostname
        self._incoming = incoming
        self._outgoing = outgoing
        self._begun = False

    def do_handshake(self, *_: Any) -> None:
        """Say that what follows stands for TLS."""
        if not self._begun:
            self._begun = True
            self._outgoing.write(TLS_MARK)

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Read as `SSLObject.read`.

        Raises:
            ssl.SSLWantReadError: nothing has arrived.
        """
        if not self._incoming.pending and not self._incoming.eof:
            raise ssl.SSLWantReadError
        data = self._incoming.read(size)
        if buffer is None:
            return data
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        """Write as `SSLObject.write`."""
        return self._outgoing.write(data)

    def pending(self) -> int:
        """What has arrived and is not read."""
        return self._incoming.pending

    def unwrap(self) -> None:
        """Nothing has to be agreed upon."""
