"""Seeds here or on a cluster, to whose workers a project goes as an archive with a hash."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from delivery_lab.api.asked import Asked
from delivery_lab.api.failure_file import versions_here
from delivery_lab.api.lab import Lab
from delivery_lab.api.seeded_runs import SeededRuns
from delivery_lab.errors import LabError, UsageError
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.shipment import Shipment
from delivery_lab.explore.workers import Opening, samples

LARGEST_BYTES = 200_000_000
"""A project with more than that is refused: its folder holds more than a program."""
_LEFT_OUT = frozenset(
    {
        *(".git", ".venv", "venv", "node_modules", "__pycache__"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
        *(".local-env", ".pulumi-cli"),  # the emulator and Pulumi's CLI, which our own `make` puts there
    }
)
_OF_AN_ENVIRONMENT = "pyvenv.cfg"
"""Stands in the folder of each virtual environment, whatever that is called."""


@dataclass(frozen=True, slots=True)
class RunsIn:
    """Makes a process of a worker ready to run seeds of a project that was unpacked there."""

    asked: Asked
    expectations: tuple[Expectation, ...]

    def __call__(self, folder: Path) -> Opening:
        """The runs of the project in a folder."""
        asked = replace(self.asked, call=replace(self.asked.call, root=folder))
        return SeededRuns(Lab.open(folder), asked, self.expectations)


def shipment_of(lab: Lab, asked: Asked, expectations: tuple[Expectation, ...]) -> Shipment:
    """A project with what is asked of it.

    Args:
        lab: the project.
        asked: what is asked for.
        expectations: what is expected.

    Raises:
        UsageError: its folder is too large.
    """
    return Shipment(archive_of(lab.project.root), RunsIn(asked, expectations), versions_that_count)


def archive_of(root: Path) -> bytes:
    """The files of a project as a tar archive, the same one for the same files.

    Raises:
        UsageError: they are too large together, one cannot be read, or a link leads out of the project.
    """
    target, size = io.BytesIO(), 0
    with tarfile.open(fileobj=target, mode="w") as archive:
        for path in _files(root):
            if path.is_symlink():
                _refuse_leading_out(path, root)
            elif not path.is_file():
                continue  # a socket, or a pipe: nothing that could be sent
            entry = archive.gettarinfo(path, path.relative_to(root).as_posix())
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
            size += entry.size
            if size > LARGEST_BYTES:
                raise UsageError(
                    f"the project in {root} is too large for a cluster: more than {LARGEST_BYTES // 1_000_000} MB, "
                    f"without virtual environments and {', '.join(sorted(_LEFT_OUT))}\n"
                    "  fix: move what is no part of it to another folder"
                )
            _add(archive, entry, path)
    return target.getvalue()


def _add(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    if not entry.isreg():
        archive.addfile(entry)
        return
    try:
        with path.open("rb") as content:
            archive.addfile(entry, content)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be sent to a cluster: {error.strerror}\n  fix: make it readable, or move it elsewhere"
        ) from error


def _refuse_leading_out(link: Path, root: Path) -> None:
    """A link is sent as it is written: what it leads to has to be sent, too."""
    written = link.readlink()
    inside = Path(os.path.normpath(link.parent / written)).is_relative_to(root)
    if written.is_absolute() or not inside:
        raise UsageError(
            f"{link} cannot be sent to a cluster: it is a link to {written}, which is outside of the project\n"
            "  fix: put in its place what it leads to, or a link that is relative"
        )


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        kept = (name for name in folders if name not in _LEFT_OUT and name not in links)
        folders[:] = sorted(name for name in kept if not Path(folder, name, _OF_AN_ENVIRONMENT).is_file())
        yield from (Path(folder, name) for name in sorted({*files, *links} - _LEFT_OUT))


def versions_that_count() -> Mapping[str, str]:
    """The versions on which a run depends, by name."""
    here = versions_here()
    return {"Delivery Lab": here.delivery_lab, "the model": here.model, "Python": here.python, **here.packages}


def sampled(opening: SeededRuns, seeds: range, processes: int | None, cluster: str | None) -> Iterator[Sample]:
    """Run seeds here or on a cluster, and yield their samples in the order of the seeds.

    Args:
        opening: the runs.
        seeds: the seeds.
        processes: how many processes here; one for each core by default.
        cluster: address of the scheduler of a cluster, None for this machine.

    Raises:
        LabError: they cannot be run, or the cluster runs them otherwise than this machine.
    """
    if cluster is None:
        yield from samples(opening, seeds, processes)
        return
    from delivery_lab.explore.cluster import cluster_samples

    # Before there are threads of the client: a run has a process for itself.
    with opening() as sampling:
        own = sampling(seeds[0])
    shipment = shipment_of(opening.lab, opening.asked, opening.expectations)
    for sample in cluster_samples(cluster, shipment, seeds):
        if sample.seed == own.seed and sample.trace_hash != own.trace_hash:
            raise LabError(
                f"the cluster at {cluster} runs seed {own.seed} otherwise than this machine: its trace hash is "
                f"{sample.trace_hash}, and here {own.trace_hash}\n"
                "  fix: look for what the program or a handler reads from outside of the project, such as variables"
            )
        yield sample
