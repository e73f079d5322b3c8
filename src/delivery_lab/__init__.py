"""Delivery Lab: what a Lambda event source configuration does to its messages, before it is deployed.

The names of the public API are imported when they are used: `import delivery_lab` alone imports next to nothing.
`docs/api.md` describes them.
"""

import os

from delivery_lab._version import __version__

# Not that of `typing`, which is slow to import: nobody answers Ctrl-C until the command is loaded.
TYPE_CHECKING = False
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
    from delivery_lab.simulation.effect_marks import WorkMark
    from delivery_lab.simulation.workload import (
        AccountSettings,
        PoisonText,
        TopicSettings,
        Workload,
    )
    from delivery_lab.simulation.workload_answers import Answer
    from delivery_lab.simulation.workload_external import External
    from delivery_lab.simulation.workload_faults import Fault
    from delivery_lab.simulation.workload_functions import Fails, FunctionSettings
    from delivery_lab.simulation.workload_sends import HttpRequest, Send

__all__ = [
    "AccountSettings",
    "Answer",
    "Difference",
    "Examination",
    "Explanation",
    "External",
    "Fails",
    "Fault",
    "Finding",
    "FunctionSettings",
    "HttpRequest",
    "Lab",
    "LabError",
    "Outcome",
    "PoisonText",
    "RedriveSimulation",
    "Send",
    "Severity",
    "Simulation",
    "TopicSettings",
    "UsageError",
    "WorkMark",
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
        "AccountSettings": "simulation.workload",
        "Answer": "simulation.workload_answers",
        "Difference": "api.difference",
        "Examination": "api.examined",
        "Explanation": "api.explaining",
        "External": "simulation.workload_external",
        "Fails": "simulation.workload_functions",
        "Fault": "simulation.workload_faults",
        "Finding": "checks.finding",
        "FunctionSettings": "simulation.workload_functions",
        "HttpRequest": "simulation.workload_sends",
        "Lab": "api.lab",
        "LabError": "errors",
        "Outcome": "results.outcome",
        "PoisonText": "simulation.workload",
        "RedriveSimulation": "api.redriven",
        "Send": "simulation.workload_sends",
        "Severity": "checks.finding",
        "Simulation": "api.simulated",
        "TopicSettings": "simulation.workload",
        "UsageError": "errors",
        "WorkMark": "simulation.effect_marks",
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
