"""Runs the lab's checks once for all rules of the pack.

Pulumi calls each rule with the same resources, one rule after the other, in one process per operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_policy import ResourceValidationArgs, StackValidationArgs

from delivery_lab.checks.acceptance import apply_acceptances, read_acceptances
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import find_all
from delivery_lab.errors import LabError, UsageError
from delivery_lab.program.graph import Graph
from delivery_lab.program.keys import ACCEPT_KEY
from delivery_lab.stack.stack import Stack
from policy.adapter import PolicyStack, graph_of, stack_config
from policy.values import properties


@dataclass(frozen=True, slots=True)
class Result:
    """What the checks said.

    Attributes:
        graph: the stack.
        findings: what was found; accepted findings carry their reason.
        problem: why the stack could not be checked, None if it was.
    """

    graph: Graph
    findings: tuple[Finding, ...] = ()
    problem: str | None = None

    def urn_of(self, finding: Finding) -> str | None:
        """The resource that a finding is reported on."""
        if not finding.resources:
            return None
        if finding.edits and self.graph.resources[finding.edits[0].urn].name == finding.resources[0]:
            return finding.edits[0].urn
        named = [
            each.urn for each in self.graph.resources.values() if each.name == finding.resources[0] and each.custom
        ]
        return named[0] if named else None


@dataclass(slots=True)
class Evaluation:
    """What is kept between the calls of the rules.

    Attributes:
        project: the project's folder, where relative paths of code start from.
        accept: acceptances from the pack's own configuration.
    """

    project: Path | None = None
    accept: Mapping[str, Any] = field(default_factory=dict)
    _inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    _last: tuple[str, Result] | None = None

    def note_inputs(self, args: ResourceValidationArgs) -> None:
        """Note the inputs of a resource, which rules over the stack do not see."""
        self._inputs[args.urn] = properties(args.props)

    def result(self, args: StackValidationArgs) -> Result:
        """What the checks say about a stack."""
        config = stack_config()
        if self.accept:
            own = config.get(ACCEPT_KEY)
            config[ACCEPT_KEY] = {**self.accept, **own} if isinstance(own, Mapping) else dict(self.accept)
        graph = graph_of(args.resources, PolicyStack(self._inputs, config, self.project))
        seen = fingerprint(graph)
        if self._last is None or self._last[0] != seen:
            self._last = (seen, _check(graph))
        return self._last[1]

    def configure(self, config: Mapping[str, Any]) -> None:
        """Take over the pack's own configuration.

        Raises:
            UsageError: a value has the wrong type, or there is no such folder.
        """
        accept, project = config.get("accept", {}), config.get("project")
        if not isinstance(accept, Mapping):
            raise UsageError(f"accept has to map ids of checks to reasons, found {accept!r}")
        self.accept = accept
        if project is not None:
            if not isinstance(project, str) or not Path(project).is_dir():
                raise UsageError(f"project has to be the folder of the Pulumi project, found {project!r}")
            self.project = Path(project).resolve()


def _check(graph: Graph) -> Result:
    try:
        return Result(graph, apply_acceptances(find_all(Stack.of(graph)), read_acceptances(graph.config)))
    except LabError as error:
        return Result(graph, problem=str(error))


def fingerprint(graph: Graph) -> str:
    """A text that differs where two graphs do."""
    return repr(
        [(urn, _shown(each.inputs), _shown(each.outputs), each.external) for urn, each in graph.resources.items()]
        + [_shown(graph.config)]
    )


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shown(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
