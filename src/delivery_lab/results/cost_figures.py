"""The figures of what a run costs: part of an outcome (docs/cost.md)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from delivery_lab.json_names import json_name


class CostPart(BaseModel):
    """A part of a cost: attributes in snake_case, JSON names in camelCase."""

    model_config = ConfigDict(alias_generator=json_name, populate_by_name=True, frozen=True, extra="forbid")


class CostItem(CostPart):
    """One thing that AWS bills."""

    item: str
    """Key of the price list, such as `sqs.requests.standard`."""
    resource: str
    """Name of the queue, function, stream, ...; "" for the whole run."""
    action: str
    """Operation of the API, or what else tells it from the others of the item."""
    quantity: float
    low: float
    """The least that the evidence allows; equal to `quantity` where nothing is open."""
    high: float
    """The most."""
    unit: str
    cost: float | None
    """Of the run; None where the list has no price."""
    per_month: float | None
    assumptions: tuple[str, ...]
    """Rules that the interval rests on."""


class PricesUsed(CostPart):
    """Which price list was used."""

    region: str
    date: str
    """The day on which the list was put together."""


class MonthlyCost(CostPart):
    """What a month costs, between the least and the most that the evidence allows."""

    value: float
    low: float
    high: float


class Cost(CostPart):
    """What a run costs."""

    currency: str
    total: float
    """Of the run, without free tier; items without a price are not in it."""
    low: float
    high: float
    per_million_messages: float | None
    """None where nothing was sent."""
    per_month: float | None
    """Of a month at the rate of the workload; None where it has none, or a partition was blocked (BILL-MONTH-1)."""
    month: MonthlyCost | None
    """The same as an interval."""
    messages_per_month: float | None
    items: tuple[CostItem, ...]
    prices: PricesUsed
    free_tier: bool
    not_counted: tuple[str, ...]
    """What AWS would bill besides."""
