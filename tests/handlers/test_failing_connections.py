"""Connections that fail: each client of Python sees what it sees in reality, in virtual time."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import Connecting, ConnectionFailed, WebRequest, WebResponse
from tests.handlers.test_http import CLIENTS, URL
from tests.handlers.world import World

MORE_CLIENTS = {
    "httpx": """
        import httpx
        def post(url, data):
            answer = httpx.post(url, content=data, timeout=5)
            return answer.status_code, answer.text
        """,
    "httpx, asynchronous": """
        import asyncio, httpx
        async def talk(url, data):
            async with httpx.AsyncClient(timeout=5) as client:
                answer = await client.post(url, content=data)
                return answer.status_code, answer.text
        def post(url, data):
            return asyncio.run(talk(url, data))
        """,
    "aiohttp": """
        import asyncio, aiohttp
        async def talk(url, data):
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=5)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                async with session.post(url, data=data) as answer:
                    return answer.status, await answer.text()
        def post(url, data):
            return asyncio.run(talk(url, data))
        """,
}
EVERY_CLIENT = CLIENTS | MORE_CLIENTS
QUICK, AT_THE_TIMEOUT = (0.004, 0.5), (4.99, 5.1)

SEEN = {
    "urllib.request": {
        "unresolved": "URLError <urlopen error [Errno -2] Name or service not known>",
        "refused": "URLError <urlopen error [Errno 111] Connection refused>",
        "dropped": "URLError <urlopen error timed out>",
        "reset": "ConnectionResetError [Errno 104] Connection reset by peer",
        "closed": "RemoteDisconnected Remote end closed connection without response",
        "silent": "TimeoutError timed out",
    },
    "http.client": {
        "unresolved": "gaierror [Errno -2] Name or service not known",
        "refused": "ConnectionRefusedError [Errno 111] Connection refused",
        "dropped": "TimeoutError timed out",
        "reset": "ConnectionResetError [Errno 104] Connection reset by peer",
        "closed": "RemoteDisconnected Remote end closed connection without response",
        "silent": "TimeoutError timed out",
    },
    "urllib3": {
        "unresolved": "NameResolutionError",
        "refused": "NewConnectionError",
        "dropped": "ConnectTimeoutError",
        "reset": "ProtocolError ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
        "closed": "ProtocolError ('Connection aborted.', RemoteDisconnected('Remote end closed connection",
        "silent": "ReadTimeoutError",
    },
    "requests": {
        "unresolved": "ConnectionError",
        "refused": "ConnectionError",
        "dropped": "ConnectTimeout",
        "reset": "ConnectionError ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
        "closed": "ConnectionError ('Connection aborted.', RemoteDisconnected('Remote end closed connection",
        "silent": "ReadTimeout",
    },
    "httpx": {
        "unresolved": "ConnectError [Errno -2] Name or service not known",
        "refused": "ConnectError [Errno 111] Connection refused",
        "dropped": "ConnectTimeout timed out",
        "reset": "ReadError [Errno 104] Connection reset by peer",
        "closed": "RemoteProtocolError Server disconnected without sending a response.",
        "silent": "ReadTimeout",
    },
    "httpx, asynchronous": {
        "unresolved": "ConnectError [Errno -2] Name or service not known",
        "refused": "ConnectError All connection attempts failed",
        "dropped": "ConnectTimeout",
        "reset": "ReadError",
        "closed": "RemoteProtocolError Server disconnected without sending a response.",
        "silent": "ReadTimeout",
    },
    "aiohttp": {
        "unresolved": "ClientConnectorDNSError",
        "refused": "ClientConnectorError",
        "dropped": "ConnectionTimeoutError",
        "reset": "ClientOSError [Errno 104] Connection reset by peer",
        "closed": "ServerDisconnectedError Server disconnected",
        "silent": "SocketTimeoutError",
    },
}


def fail(world: World, how: str, delay_seconds: float = 0.0) -> None:
    """Let every connection of a world fail in one way."""
    failed = ConnectionFailed(Connecting(how), seconds(delay_seconds))

    def open_(host: str, port: int | None, look_up: bool) -> None:
        if failed.how.while_opening and look_up == (failed.how is Connecting.UNRESOLVED):
            raise failed

    def answer(request: WebRequest) -> WebResponse:
        if failed.how.while_opening:
            return WebResponse(200, (), b"ok")
        raise failed

    world.opening, world.web = open_, answer


def seen(world: World, client: str) -> tuple[str, float]:
    """The error that a client raises, and how long it took."""
    name, took = world.run_code(
        client
        + f"""
        import time
        try:
            import urllib3
            urllib3.util.retry.Retry.DEFAULT = urllib3.util.retry.Retry(0)
        except ImportError:
            pass
        def handler(event, context):
            began = time.time()
            try:
                return ["none", post({URL!r}, b"one")]
            except Exception as error:
                error = error.reason if type(error).__name__ == "MaxRetryError" else error
                return [f"{{type(error).__name__}} {{error}}".strip(), time.time() - began]
        """
    )
    return name, took


@pytest.mark.parametrize("how", [each.value for each in Connecting])
@pytest.mark.parametrize("client", list(SEEN))
def test_sim_answer_2_each_client_sees_its_own_error(world: World, client: str, how: str) -> None:
    fail(world, how)

    name, took = seen(world, EVERY_CLIENT[client])

    assert name.startswith(SEEN[client][how])
    low, high = AT_THE_TIMEOUT if how in ("dropped", "silent") else QUICK
    assert low <= took <= high


@pytest.mark.parametrize("client", list(MORE_CLIENTS))
def test_asynchronous_clients_get_the_answers_too(world: World, client: str) -> None:
    world.web = lambda request: WebResponse(201, (), b"charged", seconds(2))
    world.opening = lambda host, port, look_up: None

    assert world.run_code(
        MORE_CLIENTS[client] + f"\n        def handler(event, context): return post({URL!r}, b'one')\n"
    ) == [201, "charged"]


def test_sim_answer_2_without_a_timeout_linux_tries_for_127_seconds(world: World) -> None:
    fail(world, "dropped")

    code = """
        import socket, time
        def handler(event, context):
            began = time.time()
            try:
                socket.create_connection(("pay.example", 443))
            except OSError as error:
                return [type(error).__name__, error.errno, round(time.time() - began)]
        """
    with world.host:
        environment = world.environment(world.function(code, timeout_seconds=300))
        world.start(environment, timeout=300)
        world.scheduler.run()

    assert world.answers[-1][1].payload == '["TimeoutError", 110, 127]'


def test_a_refusal_takes_its_latency_and_loses_against_a_shorter_timeout(world: World) -> None:
    fail(world, "refused", 3)

    code = """
        import socket, time
        def connect(timeout):
            began = time.time()
            try:
                socket.create_connection(("pay.example", 443), timeout=timeout)
            except OSError as error:
                return [type(error).__name__, int(time.time() - began)]
        def handler(event, context):
            return [connect(2), connect(5)]
        """
    assert world.run_code(code) == [["TimeoutError", 2], ["ConnectionRefusedError", 3]]


def test_a_socket_that_does_not_block_is_writable_once_it_has_failed(world: World) -> None:
    fail(world, "refused", 3)

    code = """
        import select, socket, time
        def handler(event, context):
            sock = socket.socket(); sock.setblocking(False)
            began = time.time()
            code = sock.connect_ex(("198.51.100.7", 443))
            early = select.select([], [sock], [], 1)[1] == []
            late = select.select([], [sock], [], 5)[1] == [sock]
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            again = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            sock.close()
            return [code, early, late, error, again, int(time.time() - began)]
        """
    assert world.run_code(code) == [115, True, True, 111, 0, 3]


def test_addresses_are_not_looked_up(world: World) -> None:
    fail(world, "unresolved")

    code = """
        import socket
        def handler(event, context):
            found = [socket.getaddrinfo("198.51.100.7", 443)[0][4][0]]
            for look in (socket.gethostbyname, lambda name: socket.getaddrinfo(name, "https")):
                try: look("pay.example")
                except socket.gaierror as error: found.append(error.errno)
            return found
        """
    assert world.run_code(code) == ["198.51.100.7", socket.EAI_NONAME, socket.EAI_NONAME]


def test_an_environment_that_ends_while_it_connects_leaves_no_file_open(world: World) -> None:
    fail(world, "dropped")
    with world.host:
        code = "import asyncio\ndef handler(e, c): asyncio.run(asyncio.open_connection('pay.example', 443))"
        environment = world.environment(world.function(code))
        world.start(environment)
        world.scheduler.run(seconds(10))
        environment.stop()
        world.scheduler.run()

    assert world.answers == []


CALL = """
    import boto3, time
    from botocore.config import Config
    def handler(event, context):
        config = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": ATTEMPTS, "mode": "MODE"})
        client = boto3.client("ssm", region_name="eu-west-1", config=config)
        began = time.time()
        try:
            return client.get_parameter(Name="a")
        except Exception as error:
            return [f"{type(error).__name__}: {error}", time.time() - began]
    """


@pytest.mark.parametrize(
    ("how", "error", "took"),
    [
        ("unresolved", 'EndpointConnectionError: Could not connect to the endpoint URL: "', 0),
        ("refused", 'EndpointConnectionError: Could not connect to the endpoint URL: "', 0),
        ("dropped", 'ConnectTimeoutError: Connect timeout on endpoint URL: "', 2),
        ("reset", "ConnectionClosedError: Connection was closed before we received a valid response from endpoint", 0),
        ("closed", "ConnectionClosedError: Connection was closed before we received a valid response from endpoint", 0),
        ("silent", 'ReadTimeoutError: Read timeout on endpoint URL: "', 0),
    ],
)
@pytest.mark.parametrize(("mode", "attempts"), [("legacy", 3), ("standard", 2), ("adaptive", 2)])
def test_sim_answer_2_boto3_raises_botocores_errors_after_its_own_retries(
    world: World, how: str, error: str, took: int, mode: str, attempts: int
) -> None:
    def answer(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionFailed(Connecting(how))

    world.answer = answer

    said, seconds_taken = world.run_code(CALL.replace("ATTEMPTS", str(attempts)).replace("MODE", mode))

    assert said.startswith(error)
    assert len(world.calls) == attempts
    assert took * attempts <= seconds_taken <= took * attempts + 5
