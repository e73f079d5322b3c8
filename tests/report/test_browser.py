"""Reports in a real browser: Debian's Chromium without a window, driven by Playwright's client."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.report.chapter import Chapter, ToldRun, filmed
from delivery_lab.report.chapter import chapter_of as chapter_of_film
from delivery_lab.report.extras import WhatWasFound, extras_of
from delivery_lab.report.page import page
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import run, stack_of
from tests.report.test_page import chapter_of, evil_run, told

pytestmark = pytest.mark.browser

STACKS = (
    "visibility-short",
    "batch-all-or-nothing",
    "concurrency-trap",
    "batch-partial",
    "stream-bounded",
    "sync-naive",
)

TEXTS_ON_THEIR_GROUND = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *:not(script):not(style):not(template)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement;
    const on = drawn && element.classList.contains("onbar") ? numbers(style.stroke) : ground(element);
    const [a, b] = [light(numbers(drawn ? style.fill : style.color)), light(on)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push([element.textContent.trim().slice(0, 40), style.color, ratio.toFixed(2)]);
  }
  return low;
}"""

OVERLAPPING_TEXTS = """() => {
  const found = [];
  for (const picture of document.querySelectorAll(".picture svg")) {
    if (!picture.getClientRects().length) continue;
    const boxes = [...picture.querySelectorAll("text")].map((each) => [each.textContent, each.getBoundingClientRect()]);
    const whole = picture.getBoundingClientRect();
    boxes.forEach(([one, a], i) => {
      if (a.left < whole.left - 1 || a.right > whole.right + 1) found.push([one, "leaves the picture"]);
      for (const [other, b] of boxes.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && tall > 2) found.push([one, other]);
      }
    });
  }
  return found;
}"""

CUT_ON_PAPER = """() => {
  const cut = (each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== "visible";
  const right = document.documentElement.clientWidth;
  return [...document.querySelectorAll(".scroll, .wide, td, th")]
    .filter((each) => each.getClientRects().length && (cut(each) || each.getBoundingClientRect().right > right))
    .map((each) => each.textContent.slice(0, 60));
}"""

BREAKS = """([which, property]) =>
  [...new Set([...document.querySelectorAll(which)].map((one) => getComputedStyle(one)[property]))]"""


@pytest.fixture(scope="module")
def chromium(report: Path) -> Iterator[Browser]:
    """The browser; without one the tests are skipped, and in CI they fail.

    The pages are made before: Playwright's client has an event loop running, beside which no program can be evaluated.
    """
    assert report.exists()
    path = shutil.which("chromium")
    if path is None:
        reason = "no chromium here: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as client:
        browser = client.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of several variants."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page([chapter_of(told(run(stack))) for stack in STACKS], "Six variants"), encoding="utf-8")
    evil = page([chapter_of(told(evil_run()))], "<script>alert(3)</script>")
    (file.parent / "evil.html").write_text(evil, encoding="utf-8")
    (file.parent / "long.html").write_text(page([_chapter_with_a_long_word("x" * 90)], "x" * 90), encoding="utf-8")
    return file


def _chapter_with_a_long_word(word: str) -> Chapter:
    """A chapter whose texts are words that no line has room for, as addresses of pages are."""
    ran = run("batch-single")
    finding = Finding("CHK", Severity.ERROR, (word,), {word: word}, word, word, word, accepted=word)
    extras = extras_of(ran, stack_of("batch-single"), outcome_of(ran), WhatWasFound((finding,), {0: word}))
    return chapter_of_film(filmed(ToldRun(outcome_of(ran), ran, word, word)), extras)


class Seen:
    """A page, and what it said and asked for."""

    def __init__(self, browser: Browser, file: Path, width: int, scheme: str) -> None:
        options: Any = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        self.page: Page = browser.new_page(**options)
        self.said: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def _dialog(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def look(chromium: Browser, report: Path) -> Iterator[Any]:
    """Open the report."""
    opened: list[Seen] = []

    def at(width: int = 1440, scheme: str = "light", file: Path = report) -> Seen:
        opened.append(Seen(chromium, file, width, scheme))
        return opened[-1]

    yield at
    for each in opened:
        each.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_opens_alone_fits_and_can_be_read(look: Any, report: Path, width: int, scheme: str) -> None:
    seen = look(width, scheme)

    assert seen.said == []
    assert [each for each in seen.requests if not each.startswith("data:font")] == [report.as_uri()]
    assert seen.page.evaluate("document.fonts.check('16px Lab')")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(TEXTS_ON_THEIR_GROUND) == []
    assert seen.page.evaluate(OVERLAPPING_TEXTS) == []


def test_on_paper_everything_is_dark_on_light_however_the_screen_is(look: Any) -> None:
    seen = look(720, "dark")
    seen.page.emulate_media(media="print")

    assert seen.page.evaluate(TEXTS_ON_THEIR_GROUND) == []


def test_on_paper_nothing_is_cut_and_no_heading_stands_alone_at_the_end_of_a_page(look: Any) -> None:
    seen = look(680)  # what A4 leaves between its margins
    seen.page.emulate_media(media="print")

    assert seen.page.evaluate(CUT_ON_PAPER) == []
    assert seen.page.evaluate(BREAKS, ["h2, h3, h4, summary", "breakAfter"]) == ["avoid"]
    assert seen.page.evaluate(BREAKS, ["figure, .plan, tr", "breakInside"]) == ["avoid"]


def test_on_paper_a_variant_begins_on_a_page_of_its_own_and_the_only_one_below_the_title(
    look: Any, report: Path
) -> None:
    several, single = look(680), look(680, file=report.parent / "long.html")
    for seen in (several, single):
        seen.page.emulate_media(media="print")

    assert several.page.evaluate(BREAKS, [".chapter", "breakBefore"]) == ["page"]
    assert single.page.evaluate(BREAKS, [".chapter", "breakBefore"]) == ["auto"]


def test_words_that_no_line_has_room_for_are_broken_on_a_phone(look: Any, report: Path) -> None:
    seen = look(360, file=report.parent / "long.html")

    assert seen.page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_message_is_followed_by_mouse(look: Any) -> None:
    seen = look()
    chapter = seen.page.locator(".chapter").first
    chapter.locator(".chip").first.click()
    life = chapter.locator(".life")

    assert life.locator("h4").inner_text() == "The life of msg-1"
    assert life.locator(".step").count() > 10
    assert chapter.locator(".wide .bar.on").count() == 3
    rule = life.get_by_role("button", name="SQS-VT-1").first
    rule.click()
    assert life.locator(".said").inner_text().startswith("documented: ")
    life.get_by_role("button", name="Close").click()
    assert not life.is_visible()
    assert seen.said == []


def test_an_invoke_is_followed_by_keyboard(look: Any) -> None:
    seen = look()
    chapter = seen.page.locator(".chapter").nth(1)
    chapter.locator(".wide .bar").first.focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("Enter")
    life = chapter.locator(".life")

    assert life.locator("h4").inner_text().startswith("batch-worker #1, environment 1: ")
    assert life.evaluate("element => element === document.activeElement")
    assert life.locator(".chip").count() == 10
    life.locator(".chip").nth(2).press("Enter")
    assert life.locator("h4").inner_text() == "The life of 3"
    seen.page.keyboard.press("Escape")
    assert not life.is_visible()
    assert seen.page.evaluate("document.activeElement.dataset.b") == "1"


def test_the_tab_key_goes_through_the_page_in_its_order(look: Any) -> None:
    seen = look()
    places: list[float] = []
    kinds: list[str] = []
    for _ in range(14):
        seen.page.keyboard.press("Tab")
        kinds.append(
            seen.page.evaluate("document.activeElement.getAttribute('class') || document.activeElement.tagName")
        )
        places.append(seen.page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY"))

    assert kinds == ["skip", *["A"] * len(STACKS), "picture wide", "bar", "chip", "SUMMARY", "A", "picture wide", "bar"]
    assert places[1:] == sorted(places[1:])


def test_every_control_has_a_name(look: Any) -> None:
    names = look().page.evaluate(
        "[...document.querySelectorAll('button,[role=button],[role=region],a,summary')]"
        ".map((each) => each.getAttribute('aria-label') || each.textContent.trim())"
    )
    assert all(names)


def test_what_a_run_calls_itself_is_never_run(look: Any, report: Path) -> None:
    seen = look(file=report.parent / "evil.html")
    for chip in seen.page.locator(".ends .chip").all():
        chip.click()

    assert seen.said == []
    assert seen.page.locator("img").count() == 0
    assert "<script>alert(1)</script>" in seen.page.locator(".life h4").inner_text()
