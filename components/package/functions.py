"""What the components with a function have in common: its code and, for ours, the layer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import pulumi

from components.function import FunctionCode, packaged_code
from components.iam import Statement
from components.layer import SharedLayer
from components.package.code import CodeArguments
from components.package.reading import Arguments

PROJECT = Path(__file__).resolve().parent.parent.parent
"""The folder that has `components/` and `functions/` in it, wherever the program runs."""

Code = TypeVar("Code", bound=CodeArguments)


def function_code(function: str, source: str, arguments: Arguments[Code], opts: pulumi.ResourceOptions) -> FunctionCode:
    """The code of a component's function: the one that its arguments give, or ours with the layer it needs.

    Args:
        function: the function's logical name.
        source: folder of our code below `functions/`.
        arguments: the component's arguments.
        opts: resource options of the layer.
    """
    model = arguments.model
    if model.code is None:
        layer = SharedLayer(arguments.name, opts, project=PROJECT, build=build_layer)
        return packaged_code(function, source, layer.arn, PROJECT)
    return FunctionCode(
        archive=arguments.value("code"),
        handler=model.handler,
        runtime=model.runtime,
        architecture=model.architecture,
        layers=arguments.values("layers"),
        environment=arguments.texts("environment"),
        statements=[
            Statement(statement.sid, statement.actions, arguments.value("statements", str(index), "resource"))
            for index, statement in enumerate(model.statements)
        ],
    )


def build_layer() -> None:
    """Build the dependencies of our functions in the package's own folder.

    Raises:
        pulumi.RunError: pip could not install them.
    """
    script = PROJECT / "scripts" / "build_layer.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise pulumi.RunError(f"the layer of the functions cannot be built\n{done.stderr.strip()}")
