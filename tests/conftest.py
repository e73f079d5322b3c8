"""What all tests share."""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

# In CI the same examples every time: a red build must be reproducible. Elsewhere hypothesis looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "default")

# The tests of one process import half a million objects that are no garbage; looking through them less often saves a
# fifth of the time.
gc.set_threshold(100_000, 20, 20)
