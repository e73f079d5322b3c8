"""Make the pictures of the README anew: `python -m scripts.write_pictures`. Needs Debian's Chromium."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from delivery_lab import Lab
from delivery_lab.api.reporting import reported, write_report

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
STACKS = ("visibility-short", "concurrency-trap")
SHARPNESS = 1.5
"""Pixels of the picture for one of the page."""


def main() -> None:
    """Write a PNG for each stack: the picture of its run, with what it shows in words and its legend."""
    lab = Lab.open(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        files = {stack: Path(folder) / f"{stack}.html" for stack in STACKS}
        for stack, file in files.items():
            write_report(file, [reported(lab, stack, {}, quantify=False)], stack)
        # Only now: beside the event loop of Playwright's client no program can be evaluated.
        with sync_playwright() as client:
            browser = client.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1120, "height": 900}, device_scale_factor=SHARPNESS)
            for stack, file in files.items():
                page.goto(file.as_uri())
                page.locator("figure.run .hint").evaluate("element => element.remove()")
                page.locator("figure.run").screenshot(path=PICTURES / f"{stack}.png")
            browser.close()


if __name__ == "__main__":
    main()
