"""Assets and archives as a graph holds them: files, texts and folders that a program hands over, such as code.

They are called what Pulumi's SDK calls its own, and hold the same. Classes of their own, since to import the SDK takes
a tenth of the time of a short command, which reads a graph that was kept and evaluates no program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pulumi


@dataclass(frozen=True, slots=True)
class FileAsset:
    """A file on this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class StringAsset:
    """A file that exists in the program only, with its text."""

    text: str


@dataclass(frozen=True, slots=True)
class RemoteAsset:
    """A file elsewhere; where a state has only its hash, that, as `sha256:...`."""

    uri: str


@dataclass(frozen=True, slots=True)
class FileArchive:
    """A folder, or an archive that is a file, on this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class RemoteArchive:
    """An archive elsewhere; where a state has only its hash, that, as `sha256:...`."""

    uri: str


@dataclass(frozen=True, slots=True)
class AssetArchive:
    """An archive that the program puts together, by the paths inside it."""

    assets: Mapping[str, AssetOrArchive]


AssetOrArchive: TypeAlias = FileAsset | StringAsset | RemoteAsset | FileArchive | RemoteArchive | AssetArchive
"""Any of them; `isinstance` takes it."""


def as_pulumis(value: object) -> object:
    """A value of a graph as Pulumi's own code takes it: its assets and archives are the SDK's, at any depth."""
    if isinstance(value, Mapping):
        return {name: as_pulumis(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_pulumis(inner) for inner in value]
    return _pulumis(value) if isinstance(value, AssetOrArchive) else value


def _pulumis(value: AssetOrArchive) -> pulumi.Asset | pulumi.Archive:
    import pulumi  # not before there is an asset that the SDK is to have

    if isinstance(value, AssetArchive):
        return pulumi.AssetArchive({name: _pulumis(part) for name, part in value.assets.items()})
    if isinstance(value, FileAsset):
        return pulumi.FileAsset(value.path)
    if isinstance(value, StringAsset):
        return pulumi.StringAsset(value.text)
    if isinstance(value, RemoteAsset):
        return pulumi.RemoteAsset(value.uri)
    return pulumi.FileArchive(value.path) if isinstance(value, FileArchive) else pulumi.RemoteArchive(value.uri)


def of_pulumis(value: pulumi.Asset | pulumi.Archive) -> AssetOrArchive:
    """An asset or archive of the SDK as a graph holds it.

    Raises:
        TypeError: it is of a kind that Pulumi does not document.
    """
    import pulumi  # whoever has one has loaded it

    if isinstance(value, pulumi.AssetArchive):
        return AssetArchive({name: of_pulumis(part) for name, part in value.assets.items()})
    if isinstance(value, pulumi.FileAsset):
        return FileAsset(str(value.path))
    if isinstance(value, pulumi.StringAsset):
        return StringAsset(str(value.text))
    if isinstance(value, pulumi.RemoteAsset):
        return RemoteAsset(str(value.uri))
    if isinstance(value, pulumi.FileArchive):
        return FileArchive(str(value.path))
    if isinstance(value, pulumi.RemoteArchive):
        return RemoteArchive(str(value.uri))
    raise TypeError(f"a {type(value).__name__} is no asset or archive of Pulumi's that a graph holds")
