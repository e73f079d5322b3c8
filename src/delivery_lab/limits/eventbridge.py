"""Limits of EventBridge: what is put on buses, and for how long targets are tried."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Limit

ENTRIES = Bound("Entries", 1, 10, "entries", "EB-PUT-1")
ENTRY_BYTES = Bound("Entries", 1, 1_048_575, "bytes", "EB-PUT-1")
"""All entries of one `PutEvents` together: less than 1 MB."""
ENTRY_TIME_BYTES = 14
"""For so many bytes the time of an entry counts."""
RETRIES = Limit("MaximumRetryAttempts", 0, 185, "retries", "EB-RETRY-1", 185)
EVENT_AGE = Limit("MaximumEventAgeInSeconds", 60, 86_400, "s", "EB-RETRY-1", 86_400)
TARGETS = Bound("Targets", 0, 5, "targets", "EB-TARGETS-1")
FLEXIBLE_WINDOW = Bound("MaximumWindowInMinutes", 1, 1_440, "minutes", "SCH-WINDOW-1")
ENVELOPE = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
"""The fields of an event, in AWS's order (EB-EVENT-1)."""
