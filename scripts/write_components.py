"""Write what is made from the settings of the components: `python -m scripts.write_components`.

The types of their arguments (`components/package/args.py`), the schema of the package (`schemas/components.json`) and
the reference (`docs/components.md`). The schema is made from the types, so it takes a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from scripts.component_types import types_text

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "components" / "package" / "args.py"
SCHEMA = ROOT / "schemas" / "components.json"
PAGE = ROOT / "docs" / "components.md"


def formatted_types() -> str:
    """The module of types, formatted as all modules are."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TYPES), "-"]
    done = subprocess.run(command, input=types_text(), capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def schema_text() -> str:
    """The schema that the package answers the engine with, without its version."""
    from components.package.provider import PackageProvider

    schema = json.loads(PackageProvider("0.0.0").schema or "")
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def page_text() -> str:
    """The page with the reference as it has to be."""
    from scripts.component_page import page_with, reference

    return page_with(PAGE.read_text(encoding="utf-8"), reference())


def main() -> None:
    """Write all three."""
    if sys.argv[1:] != ["--made-of-types"]:
        TYPES.write_text(formatted_types(), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "scripts.write_components", "--made-of-types"], check=True, cwd=ROOT)
        return
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(page_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
