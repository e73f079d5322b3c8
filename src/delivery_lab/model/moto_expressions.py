"""Conditions of DynamoDB as moto reads them: each text is taken apart once, and not again for each write of an item."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser

_MOST = 1_000
_NAME = "_lex_condition_expression"
_real = vars(ConditionExpressionParser)[_NAME]


@lru_cache(maxsize=_MOST)
def _words_of(condition: str) -> tuple[Any, ...]:
    """The words of a condition, which are those of its text alone: names and values are looked up after that."""
    return tuple(_real(ConditionExpressionParser(condition, {}, {})))


def _read_once(parser: Any) -> deque[Any]:
    return deque(_words_of(parser.condition_expression))


def begin() -> None:
    """Have moto remember the words of conditions, until `end`."""
    setattr(ConditionExpressionParser, _NAME, _read_once)


def end() -> None:
    """Have moto do what it does by itself."""
    setattr(ConditionExpressionParser, _NAME, _real)
