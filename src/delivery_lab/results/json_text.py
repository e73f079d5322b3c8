"""Figures as JSON text, whatever texts are in them."""

from __future__ import annotations

import json

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError


def json_of(figures: BaseModel) -> str:
    """A model as one JSON object under its JSON names.

    A body may hold half a surrogate pair, which JSON can escape and UTF-8 cannot write: then everything is escaped.
    """
    try:
        return figures.model_dump_json(by_alias=True)
    except PydanticSerializationError:
        return json.dumps(figures.model_dump(by_alias=True), separators=(",", ":"))
