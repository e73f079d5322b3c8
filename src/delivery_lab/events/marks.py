"""How a piece of work is known, where a workload says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EffectMark:
    """One of a line in the log, an item in a table, a request to an HTTP address.

    In `log`, `key` and `http` names in braces stand for values of the message: `{id}`, or `{order.id}` of nested ones,
    and `{messageId}`.

    Attributes:
        log: text of a line.
        table: name of the table as AWS knows it.
        key_attribute: name of the table's partition key.
        key: its value.
        http: method and URL, `*` for anything.
    """

    log: str | None = None
    table: str | None = None
    key_attribute: str | None = None
    key: str | None = None
    http: str | None = None
