"""Write the register of rules and of pages into docs/semantics.md: `python -m scripts.write_rules`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from delivery_lab.rules import RULES, Rule, Status
from delivery_lab.rules.pages import PAGES, pages_of, reading_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "semantics.md"
BEGIN = "<!-- written by python -m scripts.write_rules from src/delivery_lab/rules -->"
END = "<!-- end of the register -->"

FAMILIES = {
    "SQS": "Amazon SQS",
    "LAM": "AWS Lambda",
    "ESM": "mappings of queues",
    "KIN": "Kinesis",
    "DDS": "streams of DynamoDB tables",
    "STR": "mappings of streams",
    "KAF": "Kafka and its mappings",
    "ASY": "asynchronous invokes",
    "SYN": "synchronous invokes",
    "DST": "destinations",
    "RDR": "redrives",
    "DDB": "DynamoDB",
    "HTTP": "HTTP APIs",
    "REST": "REST APIs",
    "URL": "URLs of functions",
    "SNS": "Amazon SNS",
    "S3": "Amazon S3",
    "API": "what AWS's APIs take",
    "BILL": "what is billed",
    "CW": "what CloudWatch shows",
    "EB": "Amazon EventBridge",
    "SCH": "schedules",
    "PIPE": "pipes of EventBridge",
    "EVD": "what counts as processed",
    "SIM": "this simulation itself",
}


def register() -> str:
    """All rules by family, then all pages that documented ones cite."""
    lines = [
        "`read` is the day on which the first page that a documented rule cites was compared with it; the table of",
        "pages says how. `delivery-lab explain ID` has the source of each rule.",
    ]
    family_of = {rule.id: rule.id.split("-")[0] for rule in RULES.values()}
    order = list(FAMILIES)
    rules = sorted(RULES.values(), key=lambda rule: order.index(family_of[rule.id]))
    for family, found in groupby(rules, key=lambda rule: family_of[rule.id]):
        lines += [
            "",
            f"### {FAMILIES[family]}",
            "",
            "| rule | status | what happens | read |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_row(rule) for rule in found]
    lines += ["", "### Pages", "", "| page | read on | how much | rules |", "| --- | --- | --- | --- |", *_pages()]
    return "\n".join(lines)


def _row(rule: Rule) -> str:
    read = reading_of(rule) if rule.status is Status.DOCUMENTED else None
    statement = rule.statement.replace("|", "\\|")
    return f"| `{rule.id}` | {rule.status} | {statement} | {read.read_on.isoformat() if read else ''} |"


def _pages() -> Iterator[str]:
    documented = [rule for rule in RULES.values() if rule.status is Status.DOCUMENTED]
    for url, page in sorted(PAGES.items()):
        rules = ", ".join(f"`{rule.id}`" for rule in documented if url in pages_of(rule))
        yield f"| <{url}> | {page.read_on.isoformat()} | {page.seen} | {rules} |"


def page_with(text: str, written: str) -> str:
    """The page with the register put between its two marks.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the register: put {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{after}"


def main() -> None:
    """Rewrite the register in the page."""
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), register()), encoding="utf-8")


if __name__ == "__main__":
    main()
