"""JSON Schemas of workloads and stack files, made from the models that read them: editors complete and check with them.

A file names its schema in its first line: `# yaml-language-server: $schema=../schemas/workload.schema.json`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from delivery_lab.errors import UsageError
from delivery_lab.program.defaults import Declaration, declarations
from delivery_lab.program.keys import ACCEPT_KEY
from delivery_lab.program.project import Project
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_sends import TARGETS

DIALECT = GenerateJsonSchema.schema_dialect
_SETTINGS_KEY = "settings"
_SECURE = {
    "type": "object",
    "description": "A secret, as `pulumi config set --secret` writes it.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class StackSchema:
    """The schema of a project's stack files.

    Attributes:
        schema: the schema.
        notes: what it cannot know.
    """

    schema: dict[str, Any]
    notes: tuple[str, ...] = ()


class _Described(GenerateJsonSchema):
    """Describes each property with the docstring of its field; a title that repeats the name says nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        for base in reversed(model.__mro__):
            if issubclass(base, BaseModel) and base is not BaseModel:
                for name, text in _docstrings(base).items():
                    field = model.model_fields.get(name)
                    described = found["properties"].get((field.alias or name) if field else name)
                    if described is not None:
                        described.setdefault("description", text)
        return found


def _docstrings(model: type) -> dict[str, str]:
    """The texts that stand below the fields of a class."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except (OSError, TypeError):  # a class that was made without a file
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for line, below in pairwise(body):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                found[line.target.id] = " ".join(text.split())
    return found


# -- workloads ----------------------------------------------------------------------------------------------------


def workload_schema() -> dict[str, Any]:
    """The JSON Schema of a workload file."""
    schema = Workload.model_json_schema(by_alias=True, schema_generator=_Described)
    schema["$defs"]["Send"]["oneOf"] = [{"required": [target]} for target in TARGETS]
    others = [{"required": ["function"]}, {"required": ["service"]}]
    schema["$defs"]["Fault"]["oneOf"] = [*others, {"required": ["queue"], "not": {"anyOf": others}}]
    return {"$schema": DIALECT, **schema}


def project_file_schema() -> dict[str, Any]:
    """The JSON Schema of `delivery-lab.yaml`."""
    from delivery_lab.api.project_file import ProjectFile

    return {"$schema": DIALECT, **ProjectFile.model_json_schema(by_alias=True, schema_generator=_Described)}


# -- stack files --------------------------------------------------------------------------------------------------


def stack_schema(project: Project) -> StackSchema:
    """The JSON Schema of a project's stack files.

    It knows what Pulumi says of every stack file, the entries that `Pulumi.yaml` declares in `config:`, and the
    settings of programs that read them with pydantic models and name these in `pyproject.toml`:

        [tool.delivery-lab]
        settings = "components.settings:SECTIONS"    # module:name of a mapping from keys to models

    Raises:
        UsageError: what `pyproject.toml` names is not there, or is no such mapping.
        StackFileError: the `config:` block of `Pulumi.yaml` is malformed.
    """
    sections = _sections(project)
    known, definitions = sections or ({}, {})
    properties = {f"{project.name}:{name}": schema for name, schema in known.items()}
    for declared in declarations(project):
        key = declared.key if ":" in declared.key else f"{project.name}:{declared.key}"
        properties[key] = _declared(declared)
    config: dict[str, Any] = {
        "type": "object",
        "description": "The stack's settings, by `namespace:name`.",
        "properties": {**properties, ACCEPT_KEY: _accept()},
        "additionalProperties": True,
    }
    if sections is not None:
        own = "|".join(key.partition(":")[2] for key in config["properties"] if key.startswith(f"{project.name}:"))
        config["patternProperties"] = {f"^{project.name}:(?!({own})$)": False}
    schema = {
        "$schema": DIALECT,
        "title": f"Stack of {project.name}",
        "type": "object",
        "properties": {
            "config": config,
            "environment": {"description": "Environments of Pulumi ESC that the stack takes values from."},
            "secretsprovider": {"type": "string", "description": "Who encrypts the stack's secrets."},
            "encryptedkey": {"type": "string", "description": "The key of the stack's secrets, encrypted."},
            "encryptionsalt": {"type": "string", "description": "Salt of the passphrase that encrypts secrets."},
        },
        **({"$defs": definitions} if definitions else {}),
    }
    return StackSchema(schema, () if sections is not None else (_unknown(project),))


def _unknown(project: Project) -> str:
    declared = (
        "only those that Pulumi.yaml declares in `config:`" if project.config else "none: Pulumi.yaml declares none"
    )
    return (
        f"of the settings of {project.name} the schema knows {declared}\n  a program that reads its settings with "
        'pydantic models can name them in pyproject.toml: [tool.delivery-lab] settings = "module:NAME"'
    )


def _accept() -> dict[str, Any]:
    from delivery_lab.checks.registry import CHECKS

    return {
        "type": "object",
        "description": "Findings that the stack accepts, each with the reason: the id of a check, or `id:resource`.",
        "properties": {check: {"type": "string"} for check in CHECKS},
        "additionalProperties": {"type": "string", "minLength": 1},
    }


def _declared(declared: Declaration) -> dict[str, Any]:
    """An entry of `config:` in Pulumi.yaml; scalars may be written as texts, and everything may be a secret."""
    if not declared.type:
        return {}
    kind: dict[str, Any] = {"type": declared.type}
    if declared.items is not None:
        kind["items"] = dict(declared.items)
    as_text = {"integer": r"^-?\d+$", "boolean": "^(true|false)$"}.get(declared.type)
    texts = [{"type": "string", "pattern": as_text}] if as_text else []
    schema: dict[str, Any] = {"anyOf": [kind, *texts, _SECURE]}
    if declared.value is not None:
        schema["default"] = declared.value
    return schema


def _sections(project: Project) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The schemas of the models that a project names in pyproject.toml, and what they refer to; None without any."""
    file = project.root / "pyproject.toml"
    if not file.is_file():
        return None
    try:
        tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no TOML: {error}") from error
    named = tools.get("delivery-lab", {}).get(_SETTINGS_KEY)
    return None if named is None else _schemas(project, f"{file}: tool.delivery-lab.{_SETTINGS_KEY}", named)


def _schemas(project: Project, where: str, named: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from delivery_lab.program.isolation import isolated  # loads Pulumi's SDK

    module, colon, name = named.partition(":") if isinstance(named, str) else ("", "", "")
    if not colon:
        raise UsageError(f"{where} has to be module:NAME, not {named!r}")
    with isolated(project):  # the project's modules are there for as long as this lasts
        try:
            found = getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise UsageError(f"{where}: {named} cannot be imported: {error}") from error
        if not isinstance(found, Mapping) or not all(_is_model(one) for one in found.values()):
            raise UsageError(f"{where}: {named} has to map keys to pydantic models, found {found!r}")
        models: dict[str, type[BaseModel]] = dict(found)
        schemas, definitions = models_json_schema(
            [(model, "validation") for model in models.values()], by_alias=True, schema_generator=_Described
        )
    return {key: schemas[model, "validation"] for key, model in models.items()}, definitions.get("$defs", {})


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
