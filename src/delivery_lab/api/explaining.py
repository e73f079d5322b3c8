"""What a rule of behaviour or a check says. Imports the rules alone until a check is asked for."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from delivery_lab.errors import UnknownRuleError
from delivery_lab.rules import RULES, Rule, Status, find
from delivery_lab.rules.pages import reading_of

if TYPE_CHECKING:
    from delivery_lab.checks.check import Check

CHECK_PREFIX = "CHK-"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule or a check says.

    Attributes:
        id: such as `SQS-DLQ-1` or `CHK-VT-1`.
        kind: whether it is a rule of behaviour or a check.
        status: of a rule how sure we are: `documented`, `observed` or `assumption`; of a check its severity.
        statement: what happens; of a check what it finds.
        source: where it is said or was seen, or why it is assumed.
        read: of a documented rule when the page was compared with it and how much of it, else "".
        alternatives: of a rule that can be assumed otherwise which values `--assume` takes, else "".
        why: of a check why it matters, else "".
        fix: of a check what to do, else "".
    """

    id: str
    kind: Literal["rule", "check"]
    status: str
    statement: str
    source: str
    read: str = ""
    alternatives: str = ""
    why: str = ""
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """The object of `explain --json`."""
        if self.kind == "rule":
            said = {"id": self.id, "status": self.status, "statement": self.statement, "source": self.source}
            return {**said, "read": self.read} if self.read else said
        said = {"title": self.statement, "why": self.why, "fix": self.fix, "source": self.source}
        return {"id": self.id, "severity": self.status, **said}


def explain(rule: str) -> Explanation:
    """What a rule of behaviour or a check says.

    Args:
        rule: its id, in any case.

    Raises:
        UnknownRuleError: there is none; the message suggests the nearest.
    """
    if rule.upper().startswith(CHECK_PREFIX):
        return _check(rule)
    from delivery_lab.rules.alternatives import ALTERNATIVES  # reads the model, which a list of rules does not need

    found = find(rule)
    alternative = ALTERNATIVES.get(found.id)
    return _of(found, alternative.accepts if alternative else "")


def rules() -> tuple[Explanation, ...]:
    """All rules of behaviour; `alternatives` is left out."""
    return tuple(_of(rule) for rule in RULES.values())


def _of(rule: Rule, alternatives: str = "") -> Explanation:
    page = reading_of(rule) if rule.status is Status.DOCUMENTED else None
    read = f"{page.read_on.isoformat()} ({page.seen})" if page else ""
    return Explanation(rule.id, "rule", rule.status.value, rule.statement, rule.source, read, alternatives)


def _check(name: str) -> Explanation:
    from delivery_lab.checks.registry import CHECKS

    found: Check | None = CHECKS.get(name.upper())
    if found is None:
        near = difflib.get_close_matches(name.upper(), CHECKS, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "docs/checks.md lists them all"
        raise UnknownRuleError(f"no check has the id {name}: {hint}")
    return Explanation(found.id, "check", found.severity.value, found.title, found.source, why=found.why, fix=found.fix)
