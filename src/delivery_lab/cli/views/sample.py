"""How one run among many looks in JSON: a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery_lab.api.parts import plain_names

if TYPE_CHECKING:
    from delivery_lab.explore.sample import Sample


def sample_as_json(sample: Sample) -> dict[str, Any]:
    """The line of a run."""
    return {
        "kind": "run",
        "seed": sample.seed,
        "traceHash": sample.trace_hash,
        "figures": dict(zip(plain_names(), sample.figures, strict=True)),
        "expectations": [{"actual": one.actual, "holds": one.holds} for one in sample.verdicts],
        "violations": list(sample.violations),
    }
