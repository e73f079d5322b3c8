"""Limits of EventBridge Pipes."""

from __future__ import annotations

from collections.abc import Mapping

TARGET_BATCH: Mapping[str, int] = {"queue": 10, "topic": 10, "bus": 10, "stream": 500}
"""How many records of a batch a target takes at once (PIPE-BATCH-1); a function takes what the source gives."""
STREAM_BATCH = 1
"""How many records of a stream are in a batch of a pipe that does not say it, at most (PIPE-BATCH-2)."""
EXECUTION_SECONDS = 300
"""How long a pipe works on one batch, its target included (PIPE-TIME-1)."""
