from __future__ import annotations

import random

import pytest
from google.protobuf.struct_pb2 import Struct

from delivery_lab.errors import ModelError
from delivery_lab.program.graph import ResourceOptions
from delivery_lab.program.registration import Registration, Urns, ordered, provider_urn, qualified_type

URNS = Urns("dev", "demo")


def registration(name: str, *needs: str, parent: str = "", provider: str = "") -> Registration:
    return Registration(
        urn=name,
        type="t",
        name=name,
        custom=True,
        parent=parent,
        inputs=Struct(),
        state=Struct(),
        dependencies=needs,
        options=ResourceOptions(provider=provider),
    )


def test_urns() -> None:
    stack = URNS.make("", "pulumi:pulumi:Stack", "demo-dev")
    outer = URNS.make(stack, "demo:index:Outer", "outer")
    inner = URNS.make(outer, "demo:index:Inner", "inner::with colons")
    leaf = URNS.make(inner, "aws:sqs/queue:Queue", "queue")
    assert stack == "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"
    assert inner == "urn:pulumi:dev::demo::demo:index:Outer$demo:index:Inner::inner::with colons"
    assert leaf == "urn:pulumi:dev::demo::demo:index:Outer$demo:index:Inner$aws:sqs/queue:Queue::queue"
    assert qualified_type(leaf) == "demo:index:Outer$demo:index:Inner$aws:sqs/queue:Queue"
    assert provider_urn("urn:pulumi:dev::demo::pulumi:providers:aws::x::id") == (
        "urn:pulumi:dev::demo::pulumi:providers:aws::x"
    )


def test_the_order_follows_needs_and_is_by_urn_otherwise() -> None:
    held = [
        registration("e", "a", provider="d::id"),
        registration("d"),
        registration("c", parent="b"),
        registration("b", "z", "unknown"),
        registration("a"),
        registration("z"),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(held)
        assert [found.urn for found in ordered(held)] == ["a", "d", "e", "z", "b", "c"]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"^these resources depend on each other in a circle: a, b$"):
        ordered([registration("a", "b"), registration("b", "a"), registration("c")])
