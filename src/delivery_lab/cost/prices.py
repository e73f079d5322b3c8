"""Price lists: what AWS takes for each item, in one region on one day, and where that is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from delivery_lab.errors import PriceListError
from delivery_lab.input_files import read_bytes
from delivery_lab.json_names import json_name
from delivery_lab.program.file_problems import problems_of

DEFAULT_LIST = Path(__file__).parent / "lists" / "us-east-1.json"


class ListPart(BaseModel):
    """A part of a price list: attributes in snake_case, JSON names in camelCase."""

    model_config = ConfigDict(
        alias_generator=json_name,
        validate_by_alias=True,
        validate_by_name=True,
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
    )


class PriceTier(ListPart):
    """A price that holds up to some use within a month."""

    up_to: Annotated[float, Field(gt=0)] | None = None
    """Units a month up to which it holds; None for all beyond."""
    price: Annotated[float, Field(ge=0)]
    """Of `per` units."""


class Price(ListPart):
    """What one item costs."""

    unit: str
    per: Annotated[float, Field(gt=0)] = 1
    """Units that the price is for."""
    tiers: Annotated[tuple[PriceTier, ...], Field(min_length=1)]
    """Cheaper the more is used; the first is what a small user pays."""
    free: Annotated[float, Field(ge=0)] = 0
    """Units a month that are free for every account, for ever."""
    source: str
    """Page of AWS that says so."""

    @property
    def first(self) -> float:
        """Price of one unit where little is used."""
        return self.tiers[0].price / self.per

    def of_month(self, quantity: float, *, free_tier: bool = False) -> float:
        """What so many units of a month cost."""
        left = max(0.0, quantity - self.free) if free_tier else quantity
        total = reached = 0.0
        for tier in self.tiers:
            size = left if tier.up_to is None else min(left, tier.up_to - reached)
            total += size * tier.price / self.per
            left -= size
            if left <= 0 or tier.up_to is None:
                break
            reached = tier.up_to
        return total


class PriceList(ListPart):
    """The prices of one region."""

    region: str
    date: str
    """The day on which it was put together."""
    currency: str = "USD"
    prices: Mapping[str, Price]


def read_prices(file: Path) -> PriceList:
    """Read a price list.

    Raises:
        PriceListError: it cannot be read, or has the wrong shape; the message names the place.
    """
    try:
        text = read_bytes(file).decode("utf-8")
        content = json.loads(text)
    except OSError as error:
        raise PriceListError(f"the price list {file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PriceListError(f"the price list {file} cannot be read: {error}") from error
    try:
        return PriceList.model_validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        found = "\n".join(problems_of(error, content, lambda _: f"the price list {file}", "a price list"))
        raise PriceListError(f"{found}\n  a list to start from: {DEFAULT_LIST}") from error


@cache
def default_prices() -> PriceList:
    """The list of the package."""
    return read_prices(DEFAULT_LIST)
