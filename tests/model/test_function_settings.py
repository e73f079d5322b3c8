from __future__ import annotations

import re

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.functions import RESERVED_VARIABLES
from delivery_lab.model.function_settings import check
from delivery_lab.model.runtime import FunctionConfig


def config(memory_mb: int = 128, environment: dict[str, str] | None = None) -> FunctionConfig:
    return FunctionConfig(
        name="worker",
        arn="arn:aws:lambda:eu-central-1:123456789012:function:worker",
        handler="app.handler",
        timeout_seconds=3,
        memory_mb=memory_mb,
        environment=environment or {},
    )


def refused(function: FunctionConfig) -> str:
    with pytest.raises(DeploymentRefusedError) as error:
        check(function, 1_000, 1_000)
    return str(error.value)


@pytest.mark.parametrize("memory_mb", [0, 127, 10_241])
def test_lam_memory_1_memory_that_no_function_has(memory_mb: int) -> None:
    assert refused(config(memory_mb)) == (
        f"AWS would refuse worker: ValidationException: Value {memory_mb} at 'memorySize' failed to satisfy "
        "constraint: 128 to 10240 MB (LAM-MEMORY-1)\n  fix: set memorySize from 128 to 10240 MB"
    )


@pytest.mark.parametrize("name", ["", "A", "1A", "A-B", "_A", "A B", "\u00c4A"])
def test_lam_vars_1_names_that_no_variable_has(name: str) -> None:
    message = refused(config(environment={name: "x"}))

    assert f"expression pattern: [a-zA-Z][a-zA-Z0-9_]+], not {name!r} (LAM-VARS-1)" in message


@pytest.mark.parametrize("name", sorted(RESERVED_VARIABLES))
def test_lam_vars_1_names_that_lambda_has_itself(name: str) -> None:
    message = refused(config(environment={name: "x"}))

    assert re.search(rf"Reserved keys used in this request: {name} \(LAM-VARS-1\)\n  fix: leave {name} out", message)


def test_lam_vars_1_at_most_4_kb() -> None:
    check(config(environment={"AB": "x" * 4_094}), 1_000, 1_000)

    message = refused(config(environment={"AB": "x" * 4_095}))
    assert "exceeded the 4KB limit: they have 4097 bytes (LAM-VARS-1)" in message
