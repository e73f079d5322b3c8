"""What a worker of a cluster leaves behind, and what it removes that others have left."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from delivery_lab.explore.cluster_plugin import ShippedProject
from delivery_lab.explore.shipment import Shipment


def _plugin() -> ShippedProject:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w"):
        pass

    def opening_in(folder: Path) -> object:
        raise AssertionError(folder)

    return ShippedProject("lab", Shipment(archive.getvalue(), opening_in, dict))  # type: ignore[arg-type]


def _age(folder: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(folder, (an_hour_ago, an_hour_ago))


def test_a_worker_removes_its_folder_and_those_of_workers_that_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "delivery-lab-shipped-left"
    young, other = tmp_path / "delivery-lab-shipped-young", tmp_path / "something-else"
    for folder in (left, young, other):
        folder.mkdir()
    (left / "__main__.py").touch()
    _age(left)
    _age(other)

    running = _plugin()
    running.setup(None)
    assert {young, other} < set(tmp_path.iterdir())
    assert not left.exists()
    [own] = set(tmp_path.iterdir()) - {young, other}

    # That of a worker that runs is kept, however old it is.
    _age(own)
    second = _plugin()
    second.setup(None)
    assert own.exists()

    second.teardown(None)
    running.teardown(None)
    assert set(tmp_path.iterdir()) == {young, other}
