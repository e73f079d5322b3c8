"""Write the JSON Schemas of workloads, stacks and delivery-lab.yaml to `schemas/`: python scripts/write_schemas.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from delivery_lab.api.schema import project_file_schema, stack_schema, workload_schema
from delivery_lab.program.project import read_project

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"


def texts() -> dict[str, str]:
    """The files by name, as they have to be."""
    return {
        "workload.schema.json": _text(workload_schema()),
        "project.schema.json": _text(project_file_schema()),
        "stack.schema.json": _text(stack_schema(read_project(ROOT)).schema),
    }


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them."""
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in texts().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
