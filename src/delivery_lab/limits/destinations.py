"""Limits of what takes records and events: SNS topics and EventBridge buses."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound

SNS_MESSAGE = Bound("Message", 1, 262_144, "bytes", "DST-SIZE-1")
EVENT_ENTRIES = Bound("Entries", 1, 262_144, "bytes", "DST-SINK-1")
"""The details of all entries of one `PutEvents`."""
ENTRIES_PER_PUT = Bound("Entries", 1, 10, "entries", "DST-SINK-1")
"""Entries of one `PutEvents`."""
