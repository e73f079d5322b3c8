"""Two variants side by side: settings, resources, behaviour."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab import resource_types
from delivery_lab.limits.changes import InputChanges, changes_of
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, StringAsset
from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import DYNAMIC_PROVIDER, UNKNOWN, Graph, Resource
from delivery_lab.program.keys import ACCEPT_KEY
from delivery_lab.results.outcome import MessageOutcome, Outcome


@dataclass(frozen=True, slots=True)
class _Secret:
    """A value that is compared and never shown."""

    value: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        sign: Pulumi's prefix: `+`, `-`, `~` or `+-` (replaced).
        what: key of a setting, or type and name of a resource.
        before: value in the first variant, None where it has none.
        after: value in the second variant, None where it has none.
        kept: whether Pulumi's AWS provider leaves an input of a deployed resource as it is although the second variant
            has none: a stack that is changed from one to the other does not get what a new one has.
    """

    sign: str
    what: str
    before: Any = None
    after: Any = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both outcomes."""

    name: str
    before: float | None
    after: float | None

    @property
    def differs(self) -> bool:
        """Whether it differs."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two variants under the same workload and seed.

    Attributes:
        settings: effective settings that differ.
        resources: resources that differ; the inputs that make the difference follow their resource, indented.
        figures: all figures of both outcomes.
        messages_compared: messages that both runs had.
        messages_differing: those whose outcome, number of deliveries or number of effects differs.
    """

    settings: tuple[Change, ...]
    resources: tuple[Change, ...]
    figures: tuple[Figure, ...]
    messages_compared: int
    messages_differing: int

    @property
    def nothing_differs(self) -> bool:
        """Whether the variants are the same in every respect."""
        return not (self.settings or self.resources or self.messages_differing) and not any(
            figure.differs for figure in self.figures
        )


def compare(
    before: tuple[Graph, Outcome],
    after: tuple[Graph, Outcome],
    *,
    messages: tuple[Iterable[MessageOutcome], Iterable[MessageOutcome]] | None = None,
) -> Comparison:
    """Compare two variants by their graphs and by the outcomes of the same workload.

    Args:
        before: the one to start from.
        after: the other.
        messages: what became of each message of both; by default what the outcomes list.
    """
    both = messages or (before[1].per_message, after[1].per_message)
    deliveries_before, deliveries_after = (_per_message(each) for each in both)
    shared = deliveries_before.keys() & deliveries_after.keys()
    return Comparison(
        settings=tuple(_changes(settings_of(before[0]), settings_of(after[0]))),
        resources=tuple(_resource_changes(before[0], after[0])),
        figures=tuple(_figures(before[1], after[1])),
        messages_compared=len(shared),
        messages_differing=sum(deliveries_before[key] != deliveries_after[key] for key in shared),
    )


def settings_of(graph: Graph) -> dict[str, Any]:
    """The effective settings of a stack by dotted key.

    Components register the settings that they were built from, defaults filled in; what no component speaks for (the
    program's other configuration, such as `aws:region`) is taken as it stands in the stack file. Of components within
    components the outermost speaks.
    """
    settings: dict[str, Any] = {}
    speaking = {
        urn
        for urn, r in graph.resources.items()
        if not r.custom and r.inputs and r.type != resource_types.COMPONENT_STACK
    }
    for urn in speaking:
        if not speaking & set(_ancestors(graph, urn)):
            resource = graph.resources[urn]
            settings.update(_flatten(resource.name, _plain(_covered(resource.inputs, (), resource.secret_paths))))
    for key, value in graph.config.items():
        if key != ACCEPT_KEY and key.removeprefix(f"{graph.project}:") not in {
            graph.resources[urn].name for urn in speaking
        }:
            settings.update(_flatten(key, _plain(value)))
    return settings


def _ancestors(graph: Graph, urn: str) -> Iterator[str]:
    parent = graph.resources[urn].parent
    while parent in graph.resources:
        yield parent
        parent = graph.resources[parent].parent


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flatten(f"{prefix}.{key}", inner)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            # Statements of a policy are told apart by their Sid: one more of them does not change the others.
            yield from _flatten(f"{prefix}[{item.get('Sid', index)}]", item)
    else:
        yield prefix, value


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            yield Change("-", key, before=_shown(before[key]))
        elif key not in before:
            yield Change("+", key, after=_shown(after[key]))
        elif before[key] != after[key]:
            yield Change("~", key, _shown(before[key]), _shown(after[key]))


def _resource_changes(before: Graph, after: Graph) -> Iterator[Change]:
    names = [_Names(graph) for graph in (before, after)]
    old, new = (
        {(r.type, r.name): r for r in graph.resources.values() if r.custom and not r.type.startswith("pulumi:")}
        for graph in (before, after)
    )
    for key in sorted(old.keys() | new.keys()):
        what = f"{key[0]} {key[1]}"
        if key not in new:
            yield Change("-", what)
        elif key not in old:
            yield Change("+", what)
        else:
            known = changes_of(key[0])
            inputs = [_inputs(resource, each) for resource, each in zip((old[key], new[key]), names, strict=True)]
            changes = [change for change in _changes(*inputs) if not _is_default(change, known) and _is_told(change)]
            if changes:
                replaced = any(_input(change.what) in known.replaces for change in changes)
                yield Change("+-" if replaced else "~", what)
                staying = frozenset() if replaced else known.kept - {_input(what) for what in inputs[1]}
                for change in changes:
                    kept = _input(change.what) in staying
                    yield Change(change.sign, f"    {change.what}", change.before, change.after, kept)


def _input(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _is_default(change: Change, known: InputChanges) -> bool:
    """Whether one side says what the other leaves out: to AWS that is the same."""
    given = {"+": change.after, "-": change.before}.get(change.sign)
    return given is not None and change.what in known.defaults and bool(given == known.defaults[change.what])


def _is_told(change: Change) -> bool:
    """Whether both sides can have the input: of a dynamic resource a state does not tell the code."""
    return change.what != DYNAMIC_PROVIDER or change.sign == "~"


def _inputs(resource: Resource, names: _Names) -> dict[str, Any]:
    plain = _plain(_covered(resource.inputs, (), resource.secret_paths))
    return {key: names.neutral(key, value) for name, inner in plain.items() for key, value in _flatten(name, inner)}


_MADE_UP = (
    *("arn", "streamArn", "url", "invokeArn", "name", "executionArn", "clusterName", "clusterUuid"),
    *("bootstrapBrokers", "bootstrapBrokersTls", "bootstrapBrokersSaslScram", "bootstrapBrokersSaslIam"),
)
"""Outputs that hold what AWS or Pulumi makes up for each stack."""


class _Names:
    """What two stacks differ by everywhere, and that says nothing: names with the stack's name or an auto-name in them.

    Args:
        graph: the graph of one of the stacks.
    """

    def __init__(self, graph: Graph) -> None:
        found: dict[str, str] = {}
        for resource in graph.resources.values():
            if resource.custom:
                for attribute in _MADE_UP:
                    value = resource.outputs.get(attribute)
                    if isinstance(value, str) and len(value) > 3:
                        found.setdefault(value, f"${{{resource.name}.{attribute}}}")
                if len(resource.id) > 3:
                    found.setdefault(resource.id, f"${{{resource.name}.id}}")
        found.pop(graph.stack, None)
        self._references = sorted(found.items(), key=lambda item: -len(item[0]))
        self._stack = graph.stack

    def neutral(self, key: str, value: Any) -> Any:
        """A value of an input, with what stands for a resource, or for the stack, in place of their names."""
        if isinstance(value, str):
            for text, reference in self._references:
                value = value.replace(text, reference)
            return value.replace(self._stack, "${stack}") if _names_something(key, value) else value
        if isinstance(value, list):
            return [self.neutral(key, item) for item in value]
        return value


def _names_something(key: str, value: str) -> bool:
    """Whether an input names a resource, rather than saying something that code or AWS acts upon."""
    last = key.rsplit(".", 1)[-1]
    if key.startswith("environment."):
        return False  # the code of a function reads it
    return key.startswith("tags") or last.endswith(("ame", "amePrefix")) or value.startswith(("arn:", "http"))


def _covered(value: Any, path: tuple[str | int, ...], secrets: frozenset[tuple[str | int, ...]]) -> Any:
    """A value with what stands at the paths of secrets covered."""
    if path in secrets:
        return _Secret(_plain(value))
    if not secrets:
        return value
    if isinstance(value, Mapping):
        return {key: _covered(inner, (*path, key), secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [_covered(item, (*path, index), secrets) for index, item in enumerate(value)]
    return value


def _shown(value: Any) -> Any:
    """A value as people may see it."""
    if isinstance(value, _Secret):
        return SECRET
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


def shown_inputs(resource: Resource) -> Any:
    """The inputs of a resource as people may see them: secrets are covered, code is the path that it comes from."""
    return _shown(_plain(_covered(resource.inputs, (), resource.secret_paths)))


def _plain(value: Any) -> Any:
    """A value of nothing but plain types, fit to be compared and printed."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, AssetArchive):
        return {name: _plain(part) for name, part in value.assets.items()}
    if isinstance(value, (FileArchive, FileAsset)):
        return str(value.path)
    if isinstance(value, StringAsset):
        return str(value.text)
    if isinstance(value, str) and value.startswith("{"):
        return _parsed(value)
    return repr(value) if value is UNKNOWN else value


def _parsed(text: str) -> Any:
    """Policies and filters are JSON in a text: what differs is inside."""
    try:
        return json.loads(text)
    except ValueError:
        return text


_FIGURES = (
    "messages.sent",
    "messages.processed",
    "messages.deadLettered",
    "messages.healthyDeadLettered",
    "messages.processedDeadLettered",
    "messages.lost",
    "messages.expired",
    "messages.remaining",
    "messages.filtered",
    "deliveries.total",
    "deliveries.duplicates",
    "deliveries.overlapping",
    "deliveries.maxPerMessage",
    "deliveries.recognised",
    "effects.total",
    "effects.duplicated",
    "invocations.total",
    "invocations.failed",
    "invocations.throttled",
    "invocations.timedOut",
    "latencySeconds.p50",
    "latencySeconds.p95",
    "latencySeconds.max",
    "ordering.violations",
    "requests.total",
    "requests.falseSuccesses",
    "requests.attempts.total",
    "requests.attempts.maxPerRequest",
    "requests.attempts.spared",
    "requests.latencySeconds.p50",
    "requests.latencySeconds.p95",
    "requests.latencySeconds.max",
    "virtualSeconds",
)


def _figures(before: Outcome, after: Outcome) -> Iterator[Figure]:
    old, new = (dict(_flatten("", json.loads(outcome.as_json()))) for outcome in (before, after))
    for name in _FIGURES:
        yield Figure(name, old[f".{name}"], new[f".{name}"])
    answers = sorted({name for side in (old, new) for name in side if name.startswith(".requests.answers.")})
    for name in answers:
        yield Figure(name[1:], old.get(name, 0), new.get(name, 0))
    if before.blocked or after.blocked:
        yield Figure("blocked.seconds", _blocked_seconds(before), _blocked_seconds(after))
        yield Figure("lag.mostRecords", _most_records(before), _most_records(after))
        yield Figure("lag.oldestSeconds", _oldest_seconds(before), _oldest_seconds(after))
    if before.cost is not None and after.cost is not None:
        for name in ("cost.total", "cost.perMillionMessages", "cost.perMonth"):
            yield Figure(name, old[f".{name}"], new[f".{name}"])


def _blocked_seconds(outcome: Outcome) -> float:
    """Seconds that shards and partitions were blocked, all of them together."""
    return round(sum(blocked.seconds for blocked in outcome.blocked), 3)


def _most_records(outcome: Outcome) -> float:
    return max((lag.most_records for lag in outcome.lag), default=0)


def _oldest_seconds(outcome: Outcome) -> float:
    return max((lag.oldest_seconds for lag in outcome.lag), default=0)


def _per_message(messages: Iterable[MessageOutcome]) -> dict[str, tuple[str, int, int | None]]:
    """Outcome, number of deliveries and effects by business id; ids that repeat are numbered."""
    found: dict[str, tuple[str, int, int | None]] = {}
    seen: dict[str, int] = {}
    for message in messages:
        seen[message.id] = seen.get(message.id, 0) + 1
        found[f"{message.id}#{seen[message.id]}"] = (
            message.outcome,
            len(message.delivered_at),
            message.evidence.effects,
        )
    return found
