"""Numbers of DynamoDB's provisioned capacity."""

from __future__ import annotations

BURST_SECONDS = 300
"""For how long unused capacity is kept (DDB-CAPACITY-2)."""
WRITE_UNIT_BYTES = 1_024
"""What a write unit writes (DDB-CAPACITY-1)."""
READ_UNIT_BYTES = 4_096
"""What a read unit reads consistently (DDB-CAPACITY-1)."""
