"""Runs projects with older versions of pulumi-aws, in environments of their own: `python -m scripts.provider_versions`.

An environment is made below `build/` (not committed): the packages of this one, with another pulumi-aws before them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = ROOT / "tests" / "foreign"
ENVIRONMENTS = ROOT / "build" / "providers"

VERSIONS: Mapping[str, Sequence[str]] = {
    "5.43.0": ("parver", "setuptools<81"),
    "6.83.0": ("parver",),
}
"""The last release of each major version, and what it needs besides the SDK."""

RUNS: Mapping[str, Mapping[str, int]] = {
    "versions": {"processed": 3, "deadLettered": 1},
    "gateway": {"processed": 6, "deadLettered": 0},
    "thumbnails": {"processed": 1, "deadLettered": 1},
    "network": {"processed": 1, "deadLettered": 0},
}
"""What becomes of the messages of each project, whatever the version."""


def environment(version: str) -> Path:
    """The Python of an environment with a version of pulumi-aws; it is made where it is not there yet."""
    folder = ENVIRONMENTS / version
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        venv.create(folder, clear=True, with_pip=False, symlinks=True)
        site = next(folder.glob("lib/python*/site-packages"))
        # A folder that is named in a .pth file has no .pth files of its own: the lab has to be named too.
        paths = (sysconfig.get_path("purelib"), str(ROOT / "src"))
        (site / "base.pth").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        packages = [f"pulumi-aws=={version}", *VERSIONS[version]]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), *packages], check=True
        )
        (folder / ".ready").touch()
    return python


def messages_of(python: Path, project: str) -> Mapping[str, int]:
    """What becomes of the messages of a project's workload.

    Raises:
        SystemExit: the run failed.
    """
    folder = PROJECTS / project
    command = [str(python), "-m", "delivery_lab.cli", "run", "dev", "--project", str(folder), "--json"]
    command += ["--workload", str(folder / "workload.yaml"), "--set", "aws:region=us-east-1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{project} with {python}: {done.stderr}")
    found: Mapping[str, int] = json.loads(done.stdout)["messages"]
    return found


def main() -> None:
    """Run each project with each version.

    Raises:
        SystemExit: a result is not what it has to be.
    """
    for version in VERSIONS:
        python = environment(version)
        for project, expected in RUNS.items():
            found = messages_of(python, project)
            if any(found[name] != count for name, count in expected.items()):
                raise SystemExit(f"{project} with pulumi-aws {version}: {dict(found)}, and not {dict(expected)}")
            print(f"{project} with pulumi-aws {version}: as it has to be")


if __name__ == "__main__":
    main()
