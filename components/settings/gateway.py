"""The section `delivery-lab:apigateway`: a REST API that sends to a queue itself, and the worker of the queue."""

from __future__ import annotations

from pydantic import Field

from components.settings.api import ApiSettings
from components.settings.fed import FedQueueSettings


class QueueApiSettings(ApiSettings):
    """The API, which makes a message of each request with a mapping template.

    The template writes a form for SQS, so that the body has to be encoded in it: without `encodeBody` SQS decodes what
    was never encoded, and a body with `+`, `%` or `&` arrives as another one. Without `tellErrors` the caller is told
    of a success whatever SQS has answered.
    """

    encode_body: bool = Field(True, description="whether the mapping template encodes the body")
    tell_errors: bool = Field(True, description="whether the caller is told that SQS has not taken a message")


class GatewaySettings(FedQueueSettings):
    """Everything about one API and the queue that it feeds."""

    api: QueueApiSettings = Field(default_factory=QueueApiSettings)
