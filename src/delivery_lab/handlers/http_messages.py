"""HTTP/1.1 as a server reads and writes it: requests out of bytes as they come, responses into bytes."""

from __future__ import annotations

import http
import re
from dataclasses import dataclass

from delivery_lab.model.runtime import WebRequest, WebResponse

_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.([01])\r?\n")
_BEGINNING = re.compile(rb"[A-Z]{0,20}( .*)?", re.DOTALL)
_NO_BODY = frozenset({204, 304})


class NotHttpError(ValueError):
    """What was sent is no request of HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request, and what is needed to answer it.

    Attributes:
        request: the request.
        closing: whether the connection ends with the response.
        size: bytes that it took.
    """

    request: WebRequest
    closing: bool
    size: int


def read_request(data: bytes, scheme: str, authority: str) -> ReadRequest | None:
    """The first request in what has come so far, None while it is not complete.

    Args:
        data: what has come.
        scheme: `http` or `https`.
        authority: host and port that the client connected to, for requests without a host.

    Raises:
        NotHttpError: it is no HTTP/1.1.
    """
    if not _BEGINNING.fullmatch(data.partition(b"\r\n")[0]):
        raise NotHttpError
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    line = _REQUEST_LINE.match(head + b"\r\n")
    if line is None:
        raise NotHttpError
    headers = tuple(_header(each) for each in head.split(b"\r\n")[1:])
    named = {name.lower(): value for name, value in headers}
    found = _body(rest, named)
    if found is None:
        return None
    body, taken = found
    target = line[2].decode("latin-1")
    url = target if "://" in target else f"{scheme}://{_authority(named.get('host', authority), scheme)}{target}"
    closing = "close" in named.get("connection", "keep-alive" if line[3] == b"1" else "close").lower()
    request = WebRequest(line[1].decode(), url, headers, body)
    return ReadRequest(request, closing, len(head) + len(separator) + taken)


def _authority(host: str, scheme: str) -> str:
    return host.removesuffix(":443" if scheme == "https" else ":80")


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.partition(b":")
    return name.decode("latin-1").strip(), value.decode("latin-1").strip()


def _body(rest: bytes, headers: dict[str, str]) -> tuple[bytes, int] | None:
    """The body of a request and how many bytes it takes on the wire; None while it is not complete."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(rest)
    length = int(headers.get("content-length") or 0)
    return (rest[:length], length) if len(rest) >= length else None


def _chunks(rest: bytes) -> tuple[bytes, int] | None:
    body, at = b"", 0
    while True:
        end = rest.find(b"\r\n", at)
        if end < 0:
            return None
        size = int(rest[at:end].partition(b";")[0], 16)
        start = end + 2
        if len(rest) < start + size + 2:
            return None
        if size == 0:
            return body, start + 2
        body += rest[start : start + size]
        at = start + size + 2


def write_response(read: ReadRequest, response: WebResponse) -> bytes:
    """A response as it goes over the wire."""
    bare = response.status in _NO_BODY or read.request.method == "HEAD"
    phrase = http.HTTPStatus(response.status).phrase if response.status in set(http.HTTPStatus) else ""
    headers = [f"{name}: {value}" for name, value in response.headers if name.lower() not in _OURS]
    if response.status not in _NO_BODY:
        headers.append(f"content-length: {len(response.body)}")
    if read.closing:
        headers.append("connection: close")
    head = "\r\n".join([f"HTTP/1.1 {response.status} {phrase}", *headers])
    return head.encode("latin-1") + b"\r\n\r\n" + (b"" if bare else response.body)


_OURS = frozenset({"connection", "content-length", "transfer-encoding"})
