"""Runs ministack until standard input closes, which it does when the process that started it ends in any way.

This file is run by path, by the interpreter of the emulator's own environment, which does not have delivery_lab: it
uses the standard library only.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import sys
import threading
import time

_GRACE_SECONDS = 3
_alone = threading.Event()


def _end_with_parent(folder: str) -> None:
    """Wait for the end of standard input, then end this process, whose workers end with it."""
    sys.stdin.buffer.read()
    _alone.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run it. The one argument is the folder of its temporary files, which goes with it."""
    folder = sys.argv[1]
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        # A parent that is there looks into the log first.
        if _alone.is_set():
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
