"""The command as a process: `delivery-lab`, and `python -m delivery_lab.cli` without its script."""

import atexit
import contextlib
import gc
import os
import sys

from delivery_lab.own_process import claim


def main() -> int:
    """Run the command and return its exit code; Ctrl-C is answered while it is still being loaded, too."""
    if sys.platform == "win32":
        return refuse_windows()
    try:
        from delivery_lab.cli.main import main as command

        return command()
    except KeyboardInterrupt:
        print("interrupted; nothing was left behind", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - the last resort: no bug of ours is a bare traceback
        from delivery_lab.cli.bugs import BUG, told

        print(f"error: {told(error, sys.argv[1:])}", file=sys.stderr)
        return BUG


def refuse_windows() -> int:
    """Say that Windows itself is not supported, before anything is loaded that would fail there; the exit code is 2."""
    print(
        "error: delivery-lab runs on Linux and macOS, not on Windows itself\n"
        "  fix: run it in the Windows Subsystem for Linux (https://learn.microsoft.com/windows/wsl/install)",
        file=sys.stderr,
    )
    return 2


def leave(code: int) -> None:
    """End the process at once, with what is to be done at its end.

    Python would wait for a thread that a program has left behind, and free half a million objects one after the other,
    which takes a sixth of the time of a short run.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def run() -> None:
    """Run the command as a process."""
    gc.set_threshold(100_000, 50, 100)  # what is imported is no garbage
    claim()
    leave(main())


if __name__ == "__main__":
    run()
