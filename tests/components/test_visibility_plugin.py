"""The dynamic resources in the process that Pulumi runs for them: its own plugin, asked as its engine asks it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components import visibility_provider
from components.visibility_provider import LowerProvider, RaiseProvider

ROOT = Path(visibility_provider.__file__).parent.parent
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


class _Sqs(ThreadingHTTPServer):
    """Enough of SQS for one queue; keeps who called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.visibility = "30"
        self.calls: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Calls(BaseHTTPRequestHandler):
    server: _Sqs

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((operation, self.headers["Authorization"].partition("Credential=")[2]))
        answer: dict[str, Any] = {}
        if operation == "SetQueueAttributes":
            self.server.visibility = asked["Attributes"]["VisibilityTimeout"]
        else:
            answer = {"Attributes": {"VisibilityTimeout": self.server.visibility}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@dataclass
class _Plugin:
    stub: Any
    sqs: _Sqs

    def props(self, provider: type[RaiseProvider] | type[LowerProvider], **changes: Any) -> Any:
        """Properties on the wire."""
        values = {
            "queueUrl": f"{self.sqs.url}/123456789012/jobs",
            "region": "eu-west-1",
            "visibilityTimeoutSeconds": 30 if provider is RaiseProvider else 5,
            "restoredVisibilityTimeoutSeconds": 30,
            "mappingRevision": "a",
            "functionArn": "f",
            "__provider": serialize_provider(provider()),
        }
        return _on_the_wire(values | changes)


def _on_the_wire(values: dict[str, Any]) -> Any:
    return asyncio.run(rpc.serialize_properties(values, {}))


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Plugin]:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    sqs = _Sqs()
    threading.Thread(target=sqs.serve_forever, daemon=True).start()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", "engine"], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            config = {
                "aws:region": "eu-west-1",
                "aws:accessKey": "KEY",
                "aws:secretKey": {SECRET_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "hidden"},
                "aws:endpoints": json.dumps([{"lambda": "http://127.0.0.1:9", "sqs": sqs.url}]),
            }
            stub.Configure(provider_pb2.ConfigureRequest(args=_on_the_wire(config), acceptSecrets=True))
            yield _Plugin(stub, sqs)
    finally:
        process.kill()
        process.communicate()
        sqs.shutdown()
        sqs.server_close()


def test_a_deployment_an_update_a_refresh_and_the_end(plugin: _Plugin) -> None:
    stub, sqs = plugin.stub, plugin.sqs
    raised, lowered = plugin.props(RaiseProvider), plugin.props(LowerProvider)

    stub.Create(provider_pb2.CreateRequest(properties=raised))
    created = stub.Create(provider_pb2.CreateRequest(properties=lowered))
    assert (sqs.visibility, created.id) == ("5", f"{sqs.url}/123456789012/jobs")
    assert created.properties == lowered
    assert {who.split("/")[0] for _, who in sqs.calls} == {"KEY"}

    def differs(olds: Any, news: Any) -> tuple[bool, list[str]]:
        found = stub.Diff(provider_pb2.DiffRequest(id=created.id, olds=olds, news=news))
        return found.changes == provider_pb2.DiffResponse.DIFF_SOME, list(found.replaces)

    assert differs(created.properties, lowered) == (False, [])
    other = plugin.props(LowerProvider, mappingRevision="b")
    assert differs(created.properties, other) == (True, [])
    assert differs(created.properties, plugin.props(LowerProvider, queueUrl=rpc.UNKNOWN)) == (True, ["queueUrl"])

    stub.Update(provider_pb2.UpdateRequest(id="r", olds=raised, news=plugin.props(RaiseProvider, mappingRevision="b")))
    assert sqs.visibility == "30"
    updated = stub.Update(provider_pb2.UpdateRequest(id=created.id, olds=created.properties, news=other))
    assert (sqs.visibility, updated.properties) == ("5", other)

    sqs.visibility = "77"
    found = stub.Read(provider_pb2.ReadRequest(id=created.id, properties=updated.properties))
    assert found.properties["visibilityTimeoutSeconds"] == 77
    sqs.visibility = "5"
    stub.Delete(provider_pb2.DeleteRequest(id=created.id, properties=updated.properties))
    assert sqs.visibility == "30"
    stub.Delete(provider_pb2.DeleteRequest(id="r", properties=raised))
    assert sqs.visibility == "30"


def test_an_error_reaches_the_engine_with_queue_and_value(plugin: _Plugin) -> None:
    plugin.sqs.shutdown()
    plugin.sqs.server_close()
    with pytest.raises(grpc.RpcError) as caught:
        plugin.stub.Create(provider_pb2.CreateRequest(properties=plugin.props(RaiseProvider)), timeout=60)
    assert "cannot set the visibility timeout of" in str(caught.value)
    assert "to 30 s: Could not connect to the endpoint URL" in str(caught.value)
