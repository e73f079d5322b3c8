"""What families of variants have in common whose outputs depend on their settings."""

from __future__ import annotations

import pulumi


class Family(pulumi.ComponentResource):
    """A family that collects its outputs while it is made."""

    _outputs: dict[str, pulumi.Output[str]]

    def exports(self, prefix: str = "") -> dict[str, pulumi.Output[str]]:
        """The stack outputs of this family, by name."""
        return {f"{prefix}{name}": value for name, value in self._outputs.items()}
