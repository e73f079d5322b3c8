"""`delivery-lab cost STACK`: what a stack costs while nothing is sent."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AssumeOption,
    JsonOption,
    OneStack,
    PricesOption,
    ProjectOption,
    SetOption,
    StateOption,
)


def cost(
    console: Console,
    stack: OneStack,
    overrides: SetOption = None,
    prices: PricesOption = None,
    assume: AssumeOption = None,
    free_tier: Annotated[bool, typer.Option("--free-tier", help="Take off what is free every month.")] = False,
    state: StateOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a month costs in which nothing is sent; `run` says what a workload costs."""
    from delivery_lab.cli.stacks import open_lab
    from delivery_lab.cli.views.cost import show_idle_cost

    lab = open_lab(console, project, state)
    name = lab.stack_names([stack])[0]
    found = lab.cost(name, overrides, prices=prices, assume=assume, free_tier=free_tier)
    show_idle_cost(console, name, found, as_json=as_json)
