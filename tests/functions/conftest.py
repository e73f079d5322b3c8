from __future__ import annotations

import importlib.util
import itertools
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
import time_machine

from tests.functions.support import START, Clock, session

FUNCTIONS = Path(__file__).parents[2] / "functions"

LoadHandler = Callable[..., ModuleType]
ReadEvents = Callable[[], list[dict[str, Any]]]

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    with time_machine.travel(START, tick=False) as traveller:
        clock = Clock(traveller)
        monkeypatch.setattr(time, "sleep", clock.sleep)
        yield clock


@pytest.fixture
def load_handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadHandler]:
    """Import a function's handler as a new execution environment does, with these environment variables."""
    loaded = []

    def load(function: str, **environment: str) -> ModuleType:
        name = f"{function}_handler_{next(_numbers)}"
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(variable, "testing")
        for variable, value in {"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": name}.items():
            monkeypatch.setenv(variable, value)
        with monkeypatch.context() as only_here:
            for variable, value in environment.items():
                only_here.setenv(variable, value)
            spec = importlib.util.spec_from_file_location(name, FUNCTIONS / function / "handler.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            # pydantic looks up the names in annotations in the module that holds a model.
            sys.modules[name] = module
            loaded.append(name)
            spec.loader.exec_module(module)
        return module

    yield load
    for name in loaded:
        del sys.modules[name]
        logging.Logger.manager.loggerDict.pop(name, None)


@pytest.fixture
def read_events(capsys: pytest.CaptureFixture[str]) -> ReadEvents:
    """The lines of the log contract since the last call, each with its contract's fields and no others."""
    contract = {"event", "id", "message_id", "receive_count", "error_type", "retryable", "error", "detected"}

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert all(line["level"] == "INFO" for line in lines if "event" in line)
        return [{key: line[key] for key in line if key in contract} for line in lines if "event" in line]

    return read
