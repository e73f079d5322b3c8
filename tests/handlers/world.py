"""A small world around a host: handler files in a folder, an AWS that answers from a function, collected lines."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery_lab.events import LogLine
from delivery_lab.handlers import HandlerHost
from delivery_lab.handlers.kept import KeptEnvironments
from delivery_lab.model.clock import Scheduler, in_seconds, seconds
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import (
    Caller,
    CodeSource,
    Environment,
    FunctionConfig,
    InvokeRequest,
    InvokeResponse,
    WebRequest,
    WebResponse,
)

Answer = Callable[[str, str, dict[str, Any]], dict[str, Any]]
Opening = Callable[[str, int | None, bool], None]
Web = Callable[[WebRequest], WebResponse]


@dataclass
class World:
    """One run: a host and what a test looks at."""

    folder: Path
    seed: int = 1
    stall_after_seconds: float = 10.0
    answer: Answer = lambda service, operation, parameters: {}
    web: Web = lambda request: WebResponse(200, (), b"ok")
    opening: Opening | None = None
    kept: KeptEnvironments | None = None
    requests: list[tuple[float, WebRequest]] = field(default_factory=list)
    scheduler: Scheduler = field(default_factory=Scheduler)
    lines: list[LogLine] = field(default_factory=list)
    calls: list[tuple[float, str, str, dict[str, Any], Caller]] = field(default_factory=list)
    answers: list[tuple[float, InvokeResponse]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = HandlerHost(
            self.scheduler,
            RandomStreams(self.seed),
            self,
            self.lines.append,
            stall_after_seconds=self.stall_after_seconds,
            web=self,
            kept=self.kept,
        )

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.calls.append((in_seconds(self.scheduler.now), service, operation, parameters, caller))
        return self.answer(service, operation, parameters)

    def request(self, request: WebRequest, caller: Caller) -> WebResponse:
        self.requests.append((in_seconds(self.scheduler.now), request))
        return self.web(request)

    @property
    def may_not_open(self) -> bool:
        return self.opening is not None

    def open(self, host: str, port: int | None, look_up: bool, caller: Caller) -> None:
        if self.opening is not None:
            self.opening(host, port, look_up)

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def function(self, text: str | None = None, **settings: Any) -> FunctionConfig:
        if text is not None:
            self.write("fn/app.py", text)
        values: dict[str, Any] = {
            "name": "worker",
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:worker",
            "handler": "app.handler",
            "timeout_seconds": 30,
            "code": CodeSource((("", str(self.folder / "fn")),)),
        }
        return FunctionConfig(**(values | settings))

    def environment(self, function: FunctionConfig, number: int = 1) -> Environment:
        return self.host.new_environment(function, number)

    def start(self, environment: Environment, event: Any = None, request_id: str = "r1", timeout: float = 30) -> None:
        request = InvokeRequest(request_id, json.dumps(event), self.scheduler.now + seconds(timeout))
        environment.start(request, lambda response: self.answers.append((in_seconds(self.scheduler.now), response)))

    def invoke(
        self, environment: Environment, event: Any = None, request_id: str = "r1", timeout: float = 30
    ) -> InvokeResponse:
        """Start an invoke and run until nothing moves any more."""
        before = len(self.answers)
        self.start(environment, event, request_id, timeout)
        self.scheduler.run()
        assert len(self.answers) == before + 1
        return self.answers[-1][1]

    def result(self, environment: Environment, event: Any = None, request_id: str = "r1") -> Any:
        response = self.invoke(environment, event, request_id)
        assert response.error is None, response.payload
        return json.loads(response.payload)

    def run_code(self, text: str, event: Any = None, **settings: Any) -> Any:
        """The result of one invoke of a handler in a fresh environment."""
        with self.host:
            return self.result(self.environment(self.function(text, **settings)), event)

    @property
    def text(self) -> list[str]:
        return [line.text for line in self.lines]


WorldMaker = Callable[..., World]
