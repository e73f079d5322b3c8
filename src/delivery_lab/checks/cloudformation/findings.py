"""Tells what cfn-lint found about the template in terms of the Pulumi program's resources and inputs."""

from __future__ import annotations

import re
from typing import Any

from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.checks.cloudformation.place import MISSING, Place
from delivery_lab.checks.cloudformation.wording import RULES_URL, describe
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.limits.across import advised_visibility_seconds
from delivery_lab.limits.functions import TIMEOUT
from delivery_lab.limits.queues import VISIBILITY_TIMEOUT
from delivery_lab.program.assets import AssetOrArchive
from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import Resource

_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING}


def finding(place: Place, match: Match) -> Finding:
    """The finding for one match."""
    special = {"E3502": _other_type_of_queue, "E3505": _short_visibility}.get(match.rule)
    told = special(place, match) if special is not None else None
    if told is not None:
        return told
    said = describe(place, match)
    return Finding(
        check=f"CFN-{match.rule}",
        severity=_SEVERITIES.get(match.severity, Severity.NOTE),
        resources=(place.resource.name,),
        values=_values(place),
        why=f"{place.where}: {said.message}",
        fix=said.fix,
        source=match.url or RULES_URL,
    )


def _values(place: Place) -> dict[str, Any]:
    value = place.value
    if value is MISSING or isinstance(value, AssetOrArchive):
        return {}
    return {f"{place.resource.name}.{place.input}": value}


def _short_visibility(place: Place, match: Match) -> Finding | None:
    """E3505: names the function and the mapping, which cfn-lint does not."""
    found = re.search(r"Function timeout \((\d+)\)", match.message)
    if found is None:
        return None
    timeout_s = int(found[1])
    queue = place.resource
    for mapping in place.template.sources(queue, "eventSourceArn"):
        for function in place.template.targets(mapping, "functionName"):
            if function.inputs.get("timeout", TIMEOUT.default) == timeout_s:
                return _visibility_finding(queue, function, mapping, timeout_s, match)
    return None


def _visibility_finding(
    queue: Resource, function: Resource, mapping: Resource, timeout_s: int, match: Match
) -> Finding:
    visibility = _shown(queue, "visibilityTimeoutSeconds", VISIBILITY_TIMEOUT.default)
    timeout = _shown(function, "timeout", timeout_s)
    least, advised = (
        (timeout, "") if timeout is SECRET else (timeout_s, f", {advised_visibility_seconds(timeout_s, 0)}")
    )
    return Finding(
        check=f"CFN-{match.rule}",
        severity=Severity.ERROR,
        resources=(queue.name, function.name, mapping.name),
        values={f"{queue.name}.visibilityTimeoutSeconds": visibility, f"{function.name}.timeout": timeout},
        why=f"AWS refuses the mapping {mapping.name}: the visibility timeout of {queue.name}, {visibility} s, is less "
        f"than the timeout of {function.name}, {timeout} s",
        fix=f"set visibilityTimeoutSeconds of {queue.name} to {least} or more; "
        f"AWS recommends six times the timeout{advised}",
        source=match.url,
    )


def _other_type_of_queue(place: Place, match: Match) -> Finding | None:
    """E3502: names the dead-letter queue, which cfn-lint does not."""
    queue = place.resource
    for dead in place.template.targets(queue, "redrivePolicy"):
        kinds = {kind.name: kind.inputs.get("fifoQueue", False) for kind in (queue, dead)}
        if kinds[queue.name] == kinds[dead.name]:
            continue
        return Finding(
            check=f"CFN-{match.rule}",
            severity=Severity.ERROR,
            resources=(queue.name, dead.name),
            values={f"{name}.fifoQueue": fifo for name, fifo in kinds.items()},
            why=f"the dead-letter queue {dead.name} is {_kind(kinds[dead.name])} and its source {queue.name} is "
            f"{_kind(kinds[queue.name])}: SQS moves messages between queues of one type only",
            fix=f"make {dead.name} {_kind(kinds[queue.name])} too",
            source=match.url,
        )
    return None


def _kind(fifo: Any) -> str:
    return "a FIFO queue" if fifo is True else "a standard queue"


def _shown(resource: Resource, name: str, default: Any) -> Any:
    """The value of an input as it may be shown."""
    return SECRET if name in resource.secret_inputs else resource.inputs.get(name, default)
