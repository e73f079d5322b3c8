"""What a workload says about functions of the stack, by their logical names."""

from __future__ import annotations

from pydantic import Field

from delivery_lab.simulation.workload_part import WorkloadPart


class FunctionSettings(WorkloadPart):
    """What only a deployment would tell of a function, or what is to be different in a run."""

    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables, in place of what the program gives them."""
