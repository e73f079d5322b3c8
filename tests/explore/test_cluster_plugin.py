"""What a worker of a cluster leaves behind: nothing."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from delivery_lab import own_folders
from delivery_lab.explore.cluster_plugin import ShippedProject
from delivery_lab.explore.shipment import Shipment


def _plugin() -> ShippedProject:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w"):
        pass

    def opening_in(folder: Path) -> object:
        raise AssertionError(folder)

    return ShippedProject("lab", Shipment(archive.getvalue(), opening_in, dict))  # type: ignore[arg-type]


def test_a_worker_removes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(own_folders, "_roots", {})
    running, second = _plugin(), _plugin()
    running.setup(None)
    second.setup(None)
    assert len(list(tmp_path.glob("delivery-lab-of-*/shipped-*"))) == 2

    second.teardown(None)
    assert len(list(tmp_path.glob("delivery-lab-of-*/shipped-*"))) == 1
    running.teardown(None)
    assert list(tmp_path.iterdir()) == []
