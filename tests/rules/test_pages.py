"""The record of pages that were compared with the rules."""

from __future__ import annotations

from datetime import date

import pytest

from delivery_lab.rules import RULES, Rule, Status
from delivery_lab.rules.pages import PAGES, Seen, pages_of, reading_of

DOCUMENTED: dict[str, Rule] = {rule.id: rule for rule in RULES.values() if rule.status is Status.DOCUMENTED}

# Pages of Kafka's own, on metrics and alarms, and of guides such as those of SNS and S3, of which only the beginnings
# could be had.
FROM_THE_BEGINNING = {
    "CW-AGE-1",
    "CW-AGE-2",
    "CW-ALARM-1",
    "CW-NAME-1",
    "EB-DELIVER-1",
    "EB-DLQ-1",
    "EB-DLQ-4",
    "EB-DLQ-5",
    "EB-INPUT-3",
    "EB-PATTERN-1",
    "EB-POLICY-1",
    "EB-RETRY-1",
    "KAF-PART-1",
    "KAF-RET-1",
    "KAF-SIZE-1",
    "LAM-VERSION-2",
    "REST-BINARY-1",
    "S3-BUS-1",
    "S3-FIFO-1",
    "S3-FILTER-1",
    "S3-FILTER-2",
    "S3-FILTER-3",
    "S3-KEY-1",
    "S3-NOTIFY-1",
    "S3-RECORD-1",
    "SCH-CRON-1",
    "SCH-DLQ-1",
    "SCH-INPUT-3",
    "SCH-RATE-1",
    "SCH-TIME-1",
    "SCH-ZONE-1",
    "SNS-ATTR-1",
    "SNS-DELIVER-1",
    "SNS-DLQ-1",
    "SNS-DLQ-2",
    "SNS-ENVELOPE-1",
    "SNS-FIFO-2",
    "SNS-FIFO-3",
    "SNS-FIFO-5",
    "SNS-FIFO-6",
    "SNS-FILTER-1",
    "SNS-FILTER-2",
    "SNS-FILTER-3",
    "SNS-KMS-1",
    "SNS-KMS-2",
    "SNS-LAMBDA-1",
    "SNS-POLICY-1",
    "SNS-RAW-1",
    "SNS-RAW-2",
    "SNS-RETRY-1",
}


@pytest.mark.parametrize("rule_id", DOCUMENTED)
def test_every_documented_rule_cites_pages_that_were_compared_with_it(rule_id: str) -> None:
    pages = pages_of(DOCUMENTED[rule_id])

    assert pages
    assert set(pages) <= set(PAGES)
    assert all(page.startswith("https://") for page in pages)


def test_the_rules_whose_pages_could_be_read_in_part_only_are_named() -> None:
    in_part = {
        rule_id
        for rule_id, rule in DOCUMENTED.items()
        if all(PAGES[page].seen is Seen.BEGINNING for page in pages_of(rule))
    }

    assert in_part == FROM_THE_BEGINNING


def test_every_page_is_cited_and_was_read_on_a_day_that_has_been() -> None:
    cited = {page for rule in DOCUMENTED.values() for page in pages_of(rule)}

    assert set(PAGES) - cited == set()
    assert all(date(2026, 1, 1) < page.read_on for page in PAGES.values())


def test_the_pages_of_a_source_are_found_without_what_surrounds_them() -> None:
    source = (
        "https://docs.aws.amazon.com/a/b.html#c, of x; https://kafka.apache.org/documentation/#d. "
        "Seen (https://docs.aws.amazon.com/e.html). Also https://github.com/x/y/pull/1"
    )
    rule = Rule("SQS-VT-1", "What happens.", source, Status.DOCUMENTED)

    assert pages_of(rule) == (
        "https://docs.aws.amazon.com/a/b.html",
        "https://kafka.apache.org/documentation/",
        "https://docs.aws.amazon.com/e.html",
    )
    read = reading_of(rule)
    assert read is not None
    assert read.url == "https://kafka.apache.org/documentation/"
