"""Requests of handlers to HTTP addresses: every client of Python gets the workload's answers, in virtual time."""

from __future__ import annotations

import json

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import WebRequest, WebResponse
from tests.handlers.world import World

URL = "https://pay.example/charge?x=1"

CLIENTS = {
    "urllib.request": """
        import urllib.request
        def post(url, data):
            asked = urllib.request.Request(url, data=data, headers={"X-Key": "k"}, method="POST")
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return answer.status, answer.read().decode()
        """,
    "http.client": """
        import http.client
        from urllib.parse import urlsplit
        def post(url, data):
            place = urlsplit(url)
            connection = http.client.HTTPSConnection(place.netloc, timeout=5)
            connection.request("POST", f"{place.path}?{place.query}", data, {"X-Key": "k"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        """,
    "urllib3": """
        import urllib3
        pool = urllib3.PoolManager()
        def post(url, data):
            answer = pool.request("POST", url, body=data, headers={"X-Key": "k"}, timeout=5)
            return answer.status, answer.data.decode()
        """,
    "requests": """
        import requests
        session = requests.Session()
        def post(url, data):
            answer = session.post(url, data=data, headers={"X-Key": "k"}, timeout=5)
            return answer.status_code, answer.text
        """,
    "asyncio": """
        import asyncio
        from urllib.parse import urlsplit
        async def talk(url, data):
            place = urlsplit(url)
            reader, writer = await asyncio.open_connection(place.hostname, 443, ssl=True)
            head = f"POST {place.path}?{place.query} HTTP/1.1\\r\\nHost: {place.hostname}\\r\\nX-Key: k\\r\\n"
            writer.write(f"{head}Connection: close\\r\\nContent-Length: {len(data)}\\r\\n\\r\\n".encode() + data)
            await writer.drain()
            try:
                answer = await asyncio.wait_for(reader.read(), 5)
            finally:
                writer.close()
            head, _, body = answer.partition(b"\\r\\n\\r\\n")
            return int(head.split()[1]), body.decode()
        def post(url, data):
            return asyncio.run(talk(url, data))
        """,
}


@pytest.mark.parametrize("client", list(CLIENTS))
def test_every_client_sends_what_it_sends_and_gets_the_answer_after_its_latency(world: World, client: str) -> None:
    world.web = lambda request: WebResponse(201, (("X-Id", "7"),), b"charged", seconds(2))

    began, first, second, ended = world.run_code(
        CLIENTS[client]
        + f"""
        import time
        def handler(event, context):
            began = time.time()
            first = post({URL!r}, b"one")
            return [began, first, post({URL!r}, b"two"), time.time()]
        """
    )

    assert (first, second) == ([201, "charged"], [201, "charged"])
    assert 4.01 <= ended - began <= 4.03
    assert [(request.method, request.url, request.body) for _, request in world.requests] == [
        ("POST", URL, b"one"),
        ("POST", URL, b"two"),
    ]
    assert ("X-Key", "k") in [(name.title(), value) for name, value in world.requests[0][1].headers]


@pytest.mark.parametrize(
    ("client", "error"),
    [
        ("urllib.request", "TimeoutError"),
        ("http.client", "TimeoutError"),
        ("urllib3", "ReadTimeoutError"),
        ("requests", "ReadTimeout"),
        ("asyncio", "TimeoutError"),
    ],
)
def test_a_latency_above_the_timeout_of_the_client_is_its_timeout(world: World, client: str, error: str) -> None:
    world.web = lambda request: WebResponse(200, (), b"late", seconds(30))

    name, took = world.run_code(
        CLIENTS[client]
        + f"""
        import time
        def handler(event, context):
            began = time.time()
            try:
                return ["none", post({URL!r}, b"one")]
            except Exception as error:
                return [type(error).__name__, time.time() - began]
        """
    )

    assert name == error
    assert len(world.requests) == 1
    assert 5 <= took < 5.1


def test_a_function_can_time_out_while_it_waits(world: World) -> None:
    world.web = lambda request: WebResponse(200, (), b"late", seconds(90))
    with world.host:
        environment = world.environment(
            world.function("import urllib.request\ndef handler(e, c): urllib.request.urlopen('http://slow.example')")
        )
        world.start(environment)
        world.scheduler.run(seconds(30))
        environment.stop()
        world.scheduler.run()

    assert world.answers == []


def test_large_bodies_go_both_ways(world: World) -> None:
    world.web = lambda request: WebResponse(200, (), request.body[::-1])

    assert world.run_code(
        """
        import hashlib, requests
        def handler(event, context):
            data = b"0123456789" * 300_000
            answer = requests.put("http://files.example/a", data=data)
            return [len(answer.content), answer.content == data[::-1]]
        """
    ) == [3_000_000, True]


def test_chunked_requests_and_responses_without_a_body(world: World) -> None:
    world.web = lambda request: WebResponse(204 if request.method == "DELETE" else 200, (), b"body")

    answers = world.run_code(
        """
        import requests
        def handler(event, context):
            session = requests.Session()
            sent = session.post("http://a.example/x", data=iter([b"one ", b"two"]))
            head = session.head("http://a.example/x")
            gone = session.delete("http://a.example/x")
            return [sent.text, head.text, head.headers["content-length"], gone.status_code, gone.text]
        """
    )

    assert answers == ["body", "", "4", 204, ""]
    assert world.requests[0][1].body == b"one two"


def test_threads_wait_for_their_own_answers(world: World) -> None:
    def answer(request: WebRequest) -> WebResponse:
        return WebResponse(200, (), request.url[-1].encode(), seconds(int(request.url[-1])))

    world.web = answer
    took, texts = world.run_code(
        """
        import time, requests
        from concurrent.futures import ThreadPoolExecutor
        def handler(event, context):
            began = time.time()
            with ThreadPoolExecutor(4) as pool:
                texts = list(pool.map(lambda n: requests.get(f"http://a.example/{n}").text, [3, 1, 2]))
            return [time.time() - began, texts]
        """
    )

    assert texts == ["3", "1", "2"]
    assert 3 <= took < 3.05


def test_a_connection_is_kept_across_invokes_and_an_answer_may_arrive_while_the_environment_is_frozen(
    world: World,
) -> None:
    world.web = lambda request: WebResponse(200, (), b"late", seconds(5))
    code = """
        import threading, requests
        session, got = requests.Session(), []
        def ask():
            got.append(session.get("http://a.example/").text)
        def handler(event, context):
            if event == "begin":
                threading.Thread(target=ask).start()
                return got
            import time
            time.sleep(1)
            return got
        """
    with world.host:
        environment = world.environment(world.function(code))
        assert world.result(environment, "begin") == []
        assert world.result(environment, "look") == ["late"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("s.connect(('db.example', 5432)); s.sendall(b'\\0\\0\\0\\x08\\x04')", "speaks no HTTP/1.1 there"),
        ("s.connect(('cache.example', 6379)); s.sendall(b'*1\\r\\n$4\\r\\nPING\\r\\n')", "speaks no HTTP/1.1 there"),
        ("s.connect(('db.example', 3306)); s.recv(10)", "waits for what is said there first: that is no HTTP"),
    ],
)
def test_what_is_no_http_is_refused_by_name(world: World, code: str, what: str) -> None:
    with pytest.raises(NotModelledError) as refused:
        world.run_code(f"import socket\ndef handler(e, c):\n    s = socket.socket()\n    {code}\n")

    text = str(refused.value)
    assert text.startswith("function worker connects to ")
    assert f"{world.folder}/fn/app.py:4 in handler, and {what}\n  fix: describe the function" in text
    assert text.endswith("    functions:\n      worker: {duration: 0.2}")


def test_what_nothing_answers_is_refused_with_its_line(world: World) -> None:
    def nothing(request: WebRequest) -> WebResponse:
        raise NotModelledError(f"worker sends {request.url}, and nothing answers it\n  fix: add it")

    world.web = nothing
    with pytest.raises(NotModelledError) as refused:
        world.run_code("import urllib.request\ndef handler(e, c):\n    urllib.request.urlopen('http://a.example/b')\n")

    place = f"{world.folder}/fn/app.py:3 in handler"
    assert str(refused.value) == f"worker sends http://a.example/b, and nothing answers it, at {place}\n  fix: add it"


def test_json_is_read_as_any_client_reads_it(world: World) -> None:
    world.web = lambda request: WebResponse(200, (("content-type", "application/json"),), json.dumps([1]).encode())

    assert world.run_code(
        "import requests\ndef handler(e, c):\n    return requests.get('http://127.0.0.1:2773/p').json()\n"
    ) == [1]
    assert world.requests[0][1].url == "http://127.0.0.1:2773/p"
