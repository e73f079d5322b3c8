"""The JSON that `aws.iam.get_policy_document` renders, as the provider does it.

A list of one becomes a text; longer lists of actions, resources and principals are without duplicates and in
descending order; `&{` becomes `${`. Statements of source documents come first, those with the id (Sid) of an own
statement are replaced by it, and override documents replace both.
Source: https://www.pulumi.com/registry/packages/aws/api-docs/iam/getpolicydocument/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_DEFAULT_VERSION = "2012-10-17"

# Argument of the function, element of the policy.
_LISTS = (
    ("actions", "Action"),
    ("notActions", "NotAction"),
    ("resources", "Resource"),
    ("notResources", "NotResource"),
)
_PRINCIPALS = (("principals", "Principal"), ("notPrincipals", "NotPrincipal"))


def policy_document(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Build the policy that the arguments of `getPolicyDocument` describe.

    Raises:
        ValueError: a source or override document is no JSON policy, or two statements of it have one Sid.
    """
    policy: dict[str, Any] = {"Version": arguments.get("version") or _DEFAULT_VERSION}
    statements: list[dict[str, Any]] = []
    for text in (arguments.get("sourceJson"), *(arguments.get("sourcePolicyDocuments") or ())):
        if text:
            _merge(policy, statements, _parsed(text), unique="sourcePolicyDocuments")
    _merge(policy, statements, {"Statement": [_statement(item) for item in arguments.get("statements") or ()]})
    for text in (arguments.get("overrideJson"), *(arguments.get("overridePolicyDocuments") or ())):
        if text:
            _merge(policy, statements, _parsed(text))
    if arguments.get("policyId"):
        policy["Id"] = arguments["policyId"]
    if statements:
        policy["Statement"] = statements
    return policy


def render(policy: Mapping[str, Any], *, minified: bool = False) -> str:
    """The policy as JSON text: indented by two spaces, or minified."""
    return json.dumps(policy, separators=(",", ":")) if minified else json.dumps(policy, indent=2)


def _parsed(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise ValueError(f"a source or override policy document is no JSON: {error}") from error
    if not isinstance(policy, dict):
        raise ValueError("a source or override policy document is no JSON object")
    found = policy.get("Statement", [])
    return {**policy, "Statement": [found] if isinstance(found, dict) else found}


def _merge(
    policy: dict[str, Any], statements: list[dict[str, Any]], other: Mapping[str, Any], *, unique: str = ""
) -> None:
    """Take over the statements of another document; same Sid means replaced, or refused where it has to be unique."""
    policy.update({key: other[key] for key in ("Version", "Id") if other.get(key)})
    for statement in other["Statement"]:
        sid = statement.get("Sid")
        at = next((index for index, held in enumerate(statements) if sid and held.get("Sid") == sid), None)
        if at is None:
            statements.append(statement)
        elif unique:
            raise ValueError(f"two statements of {unique} have the Sid '{sid}'")
        else:
            statements[at] = statement


def _statement(arguments: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {}
    if arguments.get("sid"):
        statement["Sid"] = arguments["sid"]
    statement["Effect"] = arguments.get("effect") or "Allow"
    for argument, element in _LISTS:
        if arguments.get(argument):
            statement[element] = _one_or_many(arguments[argument])
    for argument, element in _PRINCIPALS:
        if arguments.get(argument):
            statement[element] = _principals(arguments[argument])
    if arguments.get("conditions"):
        statement["Condition"] = _conditions(arguments["conditions"])
    return statement


def _one_or_many(values: Iterable[str]) -> str | list[str]:
    found = sorted({_interpolated(value) for value in values}, reverse=True)
    return found[0] if len(found) == 1 else found


def _interpolated(text: str) -> str:
    return text.replace("&{", "${")


def _principals(groups: Iterable[Mapping[str, Any]]) -> str | dict[str, Any]:
    found: dict[str, list[str]] = {}
    for group in groups:
        found.setdefault(group["type"], []).extend(group["identifiers"])
    if found == {"*": ["*"]}:
        return "*"
    return {kind: _one_or_many(identifiers) for kind, identifiers in found.items()}


def _conditions(conditions: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str | list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for condition in conditions:
        variables = found.setdefault(condition["test"], {})
        held = variables.setdefault(condition["variable"], [])
        held.extend(_interpolated(value) for value in condition["values"])
    return {
        test: {variable: values[0] if len(values) == 1 else values for variable, values in variables.items()}
        for test, variables in found.items()
    }
