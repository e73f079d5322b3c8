"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# In CI the same examples every time: a red build must be reproducible. Elsewhere hypothesis looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "default")
