"""`effect` in a workload: how a piece of work of a handler is known that does not follow the log contract."""

from __future__ import annotations

from pydantic import Field, model_validator

from delivery_lab.errors import WorkloadError
from delivery_lab.events import EffectMark
from delivery_lab.simulation.workload_part import WorkloadPart
from delivery_lab.stack.stack import Stack

_KINDS = ("log", "table", "http")


class WorkMark(WorkloadPart):
    """The mark of work: one of a line in the log, an item in a table, a request to an HTTP address.

    Names in braces stand for values of the message: `{id}`, `{order.id}`, `{messageId}`.
    """

    log: str | None = Field(default=None, min_length=1)
    """Text of a line that the handler logs or prints when it has done the work, such as `charged {id}`."""
    table: str | None = None
    """Logical name of the table into which it puts an item for the work."""
    key: str | None = Field(default=None, min_length=1)
    """With `table`: the partition key of the item, such as `{id}`."""
    http: str | None = Field(default=None, pattern=r"^[A-Z*]+ \S+$")
    """Method and URL of the request that is the work, `*` for anything, such as `POST https://pay.example/*`."""

    @model_validator(mode="after")
    def _one_kind(self) -> WorkMark:
        named = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"name exactly one of {', '.join(_KINDS)}, not {' and '.join(named) or 'none'}")
        if (self.table is None) != (self.key is None):
            raise ValueError("table and key go together")
        if self.http is not None and self.http.startswith(("GET ", "HEAD ", "OPTIONS ")):
            raise ValueError(f"http {self.http!r} changes nothing: name a request that does, such as POST")
        return self

    def mark(self, stack: Stack, origin: str) -> EffectMark:
        """The mark as results look for it.

        Args:
            stack: the stack.
            origin: where the workload comes from, for messages.

        Raises:
            WorkloadError: the stack has no such table.
        """
        if self.table is None:
            return EffectMark(log=self.log, http=self.http)
        found = {table.name: table for table in stack.tables}
        if self.table not in found:
            known = ", ".join(sorted(found)) or "none"
            raise WorkloadError(
                f"{origin}: effect: the stack {stack.name} has no table {self.table} (there are: {known})"
            )
        table = found[self.table]
        key = table.hash_key.certain()
        return EffectMark(table=table.physical_name, key_attribute=key, key=self.key)
