"""Tells in plain words why a JSON text does not fit a pydantic model.

Each field of the models used here states its rule as its description ("a whole number from 1 to 10000"), so that
every way of breaking the rule is answered with the rule itself and the value that broke it.
"""

from __future__ import annotations

from pydantic import BaseModel, ValidationError

_SHOWN_CHARACTERS = 80


def problems(error: ValidationError, model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Pairs of a field and what is wrong with it; the field is "body" for the text as a whole."""
    rules = {field.alias or name: field.description for name, field in model.model_fields.items()}
    found = []
    for detail in error.errors(include_url=False, include_context=False):
        kind, location = detail["type"], detail["loc"]
        if kind == "json_invalid":
            found.append(("body", f"is not valid JSON: {detail['msg'].removeprefix('Invalid JSON: ')}"))
        elif not location:
            found.append(("body", f"must be a JSON object, got {_shown(detail['input'])}"))
        elif kind == "missing":
            found.append((str(location[0]), "is missing"))
        elif kind == "extra_forbidden":
            found.append((str(location[0]), f"is not known; known fields are {', '.join(rules)}"))
        else:
            rule = rules[str(location[0])]
            found.append((str(location[0]), f"must be {rule}, got {_shown(detail['input'])}"))
    return tuple(found)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
