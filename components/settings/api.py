"""Settings of the HTTP API in front of a producer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.settings.base import Section


class ThrottlingSettings(Section):
    """Limits of the whole stage; the quota of the account applies on top of them."""

    burst_limit: int = Field(100, ge=1, description="ThrottlingBurstLimit of an HTTP API stage, in requests")
    rate_limit: float = Field(50.0, gt=0, description="ThrottlingRateLimit of an HTTP API stage, in requests/s")


class ApiSettings(Section):
    """Who may call `POST /enqueue`, and how often. `none` lets anybody on the internet fill the queue."""

    authorization: Literal["iam", "none"] = Field("iam", description="AuthorizationType of an HTTP API route")
    throttling: ThrottlingSettings = Field(
        default_factory=ThrottlingSettings, description="DefaultRouteSettings of a stage"
    )
