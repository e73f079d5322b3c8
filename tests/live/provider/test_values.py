from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from delivery_lab.live.provider.values import _UNKNOWN_TEXTS, UploadedCode, has_unknown, plain
from delivery_lab.program.assets import FileArchive
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.wire import SIGNATURE

_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


def wire(**values: Any) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


def test_whole_numbers_are_whole_as_boto3_wants_them() -> None:
    values = plain(wire(batchSize=10.0, threshold=0.5, enabled=True, names=["a", None]))
    assert values == {"batchSize": 10, "threshold": 0.5, "enabled": True, "names": ["a", None]}
    assert isinstance(values["batchSize"], int)


@pytest.mark.parametrize("text", sorted(_UNKNOWN_TEXTS))
def test_each_kind_of_unknown_value_is_unknown(text: str) -> None:
    values = plain(wire(a=text, b={"c": [text]}))
    assert values == {"a": UNKNOWN, "b": {"c": [UNKNOWN]}}
    assert has_unknown(values["b"])
    assert not has_unknown({"c": ["d"]})


def test_archives_are_compared_by_their_hash() -> None:
    def code(hash_: str, **more: Any) -> Any:
        return plain(wire(code={SIGNATURE: _ARCHIVE, "hash": hash_, **more}), Path("/program"))["code"]

    with_content, without = code("1", path="functions/worker"), code("1")
    assert with_content == without != code("2")
    assert isinstance(with_content, UploadedCode)
    assert isinstance(with_content.content, FileArchive)
    assert with_content.content.path == "/program/functions/worker"
