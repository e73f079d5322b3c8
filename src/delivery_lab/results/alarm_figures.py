"""The figures of alarms: part of an outcome (docs/alarms.md)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from delivery_lab.durations import rounded
from delivery_lab.json_names import json_name
from delivery_lab.results.words import duration


class AlarmFigures(BaseModel):
    """One alarm of the stack, and whether the run sets it off."""

    model_config = ConfigDict(alias_generator=json_name, populate_by_name=True, frozen=True, extra="forbid")

    name: str
    metric: str
    """The metric that it watches; "" where that is not known."""
    at_seconds: float | None
    """When it goes off, None where it does not, or that is not known."""
    after_harm_seconds: float | None
    """How long after the first message was harmed; negative where it was before. None where either is missing."""
    unknown: str
    """Why it is not computed; "" where it is."""

    @property
    def told(self) -> str:
        """Whether and when it goes off, as a sentence without its point."""
        if self.unknown:
            return f"{self.name} is not computed: {self.unknown}"
        if self.at_seconds is None:
            return f"{self.name} ({self.metric}) does not go off"
        return f"{self.name} ({self.metric}) goes off at {duration(self.at_seconds)}{self.lateness}"

    @property
    def lateness(self) -> str:
        """How long before or after the first message is harmed it goes off: the end of a sentence, "" for none."""
        after = self.after_harm_seconds
        if after is None:
            return ""
        return f", {rounded(abs(after))} {'after' if after >= 0 else 'before'} the first message is harmed"
