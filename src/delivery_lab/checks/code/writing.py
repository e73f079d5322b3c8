"""The buckets to which a function's code writes, as far as they can be told."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.calls import calls_of, keyword_of
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, bound_values
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached

_WRITING: Mapping[str, int | None] = {"put_object": None, "copy_object": None, "upload_file": 1, "upload_fileobj": 1}
"""Calls of boto3's client of S3 that make an object, and where the bucket stands among their arguments, if at all."""
_OF_THE_EVENT = ("['bucket']['name']", ".bucket_name", ".bucket.name")
"""How expressions end that take the bucket from a record of S3."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Written:
    """A call that makes an object.

    Attributes:
        bucket: name of the bucket, None where it is that of the event.
        where: module and line.
    """

    bucket: str | None
    where: str

    def is_in(self, bucket: str) -> bool:
        """Whether that is a bucket whose events the function gets."""
        return self.bucket in (None, bucket)


def writes(code: Code) -> Iterator[Written]:
    """The calls that make objects in buckets which can be told."""
    for module, function in reached(code):
        for name, position in _WRITING.items():
            for call in calls_of(live_nodes(code, module, function), name):
                bucket = keyword_of(call, "Bucket")
                if bucket is None and position is not None and len(call.args) > position:
                    bucket = call.args[position]
                if bucket is not None:
                    yield from _written(code, module, function, bucket, module.place(call))


def _written(code: Code, module: Module, function: FunctionNode, bucket: ast.expr, where: str) -> Iterator[Written]:
    for _ in range(_DEEPEST):
        value = evaluate(code, module, bucket)
        if isinstance(value, str):
            yield Written(value, where)
            return
        if ast.unparse(bucket).endswith(_OF_THE_EVENT):
            yield Written(None, where)
            return
        bound = bound_values(function, bucket.id) if isinstance(bucket, ast.Name) else []
        if len(bound) != 1 or bound[0] is None:
            return
        bucket = bound[0]
