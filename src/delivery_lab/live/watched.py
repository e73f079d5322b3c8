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
_INSIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside")  # noqa: PTH100, PTH118, PTH120
_alone = threading.Event()


def _prepare(account: str, region: str, function: str, environments: str, cold_start_seconds: str, said: str) -> None:
    """Start execution environments of a function, and write what became of it into a file."""
    from environments import prepare  # type: ignore[import-not-found]  # a script beside, in another environment

    try:
        prepare(account, region, function, int(environments), float(cold_start_seconds))
        outcome = ""
    except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
        outcome = f"{type(error).__name__}: {error}"
    with open(f"{said}.new", "w", encoding="utf-8") as file:  # noqa: PTH123 - the file appears when it is complete
        file.write(outcome)
    os.replace(f"{said}.new", said)  # noqa: PTH105


def _end_with_parent(folder: str) -> None:
    """Do what standard input says until its end, then end this process, whose workers end with it."""
    for line in sys.stdin:
        _prepare(*line.split())
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
    sys.path[0] = _INSIDE  # and not the folder of this file, whose modules are none of the emulator's
    from environments import begin_cold, keep_after_errors, listen_longer

    listen_longer()
    keep_after_errors()
    begin_cold()
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        # A parent that is there looks into the log first.
        if _alone.is_set():
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
