"""Cut the report's font down to the characters that it needs: `python scripts/write_font.py FILE.woff2`.

FILE is `files/atkinson-hyperlegible-next-latin-wght-normal.woff2` of the npm package
`@fontsource-variable/atkinson-hyperlegible-next` (`npm pack` fetches it). Needs fonttools and brotli, which nothing
else here needs: `pip install fonttools brotli`.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parents[1] / "src/delivery_lab/report/assets"
CHARACTERS = "U+0020-007E,U+00A0-00FF,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2026,U+2212"
WEIGHT = 600
"""The widths are those of the heaviest text in pictures: others are narrower."""


def main(source: str) -> None:
    """Write the font, and how wide its characters are."""
    words = [
        "pyftsubset",
        source,
        f"--unicodes={CHARACTERS}",
        "--flavor=woff2",
        "--layout-features=kern,tnum,liga,ccmp",
    ]
    subprocess.run([*words, f"--output-file={ASSETS / 'font.woff2'}"], check=True)
    library: Any = importlib.import_module("fontTools.ttLib")
    instancer: Any = importlib.import_module("fontTools.varLib.instancer")
    font = instancer.instantiateVariableFont(library.TTFont(ASSETS / "font.woff2"), {"wght": WEIGHT})
    units, advances = font["head"].unitsPerEm, font["hmtx"]
    digit = max(advances[font.getBestCmap()[ord(each)]][0] for each in "0123456789")  # numbers stand in columns
    widths = {
        chr(code): round((digit if chr(code).isdigit() else advances[glyph][0]) / units, 3)
        for code, glyph in font.getBestCmap().items()
        if code < 0x7F
    }
    (ASSETS / "widths.json").write_text(json.dumps(widths, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
