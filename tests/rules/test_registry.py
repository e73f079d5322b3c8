"""The registry of rules, and that code, rules and tests name each other."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import delivery_lab.rules
from delivery_lab.errors import UnknownRuleError
from delivery_lab.rules import RULES, Rule, Status, find

ROOT = Path(__file__).parents[2]
RULE_ID = re.compile(r"\b[A-Z][A-Z0-9]+-[A-Z]+-\d+\b")

FAMILIES = ", ".join(sorted({rule_id.split("-")[0] for rule_id in RULES}))

# Checks of a stack have ids of the same form and a registry of their own (src/delivery_lab/checks/registry.py), and so
# have the invariants of a run (src/delivery_lab/results/invariants); OWN is what messages propose for checks that users
# write.
OTHER_REGISTRIES = {"CHK", "INV", "OWN"}

SOURCES = ROOT / "src" / "delivery_lab"

DOCUMENTATION = "https://docs.aws.amazon.com/"

# What a topic does by itself is documented by Kafka.
BY_KAFKA = {"KAF-PART-1", "KAF-RET-1", "KAF-SIZE-1"}
BY_KAFKAS_DOCUMENTATION = ("https://kafka.apache.org/documentation/", "https://docs.confluent.io/platform/current/")

# Pages that AWS has replaced; what they said stands elsewhere today.
REPLACED = re.compile(r"msk-scaling-modes|docs\.amazonaws\.cn|awsdocs/")

# Frozen environments are a property of the fibers (src/delivery_lab/handlers): no single line makes it so.
WITHOUT_A_LINE = {"LAM-FREEZE-1"}


def _groups() -> list[tuple[Rule, ...]]:
    modules = [
        importlib.import_module(f"delivery_lab.rules.{module.name}")
        for module in pkgutil.iter_modules(delivery_lab.rules.__path__)
    ]
    return [module.RULES for module in modules if isinstance(getattr(module, "RULES", None), tuple)]


def test_ids_are_unique_and_of_one_form_and_no_group_is_forgotten() -> None:
    ids = [rule.id for group in _groups() for rule in group]

    assert len(ids) == len(set(ids)) == len(RULES)
    assert all(RULE_ID.fullmatch(rule_id) for rule_id in ids)
    assert all(rule_id == rule.id for rule_id, rule in RULES.items())


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_says_what_why_and_how_sure(rule_id: str) -> None:
    rule = RULES[rule_id]

    assert rule.statement.endswith((".", ")"))
    assert rule.statement[0].isupper() or rule.statement.startswith(("batchItemFailures", "maxReceiveCount"))
    assert len(rule.source) > 20
    assert rule.status in Status
    if rule.status is Status.DOCUMENTED:
        by_kafka = rule_id in BY_KAFKA
        assert rule.source.startswith(BY_KAFKAS_DOCUMENTATION if by_kafka else DOCUMENTATION)
        assert not REPLACED.search(rule.source)
    if rule.status is Status.OBSERVED:
        assert re.search(r"https://|it is not published", rule.source)


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        RULES["SQS-VT-1"] = RULES["SQS-VT-2"]  # type: ignore[index]  # that is what the test is about


def test_find_takes_any_case() -> None:
    assert find("SQS-DLQ-1") is find("sqs-dlq-1") is RULES["SQS-DLQ-1"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("SQS-DLQ-9", "no rule has the id SQS-DLQ-9: did you mean SQS-DLQ-6, SQS-DLQ-5, SQS-DLQ-4?"),
        ("lam-time", "no rule has the id lam-time: did you mean LAM-TIME-2, LAM-TIME-1, KAF-TIME-1?"),
        ("SIM-LATE", "no rule has the id SIM-LATE: did you mean SIM-FAULT-2, SIM-FAULT-1, SIM-REPEAT-1?"),
        ("nonsense", f"no rule has the id nonsense: ids begin with {FAMILIES}"),
        ("", f"no rule has the id : ids begin with {FAMILIES}"),
    ],
)
def test_an_unknown_id_suggests_the_nearest(wanted: str, message: str) -> None:
    with pytest.raises(UnknownRuleError) as caught:
        find(wanted)

    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def _ids_in(folder: Path, *, without: tuple[Path, ...] = ()) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        if not {path, *path.parents} & set(without):
            for rule_id in RULE_ID.findall(path.read_text()):
                found.setdefault(rule_id, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_id_in_the_sources_is_registered() -> None:
    unknown = {
        rule_id: paths
        for rule_id, paths in _ids_in(SOURCES).items()
        if rule_id not in RULES and rule_id.split("-")[0] not in OTHER_REGISTRIES
    }

    assert unknown == {}


def test_every_rule_is_named_by_the_code_that_implements_it() -> None:
    named = _ids_in(SOURCES, without=(SOURCES / "rules", SOURCES / "rule_ids.py", SOURCES / "event_rule_ids.py"))

    assert set(RULES) - set(named) - WITHOUT_A_LINE == set()


def _names_of_tests() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names.add(node.name)
    return names


def test_every_rule_has_a_test_named_after_it() -> None:
    names = _names_of_tests()
    without = {
        rule_id
        for rule_id in RULES
        if not any(name.startswith(f"test_{rule_id.lower().replace('-', '_')}_") for name in names)
    }

    assert without == set()
