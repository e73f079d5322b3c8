"""The command as a process: `delivery-lab`, and `python -m delivery_lab.cli` without its script."""

import sys


def main() -> int:
    """Run the command and return its exit code; Ctrl-C is answered while it is still being loaded, too."""
    try:
        from delivery_lab.cli.main import main as command

        return command()
    except KeyboardInterrupt:
        print("interrupted; nothing was left behind", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
