"""The graph of a deployed stack: `pulumi stack export` or `pulumi preview --json`, of a program in any language.

A state has what providers answered: real ids, ARNs and URLs. What only its passphrase can open ("ciphertext") is
unknown. Inputs that a provider filled in by itself (`__defaults`) are left out, as the program leaves them out.

Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/ and apitype.DeploymentV3 of pulumi/pulumi.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import StackFileError
from delivery_lab.input_files import read_bytes
from delivery_lab.program.graph import DYNAMIC_PROVIDER, UNKNOWN, Graph, Resource, ResourceOptions, contains_unknown
from delivery_lab.program.naming import DEFAULT_REGION
from delivery_lab.program.native.translation import create_any, in_known_terms
from delivery_lab.program.project import Project
from delivery_lab.program.registration import Registration, ordered, provider_urn
from delivery_lab.program.state_overrides import with_overrides
from delivery_lab.program.wire import SIGNATURE, UNKNOWN_TEXT, Decoder, encode, merged
from delivery_lab.program.yamlfile import YamlFile

_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type signature, not a password
_PROVIDER_TYPE = "pulumi:providers:"
_INTERNAL = frozenset({"__defaults", "__meta", DYNAMIC_PROVIDER})
"""What providers write for themselves; files of an archive may begin with `__` too (`__index.js`)."""

_HIDDEN = "[secret]"
"""What a preview shows of a secret (pkg/backend/display/json.go of pulumi/pulumi)."""

_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "read-discard"})
"""Steps of a preview after which a resource is not there."""


def stack_of_state(path: Path) -> tuple[str, str]:
    """Project and stack that a state is of.

    Raises:
        StackFileError: the file is no state.
    """
    urn = str(_held(path).resources[0]["urn"])
    parts = urn.split("::")
    return parts[1], parts[0].removeprefix("urn:pulumi:")


def project_of_state(path: Path, root: Path | None = None) -> Project:
    """The project that stands behind a state.

    Args:
        path: the file.
        root: folder of the project, where paths of code start; by default that of the file.

    Raises:
        StackFileError: the file is no state.
    """
    name, stack = stack_of_state(path)
    folder = (path.parent if root is None else root).resolve()
    file = path.resolve()
    return Project(
        name=name,
        root=folder,
        file=file,
        program=folder,
        module="",
        stack_dir=folder,
        config={},
        source=YamlFile(path.name, {}),
        state=file,
        state_stack=stack,
    )


def read_state(path: Path, folder: Path, overrides: Sequence[str] = ()) -> Graph:
    """Read the graph of a state.

    Args:
        path: the file.
        folder: where relative paths of code start.
        overrides: `RESOURCE.INPUT=VALUE` texts that change inputs of resources.

    Raises:
        StackFileError: the file cannot be read, or is no state.
        UsageError: an override names what the state does not have.
    """
    held = _held(path)
    project, stack = stack_of_state(path)
    entries, changed = with_overrides(held.resources, overrides)
    regions = {
        str(each["urn"]): str((each.get("inputs") or {}).get("region") or "")
        for each in entries
        if str(each.get("type")).startswith(_PROVIDER_TYPE)
    }
    decoder = Decoder(folder)
    registrations = [_registration(each, regions, decoder) for each in entries]
    resources = [found.resource(decoder) for found in ordered(registrations)]
    stacks = [each for each in resources if each.type == resource_types.COMPONENT_STACK]
    graph = Graph(
        project=project,
        stack=stack,
        resources={resource.urn: resource for resource in resources},
        outputs=stacks[0].outputs if stacks else {},
        config={},
        warnings=(*held.notes, *(_not_known_yet(path, resources) if held.planned else ())),
        deployed=held.deployed - changed,
    )
    return in_known_terms(graph)


@dataclass(frozen=True, slots=True)
class _StateFile:
    """What a file has.

    Attributes:
        resources: the resources that are there, or will be.
        deployed: URNs of those that exist, and that nothing will change.
        notes: what is to be said of them.
        planned: whether it is a preview, which has what an update would make of them.
    """

    resources: tuple[Mapping[str, Any], ...]
    deployed: frozenset[str]
    notes: tuple[str, ...]
    planned: bool


def _not_known_yet(path: Path, resources: Sequence[Resource]) -> tuple[str, ...]:
    """What to say of inputs that no preview tells: those that come from resources which do not exist yet."""
    unknown = [
        f"{resource.name}.{name}"
        for resource in resources
        if resource.custom
        for name in sorted(set(resource.inputs) - resource.secret_inputs)
        if contains_unknown(resource.inputs[name])
    ]
    if not unknown:
        return ()
    count = f"{len(unknown)} inputs are" if len(unknown) > 1 else "1 input is"
    note = (
        f"read from the preview {path.name}: {count} known only after deployment, such as {unknown[0]}; no check sees "
        "what depends on them\n  fix: give the program, or the state of the stack once it is deployed"
    )
    return (note,)


def _held(path: Path) -> _StateFile:
    """Read a file of either form."""
    try:
        text = read_bytes(path).decode("utf-8")
        content = json.loads(text)
    except OSError as error:
        raise StackFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StackFileError(f"{path}: cannot be read as JSON: {error}") from error
    deployment = _deployment(content)
    found, deployed = _of_preview(content) if deployment is None else _of_deployment(deployment)
    if not found or not all(isinstance(each, Mapping) and "urn" in each and "type" in each for each in found):
        raise StackFileError(
            f"{path} is no state: it has neither deployment.resources nor steps with resources\n"
            "  fix: write one with `pulumi stack export --file FILE`, or `pulumi preview --json > FILE`"
        )
    notes = []
    if '"ciphertext"' in text or (deployment is None and f'"{_HIDDEN}"' in text):
        notes.append(f"read from the state {path.name}: what is encrypted in it is unknown")
    for each in (deployment or {}).get("pending_operations") or []:
        urn = str((each.get("resource") or {}).get("urn", "")) if isinstance(each, Mapping) else ""
        kind = each.get("type") if isinstance(each, Mapping) else each
        name = urn.rpartition("::")[2] or "a resource"
        notes.append(
            f"{path.name}: a deployment broke off while it was {kind} {name}; the state has it as it was before"
        )
    return _StateFile(tuple(found), frozenset(deployed), tuple(notes), planned=deployment is None)


def _deployment(content: Any) -> Mapping[str, Any] | None:
    """The deployment of an export, or of a file that a backend of one's own keeps (`checkpoint.latest`)."""
    if not isinstance(content, Mapping):
        return None
    checkpoint = content.get("checkpoint")
    held = content.get("deployment") or (checkpoint.get("latest") if isinstance(checkpoint, Mapping) else None)
    return held if isinstance(held, Mapping) else None


def _of_deployment(deployment: Mapping[str, Any]) -> tuple[list[Any], set[str]]:
    found = [
        each for each in deployment.get("resources") or [] if not (isinstance(each, Mapping) and each.get("delete"))
    ]
    return found, {str(each["urn"]) for each in found if isinstance(each, Mapping) and "urn" in each}


def _of_preview(content: Any) -> tuple[list[Any], set[str]]:
    if not isinstance(content, Mapping):
        return [], set()
    steps = [each for each in content.get("steps") or [] if isinstance(each, Mapping) and each.get("op") not in _GONE]
    by_urn = {str(each.get("urn")): each for each in steps}
    states = [_with_secrets(each.get("newState") or each.get("oldState")) for each in by_urn.values()]
    same = {urn for urn, each in by_urn.items() if each.get("op") == "same"}
    return [state for state in states if state is not None], same


def _with_secrets(value: Any) -> Any:
    """What a preview shows of a resource, with what it hides as encrypted."""
    if value == _HIDDEN:
        return {SIGNATURE: _SECRET, "ciphertext": ""}
    if isinstance(value, Mapping):
        return {name: _with_secrets(held) for name, held in value.items()}
    return [_with_secrets(item) for item in value] if isinstance(value, list) else value


def _registration(held: Mapping[str, Any], regions: Mapping[str, str], decoder: Decoder) -> Registration:
    inputs = encode(_without_defaults(held.get("inputs") or {}))
    outputs: Mapping[str, Any] | None = held.get("outputs")
    type_token, urn = str(held["type"]), str(held["urn"])
    provider = str(held.get("provider") or "")
    physical_id = str(held.get("id") or "")
    if outputs is None and held.get("custom"):
        # A preview of what is yet to be created: as if the program had been evaluated here.
        region = regions.get(provider_urn(provider)) or DEFAULT_REGION
        created = create_any(type_token, urn, urn.rpartition("::")[2], decoder.properties(inputs).values, region)
        state, physical_id = merged(inputs, created.outputs), created.id
    else:
        state = encode({name: _value(value) for name, value in (outputs or {}).items() if name not in _INTERNAL})
    return Registration(
        urn=urn,
        type=type_token,
        name=urn.rpartition("::")[2],
        custom=bool(held.get("custom")),
        parent=str(held.get("parent") or ""),
        inputs=inputs,
        state=state,
        id=physical_id,
        dependencies=tuple(sorted(map(str, held.get("dependencies") or ()))),
        property_dependencies={
            name: tuple(sorted(map(str, urns or ()))) for name, urns in (held.get("propertyDependencies") or {}).items()
        },
        options=ResourceOptions(protect=bool(held.get("protect")), provider=provider),
        external=bool(held.get("external")),
    )


def _without_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as the program gave them: what the provider filled in is named by `__defaults`, at every depth."""
    filled = {str(name) for name in values.get("__defaults") or ()}
    return {name: _value(value) for name, value in values.items() if name not in filled and name not in _INTERNAL}


def _value(value: Any) -> Any:
    """A value of a state as the wire has it."""
    if isinstance(value, list):
        return [_value(item) for item in value]
    if value == UNKNOWN_TEXT:
        return UNKNOWN
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE) != _SECRET:
        return _without_defaults(value)
    text = value.get("plaintext")
    opened = UNKNOWN if text is None else _value(json.loads(text))
    return {SIGNATURE: _SECRET, "value": opened}
