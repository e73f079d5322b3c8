"""What cfn-lint says of a template, kept from command to command.

It depends on the template and its region, on cfn-lint with its schemas and what is installed beside it, on the rules
that are taken from it, and on the day: it knows when runtimes come to their end. All these name the file.
Nothing is kept where schemas were downloaded besides (`cfn-lint --update-specs`), which no file of the package tells.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from pathlib import Path

from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.program.kept_files import (
    cache_folder,
    code_stamps,
    installed_stamps,
    keep,
    lab_stamps,
    read_kept,
    user_caches,
)

_KEPT = 400
"""Answers in the folder, of which the oldest go: one for each template, region and day."""

_TEXTS = 7
"""So many fields of a match stand in front of its path, all of them texts."""


def place_of(template: str, region: str) -> Path | None:
    """Where the answer to a template is kept, None where what it depends on is in doubt.

    Args:
        template: the template as text.
        region: the AWS region whose schemas apply.
    """
    try:
        made_by = _made_by()
    except OSError:
        return None
    if made_by is None:
        return None
    day = _now().date()  # here, as cfn-lint takes it
    name = hashlib.sha256(f"{made_by}\n{day}\n{region}\n{template}".encode()).hexdigest()
    return cache_folder() / "values" / name


def read_matches(place: Path) -> list[Match] | None:
    """What was kept, None where there is nothing that could be used."""
    try:
        content = read_kept(place)
        found = None if content is None else json.loads(content)
        return [_match(row) for row in found] if isinstance(found, list) else None
    except (OSError, ValueError):
        return None


def keep_matches(place: Path, matches: Sequence[Match]) -> None:
    """Keep what was found."""
    keep(place, json.dumps([astuple(match) for match in matches]).encode(), _KEPT)


def _match(row: object) -> Match:
    """A match as it was written.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(row, list) or len(row) != _TEXTS + 1 or not all(isinstance(text, str) for text in row[:_TEXTS]):
        raise ValueError(row)
    path = row[_TEXTS]
    if not isinstance(path, list) or not all(isinstance(part, str | int) for part in path):
        raise ValueError(row)
    rule, severity, message, summary, url, validator, resource = row[:_TEXTS]
    return Match(rule, severity, message, summary, url, validator, resource, tuple(path))


def _now() -> datetime:
    return datetime.now().astimezone()


@functools.cache
def _made_by() -> str | None:
    """What answers are made by: once a process, because what is loaded does not change any more.

    Raises:
        OSError: a file of it cannot be looked at.
    """
    found = importlib.util.find_spec("cfnlint")
    downloaded = (user_caches(), Path(os.environ.get("LOCALAPPDATA") or Path.home()))
    if found is None or found.origin is None or any((each / "aws" / "cfn-lint").exists() for each in downloaded):
        return None
    package = code_stamps(Path(found.origin).parent, ".py", ".json", ".zip")
    return repr((sys.version, sys.executable, installed_stamps(), lab_stamps(), package))
