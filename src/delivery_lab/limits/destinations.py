"""Limits of what takes records: SNS topics."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound

SNS_MESSAGE = Bound("Message", 1, 262_144, "bytes", "DST-SIZE-1")
