"""Build the dependencies of the functions' layer: `build/layer`, for the Lambda platform, from the hashed lock.

The result does not depend on the machine: wheels only, chosen for Lambda's platform and Python, checked against
the lock's hashes, without compiled bytecode, with one fixed time on every file. `build/layer.sha256` records which
lock it was built from, and the Pulumi program refuses to deploy a layer whose lock has changed since.

Bytecode that tests left in `functions/` is removed as well, because the folders are uploaded as they are.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON_VERSION = "3.13"
# Lambda's python3.13 runs on Amazon Linux 2023 (glibc 2.34). pip takes each tag literally: older ones are listed too.
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
FIXED_TIME = 315_532_800
"""1980-01-01, the first instant that a zip file can hold, as Unix time."""


class BuildError(Exception):
    """The layer cannot be built. The first line says what failed, the rest is pip's own account."""


def pip_command(requirements: Path, target: Path) -> list[str]:
    """The command that installs a lock for Lambda's platform, whatever this machine is."""
    platforms = [argument for platform in PLATFORMS for argument in ("--platform", platform)]
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
        *("--implementation", "cp", "--python-version", PYTHON_VERSION, *platforms),
        *("--target", str(target), "--requirement", str(requirements)),
    ]


def build(project: Path) -> Path:
    """Build the layer of a project folder and return where it is.

    The old layer stays in place until the new one is complete.

    Raises:
        BuildError: the lock is missing, or pip could not install it.
    """
    requirements = project / "functions" / "requirements.txt"
    if not requirements.is_file():
        raise BuildError(f"{requirements} is missing: compile it from requirements.in (whose first lines say how)")
    layer = project / "build" / "layer"
    layer.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layer.parent) as folder:
        fresh = Path(folder) / "layer"
        _run(pip_command(requirements, fresh), requirements)
        _normalise(fresh)
        shutil.rmtree(layer, ignore_errors=True)
        fresh.rename(layer)
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    layer.with_suffix(".sha256").write_text(f"{digest}\n")
    remove_bytecode(project / "functions")
    return layer


def remove_bytecode(folder: Path) -> None:
    """Remove what Python cached below a folder, so that running the tests does not change what is uploaded."""
    for cache in sorted(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def _run(command: Sequence[str], requirements: Path) -> None:
    # The command is made of constants and of paths inside the project; nothing comes from outside.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        account = (done.stderr or done.stdout).strip()
        raise BuildError(
            f"pip could not install {requirements} for Python {PYTHON_VERSION} on {PLATFORMS[0]} "
            f"(exit code {done.returncode})\n{account}"
        )


def _normalise(layer: Path) -> None:
    """Leave only what is imported, and nothing that differs from build to build.

    Commands begin with the path of this machine's Python, and what wheels say of their files holds a hash of that.
    """
    shutil.rmtree(layer / "bin", ignore_errors=True)
    remove_bytecode(layer)
    for record in layer.glob("*.dist-info/RECORD"):
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = sorted(line for line in lines if not line.startswith("../../bin/") and "__pycache__" not in line)
        record.write_text("".join(kept), encoding="utf-8")
    for path in sorted(layer.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (FIXED_TIME, FIXED_TIME))


def main() -> int:
    """Build the layer of this project."""
    try:
        layer = build(PROJECT)
    except BuildError as error:
        print(f"build_layer: {error}", file=sys.stderr)
        return 1
    size_mb = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) / 1_000_000
    print(f"{layer.relative_to(PROJECT)}: {size_mb:.1f} MB for Python {PYTHON_VERSION} on arm64", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
