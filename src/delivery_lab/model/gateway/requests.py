"""A request as an API takes it, and the values that events, mappings and templates read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl

from delivery_lab.model.clock import EPOCH, epoch_ms
from delivery_lab.model.runtime import ACCOUNT_ID

SOURCE_IP = "192.0.2.1"
"""An address of the block that is kept for documentation."""
USER_AGENT = "delivery-lab"
PROTOCOL = "HTTP/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One request that an API has taken.

    Attributes:
        api: name of the API.
        request_id: id that the API gave it.
        instant: when it arrived.
        method: HTTP method.
        path: path without stage and query.
        query: what stands behind the question mark.
        body: the body as text.
        headers: headers by the names that the caller wrote.
        stage: name of the stage.
        stage_variables: variables of the stage.
        account_id: the account of the API.
        region: the region of the API.
        variables: values of the variables in the route's path.
        resource_path: the path of the route, such as `/orders/{id}`.
        host: what stands behind the name of the API in its host name.
    """

    api: str
    request_id: str
    instant: int
    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    stage: str = "$default"
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    account_id: str = ACCOUNT_ID
    region: str = "us-east-1"
    variables: Mapping[str, str] = field(default_factory=dict)
    resource_path: str = ""
    host: str = "execute-api.{region}.amazonaws.com"

    @property
    def domain(self) -> str:
        """Host name of the API."""
        return f"{self.api}.{self.host.format(region=self.region)}"

    @property
    def full_path(self) -> str:
        """The path with the stage in front; the stage `$default` has no place in it."""
        return self.path if self.stage == "$default" else f"/{self.stage}{self.path}"

    @property
    def lower_headers(self) -> dict[str, str]:
        """Headers as HTTP APIs pass them on, with what every client sends."""
        return {
            "content-type": "application/json",
            "content-length": str(len(self.body.encode())),
            "host": self.domain,
            **{name.lower(): value for name, value in self.headers.items()},
        }

    @property
    def content_type(self) -> str:
        """Its content type in lower case, without parameters such as a character set."""
        return self.lower_headers["content-type"].partition(";")[0].strip().lower()

    @property
    def written_headers(self) -> dict[str, str]:
        """Headers as REST APIs pass them on: by the names that the caller wrote (REST-PAYLOAD-2)."""
        given = {name.lower() for name in self.headers}
        common = {"Content-Type": "application/json", "Host": self.domain, "User-Agent": USER_AGENT}
        return {**{name: value for name, value in common.items() if name.lower() not in given}, **self.headers}

    @property
    def query_values(self) -> dict[str, list[str]]:
        """Values of the query by name."""
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        return values

    @property
    def epoch_ms(self) -> int:
        """When it arrived, in milliseconds."""
        return epoch_ms(self.instant)

    @property
    def common_log_time(self) -> str:
        """When it arrived, as in access logs."""
        return (EPOCH + timedelta(microseconds=self.instant)).strftime("%d/%b/%Y:%H:%M:%S +0000")
