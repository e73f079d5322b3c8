"""Build wheel and source distribution into `dist/`, and check them: `python -m scripts.build_dist`.

The same commit gives the same bytes: every file has the time of the commit (`SOURCE_DATE_EPOCH`), and both are built
twice to see that. The wheel is built from the tree and from the source distribution, which have to agree. Nothing is
downloaded.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).resolve().parent.parent
OURS = "delivery_lab"
FIXED_TIME = 315_532_800
"""1980-01-01 as Unix time, for a tree that is no repository."""
_BUILD = """
import sys, hatchling.build as build
print(getattr(build, sys.argv[1])(sys.argv[2]))
"""


class DistError(Exception):
    """What was built cannot be published; the message says why."""


def time_of_commit(root: Path) -> int:
    """Unix time of the commit that is checked out."""
    asked = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else FIXED_TIME


def built(kind: str, root: Path, target: Path, epoch: int) -> Path:
    """Build one distribution.

    Args:
        kind: `build_wheel` or `build_sdist`.
        root: the tree.
        target: where to.
        epoch: the time of every file in it.

    Raises:
        DistError: the tree cannot be built.
    """
    command = [sys.executable, "-c", _BUILD, kind, str(target)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DistError(f"{kind}: {done.stderr.strip()}")
    return target / done.stdout.split()[-1]


def problems(wheel: Path, sdist: Path) -> Iterator[str]:
    """What is wrong with what was built."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
        yield from _of_metadata(archive.read(f"{info}/METADATA"))
        strangers = sorted({name.partition("/")[0] for name in names} - {OURS, info})
    if strangers:
        yield f"the wheel holds {', '.join(strangers)} beside the package"
    for needed in (f"{OURS}/py.typed", f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"):
        if needed not in names:
            yield f"the wheel has no {needed}"
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    yield from (f"the source distribution has no {name}" for name in ("LICENSE", "README.md") if name not in inside)
    if any(name.endswith((".pyc", ".yaml")) and not name.startswith("src/") for name in inside):
        yield "the source distribution holds what is no source"


def _of_metadata(text: bytes) -> Iterator[str]:
    """What an index would refuse in the metadata."""
    try:
        found = Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        yield from map(str, group.exceptions)
        return
    if found.description_content_type != "text/markdown" or not found.description:
        yield "the README is not the description"


def build(root: Path, target: Path) -> list[Path]:
    """Build both, check them, and put them into a folder.

    Raises:
        DistError: they differ from build to build, or hold what they should not.
    """
    epoch = time_of_commit(root)
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        wheel, sdist = built("build_wheel", root, target, epoch), built("build_sdist", root, target, epoch)
        with tarfile.open(built("build_sdist", root, again, epoch)) as archive:
            archive.extractall(again / "tree", filter="data")
        (unpacked,) = (again / "tree").iterdir()
        pairs = ((sdist, again / sdist.name), (wheel, built("build_wheel", unpacked, again, epoch)))
        different = [first.name for first, second in pairs if first.read_bytes() != second.read_bytes()]
    if different:
        raise DistError(f"built twice, {' and '.join(different)} differ")
    found = list(problems(wheel, sdist))
    if found:
        raise DistError("\n".join(found))
    return [wheel, sdist]


def main() -> int:
    """Build into `dist/` and say what was built."""
    try:
        for file in build(ROOT, ROOT / "dist"):
            print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT)}")
    except DistError as error:
        print(f"make dist: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
