"""What we advise where AWS leaves the choice: numbers that findings name in their fixes."""

from __future__ import annotations

ADVISED_MAX_RECEIVE_COUNT = 5
"""Receives before a message is dead-lettered. AWS advises 5 or more behind a mapping: throttled invokes use up some."""
ADVISED_RETRIES = 5
"""Retries of a batch of a stream or of Kafka before its records are discarded."""
ADVISED_READ_TIMEOUT_MARGIN_SECONDS = 10
"""How much longer than the function's timeout a caller waits for the answer."""
