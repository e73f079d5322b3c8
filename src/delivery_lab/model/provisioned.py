"""Environments that are kept ready for a version or an alias of a function (LAM-PROV-1 to LAM-PROV-4)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.errors import NotModelledError


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The provisioned concurrency of a function.

    Attributes:
        resource: logical name of the resource that configures it, "" without one.
        executions: how many environments are kept ready, 0 for none.
        named: the version or alias that it was configured for, "" without one.
        qualifiers: the versions and aliases by which an invoke gets one of them.
    """

    resource: str = ""
    executions: int = 0
    named: str = ""
    qualifiers: frozenset[str] = frozenset()


NONE_PROVISIONED = Provisioned()
"""That of a function of which no environment is kept ready."""


def refuse_beside(function: str, qualifier: str, provisioned: Provisioned) -> None:
    """Refuse an invoke for which none of the environments that are kept ready is meant (LAM-PROV-1).

    Args:
        function: name of the function.
        qualifier: by what it is invoked.
        provisioned: what is kept ready of it.

    Raises:
        NotModelledError: it is kept ready for invokes by another version or alias.
    """
    if not provisioned.executions or qualifier in provisioned.qualifiers:
        return
    known = " or ".join(sorted(provisioned.qualifiers))
    raise NotModelledError(
        f"{function} is invoked by {qualifier}, and {provisioned.resource} keeps environments ready for invokes by "
        f"{known} alone: a function that has both kinds of invokes is not modelled\n"
        f"  nearest: invoke {function} by {known}, or leave {provisioned.resource} out"
    )
