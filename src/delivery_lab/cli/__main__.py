"""The command as a process: `delivery-lab`, and `python -m delivery_lab.cli` without its script."""

# Little is imported before Ctrl-C is answered.
import os
import sys

from delivery_lab.cli.interrupts import end_in_order, ended, failures_in_a_line


def main() -> int:
    """Run the command and return its exit code; Ctrl-C is answered while it is still being loaded, too."""
    if sys.platform == "win32":
        return refuse_windows()
    open_closed_streams()
    try:
        end_in_order()
        from delivery_lab.own_process import claim

        claim()
        from delivery_lab.cli.main import main as command

        return command()
    except KeyboardInterrupt:
        code, said = ended()
        print(said, file=sys.stderr)
        return code
    except Exception as error:  # noqa: BLE001 - the last resort: no bug of ours is a bare traceback
        from delivery_lab.cli.bugs import BUG, told

        print(f"error: {told(error, sys.argv[1:])}", file=sys.stderr)
        return BUG


def open_closed_streams() -> None:
    """Give the process each standard stream that whoever started it has closed: nobody wants to hear.

    Else what is meant for standard error is printed to standard output, and the next file that is opened has the number
    of the stream, to which C libraries write.
    """
    for name, flags in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, flags))  # noqa: PTH123, SIM115 - for the rest of the process


def refuse_windows() -> int:
    """Say that Windows itself is not supported, before anything is loaded that would fail there; the exit code is 2."""
    print(
        "error: delivery-lab runs on Linux and macOS, not on Windows itself\n"
        "  fix: run it in the Windows Subsystem for Linux (https://learn.microsoft.com/windows/wsl/install)",
        file=sys.stderr,
    )
    return 2


_WITHOUT_HANDLERS = frozenset({"list", "explain", "schema", "doctor", "init", "--version", "--help"})
_ORDER_OF_SETS = "PYTHONHASHSEED"


def have_sets_in_one_order() -> None:
    """Begin this process again where Python would shuffle sets of texts otherwise in each process.

    A handler or a program that goes through a set would do so in another order in each process, and a run with the
    same seed would be another run. Only the environment of a process that begins can say in which order. What asks no
    handler (`list`) is answered at once.
    """
    if not sys.flags.hash_randomization or sys.flags.ignore_environment:
        return
    if len(sys.argv) < 2 or sys.argv[1] in _WITHOUT_HANDLERS or "_DELIVERY_LAB_COMPLETE" in os.environ:
        return
    os.environ[_ORDER_OF_SETS] = "0"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same command


def leave(code: int) -> None:
    """End the process at once, with what is to be done at its end.

    Python would wait for a thread that a program has left behind, decide on the exit code of an interrupt (one in an
    `exec`, as dataclasses are made by, it takes for one that nobody has caught), and free half a million objects one
    after the other, which takes a sixth of the time of a short run.
    """
    import atexit
    import contextlib

    failures_in_a_line()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def run() -> None:
    """Run the command as a process."""
    import gc

    have_sets_in_one_order()
    gc.set_threshold(100_000, 50, 100)  # what is imported is no garbage
    leave(main())


if __name__ == "__main__":
    run()
