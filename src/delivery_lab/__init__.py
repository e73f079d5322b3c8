"""Delivery Lab: what a Lambda event source configuration does to its messages, before it is deployed.

The names of the public API are imported when they are used: `import delivery_lab` alone imports next to nothing.
`docs/api.md` describes them.
"""

import os
from typing import TYPE_CHECKING

from delivery_lab._version import __version__

if TYPE_CHECKING:
    from delivery_lab.api.difference import Difference
    from delivery_lab.api.examined import Examination
    from delivery_lab.api.explaining import Explanation, explain
    from delivery_lab.api.functions import check, diff, simulate
    from delivery_lab.api.lab import Lab
    from delivery_lab.api.redriven import RedriveSimulation
    from delivery_lab.api.simulated import Simulation
    from delivery_lab.checks.finding import Finding, Severity
    from delivery_lab.errors import LabError, UsageError
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.simulation.workload import HttpRequest, Send, TopicSettings, Workload
    from delivery_lab.simulation.workload_faults import Fault

__all__ = [
    "Difference",
    "Examination",
    "Explanation",
    "Fault",
    "Finding",
    "HttpRequest",
    "Lab",
    "LabError",
    "Outcome",
    "RedriveSimulation",
    "Send",
    "Severity",
    "Simulation",
    "TopicSettings",
    "UsageError",
    "Workload",
    "__version__",
    "check",
    "diff",
    "explain",
    "simulate",
]

# gRPC reads this once, when it is imported; without it, it writes remarks of its own to standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

if not TYPE_CHECKING:
    _HOMES = {
        "Difference": "api.difference",
        "Examination": "api.examined",
        "Explanation": "api.explaining",
        "Fault": "simulation.workload_faults",
        "Finding": "checks.finding",
        "HttpRequest": "simulation.workload",
        "Lab": "api.lab",
        "LabError": "errors",
        "Outcome": "results.outcome",
        "RedriveSimulation": "api.redriven",
        "Send": "simulation.workload",
        "Severity": "checks.finding",
        "Simulation": "api.simulated",
        "TopicSettings": "simulation.workload",
        "UsageError": "errors",
        "Workload": "simulation.workload",
        "check": "api.functions",
        "diff": "api.functions",
        "explain": "api.explaining",
        "simulate": "api.functions",
    }

    def __getattr__(name):
        """Import a name of the public API when it is used for the first time."""
        if name not in _HOMES:
            raise AttributeError(f"module 'delivery_lab' has no attribute '{name}'")
        from importlib import import_module

        found = getattr(import_module(f"delivery_lab.{_HOMES[name]}"), name)
        globals()[name] = found
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
