"""`python -m lab.cli`: the command without its script."""

import sys

from lab.cli.main import main

sys.exit(main())
