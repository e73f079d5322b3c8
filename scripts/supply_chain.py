"""What the project is made of: `python -m scripts.supply_chain sbom` and `... licences`.

`sbom` prints a CycloneDX 1.6 document of every package in `requirements.txt`, with the hashes that the lock accepts.
The same lock gives the same document. `licences` lists the licence of each package, and ends with 1 where one is not in
`ACCEPTED`, or is not said. Licences are read from what is installed here, so a package for another platform has none.
"""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from delivery_lab._version import __version__

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""The time of each document: it depends on the lock and on nothing else."""
_PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(?P<marker>;[^\\]*)?", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")

ACCEPTED = (
    "0BSD", "Apache", "BSD", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "Mozilla Public License 2.0", "MPL-2.0",
    "PSF", "Python Software Foundation", "Python-2.0", "Unlicense", "Zlib",
)  # fmt: skip
"""Words of licences that let anybody use and ship a package, by what SPDX or a classifier calls them."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of the lock.

    Attributes:
        name: its name.
        version: its version.
        hashes: SHA-256 of the files that the lock accepts.
        elsewhere: whether it is for other platforms or Pythons only.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    elsewhere: bool

    @property
    def purl(self) -> PackageURL:
        """Its address among all packages."""
        return PackageURL("pypi", name=self.name, version=self.version)

    @property
    def licence(self) -> str:
        """Its licence as it says it, "" where that is not known here."""
        try:
            return licence_of(distribution(self.name))
        except PackageNotFoundError:
            return ""


def locked(text: str) -> Iterator[Locked]:
    """The packages of a lock with hashes.

    Args:
        text: the lock.
    """
    found = list(_PINNED.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        hashes = tuple(_HASH.findall(text[match.end() : end]))
        yield Locked(match["name"], match["version"], hashes, elsewhere=match["marker"] is not None)


def licence_of(found: Distribution) -> str:
    """The licence that a distribution states: its expression, else its classifiers, else its short text."""
    stated = _first(found, "License-Expression")
    if stated:
        return stated
    classifiers = found.metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: OSI Approved ::")]
    text = _first(found, "License")
    return " AND ".join(named) or (text if "\n" not in text else "")


def _first(found: Distribution, key: str) -> str:
    """A field of a distribution's metadata, "" where it has none."""
    return next(iter(found.metadata.get_all(key) or ()), "")


def is_accepted(licence: str) -> bool:
    """Whether one of several, or each of those that all hold, is accepted."""
    either = re.split(r"\s+OR\s+", licence.strip("() "))
    return any(all(any(word in part for word in ACCEPTED) for part in re.split(r"\s+AND\s+", one)) for one in either)


def sbom(text: str) -> str:
    """The CycloneDX document of a lock, as JSON.

    Args:
        text: the lock.
    """
    licences = LicenseFactory()
    lab = Component(
        name="delivery-lab", version=__version__, type=ComponentType.APPLICATION, bom_ref="delivery-lab",
        licenses=[licences.make_from_string("Apache-2.0")],
    )  # fmt: skip
    bom = Bom(serial_number=uuid.UUID(bytes=sha256(text.encode()).digest()[:16], version=4))
    bom.metadata.timestamp = EPOCH
    bom.metadata.component = lab
    for package in locked(text):
        reference = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(str(package.purl)),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in package.hashes],
        )
        component = Component(
            name=package.name,
            version=package.version,
            bom_ref=str(package.purl),
            purl=package.purl,
            licenses=[licences.make_from_string(package.licence)] if package.licence else (),
            external_references=[reference],
        )
        bom.components.add(component)
        bom.register_dependency(lab, [component])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def main(words: list[str]) -> int:
    """Print what is asked for."""
    text = LOCK.read_text(encoding="utf-8")
    if words == ["sbom"]:
        print(sbom(text))
        return 0
    if words != ["licences"]:
        print("supply_chain: say sbom or licences", file=sys.stderr)
        return 2
    refused = 0
    for package in locked(text):
        licence = package.licence
        told = licence or ("for another platform: not installed here" if package.elsewhere else "NOT SAID")
        accepted = is_accepted(licence) or (package.elsewhere and not licence)
        refused += not accepted
        print(f"{package.name} {package.version}\t{told}{'' if accepted else chr(9) + 'NOT ACCEPTED'}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
