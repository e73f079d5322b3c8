"""The shapes that limits are written in."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.rule_ids import RuleId


@dataclass(frozen=True, slots=True)
class Bound:
    """The lowest and the highest value of a setting that AWS accepts.

    Attributes:
        name: AWS's name of the setting, such as `VisibilityTimeout`.
        minimum: the lowest value, itself accepted.
        maximum: the highest value, itself accepted.
        unit: what is counted, such as `s`, `messages` or `bytes`.
        rule: id of the rule that says so.
    """

    name: str
    minimum: int
    maximum: int
    unit: str
    rule: RuleId

    def allows(self, value: float) -> bool:
        """Whether AWS accepts a value."""
        return self.minimum <= value <= self.maximum

    @property
    def range(self) -> str:
        """The bounds as messages show them, such as `1 to 10000`."""
        return f"{self.minimum} to {self.maximum}"


@dataclass(frozen=True, slots=True)
class Limit(Bound):
    """A bound of a setting that AWS has a value for where it is left out.

    Attributes:
        default: the value of a setting that is left out.
    """

    default: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting that has one of a few values.

    Attributes:
        name: AWS's name of the setting.
        values: the values that AWS accepts.
        default: the value of a setting that is left out, "" where it is required.
        rule: id of the rule that says so.
    """

    name: str
    values: tuple[str, ...]
    default: str
    rule: RuleId

    def allows(self, value: str) -> bool:
        """Whether AWS accepts a value."""
        return value in self.values
