"""Images of items that a handler reads off the records of a table's stream which has none of them.

What is said: the expression certainly is the change that a record tells of, and the read raises a KeyError. Where the
program asks for the image first, or takes None for an answer, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.callees import Place
from delivery_lab.checks.code.event_keys import is_certain, plain_handler, set_or_asked_for
from delivery_lab.checks.code.event_parts import EventParts
from delivery_lab.checks.code.event_shapes import CHANGE_OF_TABLE, EVENT_SHAPES
from delivery_lab.checks.code.module import own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.tree import ancestors, parents_in


@dataclass(frozen=True, slots=True)
class MissingImage:
    """A place that reads an image which no record has.

    Attributes:
        text: as it stands in the code, such as `record["dynamodb"]["NewImage"]`.
        image: `NewImage` or `OldImage`.
        where: module and line.
        chosen: whether records are told apart before.
    """

    text: str
    image: str
    where: str
    chosen: bool


def missing_images(code: Code, images: Collection[str]) -> list[MissingImage]:
    """Where a handler reads one of some images off the records of a table's stream.

    Args:
        code: the program, of a function that nothing but such streams feeds.
        images: the images that no record has.
    """
    handler = plain_handler(code)
    if handler is None or set(images) & set(set_or_asked_for(code)):
        return []
    parts = EventParts(code, handler, frozenset({EVENT_SHAPES["dynamodb"]}))
    return [each for place in reached(code) for each in _in_function(code, parts, place, images)]


def _in_function(code: Code, parts: EventParts, place: Place, images: Collection[str]) -> Iterator[MissingImage]:
    module, function = place
    live = {id(node) for node in live_nodes(code, module, function)}
    parents = parents_in(function)
    for node in own_nodes(function):
        match node:
            case ast.Subscript(value=held, slice=ast.Constant(value=str() as key), ctx=ast.Load()) if key in images:
                if id(node) not in live or parts.of(function, held) != {CHANGE_OF_TABLE}:
                    continue
                if is_certain(node, parents, False):
                    branches = ast.If | ast.IfExp | ast.BoolOp | ast.Match
                    chosen = any(isinstance(each, branches) for each in ancestors(node, parents))
                    text = ast.unparse(node).replace("'", '"')
                    yield MissingImage(text, key, module.place(node), chosen)
