"""Windows itself is refused at the start, with a way to go on."""

from __future__ import annotations

import subprocess
import sys


def test_windows_is_refused_before_anything_else_is_loaded() -> None:
    code = (
        "import sys\n"
        "sys.platform = 'win32'\n"
        "from delivery_lab.cli.__main__ import main\n"
        "code = main()\n"
        "print(code, 'delivery_lab.cli.main' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "2 False\n"
    assert done.stderr == (
        "error: delivery-lab runs on Linux and macOS, not on Windows itself\n"
        "  fix: run it in the Windows Subsystem for Linux (https://learn.microsoft.com/windows/wsl/install)\n"
    )
