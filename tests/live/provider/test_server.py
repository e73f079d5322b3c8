from __future__ import annotations

from typing import Any, cast

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from delivery_lab.live.provider.server import Context, ProviderServer

NO_CONTEXT = cast(Context, None)


def configure(server: ProviderServer, **settings: Any) -> None:
    arguments = struct_pb2.Struct()
    arguments.update(settings)
    server.Configure(provider_pb2.ConfigureRequest(args=arguments), NO_CONTEXT)


def test_an_engine_that_finds_it_running_may_attach() -> None:
    answer = ProviderServer().Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"), NO_CONTEXT)
    assert answer == empty_pb2.Empty()


def test_the_next_engine_of_the_same_place_finds_its_clients() -> None:
    server = ProviderServer()
    configure(server, region="us-east-1")
    first = server.creator
    configure(server, region="us-east-1")
    assert server.creator is first
    configure(server, region="eu-central-1")
    assert server.creator is not first
    assert server.creator.cloud.region == "eu-central-1"
