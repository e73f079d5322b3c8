"""The HTML file: it holds what it needs, what comes from outside is text, and odd runs have a page too."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import fields, replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from delivery_lab import Lab
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.compare.comparison import Change, Comparison
from delivery_lab.events import Event, MappingConfigured, MessageSent, Run
from delivery_lab.explore.spread import Spread
from delivery_lab.report.chapter import MOST_LIVES, Chapter, ToldRun, filmed
from delivery_lab.report.chapter import chapter_of as chapter_of_film
from delivery_lab.report.contrast import contrast_of
from delivery_lab.report.extras import WhatWasFound, extras_of
from delivery_lab.report.page import Failed, page
from delivery_lab.report.picture import MOST_BARS
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.figures import ExpectationFigures
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import ROOT, run, stack_of, workload

EVIL = "</template><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def told(ran: Run) -> ToldRun:
    outcome = outcome_of(ran)
    return ToldRun(outcome, ran, conclusion(outcome), f"delivery-lab run {ran.stack}")


def chapter_of(given: ToldRun) -> Chapter:
    return chapter_of_film(filmed(given))


def html(*chapters: Chapter | Failed) -> str:
    return page(chapters, "A report")


class Reader(HTMLParser):
    """Collects tags, attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_is_fetched_and_nothing_is_inline_that_the_policy_forbids() -> None:
    text = html(chapter_of(told(run("visibility-short"))))
    read = Reader(text)

    assert {value for name, value in read.attributes if name in ("src", "href")} <= {"#main"}
    assert not [name for name, _ in read.attributes if name == "style" or name.startswith("on")]
    assert not re.findall(r"https?://", text.partition('<template id="rules"')[0].replace("http://www.w3.org/", ""))
    policy = next(value for name, value in read.attributes if value and value.startswith("default-src"))
    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_conclusion_stands_before_everything_else() -> None:
    text = html(chapter_of(told(run("batch-unreported"))))

    assert unescape(text).index("3 of 10 messages are lost") < text.index('<svg viewBox="0 0 1040')


def evil_run() -> Run:
    """A run whose names and bodies are all markup."""
    ran = run("batch-all-or-nothing", name="batch")
    written = repr(ran)
    assert "batch-queue" in written

    def spoilt(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("batch-", f"{EVIL}-").replace("BatchFailedError", EVIL)
        if isinstance(value, tuple):
            made = [spoilt(each) for each in value]
            return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
        return value

    events: list[Event] = []
    for event in ran.events:
        changed: dict[str, Any] = {field.name: spoilt(getattr(event, field.name)) for field in fields(event)}
        if isinstance(event, MessageSent):
            changed["body"] = json.dumps({**json.loads(event.body), "id": EVIL})
        events.append(replace(event, **changed))
    return replace(
        ran,
        stack=EVIL,
        workload=EVIL,
        events=tuple(events),
        sources=frozenset(str(spoilt(each)) for each in ran.sources),
        dead_letter_queues=frozenset(str(spoilt(each)) for each in ran.dead_letter_queues),
        functions={str(spoilt(name)): form for name, form in ran.functions.items()},
        depths={str(spoilt(name)): depth for name, depth in ran.depths.items()},
        notes=(EVIL,),
        logs=(),
    )


def _alarm(name: str) -> AlarmFigures:
    return AlarmFigures(name=name, metric=name, at_seconds=60.0, after_harm_seconds=60.0, unknown="")


def test_markup_in_every_field_stays_text() -> None:
    ran = evil_run()
    outcome = outcome_of(ran)
    alarms = tuple(
        AlarmFigures(name=EVIL, metric=EVIL, at_seconds=at, after_harm_seconds=None, unknown=unknown)
        for at, unknown in ((60.0, ""), (None, EVIL))
    )
    expectations = (ExpectationFigures(text=EVIL, actual=None, holds=False, reason=EVIL),)
    outcome = outcome.model_copy(update={"expectations": expectations, "alarms": alarms})
    given = ToldRun(outcome, ran, conclusion(outcome), EVIL, about=EVIL, notes=(EVIL,))
    plain, spoilt = (
        Reader(html(chapter_of(told(run("batch-all-or-nothing"))))),
        Reader(page([chapter_of(given), Failed(EVIL, EVIL)], EVIL)),
    )

    assert "img" not in spoilt.tags
    assert spoilt.tags.count("script") == plain.tags.count("script") == 1
    assert spoilt.tags.count("template") == plain.tags.count("template") == 2
    assert not [name for name, _ in spoilt.attributes if name.startswith("on")]


def test_markup_in_findings_in_the_stack_and_in_what_differs_stays_text() -> None:
    ran = evil_run()
    outcome = outcome_of(ran).model_copy(update={"alarms": (_alarm(EVIL),)})
    names = tuple({event.mapping for event in ran.events if isinstance(event, MappingConfigured)})
    finding = Finding(EVIL, Severity.ERROR, names, {EVIL: EVIL}, EVIL, EVIL, EVIL, accepted=EVIL)
    extras = extras_of(ran, stack_of("batch-all-or-nothing"), outcome, WhatWasFound((finding,), {0: EVIL}))
    chapter = chapter_of_film(filmed(ToldRun(outcome, ran, EVIL, EVIL)), extras)
    change = Change("~", EVIL, EVIL, EVIL)
    contrast = contrast_of((chapter, chapter), Comparison((change,), (change,), (), 1, 1), (EVIL,))

    read = Reader(page([chapter, chapter], EVIL, contrast))

    assert "img" not in read.tags
    assert read.tags.count("script") == 1
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert read.text.count(EVIL) > 20  # it is there, as text


def test_the_data_is_json_in_a_template() -> None:
    chapter = chapter_of(told(run("batch-all-or-nothing")))
    data = json.loads(chapter.data)

    assert len(data["lives"]) == 10
    assert [len(bar[2]) for bar in data["bars"]] == [0, 10, 10]
    assert not set("<>&") & set(chapter.data)


def test_a_run_of_no_message_has_a_page() -> None:
    ran = replace(run("batch-single"), events=())
    text = html(chapter_of(told(ran)))

    assert "Nothing was sent." in text
    assert "No function is invoked." in text


def test_many_messages_are_counted_in_bins_and_some_can_be_followed() -> None:
    ran = run("batch-single", body=("count=400",))
    chapter = chapter_of(told(ran))

    assert json.loads(chapter.data)["bars"] == []
    assert len(json.loads(chapter.data)["lives"]) == MOST_LIVES
    assert str(chapter.wide).count('class="bar"') == 0
    assert len([event for event in ran.events if type(event).__name__ == "InvokeStarted"]) > MOST_BARS
    assert len(html(chapter)) < 600_000


def test_a_run_that_failed_says_why() -> None:
    text = html(Failed("broken", "the program of <b> fails\n  at line 3"), chapter_of(told(run("batch-single"))))

    assert "not run" in text
    assert "the program of &lt;b&gt; fails\n  at line 3" in text


def test_a_price_that_is_not_known_is_said_and_is_no_zero() -> None:
    outcome = Lab.open(ROOT, cached=True).simulate("batch-single")
    assert outcome.cost is not None
    items = tuple(item.model_copy(update={"cost": None, "per_month": None}) for item in outcome.cost.items)
    cost = outcome.cost.model_copy(update={"items": items, "per_million_messages": None})
    ran = run("batch-single")
    text = html(chapter_of(replace(told(ran), outcome=outcome.model_copy(update={"cost": cost}))))

    assert "Not in the cost, for want of a price: " in text


@pytest.mark.parametrize("holds", [True, False])
def test_expectations_have_ticks_and_crosses_and_words(holds: bool) -> None:
    ran = run("batch-single")
    one = ExpectationFigures(text="messages.lost == 0", actual=0, holds=holds)
    text = html(chapter_of(replace(told(ran), outcome=outcome_of(ran).model_copy(update={"expectations": (one,)}))))

    assert ('class="yes"' in text, 'class="no"' in text) == (holds, not holds)
    assert f'<span class="sr">{"holds" if holds else "does not hold"}: </span>' in text


def test_many_seeds_have_columns_of_their_own() -> None:
    spreads = {"messages.lost": Spread(1, 0, 3, 4, 77)}
    text = html(chapter_of(replace(told(run("batch-single")), spreads=spreads, seeds=1_000)))

    assert "median of 1,000 seeds" in text
    assert "<td>1</td><td>0 to 3</td><td>4 (seed 77)</td>" in text


def test_workloads_are_named() -> None:
    assert workload("batch-single").name in html(chapter_of(told(run("batch-single"))))
