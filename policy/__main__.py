"""What Pulumi runs as the policy pack: serves the rules of `policy.pack` until the engine ends it."""

from __future__ import annotations

import sys
from pathlib import Path

from pulumi_policy import PolicyPack

# Pulumi runs the pack inside its own folder, where neither the lab nor this package can be found.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from policy.pack import PACK_NAME, rules

# Serves until the process is ended.
PolicyPack(PACK_NAME, policies=rules())
