"""Prints those of some names and patterns of stacks that mean a stack of the checked out commit, a line each.

Usage: present.py PROJECT NAME...
"""

from __future__ import annotations

import sys
from pathlib import Path

from delivery_lab import Lab
from delivery_lab.errors import StackNotFoundError


def main() -> int:
    """Run the command; what is left out is said on standard error."""
    project, *words = sys.argv[1:]
    lab = Lab.open(Path(project))
    for word in words:
        try:
            lab.stack_names([word])
        except StackNotFoundError:
            print(f"note: '{word}' is no stack of this commit: there is nothing of it to check", file=sys.stderr)
        else:
            print(word)
    return 0


if __name__ == "__main__":
    sys.exit(main())
