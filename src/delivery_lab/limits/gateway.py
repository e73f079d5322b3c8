"""Limits of HTTP and REST APIs."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Limit

HTTP_TIMEOUT = Limit("TimeoutInMillis", 50, 30_000, "ms", "HTTP-TIME-1", 30_000)
"""How long an HTTP API waits for an integration."""
REST_TIMEOUT = Limit("timeoutInMillis", 50, 300_000, "ms", "REST-TIME-1", 29_000)
"""How long a REST API waits for an integration; above 29 s only where an account's quota was raised."""
REQUEST_SIZE = Bound("Payload", 0, 10 * 1_048_576, "bytes", "HTTP-SIZE-1")
"""Of a request to an API of either kind."""
MAPPED_BODY_BYTES = 102_400
"""How much of a body a mapping of an HTTP API looks into (HTTP-MAP-1)."""
LOOP_ITERATIONS = 1_000
"""Of a #foreach in a mapping template (REST-VTL-1)."""
