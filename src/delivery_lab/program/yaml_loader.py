"""PyYAML's safe loader with the scalar rules of the Pulumi CLI, and with bounds: no file makes it run for ever.

What an unquoted scalar is says `delivery_lab.program.go_scalars`. A tag that neither JSON nor a program's settings have
a value for is refused: it would reach the program as something else than what the file says.
"""

from __future__ import annotations

import datetime
from typing import Any, NoReturn

import yaml

from delivery_lab.program.go_scalars import resolve

MAX_DEPTH = 100
"""Deeper nesting is an anchor that contains itself, or no configuration at all."""

MAX_REPEATED = 100_000
"""How many values aliases may repeat: a few lines of aliases to aliases would make billions."""

_TAG = "tag:yaml.org,2002:"
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),  # which is an int too
    (int, "int"),
    (float, "float"),
    (datetime.date, "timestamp"),
    (str, "str"),
)
_LEFT_OUT = ("binary", "set", "omap", "pairs")


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalar rules of the CLI."""

    dates = True
    joins_surrogates = False

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        """The tag of a node that has none in the file."""
        if kind is not yaml.ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # not in the stubs
        if value == "<<":
            return f"{_TAG}merge"
        scalar = resolve(value, dates=self.dates)
        return _TAG + next((tag for kind, tag in _KINDS if isinstance(scalar, kind)), "null")

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node; within bounds, for each level of the file takes some of Python's own stack."""
        if self._depth > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # not in the stubs
            raise yaml.composer.ComposerError(None, None, f"more than {MAX_DEPTH} levels of nesting", mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, yaml.ScalarNode) and not node.value.isascii():
            self._check_characters(node)
        return node

    def _check_characters(self, node: yaml.ScalarNode) -> None:
        r"""Refuse `\ud83d` alone, which is no character; JSON writes characters as pairs of such halves."""
        try:
            node.value.encode("utf-8")
        except UnicodeEncodeError as error:
            half = f"\\u{ord(node.value[error.start]):04x}"
            fix = "write the character itself"
            if self.joins_surrogates:
                try:
                    node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
                except UnicodeDecodeError:
                    fix = "write both halves, or the character itself"
                else:
                    return
            problem = f"'{half}' is half of a surrogate pair, and no character: {fix}"
            raise yaml.composer.ComposerError(None, None, problem, node.start_mark) from None


class LoaderOfJson(Loader):
    """The same loader for what ends up as JSON, which has no dates: they stay the text that they are."""

    dates = False
    joins_surrogates = True


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    value = resolve(loader.construct_scalar(node))
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(node, "an integer")


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    value = resolve(loader.construct_scalar(node))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _refuse(node, "a number")


def _bool(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> bool:
    value = resolve(loader.construct_scalar(node))
    return value if isinstance(value, bool) else _refuse(node, "true or false")


def _null(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> None:
    return None if resolve(loader.construct_scalar(node)) is None else _refuse(node, "null")


def _date(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> datetime.date:
    value = resolve(loader.construct_scalar(node))
    return value if isinstance(value, datetime.date) else _refuse(node, "a date")


def _dated(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    """A date in what ends up as JSON: the text that it is."""
    _date(loader, node)
    return _text(loader, node)


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _no_tag(_: yaml.SafeLoader, node: yaml.Node) -> NoReturn:
    tag = node.tag.removeprefix(_TAG)
    problem = f"the tag !!{tag} is not taken here: write the value as a text, a list or a mapping"
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _refuse(node: yaml.ScalarNode, kind: str) -> NoReturn:
    """What the file calls a number or a date by an explicit tag is none."""
    raise yaml.constructor.ConstructorError(None, None, f"'{node.value}' is not {kind}", node.start_mark)


Loader.add_constructor(f"{_TAG}int", _integer)
Loader.add_constructor(f"{_TAG}float", _float)
Loader.add_constructor(f"{_TAG}bool", _bool)
Loader.add_constructor(f"{_TAG}null", _null)
Loader.add_constructor(f"{_TAG}timestamp", _date)
# As a key it has been dealt with by then; anywhere else it is a text like any other.
Loader.add_constructor(f"{_TAG}merge", _text)
for _tag in _LEFT_OUT:
    Loader.add_constructor(f"{_TAG}{_tag}", _no_tag)
LoaderOfJson.add_constructor(f"{_TAG}timestamp", _dated)
