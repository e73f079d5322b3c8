from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lab_support import ROOT


def test_an_environment_behind_a_link_is_not_emptied(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "kept").touch()
    (tmp_path / ".venv").symlink_to(shared)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "setup_venv.py"), str(tmp_path / ".venv")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        (
            f"setup failed: {tmp_path / '.venv'} is a symbolic link to {shared}: "
            "remove it, or make that environment yourself\n"
        ),
    )
    assert [path.name for path in shared.iterdir()] == ["kept"]
